"""From a picture and a digest to a cutout and the record of how it was made. Neither torch nor Django is imported."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from time import perf_counter_ns

import numpy as np
from numpy.typing import NDArray

from inference import images
from inference.pictures import decode
from inference.registry import engine, runnable_card
from inference.types import (
    CutoutRequest,
    CutoutResult,
    EngineReport,
    ModelCard,
    OutputProfile,
    RunInfo,
    Timings,
)


@dataclass(frozen=True, slots=True)
class Prepared:
    """A picture on its way: what the network is to see (3×height×width) and the samples the cutout is made of."""

    request: CutoutRequest
    card: ModelCard
    output: OutputProfile
    pixels: NDArray[np.float32]
    picture: images.Original
    decode_ms: int


@dataclass(frozen=True, slots=True)
class Inferred:
    """The network's answer (height×width, 0…1) and what gave it; ``infer_ms``: of all the pictures it came with."""

    probabilities: NDArray[np.float32]
    report: EngineReport
    infer_ms: int


def run(request: CutoutRequest, store: Path) -> CutoutResult:
    """Cut the foreground out of one picture with exactly the weights named, found in ``store``.

    1. Refuse unknown or unrunnable models before touching the picture.
    2. Decode once, within the limits; keep the original samples and the network's small view, drop the rest.
    3. Let the engine verify the weights and infer.
    4. Combine the answer with the original samples, strip by strip, with the subject's own colours at soft edges;
       encode while doing so.

    Raises a subclass of InferenceError, whose ``permanent`` says whether trying again can help. For many pictures
    ``inference.batches`` does the same faster.
    """
    prepared = prepare(request)
    (inferred,) = infer([prepared], store)
    return finish(prepared, inferred)


def prepare(request: CutoutRequest) -> Prepared:
    """Do steps 1 and 2 of ``run``."""
    card, output_profile = runnable_card(request.model, request.profile)
    started = perf_counter_ns()
    decoded = decode(request.picture, request.limits)
    pixels = images.network_input(decoded, card.input)
    picture = images.original(decoded, request.picture)
    del decoded  # hundreds of megabytes for the largest pictures
    return Prepared(request, card, output_profile, pixels, picture, _milliseconds_since(started))


def infer(batch: Sequence[Prepared], store: Path, lanes: int = 1) -> list[Inferred]:
    """Do step 3 for pictures that share model, weights and profile, while ``lanes`` − 1 other threads do the same."""
    first = batch[0]
    started = perf_counter_ns()
    answers, report = engine(first.card.engine).predict_batch(
        first.card, store, first.request.weights_sha256, [each.pixels for each in batch], lanes
    )
    taken = _milliseconds_since(started)
    return [Inferred(answer, report, taken) for answer in answers]


def finish(prepared: Prepared, inferred: Inferred) -> CutoutResult:
    """Do step 4."""
    started = perf_counter_ns()
    opacity = images.opacity(inferred.probabilities, prepared.output, prepared.picture)
    cutout = images.cut_out(prepared.picture, opacity, prepared.request.edge_colour)
    png = images.encode_cutout(cutout)
    timings = Timings(prepared.decode_ms, inferred.infer_ms, _milliseconds_since(started))
    height, width = opacity.alpha.shape
    run_info = _run_info(prepared.card, prepared.output, inferred.report, cutout, opacity, timings)
    return CutoutResult(png=png, media_type="image/png", width=width, height=height, run=run_info)


@cache
def code_revision() -> str:
    """Return the revision this code was built from (CLEARCUT_REVISION), else the version of the installed package."""
    if revision := os.environ.get("CLEARCUT_REVISION"):
        return revision
    try:
        return f"clearcut-{version('clearcut')}"
    except PackageNotFoundError:
        return "unknown"


def _run_info(
    card: ModelCard,
    output_profile: OutputProfile,
    report: EngineReport,
    cutout: images.Cutout,
    opacity: images.Opacity,
    timings: Timings,
) -> RunInfo:
    return RunInfo(
        model=card.slug,
        model_version=card.version,
        weights_sha256=report.weights_sha256,
        profile=output_profile.profile,
        precision=report.precision,
        device=report.device,
        engine=report.engine,
        code_revision=code_revision(),
        torch_version=report.torch_version,
        threads=report.threads,
        input_width=card.input.width,
        input_height=card.input.height,
        foreground=opacity.foreground,
        coverage_permille=opacity.coverage_permille,
        colour=cutout.picture.handling,
        bits=cutout.picture.bits,
        timings=timings,
        edge_colour=cutout.edge_colour,
    )


def _milliseconds_since(start: int) -> int:
    return (perf_counter_ns() - start) // 1_000_000
