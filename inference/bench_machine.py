"""What a measurement was made on: processor, accelerator, versions. Without it a figure says nothing."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

_PACKAGES = ("torch", "transformers", "numpy", "Pillow", "onnxruntime", "onnx")
_TELLING = ("avx2", "avx512f", "avx512_bf16", "avx512_vnni", "amx_tile", "amx_bf16")
_FAST_BFLOAT16 = {"avx512_bf16", "amx_bf16"}


@dataclass(frozen=True, slots=True)
class Machine:
    """``flags``: those instruction sets among the telling ones that the processor has; load: mean of one minute."""

    date: str
    processor: str
    cores: int
    flags: tuple[str, ...]
    memory_mib: int
    load: float
    accelerator: str
    threads: int
    system: str
    versions: dict[str, str]


def describe(accelerator: str, threads: int) -> Machine:
    return Machine(
        date=datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        processor=_processor(),
        cores=cores(),
        flags=tuple(each for each in _TELLING if each in flags()),
        memory_mib=os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2**20,
        load=round(os.getloadavg()[0], 2),
        accelerator=accelerator,
        threads=threads,
        system=platform.platform(),
        versions={"python": platform.python_version(), **dict(_versions(_PACKAGES))},
    )


def cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def flags() -> frozenset[str]:
    """Return the instruction sets of the processor as Linux names them; nothing elsewhere."""
    return frozenset(_cpuinfo("flags").split())


def fastest_precision(device: str) -> str:
    """Return what the processor does well: bfloat16 where it has instructions for it, otherwise float32."""
    return "bfloat16" if device == "cuda" or flags() & _FAST_BFLOAT16 else "float32"


def peak_mib() -> int:
    """Return the most memory this process ever had resident, in MiB.

    Read from /proc: the figure of ``getrusage`` is passed on from parent to child.
    """
    status = Path("/proc/self/status").read_text(encoding="ascii")
    line = next(line for line in status.splitlines() if line.startswith("VmHWM:"))
    return int(line.split()[1]) // 1024


def _processor() -> str:
    return _cpuinfo("model name") or platform.processor() or platform.machine()


def _cpuinfo(field: str) -> str:
    path = Path("/proc/cpuinfo")
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    return next((line.partition(":")[2].strip() for line in lines if line.partition(":")[0].strip() == field), "")


def _versions(packages: Iterable[str]) -> Iterable[tuple[str, str]]:
    for package in packages:
        try:
            yield package, version(package)
        except PackageNotFoundError:
            yield package, "not installed"
