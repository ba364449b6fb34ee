"""The queue: ids sent by task name on commit. Services never import tasks, and the web process never loads torch."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from functools import partial

import redis
from django.conf import settings
from django.db import transaction
from kombu.exceptions import OperationalError

from governance.celery import app

PROCESS_CUTOUT = "governance.cutouts.process"
CUTOUTS_QUEUE = "cutouts"
# A person waits for this; left alone, kombu tries for six seconds. The reaper tries again anyway.
_ONE_TRY = {"max_retries": 1, "interval_start": 0, "interval_step": 0, "interval_max": 0}

logger = logging.getLogger(__name__)


def enqueue_on_commit(cutout_ids: Sequence[int]) -> None:
    """Send each id once the transaction has committed: a worker must never meet a row that is not there yet."""
    transaction.on_commit(partial(_send, list(cutout_ids)))


def _send(cutout_ids: list[int]) -> None:
    """Hand the ids to Redis. Redis being away loses nothing: the rows stay queued and the reaper sends them again."""
    try:
        with app.connection_for_write(transport_options=_ONE_TRY) as connection:
            for cutout_id in cutout_ids:
                app.send_task(PROCESS_CUTOUT, [cutout_id], queue=CUTOUTS_QUEUE, connection=connection, retry=False)
    except (OperationalError, redis.exceptions.RedisError, OSError) as problem:
        logger.warning("Queue unreachable, %d cutouts wait for the reaper: %s", len(cutout_ids), problem)


def depth() -> int:
    """How many messages wait in the queue. Raises redis.RedisError when it cannot be asked."""
    with redis.Redis.from_url(settings.REDIS_URL, socket_timeout=5, socket_connect_timeout=5) as client:
        return int(client.llen(CUTOUTS_QUEUE))  # type: ignore[arg-type]
