"""The programs Clearcut consists of. The same commands run on a bare machine and in containers."""

from __future__ import annotations

import sys
from pathlib import Path

from governance.management.supervised import ProcessSpec

ROOT = Path(__file__).resolve().parents[2]
LEDGER = ("manage.py", "ledger")
WORKER = (
    *("-m", "celery", "--quiet", "-A", "governance.celery", "worker", "--pool=solo", "--queues=cutouts"),
    *("--loglevel=WARNING", "--without-mingle", "--without-gossip"),
)
SCHEDULER = ("manage.py", "scheduler")
# The control socket would be one more file in the user's home, shared by all clones.
WEB = (
    *("-m", "gunicorn", "governance.wsgi", "--workers=2", "--threads=4", "--graceful-timeout=5"),
    *("--no-control-socket", "--log-level=warning"),
)
# Celery's advice against root is for open servers; a container or a check machine may well run as root.
QUIET = {"PYTHONWARNINGS": "ignore:You're running the worker with superuser privileges"}


def process_specs(bind: str = "127.0.0.1", port: int = 8000) -> tuple[ProcessSpec, ...]:
    """All of them, in the order to start. Stopped the other way round: what feeds ends before what eats."""
    address = f"--bind={f'[{bind}]' if ':' in bind else bind}:{port}"
    programs = {"ledger": LEDGER, "worker": WORKER, "scheduler": SCHEDULER, "web": (*WEB, address)}
    return tuple(
        ProcessSpec(name, (sys.executable, *command), environment=QUIET, stop_seconds=15.0, folder=ROOT)
        for name, command in programs.items()
    )
