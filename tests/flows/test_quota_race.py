"""Several workers at one quota, on a database that really commits: what is reserved never passes the limit."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from threading import Barrier
from typing import TypeVar

import pytest
from django.db import connections, transaction
from django.db.models import Sum
from django.utils import timezone

from governance.models import Cutout, Entitlement, Job, Quota, QuotaEntry, Status
from governance.policy.words import Stage
from governance.rights.grants import purchased
from governance.rights.verdicts import Question, judge
from governance.services import quotas
from governance.services.entitlement_terms import QuotaTerms
from tests.conftest import Cast
from tests.factories import acquire_weights, make_entitlement, make_job

WORKERS = 8
T = TypeVar("T")


def right(cast: Cast, *terms: QuotaTerms) -> Entitlement:
    acquire_weights("rmbg-2.0")
    start = timezone.now() - timedelta(days=1)
    return make_entitlement(cast, valid_from=start, valid_until=start + timedelta(days=3650), quotas=terms)


def at_once(acts: Sequence[Callable[[], T]]) -> list[T]:
    """Each act in a thread with a session of its own, all let go together."""
    start = Barrier(len(acts))

    def run(act: Callable[[], T]) -> T:
        try:
            start.wait()
            return act()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts))


def grab(cutouts: Sequence[Cutout]) -> int:
    """Reserve for one picture after the other, as a worker does; how many it got."""
    at, got = timezone.now(), 0
    for cutout in cutouts:
        try:
            with transaction.atomic():
                grants = purchased(at, cutout.job_id)
                got += len(quotas.reserve(cutout, 1, [grant for grant in grants if grant.quotas], at))
                Cutout.objects.filter(pk=cutout.pk).update(status=Status.RUNNING, attempt=1)
        except quotas.QuotaExhausted:
            continue
    return got


def balance() -> int:
    return QuotaEntry.objects.aggregate(total=Sum("amount"))["total"] or 0


@pytest.mark.parametrize("limit", [1, 17, 100])
def test_workers_at_once_never_reserve_more_than_the_limit(committed_cast: Cast, limit: int) -> None:
    right(committed_cast, QuotaTerms("output", "term", limit), QuotaTerms("api_call", "term", 1000))
    cutouts = list(make_job(committed_cast, pictures=40).cutouts.order_by("pk"))
    at_once([partial(grab, cutouts[number::WORKERS]) for number in range(WORKERS)])
    booked = dict(QuotaEntry.objects.values_list("quota__unit").annotate(Sum("amount")))
    assert booked == {"output": min(limit, 40), "api_call": min(limit, 40)}


def test_the_pictures_of_one_job_count_it_once_whoever_is_first(committed_cast: Cast) -> None:
    right(committed_cast, QuotaTerms("job", "term", 5))
    cutouts = list(make_job(committed_cast, pictures=WORKERS).cutouts.order_by("pk"))
    assert sum(at_once([partial(grab, [cutout]) for cutout in cutouts])) == 1


def test_what_fails_and_what_is_made_at_once_leaves_the_account_right(committed_cast: Cast) -> None:
    right(committed_cast, QuotaTerms("job", "term", 5))
    cutouts = list(make_job(committed_cast, pictures=WORKERS).cutouts.order_by("pk"))
    grab(cutouts)

    def end(cutout: Cutout, status: str) -> None:
        with transaction.atomic():
            Cutout.objects.filter(pk=cutout.pk).update(status=status)
            (quotas.commit if status == Status.SUCCEEDED else quotas.void)(cutout, 1)

    ends = [Status.SUCCEEDED if number == 3 else Status.FAILED for number in range(WORKERS)]
    at_once([partial(end, cutout, status) for cutout, status in zip(cutouts, ends, strict=True)])
    assert (balance(), QuotaEntry.objects.filter(kind="commit").count()) == (1, 1)


def test_a_job_of_which_everything_fails_at_once_is_given_back(committed_cast: Cast) -> None:
    right(committed_cast, QuotaTerms("job", "term", 5))
    cutouts = list(make_job(committed_cast, pictures=WORKERS).cutouts.order_by("pk"))
    grab(cutouts)

    def fail(cutout: Cutout) -> None:
        with transaction.atomic():
            Cutout.objects.filter(pk=cutout.pk).update(status=Status.FAILED)
            quotas.void(cutout, 1)

    at_once([partial(fail, cutout) for cutout in cutouts])
    assert (balance(), QuotaEntry.objects.filter(kind="void").count()) == (0, 1)


def test_two_jobs_racing_for_the_last_output_get_one_between_them(committed_cast: Cast) -> None:
    """V16: a hundred a month, 99 of them used."""
    cast = committed_cast
    right(cast, QuotaTerms("output", "calendar_month", 100))
    quotas.adjust(cast.admin, cast.second_admin, Quota.objects.get(), timezone.now(), 99, "Made elsewhere")
    jobs = [make_job(cast, slug="rmbg-2.0") for _ in range(2)]
    assert [job.cutouts.get().status for job in jobs] == [Status.QUEUED, Status.QUEUED]

    def dispatch(job: Job) -> tuple[str, set[str]]:
        cutout = job.cutouts.select_related("asset").get()
        question = Question(Stage.DISPATCH, job.target, job.model, assets=(cutout.asset,))
        with transaction.atomic():
            decision = quotas.judge_and_reserve(cutout, partial(judge, question)).decision
        return decision.outcome.value, {stop.code for report in decision.grants for stop in report.stops}

    answers = sorted(at_once([partial(dispatch, job) for job in jobs]))
    assert answers[0][0] == "deny"
    assert "ENT-003" in answers[0][1]
    assert answers[1][0] in ("permit", "duties")
    assert QuotaEntry.objects.filter(kind="reserve").count() == 1
