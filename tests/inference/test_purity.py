from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("module", "forbidden"),
    [
        ("inference.pictures", {"numpy", "torch", "transformers", "safetensors", "onnx", "django", "governance"}),
        ("inference.types", {"numpy", "torch", "transformers", "safetensors", "onnx", "django", "governance"}),
        ("inference.registry", {"numpy", "torch", "transformers", "safetensors", "onnx", "django", "governance"}),
        ("inference.weights", {"numpy", "torch", "transformers", "onnx", "django", "governance"}),
        ("inference.pipeline", {"torch", "transformers", "onnx", "django", "governance"}),
        ("inference.batches", {"torch", "transformers", "onnx", "django", "governance"}),
        ("inference.precision", {"numpy", "torch", "transformers", "onnx", "django", "governance"}),
        ("inference.conversion", {"torch", "transformers", "django", "governance"}),
    ],
)
def test_it_loads_nothing_heavier_than_it_needs(module: str, forbidden: set[str]) -> None:
    code = f"import sys, {module}; print(*{{name.partition('.')[0] for name in sys.modules}})"

    loaded = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)

    assert forbidden.isdisjoint(loaded.stdout.split())
