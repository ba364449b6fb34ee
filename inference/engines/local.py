"""Run our own networks with torch on this machine."""

from __future__ import annotations

import os
from collections import OrderedDict
from collections.abc import Callable, Mapping
from importlib.metadata import version
from pathlib import Path
from threading import Lock
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.torch import load
from torch import nn

from inference.architectures import birefnet, isnet, u2net
from inference.architectures.fusing import fuse_batch_norms
from inference.errors import ModelNotRunnable
from inference.types import EngineReport, ModelCard
from inference.weights import load_verified, locate

Precision = Literal["float32", "bfloat16"]


Network = u2net.U2NetModel | isnet.IsNetModel | birefnet.BiRefNetModel

_FAMILIES: dict[str, Callable[[Mapping[str, Any]], Network]] = {
    "u2net": u2net.build,
    "isnet": isnet.build,
    "birefnet": birefnet.build,
}
_DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16}

# Each further model would keep its memory for as long as the worker lives.
_MODELS_KEPT = 2
# Convolutions of these sizes gain little beyond this, and workers share the machine.
_MOST_THREADS = 8


class LocalEngine:
    """Keeps the models last used, by the digest of the bytes they were made from.

    ``precision``: what to compute in; weights are read, and batch norms fused, in float32 before.
    """

    def __init__(self, precision: Precision = "float32") -> None:
        self._precision = precision
        self._models: OrderedDict[str, nn.Module] = OrderedDict()
        self._lock = Lock()
        self._device = torch.device(os.environ.get("CLEARCUT_DEVICE", "cpu"))
        torch.set_num_threads(_thread_count())
        # "float32" is recorded, so it has to be: on some GPUs convolutions would use 10-bit mantissas by default.
        torch.backends.cudnn.allow_tf32 = False
        torch.backends.cuda.matmul.allow_tf32 = False

    def predict(
        self, card: ModelCard, store: Path, weights_sha256: str, pixels: NDArray[np.float32]
    ) -> tuple[NDArray[np.float32], EngineReport]:
        """Return probabilities (height×width) for pixels (3×height×width); see ``inference.types.Engine``.

        Raises WeightsMissing, WeightsMismatch, or ModelNotRunnable if the weights are another network's or the model
        is not to be run in this precision.
        """
        if self._precision not in card.network.precisions:
            raise ModelNotRunnable(
                "engine.precision",
                f"{card.title} is not to be run in {self._precision}.",
                f"Run it in one of: {', '.join(card.network.precisions)}.",
            )
        with self._lock:  # one picture at a time: torch already uses all the threads it may
            model = self._model(card, store, weights_sha256)
            with torch.inference_mode():
                batch = torch.from_numpy(pixels).unsqueeze(0)  # 1×3×height×width
                batch = batch.to(self._device, _DTYPES[self._precision], memory_format=torch.channels_last)
                probabilities: torch.Tensor = model(batch).probabilities[0, 0].float()  # height×width
        report = EngineReport(
            engine=f"local-torch/transformers-{version('transformers')}",
            weights_sha256=weights_sha256,
            device=self._device.type,
            precision=self._precision,
            torch_version=str(torch.__version__),
            threads=torch.get_num_threads(),
        )
        return probabilities.cpu().numpy(), report

    def _model(self, card: ModelCard, store: Path, weights_sha256: str) -> nn.Module:
        key = f"{card.slug}:{weights_sha256}"
        if key not in self._models:
            verified = load_verified(locate(store, weights_sha256), weights_sha256)
            model = _build(card, verified.data)
            self._models[key] = model.to(self._device, _DTYPES[self._precision], memory_format=torch.channels_last)
            while len(self._models) > _MODELS_KEPT:
                self._models.popitem(last=False)
        self._models.move_to_end(key)
        return self._models[key]


def _build(card: ModelCard, data: bytes) -> Network:
    """Build the card's network and load the weights strictly: no key missing, none left over, all as the card says.

    The result computes in float32, without separate batch norms.
    """
    if card.family not in _FAMILIES:
        raise _unfit(card, f"the architecture “{card.family}” is not known to this engine")
    try:
        tensors = load(data)
    except SafetensorError as error:
        raise _unfit(card, "the file is not a safetensors file") from error
    found = {str(tensor.dtype) for tensor in tensors.values()}
    if others := found - {f"torch.{each}" for each in (*card.network.stored, "int64")}:
        expected = " or ".join(card.network.stored)
        raise _unfit(card, f"it holds {', '.join(sorted(others))} where {expected} is expected")
    with torch.device("meta"):
        model = _FAMILIES[card.family](card.architecture)
    _check_tensors(card, tensors, model.state_dict())
    wide = {key: tensor.float() if tensor.is_floating_point() else tensor for key, tensor in tensors.items()}
    model.load_state_dict(wide, strict=True, assign=True)
    model.eval().requires_grad_(False)
    fuse_batch_norms(model.fusable())
    return model


def _check_tensors(card: ModelCard, found: Mapping[str, torch.Tensor], expected: Mapping[str, torch.Tensor]) -> None:
    """Refuse weights with other keys, shapes or kinds of numbers than the network's, naming some of them."""
    shared = found.keys() & expected.keys()
    faults = {
        "missing": expected.keys() - found.keys(),
        "not known": found.keys() - expected.keys(),
        "of another shape": {key for key in shared if found[key].shape != expected[key].shape},
        "of another kind": {
            key for key in shared if found[key].is_floating_point() != expected[key].is_floating_point()
        },
    }
    words = [f"{len(keys)} {fault} ({', '.join(sorted(keys)[:2])})" for fault, keys in faults.items() if keys]
    if words:
        raise _unfit(card, f"its tensors are not the ones of this network: {'; '.join(words)}")


def _unfit(card: ModelCard, reason: str) -> ModelNotRunnable:
    return ModelNotRunnable(
        "weights.unfit",
        f"The weights cannot be used for {card.title}: {reason}.",
        "Use weights that the catalogue lists for this model.",
    )


def _thread_count() -> int:
    wanted = os.environ.get("CLEARCUT_TORCH_THREADS")
    available = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return int(wanted) if wanted else min(available, _MOST_THREADS)
