"""What a measurement was made on: processor, accelerator, versions. Without it a figure says nothing."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from inference.processor import cores, described, flags, memory_mib

_PACKAGES = ("torch", "transformers", "numpy", "Pillow", "onnxruntime", "onnx")
_TELLING = ("avx2", "avx512f", "avx512_bf16", "avx512_vnni", "amx_tile", "amx_bf16")


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
        processor=described("model name") or platform.processor() or platform.machine(),
        cores=cores(),
        flags=tuple(each for each in _TELLING if each in flags()),
        memory_mib=memory_mib(),
        load=round(os.getloadavg()[0], 2),
        accelerator=accelerator,
        threads=threads,
        system=platform.platform(),
        versions={"python": platform.python_version(), **dict(_versions(_PACKAGES))},
    )


def peak_mib() -> int:
    """Return the most memory this process ever had resident, in MiB.

    Read from /proc: the figure of ``getrusage`` is passed on from parent to child.
    """
    status = Path("/proc/self/status").read_text(encoding="ascii")
    line = next(line for line in status.splitlines() if line.startswith("VmHWM:"))
    return int(line.split()[1]) // 1024


def _versions(packages: Iterable[str]) -> Iterable[tuple[str, str]]:
    for package in packages:
        try:
            yield package, version(package)
        except PackageNotFoundError:
            yield package, "not installed"
