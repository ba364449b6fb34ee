"""The queues carry calls, after the commit, and may be away."""

from __future__ import annotations

import base64
import json
import logging
import time
from collections.abc import Iterator
from typing import Any

import pytest
import redis
from django.db import transaction
from pytest_django import Settings

from governance.adapters import queue
from governance.celery import CPU, GPU, QUEUES, app
from governance.models import Cutout, Status
from tests.conftest import Cast
from tests.factories import make_job

# A database of Redis that no other test uses.
NUMBER = 9
NOBODY_LISTENS = "127.0.0.1:1"


@pytest.fixture
def waiting(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[redis.Redis]:
    """An empty queue, and the means to look into it."""
    base = settings.REDIS_URL.split("?")[0]
    if base.startswith("unix://"):
        url, broker = f"{base}?db={NUMBER}", f"{base.replace('unix', 'redis+socket', 1)}?virtual_host={NUMBER}"
    else:
        url = broker = f"{base.rsplit('/', 1)[0]}/{NUMBER}"
    settings.REDIS_URL = url
    monkeypatch.setitem(app.conf, "broker_write_url", broker)
    with redis.Redis.from_url(url) as client:
        client.flushdb()
        yield client
        client.flushdb()


@pytest.fixture
def nobody_listens(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.REDIS_URL = f"redis://{NOBODY_LISTENS}/0"
    monkeypatch.setitem(app.conf, "broker_write_url", settings.REDIS_URL)


def messages(client: redis.Redis, name: str = CPU) -> list[dict[str, Any]]:
    found = [json.loads(raw) for raw in client.lrange(name, 0, -1)]  # type: ignore[union-attr]
    return [message | {"body": json.loads(base64.b64decode(message["body"]))} for message in found]


def test_a_job_becomes_one_call_after_the_commit(committed_cast: Cast, waiting: redis.Redis) -> None:
    make_job(committed_cast, pictures=2)
    (message,) = messages(waiting)
    assert message["headers"]["task"] == queue.TAKE_CUTOUTS
    assert queue.silent() == {GPU}


def test_a_call_carries_the_queue_and_nothing_of_the_job(committed_cast: Cast, waiting: redis.Redis) -> None:
    job = make_job(committed_cast)
    (message,) = messages(waiting)
    arguments, keywords, _ = message["body"]
    assert (arguments, keywords) == ([CPU], {})
    asset = job.cutouts.get().asset
    secrets = (committed_cast.client.name, asset.file_name, asset.sha256, job.target.name, "owner", str(job.opaque_id))
    assert not [secret for secret in secrets if secret in json.dumps(message)]


def test_pictures_of_a_model_kept_for_a_gpu_wait_there(
    committed_cast: Cast, waiting: redis.Redis, settings: Settings
) -> None:
    settings.GPU_MODELS = ("u2netp",)
    make_job(committed_cast)
    (message,) = messages(waiting, GPU)
    assert message["body"][0] == [GPU]
    assert queue.silent() == {CPU}


def test_nothing_is_sent_while_the_transaction_is_open(committed: dict[str, str], waiting: redis.Redis) -> None:
    with transaction.atomic():
        queue.call_on_commit("u2netp")
        assert queue.silent() == set(QUEUES)
    assert queue.silent() == {GPU}


def test_nothing_is_sent_when_the_transaction_rolls_back(committed: dict[str, str], waiting: redis.Redis) -> None:
    with transaction.atomic():
        queue.call_on_commit("u2netp")
        transaction.set_rollback(True)
    assert queue.silent() == set(QUEUES)


def test_a_refused_job_sends_nothing(committed_cast: Cast, waiting: redis.Redis) -> None:
    make_job(committed_cast, slug="rmbg-2.0")
    assert queue.silent() == set(QUEUES)


@pytest.mark.usefixtures("nobody_listens")
def test_without_redis_the_job_is_taken_and_its_pictures_wait(
    committed_cast: Cast, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING, "governance.adapters.queue"):
        job = make_job(committed_cast, pictures=2)
    assert set(Cutout.objects.filter(job=job).values_list("status", flat=True)) == {Status.QUEUED}
    (record,) = [record for record in caplog.records if record.name == "governance.adapters.queue"]
    assert record.levelno == logging.WARNING
    assert "Queue unreachable, work waits for the scheduler" in record.getMessage()


@pytest.mark.usefixtures("nobody_listens")
def test_without_redis_nobody_is_kept_waiting(committed: dict[str, str]) -> None:
    started = time.monotonic()
    queue.call_on_commit("u2netp")
    assert time.monotonic() - started < 2


@pytest.mark.usefixtures("nobody_listens")
def test_without_redis_whether_a_call_waits_is_unknown() -> None:
    with pytest.raises(redis.exceptions.ConnectionError):
        queue.silent()
