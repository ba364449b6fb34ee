"""A provenance record, explained field by field, with how anybody can check it without us."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import QuerySet

from governance.access import User, visible_clients
from governance.adapters import keys
from governance.ledger.merkle import leaf_hash
from governance.models import Checkpoint, ProvenanceRecord
from governance.policy.phrases import count_of, day
from governance.provenance.canonical import sha256_hex
from governance.provenance.cutout import CutoutProvenance
from governance.provenance.envelope import verify
from governance.provenance.errors import BadSignature
from governance.provenance.statement import STATEMENT_TYPE, Statement
from governance.reports.evidence import envelope_of, standing_of


@dataclass(frozen=True, slots=True)
class Field:
    """One field of the statement: its path in the JSON, its value, and what it means."""

    path: str
    value: str
    meaning: str
    is_digest: bool = False


@dataclass(frozen=True, slots=True)
class RecordDetail:
    """``index`` None: the log has not taken it in. ``key_trusted``: the key stands in our trust file."""

    record: UUID
    output: int
    decision: int | None
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


def visible_records(user: User) -> QuerySet[ProvenanceRecord]:
    """The records of clients that ``user`` may see."""
    rows = ProvenanceRecord.objects.filter(client__in=visible_clients(user))
    return rows.select_related("client", "output__cutout__decision")


def record_detail(row: ProvenanceRecord) -> RecordDetail:
    """Everything there is to say of a record; the signature is checked now, against the trust file."""
    envelope, standing = envelope_of(row), standing_of(row)
    statement = Statement.from_bytes(envelope.payload)
    trusted = keys.trust().record_key(row.key_id)
    checkpoint = Checkpoint.objects.filter(size=standing.checkpoint_size).first()
    return RecordDetail(
        record=row.pk,
        output=row.output_id,
        decision=row.output.cutout.decision_id,
        client=row.client.name,
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
    )


def _holds(envelope, public_key) -> bool:  # type: ignore[no-untyped-def]  # the types are those of verify
    try:
        verify(envelope, public_key)
    except BadSignature:
        return False
    return True


def fields_of(statement: Statement) -> tuple[Field, ...]:
    """The statement's fields in its own order, each with its meaning."""
    subject, stated = statement.subject, statement.predicate
    head = (
        Field("_type", STATEMENT_TYPE, "The format: an in-toto statement, version 1"),
        Field("subject.name", subject.name, "The file spoken of, by an opaque name"),
        Field("subject.digest.sha256", subject.sha256, "SHA-256 of the file as made; yours must have it too", True),
        Field("subject.mediaType", subject.media_type, "The kind of file"),
        Field("predicateType", statement.predicate_type, "How to read what follows"),
    )
    return head + (_cutout_fields(stated) if isinstance(stated, CutoutProvenance) else ())


def _cutout_fields(stated: CutoutProvenance) -> tuple[Field, ...]:
    before = stated.prev_checkpoint
    return (
        Field("record_id", stated.record_id, "This record"),
        Field("job", stated.job, "The job, by an opaque id"),
        Field("tenant", stated.tenant, "The client, by an opaque id: public records name nobody"),
        Field("issued_at", _moment(stated.issued_at), "When the record was signed"),
        Field(
            "prev_checkpoint",
            f"{before.origin}, {before.size} entries, root {before.root}",
            "The newest signed state of the log known then: the record cannot be older than it",
        ),
        Field("model", f"{stated.model.name} {stated.model.version}", "The model that ran"),
        Field(
            "model.weights_sha256",
            stated.model.weights_sha256,
            "SHA-256 of the very bytes that were loaded",
            True,
        ),
        Field(
            "weights_license.spdx_ids",
            ", ".join(stated.weights_license.spdx_ids),
            "Every licence declared for the weights, conflicting ones included",
        ),
        Field(
            "weights_license.text_sha256",
            stated.weights_license.text_sha256 or "none came along",
            "SHA-256 of the licence text that came with the weights",
            stated.weights_license.text_sha256 is not None,
        ),
        *_lineage_fields(stated),
        *_decision_fields(stated),
        *_run_fields(stated),
        *_input_fields(stated),
    )


def _lineage_fields(stated: CutoutProvenance) -> tuple[Field, ...]:
    statements = count_of(stated.lineage.entries, "statement")
    meaning = f"What was known of the training data, {statements}, by digest"
    return (Field("lineage.manifest_sha256", stated.lineage.manifest_sha256, meaning, True),)


def _input_fields(stated: CutoutProvenance) -> tuple[Field, ...]:
    meaning = "A salted commitment: shows nothing by itself, and proves the value once salt and value are shown"
    return tuple(Field(f"inputs.{entry.field}", entry.commitment, meaning, True) for entry in stated.inputs)


def _decision_fields(stated: CutoutProvenance) -> tuple[Field, ...]:
    decision = stated.decision
    grants = ", ".join(f"{grant.kind} {grant.ref}" for grant in decision.grants)
    return (
        Field("decision.id", decision.id, "The decision that allowed the run, by an opaque id"),
        Field("decision.outcome", f"{decision.outcome} at {decision.stage}", "What it said, and at which gate"),
        Field("decision.decided_at", _moment(decision.decided_at), "When it was decided"),
        Field("decision.grants", grants, "The rights relied upon; bought ones by an opaque id"),
        Field("decision.decision_sha256", decision.decision_sha256, "The decision's own text, by digest", True),
        Field("decision.facts_sha256", decision.facts_sha256, "The facts it was given, by digest", True),
        Field("decision.rule_set_digest", decision.rule_set_digest, "The rules applied, by digest", True),
        Field("decision.evaluator_version", decision.evaluator_version, "The version of the evaluator"),
    )


def _run_fields(stated: CutoutProvenance) -> tuple[Field, ...]:
    run = stated.run
    return (
        Field("run.profile", run.profile, "How the picture was prepared and the mask refined"),
        Field("run.engine", f"{run.engine}, {run.device}, {run.precision}", "Where and how exactly it was computed"),
        Field("run.code_revision", run.code_revision, "The revision of the code"),
        Field("run.input", f"{run.input_width} × {run.input_height} pixels", "What the network saw"),
        Field(
            "run.foreground",
            f"{run.foreground}, {run.coverage_permille} ‰ of the picture",
            "Whether a foreground was found, and how much of the picture it covers",
        ),
        Field("run.torch_version", run.torch_version or "not stated", "The version of the numeric library"),
    )


def _moment(when: datetime) -> str:
    return f"{day(when)}, {when:%H:%M:%S} UTC"
