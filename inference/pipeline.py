"""From a picture and a digest to a cutout and the record of how it was made. Neither torch nor Django is imported."""

from __future__ import annotations

import os
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from time import perf_counter_ns

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


def run(request: CutoutRequest, store: Path) -> CutoutResult:
    """Cut the foreground out of one picture with exactly the weights named, found in ``store``.

    1. Refuse unknown or unrunnable models before touching the picture.
    2. Decode once, within the limits; keep the original samples and the network's small view, drop the rest.
    3. Let the engine verify the weights and infer.
    4. Combine the answer with the original samples, strip by strip, with the subject's own colours at soft edges;
       encode while doing so.

    Raises a subclass of InferenceError, whose ``permanent`` says whether trying again can help.
    """
    card, output_profile = runnable_card(request.model)
    started = perf_counter_ns()
    decoded = decode(request.picture, request.limits)
    network_input = images.network_input(decoded, card.input)
    picture = images.original(decoded, request.picture)
    del decoded  # hundreds of megabytes for the largest pictures
    decoded_at = perf_counter_ns()

    probabilities, report = engine(card.engine).predict(card, store, request.weights_sha256, network_input)
    inferred_at = perf_counter_ns()

    opacity = images.opacity(probabilities, output_profile, picture)
    cutout = images.cut_out(picture, opacity, request.edge_colour)
    png = images.encode_cutout(cutout)
    timings = Timings(
        decode_ms=_milliseconds(started, decoded_at),
        infer_ms=_milliseconds(decoded_at, inferred_at),
        encode_ms=_milliseconds(inferred_at, perf_counter_ns()),
    )
    height, width = opacity.alpha.shape
    run_info = _run_info(card, output_profile, report, cutout, opacity, timings)
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


def _milliseconds(start: int, end: int) -> int:
    return (end - start) // 1_000_000
