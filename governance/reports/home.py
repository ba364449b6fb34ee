"""The first page: my work and what blocks it; for oversight, the rights that wait for somebody or end soon."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import QuerySet
from django.utils import timezone

from governance.access import User, may, standing
from governance.models import Entitlement, EntitlementEnd, Job, Role, Status
from governance.reports.jobs import JobRow, page_of_jobs, visible_jobs, with_state
from governance.reports.refusals import Refusal, refusal_of

RECENT = 8
BLOCKED = 3
# A right that ends within this time is worth talking to the licensor about.
SOON = timedelta(days=60)


@dataclass(frozen=True, slots=True)
class Blocked:
    """A job that does not run, and why."""

    job: Job
    refusal: Refusal


@dataclass(frozen=True, slots=True)
class RightToWatch:
    """An entitlement that needs somebody: ``kind`` is unverified or ending."""

    ref: str
    title: str
    model: str
    kind: str
    entered_by: str
    mine: bool
    valid_until: datetime
    days_left: int


@dataclass(frozen=True, slots=True)
class Home:
    """The first page of one user."""

    recent: tuple[JobRow, ...]
    blocked: tuple[Blocked, ...]
    rights: tuple[RightToWatch, ...]
    works: bool
    oversees: bool


def home_of(user: User) -> Home:
    """What needs ``user`` now."""
    oversees = bool(standing(user).everywhere & {Role.LEGAL, Role.LICENSE_ADMIN, Role.AUDITOR})
    works = may(user, "job.request")
    jobs = visible_jobs(user)
    mine = jobs.filter(requested_by_id=user.pk) if works and not oversees else jobs
    return Home(
        recent=page_of_jobs(mine, size=RECENT).rows,
        blocked=_blocked(mine),
        rights=_rights(user) if oversees else (),
        works=works,
        oversees=oversees,
    )


def _blocked(jobs: QuerySet[Job]) -> tuple[Blocked, ...]:
    stopped = with_state(jobs).filter(state__in=(Status.REFUSED, Status.HELD)).order_by("-pk")[:BLOCKED]
    found = ((job, refusal_of(job)) for job in stopped)
    return tuple(Blocked(job, refusal) for job, refusal in found if refusal is not None)


def _rights(user: User) -> tuple[RightToWatch, ...]:
    now = timezone.now()
    ended = EntitlementEnd.objects.values("ref")
    rows = Entitlement.objects.latest_versions().exclude(ref__in=ended).filter(valid_until__gt=now)
    found = rows.select_related("model", "entered_by", "verification").order_by("valid_until")
    watched = [_right(row, user, now) for row in found if _kind(row, now)]
    return tuple(sorted(watched, key=lambda right: (right.kind != "unverified", right.valid_until)))


def _kind(row: Entitlement, now: datetime) -> str:
    if not hasattr(row, "verification"):
        return "unverified"
    return "ending" if row.valid_until < now + SOON else ""


def _right(row: Entitlement, user: User, now: datetime) -> RightToWatch:
    return RightToWatch(
        ref=row.ref,
        title=row.title,
        model=row.model.title,
        kind=_kind(row, now),
        entered_by=row.entered_by.get_username(),
        mine=row.entered_by_id == user.pk,
        valid_until=row.valid_until,
        days_left=(row.valid_until - now).days,
    )
