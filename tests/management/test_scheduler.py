"""`manage.py scheduler --once`: what is due is done, and a server that is away is only said."""

from __future__ import annotations

import logging
import signal
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.utils import timezone
from pytest_django import Settings

from governance.models import Cutout, Status
from governance.services import cutouts
from governance.services.entitlements import verify_entitlement
from tests.conftest import Cast
from tests.factories import acquire_weights, make_entitlement, make_job

pytestmark = pytest.mark.django_db

LONG_AGO = timedelta(hours=1)


def test_a_held_job_runs_once_what_held_it_is_gone(cast: Cast) -> None:
    acquire_weights("rmbg-2.0")
    entitlement = make_entitlement(cast, verified=False)
    job = make_job(cast, slug="rmbg-2.0")
    call_command("scheduler", once=True)
    before = job.cutouts.get().status
    verify_entitlement(cast.second_admin, entitlement)
    call_command("scheduler", once=True)
    assert (before, job.cutouts.get().status) == (Status.HELD, Status.QUEUED)


def test_a_cutout_whose_worker_died_is_queued_again(cast: Cast, caplog: pytest.LogCaptureFixture) -> None:
    cutout = cutouts.claim(make_job(cast).cutouts.get().pk)
    assert cutout is not None
    Cutout.objects.filter(pk=cutout.pk).update(started_at=timezone.now() - LONG_AGO)
    with caplog.at_level(logging.INFO, "governance"):
        call_command("scheduler", once=True)
    cutout.refresh_from_db()
    assert cutout.status == Status.QUEUED
    assert "0 held cutouts moved on, 1 lost ones called for again" in caplog.text


def test_without_redis_it_says_so_and_held_jobs_move_on_all_the_same(
    cast: Cast, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    acquire_weights("rmbg-2.0")
    entitlement = make_entitlement(cast, verified=False)
    job = make_job(cast, slug="rmbg-2.0")
    verify_entitlement(cast.second_admin, entitlement)
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    call_command("scheduler", once=True)
    assert job.cutouts.get().status == Status.QUEUED
    assert "Redis unreachable, trying again" in caplog.text


def test_once_leaves_the_callers_signals_alone(db: None) -> None:
    before = [signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)]
    call_command("scheduler", once=True)
    assert [signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)] == before
