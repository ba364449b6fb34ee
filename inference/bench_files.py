"""From the bytes of a picture to the bytes of its cutout, by the functions the worker calls: one at a time, or many."""

from __future__ import annotations

import hashlib
import io
import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from safetensors.torch import save

from inference import images
from inference.batches import run_many
from inference.bench_measure import Lap
from inference.bench_networks import seeded_state
from inference.bench_rivals import alpha_of
from inference.pictures import decode
from inference.pipeline import run
from inference.registry import runnable_card
from inference.types import CutoutRequest, CutoutResult, EdgeColour

_PHOTO_SUFFIXES = {".jpg", ".jpeg", ".png", ".webp"}


def photographs(folder: Path) -> list[bytes]:
    """Return the pictures of a folder, in the order of their names; nothing if it is not there."""
    found = sorted(folder.iterdir()) if folder.is_dir() else []
    return [path.read_bytes() for path in found if path.suffix.lower() in _PHOTO_SUFFIXES]


def made_pictures(count: int, width: int, height: int) -> list[bytes]:
    """Return JPEGs with a disc before a textured ground, for machines without photographs."""
    rows, columns = np.mgrid[0:height, 0:width].astype(np.float32)
    pictures = []
    for number in range(count):
        noise = np.random.Generator(np.random.PCG64(number)).normal(0, 12, (height, width, 3))
        waves = 127 + 60 * np.sin(columns / (17 + number)) * np.cos(rows / 23)
        disc = (columns - width / 2) ** 2 + (rows - height / 2) ** 2 < (min(width, height) / 3) ** 2
        samples = np.where(disc[..., None], (200, 90, 60), waves[..., None]) + noise
        buffer = io.BytesIO()
        Image.fromarray(samples.clip(0, 255).astype(np.uint8)).save(buffer, "JPEG", quality=90)
        pictures.append(buffer.getvalue())
    return pictures


def pixels(slug: str, pictures: Sequence[bytes]) -> list[NDArray[np.float32]]:
    card, _ = runnable_card(slug)
    return [images.network_input(decode(data), card.input) for data in pictures]


@dataclass(frozen=True, slots=True)
class Way:
    """How to make cutouts: with which weights of which store, computing in what, on what device.

    ``many``: with ``inference.batches``, as a worker does; otherwise one after another.
    """

    slug: str
    store: Path
    sha256: str
    precision: str
    device: str
    edge_colour: EdgeColour = "multilevel-foreground-1"
    many: bool = False


def files_lap(way: Way, pictures: Sequence[bytes]) -> Callable[[], Lap]:
    """Return what makes the cutouts of these pictures, with the engine as the program itself uses it."""
    requests = [CutoutRequest(way.slug, way.sha256, data, edge_colour=way.edge_colour) for data in pictures]

    def made() -> Iterator[CutoutResult]:
        if not way.many:
            yield from (run(request, way.store) for request in requests)
            return
        for outcome in run_many(requests, way.store):
            if isinstance(outcome, Exception):
                raise outcome
            yield outcome

    def lap() -> Lap:
        with _told(CLEARCUT_DEVICE=way.device, CLEARCUT_PRECISION=way.precision):
            started = time.perf_counter()
            results = list(made())
            seconds = time.perf_counter() - started
        return Lap(seconds, [alpha_of(result.png) for result in results])

    return lap


@contextmanager
def _told(**variables: str) -> Iterator[None]:
    """Set variables of the environment, which is how a worker's engine is told what to do, for a while."""
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name)
            if value is not None:
                os.environ[name] = value


def store_seeded(folder: Path, slug: str) -> str:
    """Write weights from a seed into a store; returns their digest."""
    data = save(seeded_state(runnable_card(slug)[0]))
    digest = hashlib.sha256(data).hexdigest()
    (folder / f"{digest}.safetensors").write_bytes(data)
    return digest
