"""The statement of a record, field by field: its path in the JSON, its value, and what it means."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from governance.policy.phrases import count_of, day
from governance.provenance.cutout import CutoutProvenance
from governance.provenance.event import LedgerEvent
from governance.provenance.references import CheckpointRef
from governance.provenance.statement import STATEMENT_TYPE, Statement

_OF_FILE = "SHA-256 of the file as made; yours must have it too"
_OF_ROWS = "A salted commitment to what our rows said: shows nothing by itself, and any change to them later"


@dataclass(frozen=True, slots=True)
class Field:
    """One field of the statement: its path in the JSON, its value, and what it means."""

    path: str
    value: str
    meaning: str
    is_digest: bool = False


def fields_of(statement: Statement) -> tuple[Field, ...]:
    """The statement's fields in its own order, each with its meaning."""
    subject, stated = statement.subject, statement.predicate
    of, digest = ("The file spoken of", _OF_FILE) if isinstance(stated, CutoutProvenance) else ("The rows", _OF_ROWS)
    head = (
        Field("_type", STATEMENT_TYPE, "The format: an in-toto statement, version 1"),
        Field("subject.name", subject.name, f"{of}, by an opaque name"),
        Field("subject.digest.sha256", subject.sha256, digest, True),
        Field("subject.mediaType", subject.media_type, "Its kind"),
        Field("predicateType", statement.predicate_type, "How to read what follows"),
    )
    return head + (_cutout_fields(stated) if isinstance(stated, CutoutProvenance) else _event_fields(stated))


_INPUTS = {"picture": "The picture that was handed in", "file_name": "Its file name"}
_DETAILS = {
    "act": "What was done",
    "body_sha256": "The decision's own text, by digest",
    "corrects": "The record it corrects",
    "decision": "The decision, by an opaque id",
    "key_id": "The public key, by its digest",
}


def _event_fields(stated: LedgerEvent) -> tuple[Field, ...]:
    said = ("no value" if value is None else str(value) for value in stated.details.values())
    return (
        Field("record_id", stated.record_id, "This record"),
        Field("kind", stated.kind, "The kind of event"),
        Field("issued_at", _moment(stated.issued_at), "When the record was signed"),
        _quoted(stated.prev_checkpoint),
        *(
            Field(f"details.{name}", value, f"{_DETAILS.get(name, name.replace('_', ' ').capitalize())}, in the clear")
            for name, value in zip(stated.details, said, strict=True)
        ),
    )


def _quoted(before: CheckpointRef) -> Field:
    return Field(
        "prev_checkpoint",
        f"{before.origin}, {before.size} entries, root {before.root}",
        "The newest signed state of the log known then: the record cannot be older than it",
    )


def _cutout_fields(stated: CutoutProvenance) -> tuple[Field, ...]:
    return (
        Field("record_id", stated.record_id, "This record"),
        Field("job", stated.job, "The job, by an opaque id"),
        Field("tenant", stated.tenant, "The client, by an opaque id: public records name nobody"),
        Field("issued_at", _moment(stated.issued_at), "When the record was signed"),
        _quoted(stated.prev_checkpoint),
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
    meaning = "in a salted commitment: shows nothing by itself, and proves the value once salt and value are shown"
    return tuple(
        Field(f"inputs.{entry.field}", entry.commitment, f"{_INPUTS.get(entry.field, entry.field)}, {meaning}", True)
        for entry in stated.inputs
    )


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
