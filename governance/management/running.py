"""The processes a command needs while it waits for work: those of a `make run` next door, or its own."""

from __future__ import annotations

import fcntl
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from django.conf import settings

from governance.management.processes import process_specs
from governance.management.supervisor import Supervisor

NOT_NEEDED = {"web"}


@contextmanager
def running_processes() -> Iterator[Callable[[], None]]:
    """Everything but the web server for as long as the demo takes; what a `make run` next door runs is used instead.

    Yields a check that raises ProcessGaveUp when one of them kept dying.
    """
    lock = settings.STATE_DIR / "run" / "run.lock"
    lock.parent.mkdir(parents=True, exist_ok=True)
    with lock.open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield lambda: None
            return
        specs = [spec for spec in process_specs(gpus=settings.GPUS) if spec.name not in NOT_NEEDED]
        with Supervisor(specs, emit=_say) as supervisor:
            yield supervisor.check


def _say(line: str) -> None:
    """What the processes have to say belongs to the person waiting, but not among the command's own answers."""
    sys.stderr.write(f"{line}\n")
