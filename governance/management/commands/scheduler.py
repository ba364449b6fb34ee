from __future__ import annotations

import logging
import signal
import threading
import time
from typing import Any

import redis
from django.core.management.base import BaseCommand, CommandParser
from django.db import InterfaceError, OperationalError, connection
from django.utils import timezone

from governance.adapters import queue
from governance.management.watch import Watch
from governance.rights.mark import mark
from governance.services import cutouts, jobs, reviews, sweeps

INTERVAL_SECONDS = 2.0
# Rights also begin and end with the clock, which leaves no row behind.
ASK_AGAIN_SECONDS = 60.0
WATCH_SECONDS = 30.0
logger = logging.getLogger(__name__)


class Command(BaseCommand):
    help = (
        "Do what is due every few seconds, until stopped: ask again for held jobs, put back what was lost, look"
        " whether the database is fenced and the log goes on, and once a night judge again everything that is"
        " waiting or in use."
    )

    def __init__(self, *values: Any, **options: Any) -> None:
        super().__init__(*values, **options)
        self._asked: tuple[tuple[int, ...], float] | None = None
        self._sweeper: threading.Thread | None = None
        self._watch = Watch()
        self._watched = float("-inf")

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--once", action="store_true", help="do it once and end")

    def handle(self, *, once: bool, **options: Any) -> None:
        if once:
            self._tick()
            return
        stop = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        while True:
            self._tick()
            self._sweep_if_due()
            if stop.wait(INTERVAL_SECONDS):
                return

    def _tick(self) -> None:
        """One round. Needs no queue to be started by, so it works exactly when the queue was the trouble."""
        try:
            moved = self._reconsider()
            reviews.close_moot()
            lost = cutouts.requeue_lost(silent=queue.silent())
            self._watch_if_due()
            if moved or lost:
                logger.info("%d held cutouts moved on, %d lost ones called for again", moved, lost)
        except redis.exceptions.RedisError as problem:
            logger.warning("Redis unreachable, trying again: %s", problem)
        except (OperationalError, InterfaceError) as problem:
            logger.warning("PostgreSQL unreachable, trying again: %s", str(problem).strip())
            connection.close()

    def _watch_if_due(self) -> None:
        if time.monotonic() - self._watched >= WATCH_SECONDS:
            self._watched = time.monotonic()
            self._watch.look()

    def _reconsider(self) -> int:
        """Ask again for held jobs when something was recorded that they may rest on, and every minute."""
        now, seen = time.monotonic(), mark()
        if self._asked is not None and self._asked[0] == seen and now - self._asked[1] < ASK_AGAIN_SECONDS:
            return 0
        moved = jobs.reconsider_held()
        self._asked = (seen, now)
        return moved

    def _sweep_if_due(self) -> None:
        """In a thread of its own: a sweep takes minutes, and lost work must not wait for it."""
        if self._sweeper is None or not self._sweeper.is_alive():
            self._sweeper = threading.Thread(target=_sweep, name="sweep", daemon=True)
            self._sweeper.start()


def _sweep() -> None:
    try:
        done = sweeps.sweep_if_due(timezone.now())
        if done is not None:
            logger.info("Swept: %d judged again, %d changed", done.examined, done.changed)
    except (OperationalError, InterfaceError) as problem:
        logger.warning("PostgreSQL unreachable, sweeping later: %s", str(problem).strip())
    finally:
        connection.close()
