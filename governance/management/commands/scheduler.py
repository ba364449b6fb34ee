from __future__ import annotations

import logging
import signal
import threading
from typing import Any

import redis
from django.core.management.base import BaseCommand, CommandParser
from django.db import InterfaceError, OperationalError, connection

from governance.adapters import queue
from governance.services import cutouts, jobs

INTERVAL_SECONDS = 2.0
logger = logging.getLogger(__name__)


class Command(BaseCommand):
    help = "Do what is due every few seconds, until stopped: ask again for held jobs, put back what was lost."

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
            if stop.wait(INTERVAL_SECONDS):
                return

    def _tick(self) -> None:
        """One round. Needs no queue to be started by, so it works exactly when the queue was the trouble."""
        try:
            moved = jobs.reconsider_held()
            lost = cutouts.requeue_lost(queue_is_empty=queue.depth() == 0)
            if moved or lost:
                logger.info("%d held cutouts moved on, %d lost ones queued again", moved, lost)
        except redis.exceptions.RedisError as problem:
            logger.warning("Redis unreachable, trying again: %s", problem)
        except (OperationalError, InterfaceError) as problem:
            logger.warning("PostgreSQL unreachable, trying again: %s", str(problem).strip())
            connection.close()
