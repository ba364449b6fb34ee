"""A picture's rights: what its own file says, raw, what its owner allowed, and until when we may use it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import QuerySet

from governance.access import User, visible_clients
from governance.models import Asset, AssetTerm, InputPermission, RightsReading, RightsSignal
from governance.policy import signals
from governance.policy.decision import Tri
from governance.policy.facts_picture import RightsSignal as Said
from governance.reports.catalogue_shapes import State

_ALLOWS = {
    Tri.SATISFIED: State("Allows it", "permit"),
    Tri.UNSATISFIED: State("Does not allow it", "deny"),
    Tri.UNKNOWN: State("On conditions a person has to read", "review"),
}


@dataclass(frozen=True, slots=True)
class SignalLine:
    """One statement as it stands in the file. ``meaning`` is None where we read nothing from it."""

    source: str
    property: str
    value: str
    constraint: str
    about: str
    meaning: State | None


@dataclass(frozen=True, slots=True)
class PermissionLine:
    """What somebody entitled to it allowed. ``property`` empty: for the picture as a whole."""

    pk: int
    ref: str
    property: str
    granted_by: str
    statement: str
    valid_until: date | None
    state: State
    recorded_by: str
    recorded_at: datetime
    verified_by: str
    verified_at: datetime | None
    evidence: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TermLine:
    licensed_until: date | None
    source: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class PictureRights:
    """Everything that bears on a picture's use. ``read_at`` None: its file was not read, so silence means nothing."""

    read_at: datetime | None
    reader: str
    problems: tuple[str, ...]
    signals: tuple[SignalLine, ...]
    permissions: tuple[PermissionLine, ...]
    terms: tuple[TermLine, ...]
    jobs: tuple[int, ...]

    @property
    def properties(self) -> tuple[str, ...]:
        """The statements a permission can answer."""
        return tuple(dict.fromkeys(line.property for line in self.signals))


def visible_pictures(user: User) -> QuerySet[Asset]:
    """The pictures of the clients ``user`` may see."""
    return Asset.objects.filter(client__in=visible_clients(user)).select_related("client", "uploaded_by")


def picture_rights(asset: Asset, at: datetime) -> PictureRights:
    """As it stands ``at``, newest acts first."""
    reading = RightsReading.objects.filter(asset=asset).first()
    found = reading.signals.all() if reading else ()
    permissions = asset.permissions.select_related("recorded_by", "verification__verified_by").order_by("-pk")
    terms = AssetTerm.objects.filter(asset=asset).select_related("recorded_by").order_by("-pk")
    return PictureRights(
        read_at=reading.read_at if reading else None,
        reader=f"{reading.reader} {reading.reader_version}" if reading else "",
        problems=tuple(_problem(entry) for entry in reading.problems) if reading else (),
        signals=tuple(_signal(row) for row in found),
        permissions=tuple(_permission(row, at.date()) for row in permissions),
        terms=tuple(
            TermLine(row.licensed_until, row.source, row.recorded_by.get_username(), row.recorded_at) for row in terms
        ),
        jobs=tuple(asset.cutouts.order_by("-job").values_list("job", flat=True).distinct()),
    )


def _problem(entry: object) -> str:
    return ": ".join(str(value) for value in entry.values()) if isinstance(entry, dict) else str(entry)


def _signal(row: RightsSignal) -> SignalLine:
    about, meaning = _meaning(Said(row.source, row.property, row.value, row.constraint_info))
    return SignalLine(row.source, row.property, row.value, row.constraint_info, about, meaning)


def _meaning(said: Said) -> tuple[str, State | None]:
    """What a statement is about and what it says of that, in the evaluator's own reading."""
    name, code = signals.statement(said.property), signals.value_code(said.value)
    if signals.doubt(said):
        return "whether the file can be relied upon", State("Does not check out", "review")
    if name == signals.AI_INFERENCE:
        return "being the input of an AI model", _ALLOWS[signals.allows(said)]
    if name in signals.TRAINING:
        return "training and data mining; a cutout trains nothing", _ALLOWS[signals.allows_training(said)]
    if name == signals.ALTERATION and code not in signals.OTHER_ALTERATIONS:
        words = signals.ALTERATIONS.get(code)
        return "alterations", State(f"Asks for {words}", "deny") if words else State("Not known to us", "review")
    if name in signals.RELEASES:
        limited, clear = signals.LIMITED.get(code), code in signals.CLEAR_RELEASES
        words = "Complete, or none is needed" if clear else (limited or "no complete release is stated").capitalize()
        return "releases of people and places", State(words, "permit" if clear else "review")
    return "", None


def _permission(row: InputPermission, today: date) -> PermissionLine:
    verification = getattr(row, "verification", None)
    if row.valid_until is not None and row.valid_until < today:
        state = State("Ended", "neutral")
    else:
        state = State("Counts", "permit") if verification else State("Waits for a second person", "review")
    return PermissionLine(
        pk=row.pk,
        ref=f"PRM-{row.pk}",
        property=row.property,
        granted_by=row.granted_by,
        statement=row.statement,
        valid_until=row.valid_until,
        state=state,
        recorded_by=row.recorded_by.get_username(),
        recorded_at=row.recorded_at,
        verified_by=verification.verified_by.get_username() if verification else "",
        verified_at=verification.verified_at if verification else None,
        evidence=tuple(row.evidence_sha256s),
    )
