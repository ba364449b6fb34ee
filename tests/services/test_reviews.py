"""Review cases: opened once for a job, assigned to somebody who may decide, closed without overruling anybody."""

from __future__ import annotations

import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import date

import pytest
from django.db import IntegrityError, connections, transaction

from governance.errors import NotAllowed, RequestError
from governance.models import Job, ReviewCase, ReviewOutcome, Status
from governance.services import jobs
from governance.services.holds import lift_hold
from governance.services.review_outcomes import decide_case
from governance.services.reviews import assign, close_moot, open_case, working_days_after
from tests.conftest import Cast
from tests.factories import make_job, make_target
from tests.factories_relief import OBSTACLES, held_job, make_case, make_hold, make_waiver


@pytest.mark.parametrize(
    ("opened", "due"),
    [
        (date(2026, 11, 16), date(2026, 11, 19)),
        (date(2026, 11, 19), date(2026, 11, 24)),
        (date(2026, 11, 20), date(2026, 11, 25)),
        (date(2026, 11, 21), date(2026, 11, 25)),
        (date(2026, 11, 22), date(2026, 11, 25)),
    ],
)
def test_it_is_due_three_working_days_later(opened: date, due: date) -> None:
    assert working_days_after(opened, 3) == due


def test_a_verdict_that_needs_a_person_opens_a_case(cast: Cast) -> None:
    job = held_job(cast)
    case = make_case(cast, job)
    assert (case.ref, case.job, case.decision.outcome) == ("REV-0001", job, "review")
    assert case.due_on == working_days_after(case.opened_at.date(), 3)


def test_a_job_has_one_open_case(cast: Cast) -> None:
    job = held_job(cast)
    case = make_case(cast, job)
    later = job.decisions.latest("id")
    later.pk, later.opaque_id = None, uuid.uuid4()
    later.save(force_insert=True)
    assert open_case(later, job) == case
    assert ReviewCase.objects.count() == 1


def test_a_verdict_that_allows_or_refuses_opens_none(cast: Cast) -> None:
    for job in (make_job(cast), make_job(cast, slug="rmbg-2.0")):
        assert open_case(job.decisions.latest("id"), job) is None
    assert not ReviewCase.objects.exists()


def test_submitting_work_that_needs_a_person_opens_the_case(cast: Cast) -> None:
    job = held_job(cast, pictures=2)
    assert ReviewCase.objects.get().job == job
    make_job(cast)
    assert ReviewCase.objects.count() == 1


def test_a_hold_asks_nobody_until_it_is_lifted(cast: Cast) -> None:
    hold = make_hold(cast)
    job = held_job(cast)
    assert not ReviewCase.objects.exists()
    for person in (cast.legal, cast.admin):
        lift_hold(person, hold, "Settled.")
    jobs.reconsider(job)
    jobs.reconsider(job)
    case = ReviewCase.objects.get()
    assert (case.decision, case.decision.outcome) == (job.cutouts.get().decision, "review")
    assert job.decisions.count() == 2


def test_a_hold_on_work_under_review_is_said_once_and_keeps_the_case(cast: Cast) -> None:
    job = held_job(cast)
    make_hold(cast)
    jobs.reconsider(job)
    jobs.reconsider(job)
    assert [decision.outcome for decision in job.decisions.order_by("pk")] == ["review", "deny"]
    assert job.cutouts.get().decision == job.decisions.latest("id")
    assert ReviewCase.objects.filter(outcome=None).count() == 1


def test_a_closed_case_is_not_opened_again_by_the_same_decision(cast: Cast) -> None:
    case = make_case(cast)
    decide_case(cast.legal, case, "refused", "Not for us.")
    assert open_case(case.decision, case.job) == case


def test_legal_gives_it_to_somebody_who_may_decide(cast: Cast) -> None:
    case = make_case(cast)
    assign(cast.legal, case, cast.legal)
    assign(cast.legal, case, cast.second_legal)
    assert case.assignments.latest().assignee == cast.second_legal


def test_it_is_not_given_to_somebody_who_may_not(cast: Cast) -> None:
    case = make_case(cast)
    with pytest.raises(RequestError, match="admin may not decide reviews for this client") as caught:
        assign(cast.legal, case, cast.admin)
    assert caught.value.code == "review.assignee"


@pytest.mark.parametrize("person", ["owner", "admin", "auditor"])
def test_only_legal_assigns_and_decides(cast: Cast, person: str) -> None:
    case = make_case(cast)
    with pytest.raises(NotAllowed, match=r"\(review\.assign\)"):
        assign(getattr(cast, person), case, cast.legal)
    with pytest.raises(NotAllowed, match=r"\(review\.decide\)"):
        decide_case(getattr(cast, person), case, "refused", "No.")


def test_refusing_refuses_what_is_held_and_says_who_did(cast: Cast) -> None:
    job = held_job(cast, pictures=2)
    case = make_case(cast, job)
    decide_case(cast.legal, case, "refused", "The client does not want it.")
    said = {(cutout.status, cutout.error_code, cutout.error_message) for cutout in job.cutouts.all()}
    assert said == {
        (
            Status.REFUSED,
            "review.refused",
            f"Refused in review {case} by legal: The client does not want it.",
        )
    }
    assert all(cutout.finished_at for cutout in job.cutouts.all())


def test_it_cannot_be_resolved_while_the_evaluator_says_no(cast: Cast) -> None:
    case = make_case(cast)
    with pytest.raises(RequestError, match="The evaluator still does not let Job") as caught:
        decide_case(cast.legal, case, "resolved", "I say so.")
    assert caught.value.code == "review.still_open"
    assert all(f"{code}: " in caught.value.message for code in OBSTACLES)
    assert not ReviewOutcome.objects.exists()
    assert case.job.cutouts.get().status == Status.HELD


def test_it_is_resolved_when_the_evaluator_lets_the_work_go_on(cast: Cast) -> None:
    target = make_target(cast)
    case = make_case(cast, held_job(cast, target=target))
    for code in OBSTACLES:
        make_waiver(cast, place=target, rule_code=code)
    outcome = decide_case(cast.legal, case, "resolved", "Waived, with reasons.")
    assert (outcome.result, outcome.decided_by) == ("resolved", cast.legal)
    assert case.job.cutouts.get().status == Status.QUEUED


def test_it_closes_by_itself_when_the_work_moved_on(cast: Cast) -> None:
    case, other = make_case(cast), make_case(cast)
    jobs.cancel(cast.owner, case.job)
    assert (close_moot(), close_moot()) == (1, 0)
    outcome = ReviewOutcome.objects.get()
    assert (outcome.case, outcome.result, outcome.decided_by) == (case, "moot", None)
    assert not hasattr(ReviewCase.objects.get(pk=other.pk), "outcome")


def test_it_is_not_moot_while_something_waits(cast: Cast) -> None:
    with pytest.raises(RequestError, match="1 picture of Job .* still wait") as caught:
        decide_case(cast.legal, make_case(cast), "moot", "Never mind.")
    assert caught.value.code == "review.still_held"


def test_what_no_longer_waits_is_only_moot(cast: Cast) -> None:
    case = make_case(cast)
    jobs.cancel(cast.owner, case.job)
    for result in ("resolved", "refused"):
        with pytest.raises(RequestError, match="Nothing of Job .* waits for a review any more"):
            decide_case(cast.legal, case, result, "Late.")
    assert decide_case(cast.legal, case, "moot", "Cancelled.").decided_by == cast.legal


def test_it_is_closed_once(cast: Cast) -> None:
    case = make_case(cast)
    decide_case(cast.legal, case, "refused", "No.")
    for act in (
        lambda: decide_case(cast.second_legal, case, "resolved", "Yes."),
        lambda: assign(cast.legal, case, cast.legal),
    ):
        with pytest.raises(RequestError, match="REV-0001 is closed already") as caught:
            act()
        assert caught.value.code == "review.closed"


def test_the_database_keeps_one_outcome(cast: Cast) -> None:
    case = make_case(cast)
    decide_case(cast.legal, case, "refused", "No.")
    with pytest.raises(IntegrityError), transaction.atomic():
        ReviewOutcome.objects.create(case=case, result="resolved", note="", decided_by=cast.legal)


@pytest.mark.parametrize(
    ("result", "note", "code"), [("refused", " ", "review.no_note"), ("ignored", "x", "review_result.unknown")]
)
def test_an_outcome_needs_a_known_word_and_reasons(cast: Cast, result: str, note: str, code: str) -> None:
    with pytest.raises(RequestError) as caught:
        decide_case(cast.legal, make_case(cast), result, note)
    assert caught.value.code == code


def test_two_at_once_open_one_case(committed_cast: Cast) -> None:
    job = held_job(committed_cast)
    decision = job.decisions.latest("id")

    def elsewhere() -> str:
        try:
            return str(open_case(decision, Job.objects.get(pk=job.pk)))
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as pool:
        found = {each.result() for each in [pool.submit(elsewhere) for _ in range(2)]}
    assert (found, ReviewCase.objects.count()) == ({"REV-0001"}, 1)
