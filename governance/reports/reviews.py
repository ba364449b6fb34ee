"""Review cases: the queue, and one case with what the evaluator says now."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime

from django.contrib.auth import get_user_model
from django.db.models import Count, OuterRef, Q, QuerySet, Subquery

from governance.access import User, may, visible_clients
from governance.models import (
    Cutout,
    Decision,
    Job,
    ReviewAssignment,
    ReviewCase,
    ReviewOutcome,
    Role,
    RoleGrant,
    Status,
)
from governance.reports.cure_links import Steps, steps_of
from governance.reports.decisions import deciding_codes
from governance.reports.refusals import Refusal, explain

PAGE = 100
CHOICES = (
    ("open", "Open"),
    ("mine", "Mine"),
    ("unassigned", "Nobody's"),
    ("overdue", "Overdue"),
    ("closed", "Closed"),
)
_RESULTS = {
    ReviewOutcome.Result.RESOLVED: ("Resolved", "permit"),
    ReviewOutcome.Result.REFUSED: ("Refused", "deny"),
    ReviewOutcome.Result.MOOT: ("No longer needed", "neutral"),
}


@dataclass(frozen=True, slots=True)
class OutcomeLine:
    """How a case ended; ``by`` is empty where it closed by itself."""

    words: str
    note: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class ReviewLine:
    """One case on a day. ``waiting``: how many pictures of its job are held. ``days_left`` is negative when overdue."""

    pk: int
    ref: str
    job: int
    client: str
    project: str
    target: str
    target_id: int
    model: str
    decision: int
    rules: tuple[str, ...]
    summary: str
    opened_at: datetime
    due_on: date
    days_left: int
    waiting: int
    assignee: str
    open: bool
    overdue: bool
    state_words: str
    tone: str
    outcome: OutcomeLine | None


@dataclass(frozen=True, slots=True)
class ReviewList:
    """At most PAGE cases, the most urgent first (closed: the newest); ``total`` is how many fit."""

    lines: tuple[ReviewLine, ...]
    total: int


@dataclass(frozen=True, slots=True)
class AssignmentLine:
    to: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class ReviewPage:
    """A case with the decision its job stands on now (the one that opened it, once nothing waits)."""

    line: ReviewLine
    refusal: Refusal
    steps: Steps
    assignments: tuple[AssignmentLine, ...]


def visible_cases(user: User) -> QuerySet[ReviewCase]:
    """The cases about jobs of clients that ``user`` may see."""
    return _with_standing(ReviewCase.objects.filter(job__target__project__client__in=visible_clients(user)))


def _with_standing(cases: QuerySet[ReviewCase]) -> QuerySet[ReviewCase]:
    newest = ReviewAssignment.objects.filter(case=OuterRef("pk")).order_by("-pk")
    related = ("job__target__project__client", "job__model", "decision", "outcome__decided_by")
    return cases.select_related(*related).annotate(
        assignee_id=Subquery(newest.values("assignee_id")[:1]),
        assignee_name=Subquery(newest.values("assignee__username")[:1]),
        waiting=Count("job__cutouts", filter=Q(job__cutouts__status=Status.HELD), distinct=True),
    )


def review_list(user: User, today: date, which: str = "open") -> ReviewList:
    """The cases of one choice. The number of queries does not depend on how many there are."""
    narrowed: dict[str, Callable[[QuerySet[ReviewCase]], QuerySet[ReviewCase]]] = {
        "open": lambda rows: rows,
        "mine": lambda rows: rows.filter(assignee_id=user.pk),
        "unassigned": lambda rows: rows.filter(assignee_id=None),
        "overdue": lambda rows: rows.filter(due_on__lt=today),
    }
    cases = visible_cases(user).defer("decision__facts", "decision__grants")
    if which == "closed":
        found = cases.exclude(outcome=None).order_by("-outcome__pk")
    else:
        found = narrowed[which](cases.filter(outcome=None)).order_by("due_on", "pk")
    return ReviewList(tuple(_line(row, today) for row in found[:PAGE]), found.count())


def review_page(row: ReviewCase, user: User, today: date) -> ReviewPage:
    """One case, of ``visible_cases``."""
    decision = _standing(row)
    assignments = row.assignments.select_related("assignee", "assigned_by").order_by("-pk")
    return ReviewPage(
        line=_line(row, today),
        refusal=explain(decision),
        steps=steps_of(user, decision),
        assignments=tuple(
            AssignmentLine(each.assignee.get_username(), each.assigned_by.get_username(), each.assigned_at)
            for each in assignments
        ),
    )


def cases_of_job(job: Job, today: date) -> tuple[ReviewLine, ...]:
    """The cases of a job the caller may see, newest first."""
    return tuple(_line(row, today) for row in _with_standing(ReviewCase.objects.filter(job=job)))


def may_be_assigned(client_id: int) -> list[User]:
    """Who may decide reviews for this client, by name."""
    holders = RoleGrant.objects.current().filter(role=Role.LEGAL).values("user")
    people = get_user_model().objects.filter(pk__in=holders, is_active=True).order_by("username")
    return [person for person in people if may(person, "review.decide", client_id)]


def _standing(row: ReviewCase) -> Decision:
    held = Cutout.objects.filter(job=row.job_id, status=Status.HELD).select_related("decision__target__project")
    first = held.order_by("-decision_id").first()
    return first.decision if first is not None and first.decision is not None else row.decision


def _line(row: ReviewCase, today: date) -> ReviewLine:
    body = json.loads(row.decision.body)
    outcome = getattr(row, "outcome", None)
    target = row.job.target
    overdue = outcome is None and row.due_on < today
    state, tone = _state(row, outcome, overdue)
    return ReviewLine(
        pk=row.pk,
        ref=row.ref,
        job=row.job_id,
        client=target.project.client.name,
        project=target.project.name,
        target=target.name,
        target_id=target.pk,
        model=row.job.model.title,
        decision=row.decision_id,
        rules=deciding_codes(body),
        summary=body["summary"],
        opened_at=row.opened_at,
        due_on=row.due_on,
        days_left=(row.due_on - today).days,
        waiting=row.waiting,  # type: ignore[attr-defined]
        assignee=row.assignee_name or "",  # type: ignore[attr-defined]
        open=outcome is None,
        overdue=overdue,
        state_words=state,
        tone=tone,
        outcome=_outcome(outcome),
    )


def _state(row: ReviewCase, outcome: ReviewOutcome | None, overdue: bool) -> tuple[str, str]:
    if outcome is not None:
        return _RESULTS[ReviewOutcome.Result(outcome.result)]
    if overdue:
        return "Overdue", "deny"
    return ("Assigned", "active") if row.assignee_id else ("Waits for somebody", "review")  # type: ignore[attr-defined]


def _outcome(outcome: ReviewOutcome | None) -> OutcomeLine | None:
    if outcome is None:
        return None
    by = outcome.decided_by.get_username() if outcome.decided_by else ""
    words = _RESULTS[ReviewOutcome.Result(outcome.result)][0]
    return OutcomeLine(words, outcome.note, by, outcome.decided_at)
