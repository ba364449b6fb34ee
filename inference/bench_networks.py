"""Our networks with the weights of the store, or with weights from a seed where there are none."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file
from torch import nn

from inference.architectures.fusing import fuse_batch_norms
from inference.architectures.swin import relative_positions
from inference.bench_baseline import make_plain
from inference.bench_measure import Lap
from inference.engines import devices
from inference.engines.loading import DTYPES, FAMILIES, placed
from inference.types import ModelCard

Variant = str
"""A precision (``inference.precision``), or "plain": the straightforward float32 network of ``bench_baseline``."""

State = dict[str, torch.Tensor]


@dataclass(frozen=True, slots=True)
class Placement:
    """``device``: "cpu" or "cuda"; ``batch``: pictures the network sees at a time."""

    device: str
    batch: int
    compiled: bool


def accelerator(device: str) -> str:
    return torch.cuda.get_device_name() if device == "cuda" else "none"


def has_cuda() -> bool:
    return torch.cuda.is_available()


def native_formats(device: str) -> frozenset[str]:
    return devices.native_formats(torch.device(device))


def threads() -> int:
    return torch.get_num_threads()


def stored_state(path: Path) -> State:
    """Return the tensors of a file, widened to float32."""
    return {key: value.float() if value.is_floating_point() else value for key, value in load_file(path).items()}


def seeded_state(card: ModelCard, seed: int = 7) -> State:
    """Return weights from a seed, each of a size that keeps the maps' values in a usual range.

    Weights as torch makes them by default let values fall below 1e-38, where processors are several times slower.
    """
    with torch.device("meta"):
        shapes = FAMILIES[card.family](card.architecture).state_dict()
    return {key: draw(key, tuple(value.shape), seed) for key, value in shapes.items()}


def network(card: ModelCard, state: State, variant: Variant, placement: Placement) -> nn.Module:
    """Return the card's network as the engine runs it, or "plain"."""
    with torch.device("meta"):
        model: Any = FAMILIES[card.family](card.architecture)
    model.load_state_dict(state, strict=True, assign=True)
    model.eval().requires_grad_(False)
    torch.backends.cudnn.allow_tf32 = torch.backends.cuda.matmul.allow_tf32 = False
    if variant == "plain":
        plain: nn.Module = make_plain(model)
        return plain.to(placement.device)
    fuse_batch_norms(model.fusable())
    ready: nn.Module = placed(model, card, variant, torch.device(placement.device))
    return torch.compile(ready) if placement.compiled else ready  # type: ignore[return-value]


def network_lap(
    model: nn.Module, variant: Variant, placement: Placement, pixels: Sequence[NDArray[np.float32]]
) -> Callable[[], Lap]:
    """Return what computes the masks of these pixels (3×height×width each), which are on the device already."""
    dtype = torch.float32 if variant == "plain" else DTYPES[variant]
    order = torch.contiguous_format if variant == "plain" else torch.channels_last
    batches = [
        torch.from_numpy(np.stack(pixels[start : start + placement.batch])).to(
            placement.device, dtype, memory_format=order
        )
        for start in range(0, len(pixels), placement.batch)
    ]

    def lap() -> Lap:
        started = time.perf_counter()
        with torch.inference_mode():
            answers = [model(batch).probabilities for batch in batches]
        if placement.device == "cuda":
            torch.cuda.synchronize()
        seconds = time.perf_counter() - started
        return Lap(seconds, [mask[0].float().cpu().numpy() for answer in answers for mask in answer])

    return lap


def draw(key: str, shape: tuple[int, ...], seed: int) -> torch.Tensor:
    """The parameter of this key and shape, the same on every platform. The parity vectors rest on these numbers."""
    if key.endswith("num_batches_tracked"):
        return torch.tensor(0)
    if key.endswith("relative_position_index"):
        return relative_positions(round(shape[0] ** 0.5))
    digest = hashlib.sha256(f"{seed}:{key}".encode()).digest()
    generator = np.random.Generator(np.random.PCG64(int.from_bytes(digest[:8], "big")))
    normal = generator.standard_normal(shape, dtype=np.float32)
    if key.endswith("running_mean"):
        normal *= np.float32(0.1)
    elif key.endswith("running_var"):
        normal = np.float32(0.5) + np.abs(normal)
    elif key.endswith("relative_position_bias_table"):
        normal *= np.float32(0.2)
    elif key.endswith(".bias"):
        normal *= np.float32(0.05)
    elif len(shape) == 1:
        normal = 1 + np.float32(0.1) * normal
    else:
        normal /= np.sqrt(np.prod(shape[1:]), dtype=np.float32)
    return torch.from_numpy(normal)
