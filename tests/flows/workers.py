"""Real worker processes, and how to wait for what they do."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

import redis
from django.conf import settings
from django.db import connection

from governance.adapters.liveness import CUTOUT_LOCKS
from governance.management.processes import process_specs
from governance.models import Cutout, Job

WORKER = next(spec for spec in process_specs() if spec.name == "worker")
Start = Callable[..., "subprocess.Popen[bytes]"]


@contextmanager
def worker_processes(environment: Mapping[str, str]) -> Iterator[Start]:
    """Yields what starts a worker; the queue is emptied before, and whatever is left of them is killed at the end."""
    empty_the_queue()
    started: list[subprocess.Popen[bytes]] = []

    def start(**more: str) -> subprocess.Popen[bytes]:
        surroundings = {**os.environ, **environment, **WORKER.environment, **more}
        command = [*WORKER.command, f"--name=worker{len(started)}"]
        started.append(subprocess.Popen(command, cwd=settings.ROOT, env=surroundings, start_new_session=True))
        return started[-1]

    try:
        yield start
    finally:
        for process in started:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def empty_the_queue() -> None:
    with redis.Redis.from_url(settings.REDIS_URL) as queue:
        queue.flushdb()


def wait_until(condition: Callable[[], bool], what: str, seconds: float = 90) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"not within {seconds} s: {what}"
        time.sleep(0.05)


def count(job: Job, status: str) -> int:
    return Cutout.objects.filter(job=job, status=status).count()


def sessions_at_work() -> set[int]:
    """The database sessions that hold a cutout now: one for each worker that has one."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT pid FROM pg_locks WHERE locktype = 'advisory' AND classid = %s"
            " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())",
            [CUTOUT_LOCKS],
        )
        return {row[0] for row in cursor.fetchall()}
