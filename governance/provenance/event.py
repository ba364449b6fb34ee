"""The predicate of all else the ledger remembers: reports, acquisitions, key events, erasures and more."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

from governance.provenance import base64_strict
from governance.provenance.canonical import JSON, timestamp
from governance.provenance.errors import MalformedStatement
from governance.provenance.fields import (
    MAX_TEXT,
    Fields,
    check_field,
    check_nonce,
    check_one_of,
    check_uuid,
    check_when,
)
from governance.provenance.references import CheckpointRef

PREDICATE_TYPE = "urn:clearcut:predicate:ledger-event:v1"
MAX_DETAILS = 64
KINDS = frozenset(
    {
        "acquisition",
        "alarm",
        "checkpoint-gap",
        "clock-alarm",
        "claim",
        "contract",
        "correction",
        "decision",
        "delivery",
        "determination",
        "directory",
        "entitlement",
        "erasure",
        "hold",
        "key-event",
        "permission",
        "policy-set",
        "quota",
        "reading",
        "release",
        "report",
        "resolution",
        "restore",
        "review",
        "revocation",
        "role",
        "source-type",
        "waiver",
    }
)


@dataclass(frozen=True, slots=True)
class LedgerEvent:
    """One event about the statement's subject. ``details`` is flat: text, integers or null; nothing personal.

    A correction points at the record it corrects; nothing is ever edited. Raises MalformedStatement.
    """

    record_id: str
    kind: str
    issued_at: datetime
    prev_checkpoint: CheckpointRef
    details: Mapping[str, str | int | None]
    nonce: bytes

    def __post_init__(self) -> None:
        check_uuid(self.record_id, "record_id")
        check_one_of(self.kind, "kind", KINDS)
        check_when(self.issued_at, "issued_at")
        check_nonce(self.nonce)
        if len(self.details) > MAX_DETAILS:
            raise MalformedStatement(f"Got {len(self.details)} details, expected at most {MAX_DETAILS}.")
        for name, value in self.details.items():
            check_field(name, "details")
            if isinstance(value, bool) or not isinstance(value, str | int | None):
                raise MalformedStatement(f"Got {type(value).__name__} at details.{name}, expected text or an integer.")
            if isinstance(value, str) and len(value) > MAX_TEXT:
                raise MalformedStatement(f"Got {len(value)} characters at details.{name}, expected up to {MAX_TEXT}.")
        # The caller's dict must not be able to change a record after it was checked.
        object.__setattr__(self, "details", MappingProxyType(dict(self.details)))

    def as_json(self) -> dict[str, JSON]:
        return {
            "kind": self.kind,
            "record_id": self.record_id,
            "issued_at": timestamp(self.issued_at),
            "prev_checkpoint": self.prev_checkpoint.as_json(),
            "details": dict(self.details),
            "nonce": base64_strict.encode(self.nonce),
        }

    @classmethod
    def read(cls, fields: Fields) -> LedgerEvent:
        details: dict[str, str | int | None] = {}
        for name, value in fields.mapping("details").items():
            if isinstance(value, list | dict):
                raise MalformedStatement(f"Got {type(value).__name__} at details.{name}, expected text or an integer.")
            details[name] = value
        return cls(
            record_id=fields.text("record_id"),
            kind=fields.text("kind"),
            issued_at=fields.when("issued_at"),
            prev_checkpoint=fields.object("prev_checkpoint", CheckpointRef.read),
            details=details,
            nonce=fields.base64("nonce"),
        )
