"""Weights from a seed, the same on every platform: what the parity vectors were computed with.

For each key a PCG64 generator is seeded with the first 8 bytes of SHA-256("seed:key") and draws float32 normals n:
running means 0.1·n, running variances 0.5 + |n|, bias tables 0.2·n, biases 0.05·n, one-dimensional weights 1 + 0.1·n,
other weights n / √(product of all dimensions but the first). Integers stay as the network computes them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from inference.bench_networks import draw

PARITY = Path(__file__).parent / "parity"


def published_shapes(name: str) -> dict[str, list[int]]:
    """Every key of a published state dictionary and its shape."""
    shapes: dict[str, list[int]] = json.loads((PARITY / f"{name}_keys.json").read_text())
    return shapes


def vectors(name: str) -> dict[str, NDArray[np.float32]]:
    with np.load(PARITY / f"{name}_seed7_256.npz") as file:
        return dict(file)


def make_input(height: int, width: int, seed: int = 7, batch: int = 1) -> torch.Tensor:
    generator = np.random.Generator(np.random.PCG64(seed + 1000))
    return torch.from_numpy(generator.standard_normal((batch, 3, height, width), dtype=np.float32))


def make_weights(shapes: Mapping[str, list[int]], seed: int = 7) -> dict[str, torch.Tensor]:
    return {key: draw(key, tuple(shape), seed) for key, shape in shapes.items()}


def reseed(model: torch.nn.Module, seed: int = 7) -> None:
    """Give a small network weights from the seed, so that nothing in it is zero or one by default."""
    shapes = {key: list(value.shape) for key, value in model.state_dict().items()}
    model.load_state_dict(make_weights(shapes, seed), strict=True)
