"""Measure several ways of doing the same thing fairly: in turns, A B A B, so that a slow minute is slow for all."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median

import numpy as np
from numpy.typing import NDArray

# Threads wait busily for a moment after their work: those of one side must not take the processor from the next.
_PAUSE_SECONDS = 0.1


@dataclass(frozen=True, slots=True)
class Lap:
    """``seconds`` for all pictures of the lap; masks: of each picture, height × width, 0 … 1."""

    seconds: float
    masks: Sequence[NDArray[np.float32]]


@dataclass(frozen=True, slots=True)
class Side:
    """One way of doing it. ``start`` loads what it needs and returns what runs a lap.

    ``peak``: returns the most memory, in MiB, of a process that does nothing but start this side and run a lap, or
    None if that cannot be found out; called last.
    """

    name: str
    start: Callable[[], Callable[[], Lap]]
    peak: Callable[[], int | None]


@dataclass(frozen=True, slots=True)
class Case:
    """``baseline``: the side others' throughput is compared with; ``reference``: the one whose masks are right.

    The baseline may be missing (its name then is not among the sides).
    """

    name: str
    sides: tuple[Side, ...]
    baseline: str
    reference: str
    rounds: int


@dataclass(frozen=True, slots=True)
class Row:
    """Medians of one side. ``ratio``: median over the rounds of the baseline's time by this side's, in pairs."""

    case: str
    side: str
    pictures: int
    rounds: int
    milliseconds: float
    throughput: float
    ratio: float | None
    peak_mib: int | None
    mask_difference: float | None
    mask_reference: str


def measure(case: Case, *, memory: bool) -> list[Row]:
    """Start all sides, run each once unmeasured, then take turns; at last measure each side's memory alone."""
    running = {side.name: side.start() for side in case.sides}
    warm = {name: lap() for name, lap in running.items()}
    seconds: dict[str, list[float]] = {name: [] for name in running}
    for _ in range(case.rounds):
        for name, lap in running.items():
            time.sleep(_PAUSE_SECONDS)
            seconds[name].append(lap().seconds)
    running.clear()
    rows = []
    for side in case.sides:
        pictures = len(warm[side.name].masks)
        each = median(seconds[side.name]) / pictures
        rows.append(
            Row(
                case=case.name,
                side=side.name,
                pictures=pictures,
                rounds=case.rounds,
                milliseconds=round(1000 * each, 2),
                throughput=round(1 / each, 3),
                ratio=_ratio(seconds.get(case.baseline), seconds[side.name]),
                peak_mib=side.peak() if memory else None,
                mask_difference=_difference(warm.get(case.reference), warm[side.name]),
                mask_reference=case.reference,
            )
        )
    return rows


def child_peak(arguments: Sequence[str]) -> int | None:
    """Run Python with these arguments and return the number it prints last; None if it fails."""
    done = subprocess.run([sys.executable, *arguments], capture_output=True, text=True, check=False)  # noqa: S603
    words = done.stdout.split()
    return int(words[-1]) if done.returncode == 0 and words else None


def _ratio(baseline: list[float] | None, own: list[float]) -> float | None:
    if baseline is None:
        return None
    return round(median(theirs / ours for theirs, ours in zip(baseline, own, strict=True)), 2)


def _difference(reference: Lap | None, own: Lap) -> float | None:
    """Return the mean absolute difference of the masks, each picture counting the same."""
    if reference is None:
        return None
    pairs = zip(reference.masks, own.masks, strict=True)
    return round(float(np.mean([np.abs(first - second).mean() for first, second in pairs])), 5)
