"""What this machine has: cores, memory, and the number formats its processor computes in natively. No torch."""

from __future__ import annotations

import os
from pathlib import Path

# As Linux names the instructions that multiply bfloat16: x86 (AVX-512, AMX), then Arm.
_BFLOAT16 = frozenset({"avx512_bf16", "amx_bf16", "bf16"})


def cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def memory_mib() -> int:
    """Return the machine's memory in MiB."""
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2**20


def flags() -> frozenset[str]:
    """Return the instruction sets of the processor as Linux names them; nothing elsewhere."""
    return frozenset((described("flags") or described("Features")).split())


def native_formats(found: frozenset[str]) -> frozenset[str]:
    """Return the number formats that instruction sets compute in. Others are emulated, many times slower."""
    return frozenset({"float32", "bfloat16"} if found & _BFLOAT16 else {"float32"})


def described(field: str) -> str:
    """Return what Linux says of the first processor in this field; "" if it says nothing."""
    path = Path("/proc/cpuinfo")
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    return next((line.partition(":")[2].strip() for line in lines if line.partition(":")[0].strip() == field), "")
