"""Events as entries of the log: signed in the transaction they tell of, so that neither is there without the other."""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Mapping

from django.conf import settings
from django.db import connection, models
from django.utils import timezone

from governance.adapters import keys
from governance.ledger.leaf import build_leaf
from governance.ledger.merkle import EMPTY_ROOT
from governance.models import Output, ProvenanceRecord
from governance.models.content import about, columns_of, row_content
from governance.provenance import base64_strict
from governance.provenance.canonical import JSON, canonical
from governance.provenance.commitment import commit, new_salt
from governance.provenance.envelope import sign
from governance.provenance.event import LedgerEvent
from governance.provenance.references import CheckpointRef
from governance.provenance.statement import PAYLOAD_TYPE, Statement, Subject

CONTENT = "content"
MEDIA_TYPE = "application/vnd.clearcut.rows+json"


def record_event(
    kind: str,
    act: str,
    *rows: models.Model,
    client_id: int | None = None,
    details: Mapping[str, str | int | None] | None = None,
    corrects: ProvenanceRecord | None = None,
) -> ProvenanceRecord:
    """Enter in the log what was just done to ``rows``; the first is what the event is about.

    To be called in the transaction that writes them. The statement holds a salted commitment to what the rows say,
    so a contract stays ours, and an altered row can be told from the one that was there. ``details`` must hold nothing
    personal and nothing of a contract.
    """
    salt = new_salt()
    columns = {about(row): columns_of(row) for row in rows}
    content = canonical({about(row): row_content(row, columns[about(row)]) for row in rows})
    record_id = uuid.uuid4()
    event = LedgerEvent(
        record_id=str(record_id),
        kind=kind,
        issued_at=timezone.now(),
        prev_checkpoint=latest_checkpoint(),
        details={"act": act, **(details or {}), **({"corrects": str(corrects.pk)} if corrects else {})},
        nonce=secrets.token_bytes(32),
    )
    subject = Subject(f"urn:uuid:{record_id}", commit(CONTENT, content, salt), MEDIA_TYPE)
    opening: JSON = {
        "field": CONTENT,
        "salt": base64_strict.encode(salt),
        "rows": {name: list(names) for name, names in columns.items()},
    }
    return store_entry(
        Statement(subject, event), [opening], client_id=client_id, about_row=about(rows[0]), corrects=corrects
    )


def store_entry(
    statement: Statement,
    openings: list[JSON],
    *,
    client_id: int | None,
    output: Output | None = None,
    about_row: str = "",
    corrects: ProvenanceRecord | None = None,
) -> ProvenanceRecord:
    """Sign a statement once and store it. The database puts it into the outbox (see the fence migrations)."""
    signer = keys.record_signer()
    envelope = sign(statement.to_bytes(), PAYLOAD_TYPE, signer)
    return ProvenanceRecord.objects.create(
        id=uuid.UUID(statement.predicate.record_id),
        output=output,
        client_id=client_id,
        kind=statement.predicate.kind,
        about=about_row,
        corrects=corrects,
        payload=envelope.payload,
        signature=envelope.signature,
        key_id=envelope.key_id,
        leaf=build_leaf(envelope, signer.public_key),
        openings=canonical(openings).decode(),
    )


def latest_checkpoint() -> CheckpointRef:
    """The newest checkpoint anybody could have known: what quotes it is not older."""
    with connection.cursor() as cursor:  # asked for every record: a third of the time a query object takes
        cursor.execute("SELECT size, root FROM governance_checkpoint ORDER BY size DESC LIMIT 1")
        size, root = cursor.fetchone() or (0, EMPTY_ROOT.hex())
    return CheckpointRef(settings.LOG_ORIGIN, size, root)
