"""Corrected facts of a target and its project: what it was, what it is, and which determination lapsed by it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Q

from governance.models import (
    DeploymentTarget,
    FactChange,
    HostingMode,
    OutputDistribution,
    Ternary,
    WeightsDistribution,
)

_LABELS = {
    "billable": "Billed to the client",
    "for_profit": "For-profit company",
    "channel": "Channel",
    "monetised": "Earns money",
    "territories": "Territory",
    "hosting_mode": "Where the model runs",
    "output_distribution": "Who sees the cutouts",
    "weights_distribution": "Who gets the model file",
    "valid_until": "In use until",
}
_WORDS: Mapping[str, Mapping[str, Any]] = {
    "billable": dict(Ternary.choices),
    "for_profit": dict(Ternary.choices),
    "monetised": dict(Ternary.choices),
    "hosting_mode": dict(HostingMode.choices),
    "output_distribution": dict(OutputDistribution.choices),
    "weights_distribution": dict(WeightsDistribution.choices),
}


@dataclass(frozen=True, slots=True)
class ChangeLine:
    """One fact restated. ``of_project``: it concerns every target of the project."""

    fact: str
    of_project: bool
    before: str
    after: str
    reason: str
    by: str
    at: datetime


def changes_of(target: DeploymentTarget) -> tuple[ChangeLine, ...]:
    """Every correction that concerns the target, newest first."""
    rows = FactChange.objects.filter(Q(target=target) | Q(project=target.project_id)).select_related("changed_by")
    return tuple(_line(row) for row in rows.order_by("-pk"))


def changed_since_signing(target: DeploymentTarget) -> tuple[ChangeLine, ...]:
    """What was corrected after the newest determination was signed: why it does not stand any more."""
    signed = target.determinations.order_by("-id").first()
    return tuple(line for line in changes_of(target) if line.at > signed.signed_at) if signed else ()


def _line(row: FactChange) -> ChangeLine:
    return ChangeLine(
        fact=_LABELS[row.field],
        of_project=row.project_id is not None,
        before=_words(row.field, row.before),
        after=_words(row.field, row.after),
        reason=row.reason,
        by=row.changed_by.get_username(),
        at=row.changed_at,
    )


def _words(field: str, value: Any) -> str:
    if field == "valid_until":
        return f"{date.fromisoformat(value):%-d %b %Y}" if value else "open"
    if field == "territories":
        return "Worldwide" if "WORLD" in value else ", ".join(value)
    return str(_WORDS.get(field, {}).get(value, value)) or "none"
