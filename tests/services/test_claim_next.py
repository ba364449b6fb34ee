"""Taking the next cutout that waits, as workers do that answer a call."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connections, transaction
from django.utils import timezone
from pytest_django import Settings

from governance.adapters import liveness
from governance.celery import CPU, GPU
from governance.errors import GovernanceError
from governance.models import Cutout, Status
from governance.services import cutouts, jobs
from governance.services.entitlements import end_entitlement
from tests.conftest import Cast
from tests.factories import acquire_weights, make_entitlement, make_job


def test_the_next_one_taken_is_the_one_that_has_waited_longest(cast: Cast) -> None:
    job = make_job(cast, pictures=3)
    first, second, third = job.cutouts.order_by("pk")
    Cutout.objects.filter(pk=second.pk).update(enqueued_at=timezone.now() - timedelta(minutes=1))
    taken = [cutouts.claim_next(CPU) for _ in range(4)]
    assert [cutout and cutout.pk for cutout in taken] == [second.pk, first.pk, third.pk, None]
    liveness.let_go()


def test_the_next_one_is_passed_over_while_another_worker_is_about_to_take_it(committed_cast: Cast) -> None:
    job = make_job(committed_cast, pictures=2)
    first, second = job.cutouts.order_by("pk").values_list("pk", flat=True)
    with transaction.atomic(), ThreadPoolExecutor(1) as elsewhere:
        mine = cutouts.claim_next(CPU)
        other = elsewhere.submit(in_a_session_of_its_own, lambda: cutouts.claim_next(CPU)).result()
    assert (mine and mine.pk, other and other.pk) == (first, second)


def in_a_session_of_its_own(act: Callable[[], Cutout | None]) -> Cutout | None:
    try:
        return act()
    finally:
        connections.close_all()


def test_whoever_takes_the_next_one_is_known_to_live_on_it(cast: Cast) -> None:
    make_job(cast)
    cutout = cutouts.claim_next(CPU)
    assert cutout is not None
    assert liveness.without_holder([cutout.pk]) == []
    liveness.let_go()


def test_what_comes_back_from_a_claim_is_what_the_row_says(cast: Cast) -> None:
    make_job(cast)
    cutout = cutouts.claim_next(CPU)
    assert cutout is not None
    row = Cutout.objects.get(pk=cutout.pk)
    assert [getattr(cutout, name) for name in ("status", "attempt", "decision_id", "started_at", "finished_at")] == [
        getattr(row, name) for name in ("status", "attempt", "decision_id", "started_at", "finished_at")
    ]
    liveness.let_go()


def test_one_whose_licence_was_withdrawn_is_refused_on_the_way_to_the_next(cast: Cast) -> None:
    acquire_weights("rmbg-2.0")
    make_entitlement(cast)
    withdrawn, allowed = make_job(cast, slug="rmbg-2.0"), make_job(cast)
    end_entitlement(cast.admin, "ENT-0001", timezone.now() - timedelta(seconds=1), "Contract terminated")
    cutout = cutouts.claim_next(CPU)
    assert cutout == allowed.cutouts.get()
    assert withdrawn.cutouts.get().status == Status.REFUSED
    liveness.let_go()


def test_one_that_cannot_be_decided_does_not_keep_the_others_waiting(cast: Cast) -> None:
    first, second = make_job(cast, pictures=2).cutouts.order_by("pk")
    Cutout.objects.filter(pk=first.pk).update(decision=None)
    with pytest.raises(GovernanceError, match=f"Cutout {first.pk} has no decision"):
        cutouts.claim_next(CPU)
    assert cutouts.claim_next(CPU) == second
    assert Cutout.objects.get(pk=first.pk).status == Status.QUEUED
    liveness.let_go()


def test_a_cancelled_one_is_not_taken(cast: Cast) -> None:
    job = make_job(cast, pictures=2)
    jobs.cancel(cast.owner, job)
    assert cutouts.claim_next(CPU) is None


def test_one_that_was_tried_already_is_left_for_later(cast: Cast) -> None:
    cutout = make_job(cast).cutouts.get()
    assert cutouts.claim_next(CPU, [cutout.pk]) is None


def test_what_is_kept_for_a_gpu_is_taken_from_there_alone(cast: Cast, settings: Settings) -> None:
    settings.GPU_MODELS = ("u2netp",)
    cutout = make_job(cast).cutouts.get()
    assert cutouts.claim_next(CPU) is None
    assert cutouts.claim_next(GPU) == cutout
    liveness.let_go()
