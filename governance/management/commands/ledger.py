from __future__ import annotations

import logging
import signal
import threading
import time
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser
from django.db import InterfaceError, OperationalError, connections

from governance.adapters import keys
from governance.adapters.signer import Signer
from governance.services import ledger

INTERVAL_SECONDS = 0.2
logger = logging.getLogger(__name__)


class Command(BaseCommand):
    help = "Extend the log: take new records in and sign checkpoints, until stopped."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--once", action="store_true", help="take in what waits, sign once, and end")

    def handle(self, *, once: bool, **options: Any) -> None:
        signer = Signer(settings.SIGNER_DIR, settings.LOG_ORIGIN, keys.log_key())
        if once:
            step(signer)
            return
        stop = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        while not stop.is_set():
            started = time.monotonic()
            try:
                step(signer)
            except (OperationalError, InterfaceError) as problem:
                # PostgreSQL away loses nothing: the outbox waits there. Anything else ends the process visibly.
                logger.warning("PostgreSQL unreachable, trying again: %s", str(problem).strip())
                connections[ledger.ALIAS].close()
                stop.wait(2)
            stop.wait(max(0.0, INTERVAL_SECONDS - (time.monotonic() - started)))


def step(signer: Signer) -> int:
    """Integrate one batch and publish the checkpoint that covers it; returns how many entries were new."""
    integrated = ledger.integrate_pending()
    ledger.publish_checkpoint(signer)
    return integrated
