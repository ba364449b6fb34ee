"""How a purchased right stands at a time: derived from dated facts, never stored.

For people and lists. The evaluator judges the same facts by itself and says more: it knows what a right is asked for.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class GrantStatus(StrEnum):
    """The statuses; of several that hold, the first one here is told, except ``active``: it is told if none holds."""

    SUPERSEDED = "superseded"  # a later version has taken over
    TERMINATED = "terminated"  # ended by a dated act
    EXPIRED = "expired"  # past its agreed end
    DRAFT = "draft"  # entered, without any paper it rests on
    PENDING_VERIFICATION = "pending_verification"  # nobody but the one who entered it has checked the paper
    UPCOMING = "upcoming"  # not yet begun
    SUSPENDED = "suspended"  # stopped for a time
    EXHAUSTED = "exhausted"  # a quota that blocks is used up
    ACTIVE = "active"

    @property
    def gives_rights(self) -> bool:
        """Whether new work may rely on the right. Outputs made earlier are another question: their survival."""
        return self is GrantStatus.ACTIVE


@dataclass(frozen=True, slots=True)
class Suspension:
    """A stop from ``starts_at`` inclusive to ``ends_at`` exclusive; None while nobody has lifted it."""

    starts_at: datetime
    ends_at: datetime | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class QuotaBalance:
    """What is left of a quota in the current period, with everything reserved or used taken off."""

    remaining: int
    blocks: bool


@dataclass(frozen=True, slots=True)
class GrantRecord:
    """What is on record of one version of a right. Times are aware; ``ends_at`` is exclusive, None if none is agreed.

    ``superseded_at``: when a later version took over. ``ended_at``: the early end. ``quotas``: balances in the period
    asked about.
    """

    evidence_count: int
    verified_at: datetime | None
    starts_at: datetime
    ends_at: datetime | None
    superseded_at: datetime | None = None
    ended_at: datetime | None = None
    suspensions: tuple[Suspension, ...] = ()
    quotas: tuple[QuotaBalance, ...] = ()


def status_at(record: GrantRecord, at: datetime) -> GrantStatus:
    """How the version stands ``at`` a time. Total: every record has exactly one status at every time."""
    holds = (
        (GrantStatus.SUPERSEDED, _by(record.superseded_at, at)),
        (GrantStatus.TERMINATED, _by(record.ended_at, at)),
        (GrantStatus.EXPIRED, _by(record.ends_at, at)),
        (GrantStatus.DRAFT, record.evidence_count < 1),
        (GrantStatus.PENDING_VERIFICATION, not _by(record.verified_at, at)),
        (GrantStatus.UPCOMING, at < record.starts_at),
        (GrantStatus.SUSPENDED, suspension_at(record, at) is not None),
        (GrantStatus.EXHAUSTED, any(quota.blocks and quota.remaining < 1 for quota in record.quotas)),
    )
    return next((status for status, found in holds if found), GrantStatus.ACTIVE)


def suspension_at(record: GrantRecord, at: datetime) -> Suspension | None:
    """The suspension in force ``at`` a time; the one that began first, if several."""
    current = [stop for stop in record.suspensions if stop.starts_at <= at and not _by(stop.ends_at, at)]
    return min(current, key=lambda stop: stop.starts_at, default=None)


def _by(moment: datetime | None, at: datetime) -> bool:
    """Whether something dated has happened by ``at``; the instant itself counts."""
    return moment is not None and moment <= at
