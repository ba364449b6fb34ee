from __future__ import annotations

import logging
import signal
import threading
import time
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser
from django.db import InterfaceError, OperationalError

from governance.adapters import keys
from governance.adapters.log_files import LogFiles
from governance.adapters.signer import RemoteSigner, Signer
from governance.errors import GovernanceError
from governance.services.ledger import BATCH, LogSigner
from governance.services.ledger_keeper import Keeper

INTERVAL_SECONDS = 0.2
STANDBY_SECONDS = 0.5
AWAY_SECONDS = 2.0
# What stops the log is told on the web pages. A supervisor that sees this process die at once again and again would
# take those down with it; so it dies slowly.
STOPPED_SECONDS = 15.0
logger = logging.getLogger(__name__)


class Command(BaseCommand):
    help = "Extend the log: take new records in and sign checkpoints, until stopped. A second one stands by."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--once", action="store_true", help="take in what waits, sign once, and end")

    def handle(self, *, once: bool, **options: Any) -> None:
        signer = signer_for(once=once)
        keeper = Keeper(signer, LogFiles(Path(settings.LOG_DIR)))
        if once:
            signer.last()  # who asks for one step wants it signed: no answer is an error here
            while keeper.step():
                pass
            return
        stop = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        keep(keeper, stop)


def signer_for(*, once: bool) -> LogSigner:
    """The signer's process, where there is one. A single step may sign by itself: the memory's lock is the same."""
    if once and not Path(settings.SIGNER_SOCKET).exists():
        return Signer(Path(settings.SIGNER_DIR), settings.LOG_ORIGIN, keys.log_key())
    return RemoteSigner(Path(settings.SIGNER_SOCKET))


def keep(keeper: Keeper, stop: threading.Event, stopped_seconds: float = STOPPED_SECONDS) -> None:
    """Step until ``stop`` is set. Standing by, or without PostgreSQL, only wait. Raises what stops the log."""
    while not stop.is_set():
        started = time.monotonic()
        try:
            pause = (0.0 if keeper.step() == BATCH else INTERVAL_SECONDS) if keeper.leads() else STANDBY_SECONDS
        except (OperationalError, InterfaceError) as problem:
            # PostgreSQL away loses nothing: the outbox waits there. Anything else ends the process visibly.
            logger.warning("PostgreSQL unreachable, trying again: %s", str(problem).strip())
            keeper.disconnected()
            pause = AWAY_SECONDS
        except GovernanceError as problem:
            logger.error("The log is stopped: %s", problem)
            stop.wait(stopped_seconds)
            raise
        except OSError as problem:
            # A full disk: what was committed waits for its files, and nothing is signed without them.
            logger.error("The log's files cannot be written, trying again: %s", problem)
            pause = AWAY_SECONDS
        stop.wait(max(0.0, pause - (time.monotonic() - started)))
