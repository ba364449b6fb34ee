from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def test_it_cuts_out_120_megapixels_with_memory_to_spare_for_a_network_below_two_gigabytes() -> None:
    command = [sys.executable, "-m", "tests.inference.huge_run", "12000", "10000"]

    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True, timeout=240)

    peak, width, height = map(int, done.stdout.split())
    assert (width, height) == (10_000, 12_000)
    assert peak < 1300


@pytest.mark.parametrize(
    ("kind", "width", "height"),
    [("psd", 10_000, 12_000), ("jpeg", 10_000, 12_000), ("webp", 8_000, 5_000), ("webp-lossy", 8_000, 5_000)],
)
def test_it_exports_the_largest_pictures_within_two_gigabytes(kind: str, width: int, height: int) -> None:
    command = [sys.executable, "-m", "tests.inference.huge_export_run", kind, str(width), str(height)]

    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True, timeout=240)

    peak, *size = map(int, done.stdout.split())
    assert size == [width, height]
    assert peak < 1700
