"""Run our own networks with torch on this machine."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from importlib.metadata import version
from pathlib import Path
from threading import Lock, local
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from inference import precision
from inference.engines import devices
from inference.engines.kept import KeptModels
from inference.engines.loading import DTYPES, Network, build, placed
from inference.types import EngineReport, ModelCard
from inference.weights import load_verified, locate

Pixels = NDArray[np.float32]

# On a GPU, the calls that may be under way at once: while one waits for its answer the next is already on its way.
_GPU_LANES = 2
# What networks computing side by side on a processor may take together.
_LANES_MIB = 4096


class LocalEngine:
    """Keeps the models last used, by the digest of the bytes they were made from.

    ``precision``: what to compute in instead of what CLEARCUT_PRECISION says or, if that is "auto" or not set, of what
    suits card and device; weights are read, and batch norms fused, in float32 before. Raises EngineMisconfigured if
    the environment asks for what this machine does not have (``devices``).
    """

    def __init__(self, precision: str | None = None) -> None:
        self._precision = precision
        self._device = devices.chosen_device()
        self._native = devices.native_formats(self._device)
        self._models: KeptModels[Any] = KeptModels(devices.model_budget_mib())
        self._lock = Lock()
        self._own = local()
        self._compiled = self._on_gpu and os.environ.get("CLEARCUT_COMPILE") == "1"
        self._threads = devices.thread_count()
        torch.set_num_threads(self._threads)
        devices.keep_freed_memory()
        # "float32" is recorded, so it has to be: on some GPUs convolutions would use 10-bit mantissas by default.
        torch.backends.cudnn.allow_tf32 = False
        torch.backends.cuda.matmul.allow_tf32 = False

    def lanes(self, card: ModelCard) -> int:
        if self._on_gpu:
            return _GPU_LANES
        return max(1, min(self._threads, _LANES_MIB // card.network.memory_mib))

    def batch_size(self, card: ModelCard) -> int:
        return card.network.gpu_batch if self._on_gpu else 1

    def predict(self, card: ModelCard, store: Path, weights_sha256: str, pixels: Pixels) -> tuple[Pixels, EngineReport]:
        """Return probabilities (height×width) for pixels (3×height×width); see ``inference.types.Engine``.

        Raises WeightsMissing, WeightsMismatch, or ModelNotRunnable if the weights are another network's or the model
        is not to be run in this precision.
        """
        (probabilities,), report = self.predict_batch(card, store, weights_sha256, [pixels])
        return probabilities, report

    def predict_batch(
        self, card: ModelCard, store: Path, weights_sha256: str, pixels: Sequence[Pixels], lanes: int = 1
    ) -> tuple[list[Pixels], EngineReport]:
        """Return the probabilities (height×width each) of pictures of one size (3×height×width each).

        Raises as ``predict`` does.
        """
        wanted = self._precision or os.environ.get("CLEARCUT_PRECISION") or precision.AUTO
        used = precision.chosen(card.title, card.network.precisions, self._native, wanted)

        def load() -> Any:
            data = load_verified(locate(store, weights_sha256), weights_sha256).data
            return self._ready(card, placed(build(card, data), card, used, self._device), used, pixels[0].shape)

        key = f"{card.slug}:{weights_sha256}:{used}"
        with self._models.using(key, card.network.memory_mib, load) as model, self._turn(lanes):
            answers = self._computed(model, used, pixels, self.batch_size(card))
        report = EngineReport(
            engine=f"local-torch/transformers-{version('transformers')}",
            weights_sha256=weights_sha256,
            device=self._device.type,
            precision=used,
            torch_version=str(torch.__version__),
            threads=torch.get_num_threads(),
        )
        return answers, report

    @property
    def _on_gpu(self) -> bool:
        return self._device.type == "cuda"

    @contextmanager
    def _turn(self, lanes: int) -> Iterator[None]:
        """Let a computation have its share of the device.

        A processor takes one at a time, or ``lanes`` of them with as many threads less each: threads that wait for
        each other at the end of every layer lose a quarter of their time in small networks, and more if there is other
        work. On a GPU each thread has a stream of its own, so that one batch is copied while another is computed.
        """
        if self._on_gpu:
            if not hasattr(self._own, "stream"):
                self._own.stream = torch.cuda.Stream(self._device)
            with torch.cuda.stream(self._own.stream):
                yield
            return
        torch.set_num_threads(max(1, self._threads // lanes))  # of this thread
        with self._lock if lanes == 1 else nullcontext():
            yield

    def _computed(self, model: Any, used: str, pixels: Sequence[Pixels], size: int) -> list[Pixels]:
        # A compiled network is compiled for one size of batch: the last pictures are followed by nothing.
        count = max(size, len(pixels)) if self._compiled else len(pixels)
        with torch.inference_mode():
            batch = torch.zeros((count, *pixels[0].shape), pin_memory=self._on_gpu)  # N×3×height×width
            for place, each in zip(batch, pixels, strict=False):
                place.copy_(torch.from_numpy(each))
            there = batch.to(self._device, non_blocking=True)
            there = there.to(DTYPES[used], memory_format=torch.channels_last)
            answer: torch.Tensor = model(there).probabilities[: len(pixels), 0].float()  # N×height×width
            if not self._on_gpu:
                return list(answer.numpy())
            back = torch.empty(answer.shape, pin_memory=True)
            back.copy_(answer, non_blocking=True)
            torch.cuda.current_stream().synchronize()
            return [each.copy() for each in back.numpy()]

    def _ready(self, card: ModelCard, model: Network, used: str, shape: tuple[int, ...]) -> Any:
        if not self._compiled:
            return model
        compiled = torch.compile(model)
        with self._turn(1):  # compile now, not while pictures wait; the answer does not matter
            self._computed(compiled, used, [np.zeros(shape, np.float32)], self.batch_size(card))
        return compiled
