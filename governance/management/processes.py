"""The programs Clearcut consists of. The same commands run on a bare machine and in containers."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from governance.management.supervised import ProcessSpec

ROOT = Path(__file__).resolve().parents[2]
SIGNER = ("-m", "governance.adapters.signer_process", "--make-key")
LEDGER = ("manage.py", "ledger")
WORKER = ("manage.py", "worker")
SCHEDULER = ("manage.py", "scheduler")
# The control socket would be one more file in the user's home, shared by all clones.
WEB = (
    *("-m", "gunicorn", "governance.wsgi", "--workers=2", "--threads=4", "--graceful-timeout=5"),
    *("--no-control-socket", "--log-level=warning"),
)
# Celery's advice against root is for open servers; a container or a check machine may well run as root.
QUIET = {"PYTHONWARNINGS": "ignore:You're running the worker with superuser privileges"}
# The signer answers nobody but its socket: what opens the other doors is kept from it.
DOORS = ("DATABASE_URL", "DATABASE_OWNER_URL", "DATABASE_LEDGER_URL", "REDIS_URL", "CLEARCUT_SECRET_KEY")


def process_specs(bind: str = "127.0.0.1", port: int = 8000, gpus: Sequence[str] = ()) -> tuple[ProcessSpec, ...]:
    """All of them, in the order to start. Stopped the other way round: what feeds ends before what eats.

    ``gpus``: one worker more for each, by index, that takes everything. The one on the processor then leaves to them
    what is kept for a GPU; where there are none, it takes that too.
    """
    address = f"--bind={f'[{bind}]' if ':' in bind else bind}:{port}"
    return (
        _spec("signer", SIGNER, dict.fromkeys(DOORS, "")),
        _spec("ledger", LEDGER),
        _spec("worker", (*WORKER, "--queues=cpu") if gpus else WORKER),
        *(_gpu_worker(index) for index in gpus),
        _spec("scheduler", SCHEDULER),
        _spec("web", (*WEB, address)),
    )


def _gpu_worker(index: str) -> ProcessSpec:
    """One process per GPU, which sees no other."""
    name = f"worker-gpu-{index}"
    seen = {"CLEARCUT_DEVICE": "cuda", "CUDA_VISIBLE_DEVICES": index}
    return _spec(name, (*WORKER, "--queues=gpu,cpu", f"--name={name}"), seen)


def _spec(name: str, command: Sequence[str], environment: Mapping[str, str] | None = None) -> ProcessSpec:
    return ProcessSpec(
        name,
        (sys.executable, *command),
        environment={**QUIET, **(environment or {})},
        stop_seconds=15.0,
        folder=ROOT,
    )
