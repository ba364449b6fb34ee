"""From the bytes of a picture to the bytes of its cutout: one at a time through the engine, or many in a flow."""

from __future__ import annotations

import io
import os
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import nn

from inference import images
from inference.bench_machine import cores
from inference.bench_measure import Lap
from inference.bench_networks import Placement, Variant
from inference.bench_rivals import alpha_of
from inference.engines.local import LocalEngine
from inference.pictures import decode
from inference.registry import runnable_card
from inference.types import EdgeColour

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
    """How to make cutouts: with which weights of which store, computing in what, on what device."""

    slug: str
    store: Path
    sha256: str
    precision: Literal["float32", "bfloat16"]
    device: str
    edge_colour: EdgeColour


def engine_lap(way: Way, pictures: Sequence[bytes]) -> Callable[[], Lap]:
    """Return what makes the cutouts one after another, as ``inference.pipeline.run`` does, in this precision."""
    os.environ["CLEARCUT_DEVICE"] = way.device
    card, profile = runnable_card(way.slug)
    engine = LocalEngine(way.precision)

    def cutout(data: bytes) -> bytes:
        decoded = decode(data)
        seen, picture = images.network_input(decoded, card.input), images.original(decoded, data)
        probabilities, _ = engine.predict(card, way.store, way.sha256, seen)
        opacity = images.opacity(probabilities, profile, picture)
        return images.encode_cutout(images.cut_out(picture, opacity, way.edge_colour))

    def lap() -> Lap:
        started = time.perf_counter()
        made = [cutout(data) for data in pictures]
        return Lap(time.perf_counter() - started, [alpha_of(png) for png in made])

    return lap


def flow_lap(
    slug: str, model: nn.Module, variant: Variant, placement: Placement, pictures: Sequence[bytes]
) -> Callable[[], Lap]:
    """Return what makes the cutouts in batches while other threads decode the next and encode the last ones."""
    card, profile = runnable_card(slug)

    def read(data: bytes) -> tuple[NDArray[np.float32], images.Original]:
        decoded = decode(data)
        return images.network_input(decoded, card.input), images.original(decoded, data)

    def write(probabilities: NDArray[np.float32], picture: images.Original) -> bytes:
        return images.encode_cutout(images.cut_out(picture, images.opacity(probabilities, profile, picture)))

    def lap() -> Lap:
        started = time.perf_counter()
        with ThreadPoolExecutor(cores()) as pool:
            reading = [pool.submit(read, data) for data in pictures]
            writing = []
            for start in range(0, len(reading), placement.batch):
                parts = [each.result() for each in reading[start : start + placement.batch]]
                masks = _masks(model, variant, placement, np.stack([seen for seen, _ in parts]))
                writing += [pool.submit(write, mask, part[1]) for mask, part in zip(masks, parts, strict=True)]
            made = [each.result() for each in writing]
        return Lap(time.perf_counter() - started, [alpha_of(png) for png in made])

    return lap


def _masks(
    model: nn.Module, variant: Variant, placement: Placement, seen: NDArray[np.float32]
) -> list[NDArray[np.float32]]:
    with torch.inference_mode():
        host = torch.from_numpy(seen)
        source = host.pin_memory() if placement.device == "cuda" else host
        batch = source.to(placement.device, getattr(torch, variant), memory_format=torch.channels_last)
        answer = model(batch).probabilities.float().cpu().numpy()
    return [mask[0] for mask in answer]
