"""Whether the columns of a record say what its signed statement says. The statement is proof, the columns are ours."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from uuid import UUID

from django.db import DatabaseError

from governance.errors import GovernanceError
from governance.ledger.audit_shapes import MERGE_WINDOW
from governance.provenance.canonical import timestamp
from governance.provenance.cutout import CutoutProvenance
from governance.provenance.statement import Statement


def refusal(error: Exception) -> str:
    """Say why a record could not be compared: that lies in what is stored, so it is a finding and never let pass.

    Raises the error again when it is the database's: that says nothing of the record.
    """
    if isinstance(error, DatabaseError):
        raise error
    if isinstance(error, GovernanceError):
        return error.message
    return f"What is stored of it cannot be read ({type(error).__name__}: {error!s:.200})."


def disagreements(
    statement: Statement, record_id: UUID, kind: str, corrects: UUID | None, created_at: datetime
) -> Iterator[str]:
    """Say in what a record's own columns differ from its ``statement``, a sentence each."""
    said = statement.predicate
    stated = None if isinstance(said, CutoutProvenance) else said.details.get("corrects")
    if said.record_id != str(record_id):
        yield f"Its statement is that of record {said.record_id}."
    if said.kind != kind:
        yield f"Its row is of kind {kind}, its statement of kind {said.kind}."
    if stated != (str(corrects) if corrects else None):
        yield f"Its row corrects record {corrects or 'none'}, its statement {stated or 'none'}."
    # Either way: the application's clock and the database's are not one. The integrator admits as much.
    if abs(created_at - said.issued_at) > MERGE_WINDOW:
        yield f"Its row was made at {timestamp(created_at)}, its statement at {timestamp(said.issued_at)}."
