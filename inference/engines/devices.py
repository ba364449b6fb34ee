"""Where to compute, with how many threads, in which formats: what the environment says and the machine can do."""

from __future__ import annotations

import ctypes
import os
import re

import torch

from inference import processor
from inference.errors import EngineMisconfigured

# Convolutions of these sizes gain little beyond this, and workers share the machine.
_MOST_THREADS = 8
# glibc's mallopt, <malloc.h>: give memory back beyond this much unused; take larger blocks from the system one by one.
_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3
_KEPT_BYTES = 2**30


def chosen_device() -> torch.device:
    """Return the device CLEARCUT_DEVICE names: "cpu" (also if it names none), "cuda" or "cuda:<number>".

    Raises EngineMisconfigured for others, and for a GPU that is not there: a process meant for a GPU must not take
    minutes per picture on a processor instead.
    """
    name = os.environ.get("CLEARCUT_DEVICE") or "cpu"
    if not re.fullmatch(r"cpu|cuda(:[0-9]+)?", name):
        raise EngineMisconfigured(
            "engine.settings", f"There is no device called “{name}”.", "Set CLEARCUT_DEVICE to cpu, cuda or cuda:0."
        )
    device = torch.device(name)
    if device.type == "cuda" and not (torch.cuda.is_available() and (device.index or 0) < torch.cuda.device_count()):
        raise EngineMisconfigured(
            "engine.no_gpu",
            f"This process was told to compute on a GPU (CLEARCUT_DEVICE={name}) but finds none.",
            "Start it on a machine with that GPU and a CUDA build of torch, or set CLEARCUT_DEVICE=cpu.",
        )
    return device


def native_formats(device: torch.device) -> frozenset[str]:
    """Return the number formats a device computes in natively."""
    if device.type == "cuda":  # bfloat16: since compute capability 8.0
        wide = torch.cuda.get_device_capability(device) >= (8, 0)
        return frozenset({"float32", "bfloat16"} if wide else {"float32"})
    return processor.native_formats(processor.flags())


def thread_count() -> int:
    """Return CLEARCUT_TORCH_THREADS, or as many as there are cores up to a limit."""
    return setting("CLEARCUT_TORCH_THREADS") or min(processor.cores(), _MOST_THREADS)


def model_budget_mib() -> int:
    """Return CLEARCUT_MODEL_MEMORY_MIB, or half of the machine's memory."""
    return setting("CLEARCUT_MODEL_MEMORY_MIB") or processor.memory_mib() // 2


def setting(name: str) -> int | None:
    """Return an environment variable that has to be a whole number above 0; raises EngineMisconfigured otherwise."""
    value = os.environ.get(name, "")
    if not value:
        return None
    if not value.isdecimal() or not int(value):
        raise EngineMisconfigured(
            "engine.settings", f"{name} is “{value}”.", f"Set {name} to a whole number above 0, or do not set it."
        )
    return int(value)


def keep_freed_memory() -> None:
    """Let the C library keep up to 1 GiB of freed memory for the next picture, where it can be told to (glibc).

    By default each large map is taken from the system and given back: clearing its pages takes up to a tenth of the
    time of a run.
    """
    tune = getattr(ctypes.CDLL(None), "mallopt", None) if os.name == "posix" else None
    if tune is not None:
        tune(_MMAP_THRESHOLD, _KEPT_BYTES)
        tune(_TRIM_THRESHOLD, _KEPT_BYTES)
