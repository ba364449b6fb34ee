"""Plain functions that build a small log and the receipt of one entry in it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from governance.ledger import merkle
from governance.ledger.bundle import LogEntry, Receipt, log_entry
from governance.ledger.checkpoint import Checkpoint, sign_checkpoint
from governance.ledger.leaf import build_leaf
from governance.ledger.merkle import MemoryTree
from governance.ledger.note import VerifierKey
from governance.ledger.trust import Trust, TrustedLogKey, TrustedRecordKey
from governance.provenance.envelope import Envelope, sign
from governance.provenance.statement import PAYLOAD_TYPE, Statement
from tests.provenance.factories import ORIGIN, make_record_key, make_statement

INDEX, SIZE = 5, 11


def make_log_key(seed: int = 9) -> Ed25519PrivateKey:
    """A fixed Ed25519 key, so that failures repeat."""
    return Ed25519PrivateKey.from_private_bytes(bytes([seed]) * 32)


def make_verifier_key(seed: int = 9, name: str = ORIGIN) -> VerifierKey:
    return VerifierKey.of(name, make_log_key(seed))


def make_trust(**changes: Any) -> Trust:
    trust = Trust(
        origin=ORIGIN,
        log_keys=(TrustedLogKey(make_verifier_key()),),
        record_keys=(TrustedRecordKey(make_record_key().public_key()),),
    )
    return replace(trust, **changes)


def make_tree(leaf: bytes, *, index: int = INDEX, size: int = SIZE) -> MemoryTree:
    """A tree of ``size`` leaves with ``leaf`` at ``index``."""
    leaves = [b"entry %d" % number for number in range(size)]
    leaves[index] = leaf
    return MemoryTree(map(merkle.leaf_hash, leaves))


def make_envelope(statement: Statement | None = None, *, seed: int = 7) -> Envelope:
    return sign((statement or make_statement()).to_bytes(), PAYLOAD_TYPE, make_record_key(seed))


@dataclass(frozen=True)
class Log:
    """What a log would answer for one envelope."""

    envelope: Envelope
    leaf: bytes
    tree: MemoryTree
    index: int

    def note(self, *, seed: int = 9, origin: str = ORIGIN) -> str:
        checkpoint = Checkpoint(origin, self.tree.size, merkle.root_at(self.tree.size, self.tree.read))
        return sign_checkpoint(checkpoint, make_log_key(seed))

    def entry(self, *, seed: int = 9, origin: str = ORIGIN) -> LogEntry:
        path = merkle.inclusion_path(self.index, self.tree.size, self.tree.read)
        note = self.note(seed=seed, origin=origin)
        return log_entry(self.index, self.leaf, path, note, make_verifier_key(seed, origin))

    def receipt(self, *, seed: int = 9, origin: str = ORIGIN) -> Receipt:
        return Receipt(self.envelope, self.entry(seed=seed, origin=origin))


def make_log(envelope: Envelope | None = None, *, seed: int = 7, index: int = INDEX, size: int = SIZE) -> Log:
    envelope = envelope or make_envelope(seed=seed)
    leaf = build_leaf(envelope, make_record_key(seed).public_key())
    return Log(envelope, leaf, make_tree(leaf, index=index, size=size), index)


def make_receipt() -> Receipt:
    return make_log().receipt()
