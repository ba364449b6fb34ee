from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("kind", ["JPEG", "CMYK", "PNG", "PNG16", "WEBP", "TIFF", "BMP", "AVIF", "HEIC"])
def test_it_refuses_or_cuts_out_damaged_pictures_within_the_memory_limit(kind: str) -> None:
    command = [sys.executable, "-m", "tests.inference.damage_run", kind]

    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=240)

    assert done.returncode == 0, done.stderr[-2000:]
    read, refused, peak = map(int, done.stdout.split())
    assert read + refused == 600
    assert refused > 100
    assert peak < 300
