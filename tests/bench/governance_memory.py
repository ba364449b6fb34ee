"""Whether a worker's memory stays what it is: 500 pictures through one real worker process.

make bench-governance. Resident memory after the last picture may be a tenth above what it was after the first fifty.
"""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from governance.models import Job, Status
from tests.bench.governance_pictures import distinct_photos, queue_photos
from tests.conftest import make_cast
from tests.flows.workers import count, wait_until, worker_processes

PICTURES, STEP = 500, 50
SECONDS = 1800


def test_memory_after_five_hundred_pictures_is_within_a_tenth_of_that_after_fifty(
    committed: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    with worker_processes(committed) as start:
        job = queue_photos(make_cast(), distinct_photos(), PICTURES)
        started = time.perf_counter()
        worker = start()
        resident = [resident_after(made, job, worker.pid) for made in range(STEP, PICTURES + 1, STEP)]
    seconds = time.perf_counter() - started
    assert count(job, Status.SUCCEEDED) == PICTURES
    with capsys.disabled():
        print(f"\n{PICTURES} pictures in {seconds:.0f} s, load {os.getloadavg()[0]:.1f}; MiB after each {STEP}:")
        print(" ", *resident, f"({resident[-1] / resident[0] - 1:+.1%})")
    assert resident[-1] <= 1.1 * resident[0]


def resident_after(made: int, job: Job, pid: int) -> int:
    wait_until(lambda: count(job, Status.SUCCEEDED) >= made, f"{made} pictures made", SECONDS)
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    return next(int(line.split()[1]) // 1024 for line in status.splitlines() if line.startswith("VmRSS:"))
