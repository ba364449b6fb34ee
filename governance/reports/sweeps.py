"""Nightly sweeps: when, how much was judged again, and what was not as it had been."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from governance.access import User, visible_clients
from governance.models import Sweep

_SHOWN = 60


@dataclass(frozen=True, slots=True)
class SweepLine:
    number: int
    started_at: datetime
    finished_at: datetime
    examined: int
    changed: int
    digest: str


@dataclass(frozen=True, slots=True)
class ChangeLine:
    """One verdict that changed. ``what``: the differences in words, one a line."""

    decision: int
    client: str
    target: str
    before: str
    after: str
    what: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SweepPage:
    line: SweepLine
    changes: tuple[ChangeLine, ...]


def sweep_list() -> tuple[SweepLine, ...]:
    """The newest sweeps."""
    return tuple(_line(row) for row in Sweep.objects.order_by("-pk")[:_SHOWN])


def sweep_page(user: User, number: int) -> SweepPage | None:
    """One sweep with the changes that concern clients ``user`` may see; None when there is none."""
    row = Sweep.objects.filter(pk=number).first()
    if row is None:
        return None
    seen = row.changes.filter(decision__target__project__client__in=visible_clients(user))
    changes = tuple(
        ChangeLine(
            decision=change.decision_id,
            client=change.decision.target.project.client.name,
            target=change.decision.target.name,
            before=change.before,
            after=change.after,
            what=tuple(change.decision.changes.splitlines()),
        )
        for change in seen.select_related("decision__target__project__client")
    )
    return SweepPage(_line(row), changes)


def _line(row: Sweep) -> SweepLine:
    return SweepLine(row.pk, row.started_at, row.finished_at, row.examined, row.changed, row.digest)
