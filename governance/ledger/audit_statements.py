"""What an audit checks in each signed statement, one entry at a time, on as many processes as there are.

1. The envelope is well formed and holds a canonical statement of a kind we issue (statements).
2. The entry is the hashedrekord of this very envelope and the record id is the one it is kept under (statements).
3. A record key of the trust file signed it, and was in use at its index (signatures). Of a lost statement the
   signature is still checked, against the digest in its entry.
4. The checkpoint it quotes is of our log and not younger than the entry (order).

Pure: entries in, what was found out. Anything unexpected is noted against the entry, never swallowed.
"""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from typing import NamedTuple, TypeAlias
from uuid import UUID

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.hashes import SHA256

from governance.ledger.audit_checkpoints import microseconds
from governance.ledger.audit_findings import judged
from governance.ledger.audit_lost import RESTORE, Restored, restored_by
from governance.ledger.audit_shapes import ORDER, SIGNATURES, STATEMENTS
from governance.ledger.checks import check_in_use, check_quote, statement_of
from governance.ledger.errors import TamperedError
from governance.ledger.leaf import build_leaf, check_leaf, parse_leaf
from governance.ledger.log_lines import read_envelope_line
from governance.ledger.trust import Trust, TrustedRecordKey
from governance.provenance import envelope as dsse
from governance.provenance.cutout import CutoutProvenance
from governance.provenance.envelope import Envelope
from governance.provenance.errors import BadSignature
from governance.provenance.statement import Statement

CORRECTION = "correction"
CORRECTS = "corrects"

# Plain tuples and not the dataclasses they come from: a million of each go from process to process.
Sent: TypeAlias = tuple[int, bytes, Envelope | bytes | None, str | None]
Problem: TypeAlias = tuple[str, str, str]


class Examined(NamedTuple):
    """What one entry says, as far as it could be read, and what is wrong: (step, message, status) each.

    ``at``: the entry's index. ``record``: the UUID's bytes, b"" when unknown. ``issued_at``: microseconds since 1970.
    ``corrects``: the record a correction names, None for other kinds, "" when it names none. ``restored``: what a
    restore event tells of.
    """

    at: int
    lost: bool
    record: bytes
    issued_at: int
    quoted_size: int
    quoted_root: str
    corrects: str | None
    restored: Restored | None
    problems: tuple[Problem, ...]


class Examiner:
    """Checks entries against one trust file."""

    def __init__(self, trust: Trust) -> None:
        self._trust = trust
        # A key's id is a hash of its encoding: worth doing once, not a million times.
        self._keys = {item.key_id: item for item in trust.record_keys}
        self._by_spki = {dsse.spki(item.public_key): item for item in trust.record_keys}

    def examine(self, entries: Sequence[Sent]) -> list[Examined]:
        """Return what was found, in the same order."""
        return [self._one(*entry) for entry in entries]

    def _one(self, index: int, leaf: bytes, kept: Envelope | bytes | None, record_id: str | None) -> Examined:
        problems: list[Problem] = []
        statement: Statement | None = None
        step, lost = STATEMENTS, False
        try:
            envelope = read_envelope_line(kept, index) if isinstance(kept, bytes) else kept
            if envelope is None:
                step, lost = SIGNATURES, True
                self._check_lost(index, leaf)
            else:
                step = SIGNATURES
                self._check_signature(index, leaf, envelope, problems)
                step = STATEMENTS
                statement = statement_of(envelope)
                _check_record_id(statement, record_id)
                step = ORDER
                check_quote(statement, index, self._trust.origin)
        except Exception as error:  # the audit names the entry and goes on to the next
            problems.append((step, *judged(error)))
        return _examined(index, lost, statement, tuple(problems))

    def _check_signature(self, index: int, leaf: bytes, envelope: Envelope, problems: list[Problem]) -> None:
        key = self._keys.get(envelope.key_id)
        if key is None:
            raise BadSignature(f"The statement names key {envelope.key_id}, which the trust file does not list.")
        # The expected entry is built anyway; only when it differs is there something to explain.
        if not hmac.compare_digest(build_leaf(envelope, key.public_key), leaf):
            try:
                check_leaf(leaf, envelope, key.public_key)
            except Exception as error:  # noted; the signature is worth checking all the same
                problems.append((STATEMENTS, *judged(error)))
        dsse.verify(envelope, key.public_key)
        check_in_use(key, index)

    def _check_lost(self, index: int, leaf: bytes) -> None:
        found = parse_leaf(leaf)
        key: TrustedRecordKey | None = self._by_spki.get(found.spki)
        if key is None:
            raise BadSignature("The entry was signed by a key that the trust file does not list.")
        try:
            key.public_key.verify(found.signature, found.digest, ec.ECDSA(Prehashed(SHA256())))
        except InvalidSignature as error:
            raise BadSignature("The signature in the entry was not made over the digest in it.") from error
        check_in_use(key, index)


def _check_record_id(statement: Statement, record_id: str | None) -> None:
    if record_id is not None and record_id != statement.predicate.record_id:
        raise TamperedError(f"Kept as record {record_id}, the statement is {statement.predicate.record_id}.")


def _examined(index: int, lost: bool, statement: Statement | None, problems: tuple[Problem, ...]) -> Examined:
    if statement is None:
        return Examined(index, lost, b"", 0, 0, "", None, None, problems)
    predicate = statement.predicate
    corrects: str | None = None
    restored: Restored | None = None
    if not isinstance(predicate, CutoutProvenance):
        if predicate.kind == CORRECTION:
            corrects = str(predicate.details.get(CORRECTS) or "")
        elif predicate.kind == RESTORE:
            restored = restored_by(predicate.details, index)
    return Examined(
        index,
        lost,
        UUID(predicate.record_id).bytes,
        microseconds(predicate.issued_at),
        predicate.prev_checkpoint.size,
        predicate.prev_checkpoint.root,
        corrects,
        restored,
        problems,
    )
