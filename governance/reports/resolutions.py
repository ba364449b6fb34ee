"""What our own people made of a model's conflicting declarations."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from governance.models import DeclarationResolution
from governance.policy.phrases import word
from governance.reports.catalogue_shapes import State


@dataclass(frozen=True, slots=True)
class ResolutionLine:
    """One resolution; ``waits``: for another person, and no later one has taken its place."""

    pk: int
    subject: str
    license: str
    license_id: str
    reason: str
    state: State
    waits: bool
    recorded_by: str
    recorded_at: datetime
    approved_by: str
    approved_at: datetime | None
    evidence: tuple[str, ...]


def resolutions_of(model: str) -> tuple[ResolutionLine, ...]:
    """Newest first."""
    people = ("license", "recorded_by", "approval__approved_by")
    rows = list(DeclarationResolution.objects.filter(model=model).select_related(*people).order_by("-pk"))
    newest: dict[str, int] = {}
    counting: dict[str, int] = {}
    for row in rows:
        newest.setdefault(row.subject, row.pk)
        if hasattr(row, "approval"):
            counting.setdefault(row.subject, row.pk)
    return tuple(_line(row, row.pk == counting.get(row.subject), row.pk == newest[row.subject]) for row in rows)


def _line(row: DeclarationResolution, counts: bool, newest: bool) -> ResolutionLine:
    approval = getattr(row, "approval", None)
    waits = approval is None and newest
    state = State("Counts", "permit") if counts else State("Replaced", "neutral")
    return ResolutionLine(
        pk=row.pk,
        subject=word(row.subject),
        license=row.license.name,
        license_id=row.license_id,
        reason=row.reason,
        state=State("Waits for approval", "review") if waits else state,
        waits=waits,
        recorded_by=row.recorded_by.get_username(),
        recorded_at=row.recorded_at,
        approved_by=approval.approved_by.get_username() if approval else "",
        approved_at=approval.approved_at if approval else None,
        evidence=tuple(row.evidence_sha256s),
    )
