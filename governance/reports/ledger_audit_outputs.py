"""Every output with its one record, and every record of an output against all the rows that led to it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef

from governance.ledger.audit_findings import Findings
from governance.ledger.audit_shapes import MERGE_WINDOW
from governance.models import Decision, Output, ProvenanceRecord
from governance.provenance import base64_strict
from governance.provenance.canonical import JSON, parse_strict, timestamp
from governance.provenance.commitment import Opening, check_opening
from governance.provenance.cutout import CutoutProvenance
from governance.provenance.errors import BadCommitment, MalformedStatement
from governance.provenance.statement import Statement
from governance.reports.ledger_audit_house import BATCH, OUTPUTS
from governance.reports.record_agreement import disagreements, refusal
from governance.rights.facts import decided_facts

_CUTOUT, _JOB = "output__cutout", "output__cutout__job"
# One query for all there is to compare: whole model instances would take most of the time.
_COLUMNS = {
    "record": "pk",
    "kind": "kind",
    "corrects": "corrects_id",
    "created_at": "created_at",
    "payload": "payload",
    "openings": "openings",
    "of_client": "client__opaque_id",
    "points_at": "output__record_id",
    "sha256": "output__sha256",
    "media_type": "output__media_type",
    "made_at": "output__created_at",
    "decision": f"{_CUTOUT}__decision__opaque_id",
    "body_sha256": f"{_CUTOUT}__decision__body_sha256",
    "picture": f"{_CUTOUT}__asset__sha256",
    "file_name": f"{_CUTOUT}__asset__file_name",
    "owner": f"{_CUTOUT}__asset__client__opaque_id",
    "job": f"{_JOB}__opaque_id",
    "model": f"{_JOB}__model__slug",
    "weights": f"{_JOB}__weights_sha256",
    "client": f"{_JOB}__target__project__client__opaque_id",
}

_WORDS = {
    "media_type": "The media type",
    "decision": "The decision",
    "body_sha256": "The digest of the decision",
    "job": "The job",
    "client": "The client",
    "owner": "The client of the picture",
    "model": "The model",
}
_INPUTS = {"picture": "picture", "file_name": "file name"}


def check_outputs(found: Findings) -> None:
    """Every output with its one record and every record with its output, saying the same of bytes, job and picture."""
    found.checked(OUTPUTS, Output.objects.count())
    theirs = ProvenanceRecord.objects.of_outputs().filter(pk=OuterRef("record_id"))
    for record in Output.objects.filter(~Exists(theirs)).values_list("record_id", flat=True).iterator(BATCH):
        found.add(OUTPUTS, "The output it belongs to has no such record.", record_id=str(record))
    for values in ProvenanceRecord.objects.of_outputs().values_list(*_COLUMNS.values()).iterator(BATCH):
        row = dict(zip(_COLUMNS, values, strict=True))
        try:
            for sentence in _differences(row):
                found.add(OUTPUTS, sentence, record_id=str(row["record"]))
        except Exception as error:  # the record is named and the next one looked at
            found.add(OUTPUTS, refusal(error), record_id=str(row["record"]))


def _differences(row: dict[str, Any]) -> Iterator[str]:
    statement = Statement.from_bytes(bytes(row["payload"]))
    yield from disagreements(statement, row["record"], row["kind"], row["corrects"], row["created_at"])
    said = statement.predicate
    if not isinstance(said, CutoutProvenance):
        yield "Its statement is of an event."
        return
    if row["points_at"] is None:
        yield "It has no output."
        return
    if row["points_at"] != row["record"]:
        yield "Its output points at another record."
    if row["sha256"] != statement.subject.sha256:
        yield "It speaks of other bytes than its output's row."
    if abs(row["made_at"] - said.issued_at) > MERGE_WINDOW:
        yield f"Its output was made at {timestamp(row['made_at'])}, its statement at {timestamp(said.issued_at)}."
    if str(row["of_client"]) != said.tenant:
        yield "It is kept for another client than its statement says."
    for what, stated in (
        ("media_type", statement.subject.media_type),
        ("decision", said.decision.id),
        ("body_sha256", said.decision.decision_sha256),
        ("job", said.job),
        ("client", said.tenant),
        ("owner", said.tenant),
        ("model", said.model.name),
    ):
        if str(row[what]) != stated:
            yield f"{_WORDS[what]} of its output is {row[what] or 'none'}, its statement says {stated}."
    if row["weights"] != said.model.weights_sha256 and row["weights"] != _asked_for(row["job"]):
        yield "The weights file of its job is neither the one it was made with nor the one it was asked for with."
    yield from _differing_inputs(said, row)


def _asked_for(job: UUID) -> str:
    """The weights file a job was asked for with. Seldom asked: others may be in use by the time it runs."""
    asked = Decision.objects.filter(job__opaque_id=job, stage=Decision.Stage.SUBMIT).order_by("pk").first()
    return decided_facts(asked).route.weights_sha256 or "" if asked is not None else ""


def _differing_inputs(said: CutoutProvenance, row: dict[str, Any]) -> Iterator[str]:
    """Hold the picture and its name against the commitments, by the openings kept with the record."""
    kept = _openings(row["openings"])
    now = {"picture": bytes.fromhex(row["picture"] or ""), "file_name": (row["file_name"] or "").encode()}
    for item in said.inputs:
        what = _INPUTS.get(item.field, item.field)
        opening = kept.pop(item.field, None)
        if opening is None:
            yield f"What opens the commitment to its {what} is gone."
            continue
        try:
            check_opening(item.commitment, opening)
        except BadCommitment:
            yield f"What is kept to open the commitment to its {what} does not open it."
        if item.field in now and opening.value != now[item.field]:
            yield f"The {what} of its output is not the one it was made of."
    for name in kept:
        yield f"An opening of {name} is kept, to which its statement does not commit."


def _openings(text: str) -> dict[str, Opening]:
    kept: JSON = parse_strict(text.encode())
    match kept:
        case list():
            return dict(map(_opening, kept))
    raise MalformedStatement("Its openings are no list.", how_to_fix="Restore them from a backup.")


def _opening(kept: JSON) -> tuple[str, Opening]:
    match kept:
        case {"field": str() as name, "salt": str() as salt, "value": str() as value}:
            return name, Opening(name, base64_strict.decode(salt), base64_strict.decode(value))
    raise MalformedStatement("One of its openings has another shape than we gave it.")
