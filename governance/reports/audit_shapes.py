"""The frozen structure of an audit export. JSON and CSV are two writings of it, never two computations."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from governance.licensing.jsonshape import to_plain

FORMAT = "urn:clearcut:audit-export:v1"
NOT_COVERED = (
    "Rights of persons, places and trade marks shown in the pictures, beyond what the files themselves declare.",
    "Patents and export control.",
    "Whether statements of vendors and authors about training data are true; they are listed as claims.",
    "Runs that failed for technical reasons before anything was made.",
    "Use of an output after it was handed over.",
)


@dataclass(frozen=True, slots=True)
class AuditScope:
    """What is reported: ``first`` and ``last`` are days in UTC, both included; nothing recorded after ``as_of``.

    ``client`` None stands for every client.
    """

    client: int | None
    client_name: str
    first: date
    last: date
    as_of: datetime


@dataclass(frozen=True, slots=True)
class ReleaseEntry:
    target: str
    decision: int
    released_at: datetime
    released_by: str
    delivered: tuple[DeliveryEntry, ...]


@dataclass(frozen=True, slots=True)
class DeliveryEntry:
    delivered_at: datetime
    delivered_to: str
    sha256: str


@dataclass(frozen=True, slots=True)
class OutputEntry:
    """An output with what its signed record says of it. ``log_index`` is None while the log has not taken it in."""

    output: int
    made_at: datetime
    client: str
    project: str
    target: str
    requested_by: str
    picture: str
    picture_sha256: str
    output_sha256: str
    media_type: str
    width: int
    height: int
    model: str
    model_version: str
    weights_sha256: str
    licenses: tuple[str, ...]
    license_text_sha256: str
    decision: int
    decision_id: str
    decision_outcome: str
    decision_sha256: str
    grants: tuple[str, ...]
    duties: tuple[str, ...]
    record: str
    record_key: str
    record_signed_at: datetime
    record_sha256: str
    log_index: int | None
    releases: tuple[ReleaseEntry, ...]


@dataclass(frozen=True, slots=True)
class BlockedEntry:
    """An attempt that was refused or held: who asked for what, and the rules that stood in the way."""

    decision: int
    decision_id: str
    decided_at: datetime
    stage: str
    outcome: str
    client: str
    project: str
    target: str
    requested_by: str
    job: int | None
    pictures: int
    model: str
    rules: tuple[str, ...]
    reasons: tuple[str, ...]
    decision_sha256: str


@dataclass(frozen=True, slots=True)
class Totals:
    """Counted from the entries below them. ``refused`` and ``held`` are attempts, not pictures."""

    outputs: int
    released: int
    deliveries: int
    refused: int
    held: int

    @staticmethod
    def of(outputs: tuple[OutputEntry, ...], blocked: tuple[BlockedEntry, ...]) -> Totals:
        return Totals(
            outputs=len(outputs),
            released=sum(bool(entry.releases) for entry in outputs),
            deliveries=sum(len(release.delivered) for entry in outputs for release in entry.releases),
            refused=sum(entry.outcome == "deny" for entry in blocked),
            held=sum(entry.outcome == "review" for entry in blocked),
        )


@dataclass(frozen=True, slots=True)
class AuditReport:
    """The whole export. The same scope gives the same bytes."""

    format: str
    scope: AuditScope
    totals: Totals
    outputs: tuple[OutputEntry, ...]
    blocked: tuple[BlockedEntry, ...]
    not_covered: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        """Plain JSON without floats, ready for RFC 8785."""
        plain: dict[str, Any] = to_plain(self)
        return plain
