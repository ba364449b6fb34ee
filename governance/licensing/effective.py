"""Which version of a right counts at a moment, when amendments have followed one another."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class VersionTerm:
    """When one version runs: ``starts_at`` inclusive, ``ends_at`` exclusive, an early end already taken into it."""

    version: int
    starts_at: datetime
    ends_at: datetime
    verified: bool

    def in_force(self, at: datetime) -> bool:
        return self.starts_at <= at < self.ends_at


def effective_version(versions: Iterable[VersionTerm], at: datetime) -> VersionTerm:
    """The version in force ``at``; else the one that started last; else the first to come.

    Of several in force a verified one goes first, then the newest: an amendment that nobody has checked yet takes
    nothing away from the version that stands. Raises ValueError for no versions at all.
    """
    known = sorted(versions, key=lambda each: (each.starts_at, each.version))
    if not known:
        raise ValueError("No versions given; an entitlement has at least one.")
    running = [each for each in known if each.in_force(at)]
    if running:
        return max(running, key=lambda each: (each.verified, each.version))
    started = [each for each in known if each.starts_at <= at]
    return started[-1] if started else known[0]
