"""Holds: what is stopped, since when, by whom, and who has said that it may go on."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Q

from governance.access import User, standing, visible_clients
from governance.models import Cutout, Hold, Status
from governance.policy.relief import HoldScope
from governance.reports.hold_subjects import Subject, subjects_of
from governance.rights.relief import hold as as_judged

SCOPES = {
    HoldScope.EVERYTHING: "Everything",
    HoldScope.CLIENT: "A client",
    HoldScope.PROJECT: "A project",
    HoldScope.TARGET: "A target",
    HoldScope.MODEL: "A model",
    HoldScope.WEIGHTS: "A weights file",
    HoldScope.GRANT: "A purchased right",
    HoldScope.ASSET: "A picture",
    HoldScope.OUTPUT: "An output",
}


@dataclass(frozen=True, slots=True)
class LiftLine:
    by: str
    at: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class HoldLine:
    """One hold at a time. ``overdue``: it is in force and the day to look at it again has passed."""

    pk: int
    ref: str
    scope: str
    scope_ref: str
    subject: Subject
    reason: str
    in_force: bool
    state_words: str
    tone: str
    review_on: date | None
    overdue: bool
    placed_by: str
    placed_at: datetime
    lifts: tuple[LiftLine, ...]


@dataclass(frozen=True, slots=True)
class Touched:
    """How many pictures are in its way now: those that stand still, and those that stop at their next gate."""

    held: int
    queued: int


def hold_list(user: User, at: datetime) -> tuple[HoldLine, ...]:
    """Every hold ``user`` may see, those in force first. One on another client's work does not exist for them."""
    rows = Hold.objects.select_related("placed_by").prefetch_related("lifts__lifted_by") if _has_role(user) else ()
    lines = _lines(user, rows, at)
    return tuple(sorted(lines, key=lambda line: (not line.in_force, -line.pk)))


def hold_line(user: User, ref: str, at: datetime) -> HoldLine | None:
    """One hold as it stands ``at``; None when there is none that ``user`` may see."""
    if not _has_role(user):
        return None
    rows = Hold.objects.filter(ref=ref).select_related("placed_by").prefetch_related("lifts__lifted_by")
    return next(iter(_lines(user, rows, at)), None)


def touched_by(line: HoldLine, user: User) -> Touched:
    """The pictures of clients ``user`` may see that the hold concerns by itself."""
    cutouts = Cutout.objects.filter(_reach(HoldScope(line.scope), line.scope_ref))
    cutouts = cutouts.filter(job__target__project__client__in=visible_clients(user))
    held, queued = cutouts.filter(status=Status.HELD).count(), cutouts.filter(status=Status.QUEUED).count()
    return Touched(held, queued)


def _has_role(user: User) -> bool:
    return bool(standing(user).any_roles)


def _reach(scope: HoldScope, ref: str) -> Q:
    number = ref.partition("-")[2]
    reach = {
        HoldScope.EVERYTHING: lambda: Q(),
        HoldScope.CLIENT: lambda: Q(job__target__project__client=number),
        HoldScope.PROJECT: lambda: Q(job__target__project=number),
        HoldScope.TARGET: lambda: Q(job__target=number),
        HoldScope.MODEL: lambda: Q(job__model=ref),
        HoldScope.WEIGHTS: lambda: Q(job__weights_sha256=ref),
        # What the decision each picture stands on relies upon, separated by commas.
        HoldScope.GRANT: lambda: Q(decision__relied_upon__regex=rf"(^|, ){ref}(,|$)"),
        HoldScope.ASSET: lambda: Q(asset=number),
        HoldScope.OUTPUT: lambda: Q(output=number),
    }
    return reach[scope]()


def _lines(user: User, rows: Iterable[Hold], at: datetime) -> tuple[HoldLine, ...]:
    found = list(rows)
    subjects = subjects_of(user, found)
    pairs = ((row, subjects.get((row.scope, row.scope_ref))) for row in found)
    return tuple(_line(row, subject, at) for row, subject in pairs if subject is not None)


def _line(row: Hold, subject: Subject, at: datetime) -> HoldLine:
    in_force = as_judged(row, at).in_force(at)
    lifts = tuple(LiftLine(lift.lifted_by.get_username(), lift.lifted_at, lift.reason) for lift in row.lifts.all())
    if in_force:
        state_words, tone = ("One of two lifts", "review") if lifts else ("In force", "deny")
    else:
        state_words, tone = "Lifted", "neutral"
    return HoldLine(
        pk=row.pk,
        ref=row.ref,
        scope=row.scope,
        scope_ref=row.scope_ref,
        subject=subject,
        reason=row.reason,
        in_force=in_force,
        state_words=state_words,
        tone=tone,
        review_on=row.review_on,
        overdue=bool(in_force and row.review_on and row.review_on < at.date()),
        placed_by=row.placed_by.get_username(),
        placed_at=row.placed_at,
        lifts=lifts,
    )
