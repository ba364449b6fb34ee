"""Who gets a place in the log: what a trusted key in use signed, whose statement is its record's, and is not stale.

Whatever an audit would hold against an entry for ever is asked before it becomes one. What fails stays in the outbox,
where nothing is lost: a person can see it there.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any, LiteralString

from django.db import connections

from governance.adapters import keys
from governance.errors import GovernanceError
from governance.ledger.audit_shapes import MERGE_WINDOW, TOLERANCE
from governance.ledger.checks import check_in_use, check_quote, statement_of, trusted_record_key
from governance.ledger.errors import TamperedError
from governance.ledger.leaf import check_leaf
from governance.ledger.trust import TrustedRecordKey
from governance.provenance.canonical import timestamp
from governance.provenance.envelope import Envelope, verify
from governance.provenance.references import CheckpointRef
from governance.provenance.statement import PAYLOAD_TYPE, Statement
from governance.services.ledger_tree import ALIAS

_OLDEST: LiteralString = """
SELECT r.id, r.kind, r.leaf, r.payload, r.signature, r.key_id, r.created_at
FROM (
    SELECT record_id FROM governance_pendingentry WHERE NOT record_id = ANY(%s) ORDER BY queued_at, record_id LIMIT %s
) p JOIN governance_provenancerecord r ON r.id = p.record_id ORDER BY r.created_at, r.id
"""
_OF_LEAVES: LiteralString = """
SELECT r.id, r.kind, r.leaf, r.payload, r.signature, r.key_id, r.created_at
FROM governance_provenancerecord r JOIN governance_pendingentry p ON p.record_id = r.id WHERE sha256(r.leaf) = ANY(%s)
"""
_QUOTED: LiteralString = """
SELECT c.root, c.published_at,
    (SELECT n.published_at FROM governance_checkpoint n WHERE n.size > q.size ORDER BY n.size LIMIT 1)
FROM (SELECT %s::bigint AS size) q LEFT JOIN governance_checkpoint c ON c.size = q.size
"""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A record of the outbox as it was read back."""

    record_id: uuid.UUID
    kind: str
    leaf: bytes
    envelope: Envelope
    created_at: datetime


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A record that gets no place, and why."""

    record_id: uuid.UUID
    why: str


def oldest(limit: int, but: Collection[uuid.UUID]) -> list[Waiting]:
    """The oldest entries of the outbox, in the order they were made. Those in ``but`` are passed over."""
    return _read(_OLDEST, [list(but), limit])


def waiting_with(leaves: Sequence[bytes]) -> list[Waiting | None]:
    """The waiting record of each leaf, None where none waits with it."""
    found = _read(_OF_LEAVES, [[sha256(leaf).digest() for leaf in leaves]])
    by_leaf = {waiting.leaf: waiting for waiting in found}
    return [by_leaf.get(leaf) for leaf in leaves]


def _read(query: LiteralString, values: list[object]) -> list[Waiting]:
    return [
        Waiting(record_id, kind, bytes(leaf), Envelope(PAYLOAD_TYPE, bytes(payload), key_id, bytes(signature)), created)
        for record_id, kind, leaf, payload, signature, key_id, created in _rows(query, values)
    ]


def _rows(query: LiteralString, values: list[object]) -> list[tuple[Any, ...]]:
    with connections[ALIAS].cursor() as cursor:
        cursor.execute(query, values)
        return list(cursor.fetchall())


@dataclass(frozen=True, slots=True)
class _Quoted:
    """A checkpoint as published, and when the next one was; None as long as there is none."""

    root: str | None
    published_at: datetime | None
    superseded_at: datetime | None


class Gate:
    """Judges what waits, within one transaction: trust file, clock and checkpoints are those of its beginning.

    The clock is the database's: its times are what the claimed ones are held against later. Raises CannotTell when
    there is no trust file to judge by.
    """

    def __init__(self) -> None:
        self._trust = keys.trust()
        self._keys: dict[str, TrustedRecordKey] = {}
        self._quoted: dict[int, _Quoted] = {}
        ((self._now, self._newest_at),) = _rows(
            "SELECT clock_timestamp(), (SELECT published_at FROM governance_checkpoint ORDER BY size DESC LIMIT 1)", []
        )

    def objection(self, waiting: Waiting, index: int) -> LeftOut | None:
        """Why the record may not stand at ``index``, or None."""
        try:
            statement = self._statement(waiting, index)
        except Exception as error:  # one bad record must not keep out the others, whatever is wrong with it
            why = error.message if isinstance(error, GovernanceError) else f"{type(error).__name__}: {error}"
            return LeftOut(waiting.record_id, why)
        quoted = statement.predicate.prev_checkpoint
        try:
            self._check_times(waiting, statement.predicate.issued_at, self._published(quoted), quoted.size)
        except TamperedError as error:
            return LeftOut(waiting.record_id, error.message)
        return None

    def _statement(self, waiting: Waiting, index: int) -> Statement:
        """The statement, signed by a key in use and of this very record and log."""
        key_id = waiting.envelope.key_id
        if key_id not in self._keys:
            self._keys[key_id] = trusted_record_key(key_id, self._trust)
        key = self._keys[key_id]
        check_in_use(key, index)
        check_leaf(waiting.leaf, waiting.envelope, key.public_key)
        verify(waiting.envelope, key.public_key)
        statement = statement_of(waiting.envelope)
        said = statement.predicate
        if (said.record_id, said.kind) != (str(waiting.record_id), waiting.kind):
            raise TamperedError(
                f"Kept as record {waiting.record_id} of kind {waiting.kind!r},"
                f" the statement is {said.record_id} of kind {said.kind!r}."
            )
        check_quote(statement, index, self._trust.origin)
        return statement

    def _published(self, quoted: CheckpointRef) -> _Quoted:
        """The checkpoint that is quoted. Raises TamperedError unless one of this size and root was published."""
        found = self._quoted.get(quoted.size)
        if found is None:
            ((root, published_at, superseded_at),) = _rows(_QUOTED, [quoted.size])
            found = self._quoted[quoted.size] = _Quoted(root, published_at, superseded_at)
        if quoted.size and quoted.root != found.root:
            raise TamperedError(
                f"The record quotes root {quoted.root} for {quoted.size} entries; published was {found.root or 'none'}."
            )
        return found

    def _check_times(self, waiting: Waiting, issued_at: datetime, quoted: _Quoted, size: int) -> None:
        said = timestamp(issued_at)
        if issued_at > self._now + TOLERANCE:
            raise TamperedError(f"The record says it was issued at {said}; now it is {timestamp(self._now)}.")
        if size and quoted.published_at is not None and issued_at < quoted.published_at - TOLERANCE:
            raise TamperedError(
                f"The record says it was issued at {said}, before the checkpoint it quotes was published at"
                f" {timestamp(quoted.published_at)}."
            )
        self._check_not_stale(issued_at, quoted.superseded_at, size)
        if abs(waiting.created_at - issued_at) > MERGE_WINDOW:
            raise TamperedError(f"The record says it was issued at {said}; it came at {timestamp(waiting.created_at)}.")

    def _check_not_stale(self, issued_at: datetime, superseded_at: datetime | None, size: int) -> None:
        """What the log went on after, it took in soon: else the record was held back, or dated back."""
        if superseded_at is None or self._newest_at is None:
            return
        if issued_at > superseded_at + TOLERANCE:
            raise TamperedError(
                f"The record says it was issued at {timestamp(issued_at)}, but quotes the checkpoint of {size} entries,"
                f" which was superseded at {timestamp(superseded_at)}."
            )
        if self._newest_at > superseded_at + MERGE_WINDOW:
            raise TamperedError(
                f"The record quotes the checkpoint of {size} entries, superseded at {timestamp(superseded_at)}, and the"
                f" log has gone on until {timestamp(self._newest_at)}: it was withheld or back-dated."
            )
