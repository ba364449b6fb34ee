"""Run our own networks with torch on this machine."""

from __future__ import annotations

import os
from collections import OrderedDict
from collections.abc import Callable, Mapping
from importlib.metadata import version
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.torch import load
from torch import nn

from inference.architectures import u2net
from inference.errors import ModelNotRunnable
from inference.types import EngineReport, ModelCard
from inference.weights import load_verified, locate

_FAMILIES: dict[str, Callable[[Mapping[str, Any]], nn.Module]] = {"u2net": u2net.build}

# Each further model would keep its memory for as long as the worker lives.
_MODELS_KEPT = 2
# Convolutions of these sizes gain little beyond this, and workers share the machine.
_MOST_THREADS = 8


class LocalEngine:
    """Keeps the models last used, by the digest of the bytes they were made from."""

    def __init__(self) -> None:
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

        Raises WeightsMissing, WeightsMismatch, or ModelNotRunnable if the weights are another network's.
        """
        with self._lock:  # one picture at a time: torch already uses all the threads it may
            model = self._model(card, store, weights_sha256)
            with torch.inference_mode():
                batch = torch.from_numpy(pixels).unsqueeze(0).to(self._device)  # 1×3×height×width
                probabilities: torch.Tensor = model(batch).probabilities[0, 0]  # height×width
        report = EngineReport(
            engine=f"local-torch/transformers-{version('transformers')}",
            weights_sha256=weights_sha256,
            device=self._device.type,
            precision="float32",
            torch_version=str(torch.__version__),
            threads=torch.get_num_threads(),
        )
        return probabilities.cpu().numpy(), report

    def _model(self, card: ModelCard, store: Path, weights_sha256: str) -> nn.Module:
        key = f"{card.slug}:{weights_sha256}"
        if key not in self._models:
            verified = load_verified(locate(store, weights_sha256), weights_sha256)
            self._models[key] = _build(card, verified.data).to(self._device)
            while len(self._models) > _MODELS_KEPT:
                self._models.popitem(last=False)
        self._models.move_to_end(key)
        return self._models[key]


def _build(card: ModelCard, data: bytes) -> nn.Module:
    """Build the card's network and load the weights strictly: no key missing, none left over, all float32."""
    if card.family not in _FAMILIES:
        raise _unfit(card, f"the architecture “{card.family}” is not known to this engine")
    try:
        tensors = load(data)
    except SafetensorError as error:
        raise _unfit(card, "the file is not a safetensors file") from error
    others = {str(tensor.dtype) for tensor in tensors.values()} - {"torch.float32", "torch.int64"}
    if others:
        raise _unfit(card, f"it holds {', '.join(sorted(others))} where float32 is expected")
    with torch.device("meta"):
        model = _FAMILIES[card.family](card.architecture)
    try:
        model.load_state_dict(tensors, strict=True, assign=True)
    except RuntimeError as error:
        raise _unfit(card, "its tensors are not the ones of this network") from error
    return model.eval()


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
