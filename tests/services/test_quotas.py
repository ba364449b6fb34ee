"""The quota ledger: what is reserved, used and given back, and who may correct it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from governance.errors import NotAllowed, RequestError
from governance.models import Cutout, Entitlement, Job, Quota, QuotaEntry, Status
from governance.policy.grants import Grant
from governance.policy.words import Stage
from governance.rights.grants import purchased
from governance.rights.verdicts import Question, judge
from governance.services import quotas
from governance.services.entitlement_terms import QuotaTerms
from governance.services.quota_proposals import approve_correction, propose_correction
from tests.conftest import Cast
from tests.factories import make_entitlement, make_job, make_target, model

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 11, 30, 12, tzinfo=UTC)
PER_MONTH = QuotaTerms("output", "calendar_month", 3)


def right(cast: Cast, *terms: QuotaTerms, **facts: Any) -> Entitlement:
    """A right to U²-Netp with quotas, since 2026-01-01 for two years."""
    dated = {"valid_from": datetime(2026, 1, 1, tzinfo=UTC), "valid_until": datetime(2028, 1, 1, tzinfo=UTC)}
    return make_entitlement(cast, **({"quotas": terms or (PER_MONTH,)} | dated | facts))


def relied(at: datetime = NOON, job: Job | None = None) -> tuple[Grant, ...]:
    """Every purchased right on record, as a verdict that relies on all of them would hold it."""
    grants = purchased(at, job.pk if job else None)
    return tuple(grant for grant in grants if grant.ref.startswith("ENT"))


def left(at: datetime = NOON, job: Job | None = None) -> list[int]:
    return [quota.remaining for grant in relied(at, job) for quota in grant.quotas]


def cutouts(cast: Cast, pictures: int) -> list[Cutout]:
    return list(make_job(cast, pictures=pictures).cutouts.order_by("pk"))


def take(cutout: Cutout, at: datetime = NOON) -> tuple[QuotaEntry, ...]:
    """What a worker does when it claims: reserve and run."""
    with transaction.atomic():
        entries = quotas.reserve(cutout, cutout.attempt + 1, relied(at), at)
    cutout.attempt, cutout.status = cutout.attempt + 1, Status.RUNNING
    Cutout.objects.filter(pk=cutout.pk).update(attempt=cutout.attempt, status=Status.RUNNING)
    return entries


def drop(cutout: Cutout, to: str = Status.FAILED) -> int:
    """What a worker does when it fails."""
    Cutout.objects.filter(pk=cutout.pk).update(status=to)
    return quotas.void(cutout, cutout.attempt)


def finish(cutout: Cutout) -> int:
    Cutout.objects.filter(pk=cutout.pk).update(status=Status.SUCCEEDED)
    return quotas.commit(cutout, cutout.attempt)


def test_a_reserve_takes_one_output_of_the_period(cast: Cast) -> None:
    right(cast)
    (entry,) = take(cutouts(cast, 1)[0])
    assert (entry.kind, entry.amount, entry.period_key, entry.attempt) == ("reserve", 1, "2026-11", 1)
    assert left() == [2]


def test_a_commit_settles_it_and_it_stays_used(cast: Cast) -> None:
    right(cast)
    cutout = cutouts(cast, 1)[0]
    (entry,) = take(cutout)
    assert finish(cutout) == 1
    assert (entry.settlement.kind, entry.settlement.amount) == ("commit", 0)
    assert left() == [2]


def test_a_failure_gives_it_back(cast: Cast) -> None:
    right(cast)
    cutout = cutouts(cast, 1)[0]
    (entry,) = take(cutout)
    assert drop(cutout) == 1
    assert (entry.settlement.kind, entry.settlement.amount) == ("void", -1)
    assert left() == [3]


def test_it_is_given_back_once(cast: Cast) -> None:
    right(cast)
    cutout = cutouts(cast, 1)[0]
    take(cutout)
    assert [drop(cutout), drop(cutout), quotas.commit(cutout, cutout.attempt)] == [1, 0, 0]
    assert left() == [3]


def test_what_is_used_cannot_be_given_back(cast: Cast) -> None:
    right(cast)
    cutout = cutouts(cast, 1)[0]
    take(cutout)
    finish(cutout)
    assert quotas.void(cutout, cutout.attempt) == 0
    assert left() == [2]


def test_the_database_refuses_the_reserve_that_would_pass_the_limit(cast: Cast) -> None:
    right(cast)
    for cutout in cutouts(cast, 3):
        take(cutout)
    last = make_job(cast, pictures=1).cutouts.get()
    with pytest.raises(quotas.QuotaExhausted, match="Too little is left") as caught:
        take(last)
    assert caught.value.code == "quota.exhausted"
    assert QuotaEntry.objects.count() == 3


@pytest.mark.parametrize("overage", ["allow_and_report", "ask"])
def test_a_quota_that_does_not_block_is_counted_beyond_its_limit(cast: Cast, overage: str) -> None:
    right(cast, QuotaTerms("output", "calendar_month", 1, overage))
    for cutout in cutouts(cast, 2):
        take(cutout)
    assert left() == [-1]


def test_nothing_is_asked_of_the_database_for_a_right_without_quotas(
    cast: Cast, django_assert_num_queries: Any
) -> None:
    make_entitlement(cast)
    cutout, grants = cutouts(cast, 1)[0], relied()
    with django_assert_num_queries(0):
        assert quotas.reserve(cutout, 1, grants, NOON) == ()


def test_a_new_month_begins_where_the_contract_counts_its_days(cast: Cast) -> None:
    right(cast, QuotaTerms("output", "calendar_month", 1), time_zone="Europe/Berlin")
    first, second = cutouts(cast, 2)
    take(first, datetime(2026, 11, 30, 22, 59, tzinfo=UTC))
    (entry,) = take(second, datetime(2026, 11, 30, 23, 0, tzinfo=UTC))
    assert entry.period_key == "2026-12"


@pytest.mark.parametrize(
    ("period", "key"), [("calendar_month", "2027-02"), ("contract_year", "from 2027-01-01"), ("term", "term")]
)
def test_every_kind_of_period_has_its_own_account(cast: Cast, period: str, key: str) -> None:
    right(cast, QuotaTerms("output", period, 5))
    (entry,) = take(cutouts(cast, 1)[0], datetime(2027, 2, 3, tzinfo=UTC))
    assert entry.period_key == key


def test_a_commit_in_the_next_month_counts_in_the_month_of_its_reserve(cast: Cast) -> None:
    right(cast)
    cutout = cutouts(cast, 1)[0]
    take(cutout)
    finish(cutout)
    assert left(NOON) == [2]
    assert left(NOON + timedelta(days=2)) == [3]


def test_every_quota_of_a_right_is_reserved_together_or_not_at_all(cast: Cast) -> None:
    right(cast, QuotaTerms("output", "term", 5), QuotaTerms("api_call", "calendar_month", 1))
    first, second = cutouts(cast, 2)
    take(first)
    with pytest.raises(quotas.QuotaExhausted):
        take(second)
    assert left() == [4, 0]


def test_a_job_is_counted_once_for_all_its_pictures(cast: Cast) -> None:
    right(cast, QuotaTerms("job", "calendar_month", 1))
    first, second = cutouts(cast, 2)
    assert [len(take(first)), len(take(second))] == [1, 0]


def test_a_job_that_is_counted_does_not_stand_in_its_own_way(cast: Cast) -> None:
    right(cast, QuotaTerms("job", "calendar_month", 1))
    first = cutouts(cast, 2)[0]
    take(first)
    assert (left(), left(job=first.job)) == ([0], [1])


def test_a_job_is_given_back_with_the_last_of_its_pictures(cast: Cast) -> None:
    right(cast, QuotaTerms("job", "calendar_month", 1))
    first, second = cutouts(cast, 2)
    take(first)
    take(second)
    assert (drop(first), left()) == (0, [0])
    assert (drop(second), left()) == (1, [1])


def test_a_job_counts_as_used_with_the_first_of_its_outputs(cast: Cast) -> None:
    right(cast, QuotaTerms("job", "calendar_month", 1))
    first, second = cutouts(cast, 2)
    take(first)
    take(second)
    finish(second)
    assert (drop(first), left()) == (0, [0])
    assert QuotaEntry.objects.filter(kind="commit").count() == 1


def test_a_new_attempt_of_a_job_that_was_given_back_counts_anew(cast: Cast) -> None:
    right(cast, QuotaTerms("job", "calendar_month", 1))
    (cutout,) = cutouts(cast, 1)
    take(cutout)
    drop(cutout, Status.QUEUED)
    assert len(take(cutout)) == 1


def test_what_a_lost_worker_reserved_is_given_back(cast: Cast) -> None:
    right(cast)
    lost, working = cutouts(cast, 2)
    take(lost)
    take(working)
    Cutout.objects.filter(pk=lost.pk).update(status=Status.QUEUED)
    assert quotas.void_stale([lost.pk, working.pk]) == 1
    assert left() == [2]


def test_a_crash_between_reserve_and_commit_leaves_room_for_the_next_attempt(cast: Cast) -> None:
    right(cast, QuotaTerms("output", "calendar_month", 1))
    (cutout,) = cutouts(cast, 1)
    take(cutout)
    Cutout.objects.filter(pk=cutout.pk).update(status=Status.QUEUED)
    quotas.void_stale([cutout.pk])
    (entry,) = take(cutout)
    assert entry.attempt == 2
    assert quotas.void_stale([cutout.pk]) == 0


def test_the_worker_that_was_given_up_books_nothing(cast: Cast) -> None:
    right(cast)
    (cutout,) = cutouts(cast, 1)
    take(cutout)
    Cutout.objects.filter(pk=cutout.pk).update(status=Status.QUEUED)
    quotas.void_stale([cutout.pk])
    take(cutout)
    assert quotas.void(cutout, 1) == 0
    assert left() == [2]


def test_a_lost_race_is_judged_anew_and_refused_with_the_rule(cast: Cast) -> None:
    right(cast, QuotaTerms("output", "calendar_month", 1))
    mine, theirs = cutouts(cast, 2)
    question = Question(Stage.DISPATCH, make_target(cast), model("rmbg-2.0"), assets=(mine.asset,))
    asked: list[datetime] = []

    def ask(at: datetime) -> Any:
        verdict = judge(question, at)
        if not asked:
            quotas.reserve(theirs, 1, quotas.relied_grants(verdict), at)
        asked.append(at)
        return verdict

    verdict = quotas.judge_and_reserve(mine, ask)
    assert len(asked) == 2
    assert verdict.decision.outcome == "deny"
    assert "ENT-003" in {stop.code for report in verdict.decision.grants for stop in report.stops}
    assert QuotaEntry.objects.get().cutout == theirs


def test_a_verdict_that_refuses_reserves_nothing(cast: Cast) -> None:
    right(cast, territories=("FR",))
    (cutout,) = cutouts(cast, 1)
    question = Question(Stage.DISPATCH, make_target(cast), model("rmbg-2.0"), assets=(cutout.asset,))
    verdict = quotas.judge_and_reserve(cutout, partial(judge, question))
    assert verdict.decision.outcome == "deny"
    assert not QuotaEntry.objects.exists()


def correct(cast: Cast, amount: int, *, by: Any = None, approved_by: Any = None, note: str = "Statement") -> QuotaEntry:
    people = (by or cast.admin, approved_by or cast.second_admin)
    return quotas.adjust(*people, Quota.objects.get(), NOON, amount, note)


def test_a_correction_by_two_people_counts(cast: Cast) -> None:
    right(cast)
    entry = correct(cast, 2)
    assert (entry.kind, entry.entered_by, entry.approved_by) == ("adjust", cast.admin, cast.second_admin)
    correct(cast, -1)
    assert left() == [2]


def test_what_was_really_used_may_lie_above_the_limit_and_stops_what_follows(cast: Cast) -> None:
    right(cast)
    correct(cast, 7)
    assert left() == [-4]
    with pytest.raises(quotas.QuotaExhausted):
        take(cutouts(cast, 1)[0])


@pytest.mark.parametrize(
    ("given", "code", "words"),
    [
        ({"amount": 0}, "quota.amount", "A correction by 0"),
        ({"amount": -1}, "quota.amount", "0 are booked in this period; 1 cannot be taken off"),
        ({"amount": 10**12}, "quota.amount", "A correction by 1000000000000"),
        ({"amount": 1, "note": "  "}, "quota.note", "needs its reason"),
    ],
)
def test_a_correction_that_cannot_be_is_refused(cast: Cast, given: dict[str, Any], code: str, words: str) -> None:
    right(cast)
    with pytest.raises(RequestError, match=words) as caught:
        correct(cast, **given)
    assert caught.value.code == code
    assert not QuotaEntry.objects.exists()


def test_one_person_alone_corrects_nothing(cast: Cast) -> None:
    right(cast)
    with pytest.raises(RequestError, match="needs two people") as caught:
        correct(cast, 1, approved_by=cast.admin)
    assert caught.value.code == "quota.same_person"


@pytest.mark.parametrize("who", ["by", "approved_by"])
def test_both_need_the_role(cast: Cast, who: str) -> None:
    right(cast)
    with pytest.raises(NotAllowed, match=r"quota\.adjust"):
        correct(cast, 1, **{who: cast.legal})


def test_the_database_itself_asks_for_two_people(cast: Cast) -> None:
    right(cast)
    line = {"quota": Quota.objects.get(), "period_key": "2026-11", "kind": "adjust", "amount": 1, "note": "x"}
    with pytest.raises(IntegrityError, match="quota_entry_shape"), transaction.atomic():
        QuotaEntry.objects.create(**line, entered_by=cast.admin, approved_by=cast.admin)


def test_the_database_lets_nothing_be_given_back_that_was_not_reserved(cast: Cast) -> None:
    right(cast)
    entry = correct(cast, 2)
    with pytest.raises(IntegrityError, match="settles no reserve"), transaction.atomic():
        QuotaEntry.objects.create(quota=entry.quota, period_key=entry.period_key, kind="void", amount=-2, settles=entry)


def test_a_proposal_is_booked_when_a_colleague_approves_it(cast: Cast) -> None:
    right(cast)
    said = propose_correction(cast.admin, Quota.objects.get(), NOON, 2, "Statement of October")
    assert not QuotaEntry.objects.exists()
    entry = approve_correction(cast.second_admin, said)
    assert (entry.amount, entry.entered_by, entry.approved_by) == (2, cast.admin, cast.second_admin)
    assert entry.note.startswith("Statement of October (proposal ")


def test_a_proposal_is_good_once(cast: Cast) -> None:
    right(cast)
    said = propose_correction(cast.admin, Quota.objects.get(), NOON, 2, "Statement")
    approve_correction(cast.second_admin, said)
    with pytest.raises(RequestError, match="approved already") as caught:
        approve_correction(cast.second_admin, said)
    assert caught.value.code == "quota.proposal"
    assert QuotaEntry.objects.count() == 1


def test_whoever_proposed_it_cannot_approve_it(cast: Cast) -> None:
    right(cast)
    said = propose_correction(cast.admin, Quota.objects.get(), NOON, 2, "Statement")
    with pytest.raises(RequestError, match="needs two people"):
        approve_correction(cast.admin, said)


def test_a_proposal_that_was_changed_is_refused(cast: Cast) -> None:
    right(cast)
    said = propose_correction(cast.admin, Quota.objects.get(), NOON, 2, "Statement")
    with pytest.raises(RequestError, match="was changed on its way") as caught:
        approve_correction(cast.second_admin, said[:-1] + ("A" if said[-1] != "A" else "B"))
    assert caught.value.code == "quota.proposal"


STEPS = st.lists(st.tuples(st.sampled_from(["take", "finish", "fail", "lose"]), st.integers(0, 3)), max_size=14)


@pytest.fixture
def four(cast: Cast) -> list[Cutout]:
    """Two jobs of two pictures each."""
    return [*cutouts(cast, 2), *cutouts(cast, 2)]


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS, limit=st.integers(1, 4), unit=st.sampled_from(["output", "job"]))
def test_whatever_happens_the_ledger_adds_up_and_never_passes_the_limit(
    cast: Cast, four: list[Cutout], steps: list[tuple[str, int]], limit: int, unit: str
) -> None:
    with transaction.atomic():
        right(cast, QuotaTerms(unit, "term", limit))
        found = list(Cutout.objects.filter(pk__in=[cutout.pk for cutout in four]).order_by("pk"))
        for step, index in steps:
            _step(found[index], step)
            _check_sum(found, limit, unit)
        transaction.set_rollback(True)


def _step(cutout: Cutout, step: str) -> None:
    if step == "take" and cutout.status in (Status.QUEUED, Status.FAILED):
        try:
            take(cutout)
        except quotas.QuotaExhausted:
            return
    elif cutout.status == Status.RUNNING and step != "take":
        if step == "finish":
            finish(cutout)
        elif step == "fail":
            drop(cutout)
        else:
            Cutout.objects.filter(pk=cutout.pk).update(status=Status.QUEUED)
            quotas.void_stale([cutout.pk])
        cutout.status = Cutout.objects.get(pk=cutout.pk).status


def _check_sum(found: list[Cutout], limit: int, unit: str) -> None:
    """What is booked is what runs or was made: pictures, or the jobs they belong to."""
    counting = [cutout for cutout in found if cutout.status in (Status.RUNNING, Status.SUCCEEDED)]
    expected = len(counting) if unit == "output" else len({cutout.job_id for cutout in counting})
    assert left(timezone.now()) == [limit - expected]
    assert 0 <= expected <= limit
