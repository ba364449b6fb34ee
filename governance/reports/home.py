"""The first page: my work and what blocks it; for oversight, the rights that wait for somebody or end soon."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet
from django.utils import timezone

from governance.access import User, may, standing
from governance.licensing.standing import GrantStatus
from governance.models import Entitlement, Job, Role, Status
from governance.reports.entitlement_versions import VersionAt, versions_at
from governance.reports.entitlements import SOON
from governance.reports.jobs import JobRow, page_of_jobs, visible_jobs, with_state
from governance.reports.refusals import Refusal, refusal_of
from governance.reports.waiting import Waiting, waiting_for

RECENT = 8
BLOCKED = 3


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
    waiting: tuple[Waiting, ...]
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
        waiting=waiting_for(user, timezone.now()) if oversees else (),
        works=works,
        oversees=oversees,
    )


def _blocked(jobs: QuerySet[Job]) -> tuple[Blocked, ...]:
    stopped = with_state(jobs).filter(state__in=(Status.REFUSED, Status.HELD)).order_by("-pk")[:BLOCKED]
    found = ((job, refusal_of(job)) for job in stopped)
    return tuple(Blocked(job, refusal) for job, refusal in found if refusal is not None)


def _rights(user: User) -> tuple[RightToWatch, ...]:
    now = timezone.now()
    versions = versions_at(Entitlement.objects.values_list("ref", flat=True).distinct(), now)
    watched = [_right(each.row, kind, user, now) for each in versions if (kind := _kind(each, versions, now))]
    return tuple(sorted(watched, key=lambda right: (right.kind != "unverified", right.valid_until)))


def _kind(each: VersionAt, versions: Iterable[VersionAt], now: datetime) -> str:
    """Why somebody has to look at this version; empty when nobody has to."""
    if each.status is GrantStatus.PENDING_VERIFICATION:
        return "unverified"
    followed = any(
        other.row.ref == each.row.ref and other.version.term.verified and other.row.valid_from == each.row.valid_until
        for other in versions
    )
    soon = each.counts and each.status.gives_rights and each.version.term.ends_at < now + SOON
    return "ending" if soon and not followed else ""


def _right(row: Entitlement, kind: str, user: User, now: datetime) -> RightToWatch:
    return RightToWatch(
        ref=row.ref,
        title=row.title,
        model=row.model.title,
        kind=kind,
        entered_by=row.entered_by.get_username(),
        mine=row.entered_by_id == user.pk,
        valid_until=row.valid_until,
        days_left=(row.valid_until - now).days,
    )
