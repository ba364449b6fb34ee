"""Quotas at the gates: taken when a worker takes a picture, used with its output, given back when there is none."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.db import connections
from django.utils import timezone

from governance.celery import QUEUES
from governance.models import Cutout, Decision, Job, Output, QuotaEntry, Status
from governance.services import cutouts
from governance.services.entitlement_terms import QuotaTerms
from governance.services.outputs import record_output
from tests.conftest import Cast
from tests.factories import acquire_weights, made, make_entitlement, make_job


def jobs(cast: Cast, *pictures: int, unit: str = "output", limit: int = 10) -> list[Job]:
    """Jobs by RMBG-2.0 under a right with a quota, each with so many pictures."""
    acquire_weights("rmbg-2.0")
    make_entitlement(cast, quotas=(QuotaTerms(unit, "term", limit),))
    return [make_job(cast, slug="rmbg-2.0", pictures=count) for count in pictures]


def take(job: Job) -> list[Cutout]:
    taken = [cutouts.claim(pk) for pk in job.cutouts.order_by("pk").values_list("pk", flat=True)]
    return [cutout for cutout in taken if cutout is not None]


def kinds() -> list[str]:
    return list(QuotaEntry.objects.order_by("pk").values_list("kind", flat=True))


def lose(cutout: Cutout, **values: Any) -> None:
    """Its worker died a minute ago."""
    Cutout.objects.filter(pk=cutout.pk).update(started_at=timezone.now() - timedelta(minutes=1), **values)
    cutouts.requeue_lost(silent=QUEUES)


def test_an_output_uses_what_its_claim_reserved(cast: Cast) -> None:
    (cutout,) = take(*jobs(cast, 1))
    assert kinds() == ["reserve"]
    record_output(cutout, made(cutout))
    assert kinds() == ["reserve", "commit"]


@pytest.mark.parametrize("permanent", [True, False])
def test_a_failure_gives_it_back(cast: Cast, permanent: bool) -> None:
    (cutout,) = take(*jobs(cast, 1))
    cutouts.fail(cutout, code="x", message="no luck", permanent=permanent)
    assert kinds() == ["reserve", "void"]


def test_other_weights_than_decided_give_it_back(cast: Cast) -> None:
    (cutout,) = take(*jobs(cast, 1))
    cutouts.refuse_loaded(cutout, "0" * 64, "Other weights.")
    assert kinds() == ["reserve", "void"]


def test_a_worker_that_dies_gives_it_back_and_the_next_attempt_takes_it_again(cast: Cast) -> None:
    (job,) = jobs(cast, 1, limit=1)
    (cutout,) = take(job)
    lose(cutout)
    (again,) = take(job)
    record_output(again, made(again))
    assert kinds() == ["reserve", "void", "reserve", "commit"]


def test_a_picture_that_is_given_up_gives_it_back(cast: Cast) -> None:
    (cutout,) = take(*jobs(cast, 1))
    lose(cutout, attempt=3)
    assert (kinds(), Cutout.objects.get().status) == (["reserve", "void"], Status.FAILED)


def test_the_late_result_of_a_worker_that_was_given_up_uses_nothing(cast: Cast) -> None:
    (cutout,) = take(*jobs(cast, 1))
    lose(cutout)
    assert record_output(cutout, made(cutout)) is None
    assert kinds() == ["reserve", "void"]


def test_a_job_too_large_for_what_is_left_is_refused_at_submission(cast: Cast) -> None:
    """V16: a hundred a month, 99 of them used; a job of three."""
    (job,) = jobs(cast, 3, limit=2)
    assert {cutout.status for cutout in job.cutouts.all()} == {Status.REFUSED}


def test_what_another_job_has_taken_meanwhile_is_refused_at_dispatch(cast: Cast) -> None:
    first, second = jobs(cast, 1, 1, limit=1)
    take(first)
    assert take(second) == []
    refused = second.cutouts.get()
    assert (refused.status, refused.decision.stage) == (Status.REFUSED, Decision.Stage.DISPATCH)
    assert "ENT-003" in refused.decision.body
    assert kinds() == ["reserve"]


def test_every_picture_of_a_job_runs_on_the_one_unit_of_its_job(cast: Cast) -> None:
    first, second = jobs(cast, 3, 1, unit="job", limit=1)
    assert [len(take(first)), len(take(second))] == [3, 0]
    assert kinds() == ["reserve"]


def test_two_jobs_racing_for_the_last_output_make_exactly_one(committed_cast: Cast) -> None:
    found = jobs(committed_cast, 1, 1, limit=1)

    def work(job: Job) -> None:
        try:
            for cutout in take(job):
                record_output(cutout, made(cutout))
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(found)) as pool:
        list(pool.map(work, found))
    assert Output.objects.count() == 1
    assert sorted(Cutout.objects.values_list("status", flat=True)) == [Status.REFUSED, Status.SUCCEEDED]
    assert kinds() == ["reserve", "commit"]
