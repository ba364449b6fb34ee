"""Review cases: opened with a verdict that needs a person, given to one, and closed when the work moved by itself.

How a person closes a case is in ``review_outcomes``.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import date, timedelta

from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from governance.access import User, may, require
from governance.errors import RequestError
from governance.models import Cutout, Decision, Job, ReviewAssignment, ReviewCase, ReviewOutcome, Status
from governance.services.entries import record_event
from governance.services.numbering import next_ref

WORKING_DAYS = 3
_WEEKEND = (5, 6)
MOVED_ON = "No picture of the job waits for a review any more."


def open_case(decision: Decision, job: Job) -> ReviewCase | None:
    """The case for a job that this decision sends to a person; the open one if there is one. None: nobody is asked.

    Call it in the transaction that stores the decision. Two at once find the same case.
    """
    if decision.outcome != Decision.Outcome.REVIEW:
        return None
    # A case that was closed on this very decision stays closed: only a new decision asks anew.
    standing = ReviewCase.objects.filter(Q(job=job, outcome=None) | Q(decision=decision))
    found = standing.first()
    if found is not None:
        return found
    with transaction.atomic():
        # The number is taken under a lock: whoever else opened a case meanwhile is seen after it.
        ref = next_ref("REV", ReviewCase)
        found = standing.first()
        if found is not None:
            return found
        due = working_days_after(timezone.now().date(), WORKING_DAYS)
        return ReviewCase.objects.create(ref=ref, decision=decision, job=job, due_on=due)


def working_days_after(day: date, count: int) -> date:
    """The day that many working days (Monday to Friday) later."""
    while count:
        day += timedelta(days=1)
        count -= day.weekday() not in _WEEKEND
    return day


def assign(actor: User, case: ReviewCase, assignee: User) -> ReviewAssignment:
    """Give the case to somebody who may decide it; the newest assignment counts."""
    client_id = case.job.target.project.client_id
    require(actor, "review.assign", client_id)
    check_open(case)
    if not may(assignee, "review.decide", client_id):
        raise RequestError(
            f"{assignee.get_username()} may not decide reviews for this client.",
            how_to_fix="Choose somebody with the legal role.",
            code="review.assignee",
        )
    return ReviewAssignment.objects.create(case=case, assignee_id=assignee.pk, assigned_by_id=actor.pk)


def check_open(case: ReviewCase) -> None:
    """Raise RequestError ``review.closed`` unless the case is open."""
    if ReviewOutcome.objects.filter(case=case).exists():
        raise RequestError(f"{case} is closed already.", code="review.closed")


def close(case: ReviewCase, result: str, note: str, actor: User | None) -> ReviewOutcome:
    """Record how the case ended. Raises RequestError ``review.closed`` when somebody else was first."""
    try:
        with transaction.atomic():
            outcome = ReviewOutcome.objects.create(
                case=case, result=result, note=note, decided_by_id=actor.pk if actor is not None else None
            )
            client_id = case.job.target.project.client_id
            record_event("review", "closed", case, outcome, client_id=client_id, details={"result": outcome.result})
    except IntegrityError as problem:
        raise RequestError(f"{case} is closed already.", code="review.closed") from problem
    return outcome


def close_moot() -> int:
    """Close every open case whose job has nothing held any more: it ran, was refused or was cancelled.

    Returns how many were closed. For the scheduler; closing one twice changes nothing.
    """
    waiting = Cutout.objects.filter(job=OuterRef("job"), status=Status.HELD)
    moved_on = ReviewCase.objects.filter(outcome=None).exclude(Exists(waiting))
    closed = 0
    for case in moved_on.select_related("job__target__project"):
        # Somebody may close it at the same moment; then there is nothing left to do.
        with suppress(RequestError):
            close(case, ReviewOutcome.Result.MOOT, MOVED_ON, None)
            closed += 1
    return closed
