"""The queues: calls that work is waiting. What waits, and in which order, is said by the rows alone.

A call may be lost, doubled or late; whoever takes a picture calls the next worker, so that one call wakes as many as
there is work for. Services never import tasks, and the web process never loads torch.
"""

from __future__ import annotations

import logging
from functools import partial

import redis
from django.conf import settings
from django.db import transaction
from kombu.exceptions import OperationalError

from governance.celery import CPU, GPU, QUEUES, app

TAKE_CUTOUTS = "governance.cutouts.take"
# A person waits for this; left alone, kombu tries for six seconds. The scheduler calls again anyway.
_ONE_TRY = {"max_retries": 1, "interval_start": 0, "interval_step": 0, "interval_max": 0}

logger = logging.getLogger(__name__)


def queue_of(model: str) -> str:
    """Where the pictures of this model wait: CLEARCUT_GPU_MODELS names those that are kept for workers with a GPU."""
    return GPU if model in settings.GPU_MODELS else CPU


def call_on_commit(model: str) -> None:
    """Call a worker for pictures of this model once they are committed: it must not look before they are there."""
    transaction.on_commit(partial(call, queue_of(model)))


def call(queue: str) -> None:
    """Say that work waits. Redis being away loses nothing: the rows stay queued and the scheduler calls again."""
    try:
        with app.connection_for_write(transport_options=_ONE_TRY) as connection:
            app.send_task(TAKE_CUTOUTS, [queue], queue=queue, connection=connection, retry=False)
    except (OperationalError, redis.exceptions.RedisError, OSError) as problem:
        logger.warning("Queue unreachable, work waits for the scheduler: %s", problem)


def silent() -> frozenset[str]:
    """The queues in which no call waits to be answered. Raises redis.RedisError when that cannot be asked."""
    with redis.Redis.from_url(settings.REDIS_URL, socket_timeout=5, socket_connect_timeout=5) as client:
        return frozenset(queue for queue in QUEUES if not client.llen(queue))
