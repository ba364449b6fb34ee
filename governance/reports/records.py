"""A record of an output or of an event, explained field by field, with what was said of it since."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from django.db.models import Q, QuerySet

from governance.access import User, may, visible_clients
from governance.adapters import keys
from governance.ledger.merkle import leaf_hash
from governance.models import Checkpoint, ProvenanceRecord, RecordCorrection
from governance.models.content import about
from governance.provenance.canonical import sha256_hex
from governance.provenance.envelope import Envelope, verify
from governance.provenance.errors import BadSignature
from governance.provenance.event import LedgerEvent
from governance.provenance.statement import Statement
from governance.reports.commitments import RowsAltered, check_entry_rows
from governance.reports.evidence import envelope_of, standing_of
from governance.reports.record_fields import Field, fields_of
from governance.reports.record_subjects import Subject, kind_words, subject_of


@dataclass(frozen=True, slots=True)
class CorrectionLine:
    """Somebody said what is wrong with a record. ``record``: the entry that says so."""

    record: UUID | None
    at: datetime
    by: str
    reason: str


@dataclass(frozen=True, slots=True)
class RecordDetail:
    """``output`` None: it is of an event, ``about`` one of our rows. ``index`` None: the log has not taken it in.

    ``key_trusted``: the key stands in our trust file. ``altered``: how its rows are not what was committed to.
    """

    record: UUID
    kind: str
    title: str
    output: int | None
    decision: int | None
    about: Subject | None
    altered: str
    client: str
    issued_at: datetime
    signature_holds: bool
    key_trusted: bool
    key_id: str
    fields: tuple[Field, ...]
    statement: str
    statement_sha256: str
    envelope: str
    leaf: str
    leaf_hash: str
    index: int | None
    integrated_at: datetime | None
    standing: str
    checkpoint_size: int | None
    checkpoint_note: str
    corrects: UUID | None
    corrections: tuple[CorrectionLine, ...]


def visible_records(user: User) -> QuerySet[ProvenanceRecord]:
    """The records of clients that ``user`` may see; those of no client for whoever may read evidence."""
    seen = Q(client__in=visible_clients(user))
    if may(user, "evidence.read"):
        seen |= Q(client=None)
    return ProvenanceRecord.objects.filter(seen).select_related("client", "output__cutout__decision")


def record_detail(row: ProvenanceRecord) -> RecordDetail:
    """Everything there is to say of a record. The signature is checked now, against the trust file, and so are the
    rows that an event committed to."""
    envelope, standing = envelope_of(row), standing_of(row)
    statement = Statement.from_bytes(envelope.payload)
    trusted = keys.trust().record_key(row.key_id)
    checkpoint = Checkpoint.objects.filter(size=standing.checkpoint_size).first()
    return RecordDetail(
        record=row.pk,
        kind=row.kind,
        title=_title(row, statement),
        output=row.output_id,
        decision=row.output.cutout.decision_id if row.output else None,
        about=subject_of(row.about) if row.about else None,
        altered=_altered(row),
        client=row.client.name if row.client else "",
        issued_at=statement.predicate.issued_at,
        signature_holds=trusted is not None and _holds(envelope, trusted.public_key),
        key_trusted=trusted is not None,
        key_id=row.key_id,
        fields=fields_of(statement),
        statement=envelope.payload.decode(),
        statement_sha256=sha256_hex(envelope.payload),
        envelope=json.dumps(envelope.as_json(), indent=1),
        leaf=bytes(row.leaf).decode(),
        leaf_hash=leaf_hash(bytes(row.leaf)).hex(),
        index=standing.index,
        integrated_at=standing.integrated_at,
        standing=standing.words,
        checkpoint_size=standing.checkpoint_size,
        checkpoint_note=checkpoint.note if checkpoint else "",
        corrects=row.corrects_id,
        corrections=_corrections(row),
    )


def _title(row: ProvenanceRecord, statement: Statement) -> str:
    if row.output_id is not None:
        return f"Record of output {row.output_id}"
    stated = statement.predicate
    act = stated.details.get("act") if isinstance(stated, LedgerEvent) else None
    return f"{kind_words(row.kind)}: {act}" if act else kind_words(row.kind)


def _altered(row: ProvenanceRecord) -> str:
    try:
        check_entry_rows(row)
    except RowsAltered as problem:
        return f"{problem.message} {problem.how_to_fix}"
    return ""


def _corrections(row: ProvenanceRecord) -> tuple[CorrectionLine, ...]:
    """What was said of it since, the oldest first (two queries)."""
    said = RecordCorrection.objects.filter(record=row).select_related("corrected_by")
    entries = dict(ProvenanceRecord.objects.filter(corrects=row).values_list("about", "pk"))
    return tuple(
        CorrectionLine(entries.get(about(each)), each.corrected_at, each.corrected_by.get_username(), each.reason)
        for each in said
    )


def _holds(envelope: Envelope, public_key: EllipticCurvePublicKey) -> bool:
    try:
        verify(envelope, public_key)
    except BadSignature:
        return False
    return True
