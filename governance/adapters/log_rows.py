"""The whole log as PostgreSQL holds it, entry by entry, in one pass and constant memory."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import LiteralString
from uuid import UUID

from django.db import connections, transaction

from governance.provenance.envelope import Envelope
from governance.provenance.statement import PAYLOAD_TYPE

_ENTRIES: LiteralString = """
COPY (
    SELECT s.seq, s.leaf_hash, coalesce(r.leaf, s.recovered_leaf), r.id, r.kind, r.payload, r.signature, r.key_id
    FROM governance_sequencedentry s LEFT JOIN governance_provenancerecord r ON r.id = s.record_id
    ORDER BY s.seq
) TO STDOUT (FORMAT BINARY)
"""
_LEAVES: LiteralString = """
COPY (
    SELECT s.seq, s.leaf_hash, coalesce(r.leaf, s.recovered_leaf)
    FROM governance_sequencedentry s LEFT JOIN governance_provenancerecord r ON r.id = s.record_id
    ORDER BY s.seq
) TO STDOUT (FORMAT BINARY)
"""
_TYPES = ["int8", "bytea", "bytea", "uuid", "text", "bytea", "bytea", "text"]


@dataclass(frozen=True, slots=True)
class StoredEntry:
    """One place in the log as stored. ``leaf`` None: its record is gone. ``envelope`` None: so is its statement."""

    index: int
    leaf_hash: bytes
    leaf: bytes | None
    record_id: UUID | None
    kind: str
    envelope: Envelope | None


@contextmanager
def one_snapshot(alias: str = "default") -> Iterator[None]:
    """Everything read within sees the database as it was at one moment, however long it takes."""
    with transaction.atomic(using=alias):
        with connections[alias].cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield


def stored_entries(alias: str = "default", *, leaves_only: bool = False) -> Iterator[StoredEntry]:
    """Every entry in the order of the sequence. ``leaves_only`` leaves the statements out, which is much faster."""
    with connections[alias].cursor() as cursor, cursor.copy(_LEAVES if leaves_only else _ENTRIES) as copy:
        copy.set_types(_TYPES[:3] if leaves_only else _TYPES)
        for row in copy.rows():
            yield _leaf_of(*row) if leaves_only else _entry_of(*row)


def _leaf_of(index: int, leaf_hash: bytes, leaf: bytes | None) -> StoredEntry:
    return StoredEntry(index, leaf_hash, leaf, None, "", None)


def _entry_of(
    index: int,
    leaf_hash: bytes,
    leaf: bytes | None,
    record_id: UUID | None,
    kind: str | None,
    payload: bytes | None,
    signature: bytes | None,
    key_id: str | None,
) -> StoredEntry:
    envelope = None
    if payload is not None and signature is not None and key_id is not None:
        envelope = Envelope(PAYLOAD_TYPE, payload, key_id, signature)
    return StoredEntry(index, leaf_hash, leaf, record_id, kind or "", envelope)
