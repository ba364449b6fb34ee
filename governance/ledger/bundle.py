"""The receipt: a Sigstore bundle v0.3 that holds everything but the keys to check one output offline.

See: https://github.com/sigstore/protobuf-specs/blob/main/protos/sigstore_bundle.proto
A receipt without a log entry is "signed, pending": the record exists, the log has not taken it in yet. What
the proof repeats from the signed checkpoint (tree size, root) must agree with it and is never used alone.
"""

from __future__ import annotations

from dataclasses import dataclass

from governance.ledger.checkpoint import Checkpoint
from governance.ledger.errors import NoteError, ReceiptError
from governance.ledger.leaf import KIND, VERSION
from governance.ledger.leaf import MAX_BYTES as MAX_LEAF
from governance.ledger.merkle import HASH_BYTES
from governance.ledger.note import MAX_NOTE_BYTES, VerifierKey
from governance.ledger.proof import MAX_PATH
from governance.ledger.shape import a_constant, a_list, a_text, an_int64, exact_object, some_bytes
from governance.provenance import base64_strict
from governance.provenance.canonical import JSON, canonical, parse_strict
from governance.provenance.envelope import Envelope
from governance.provenance.errors import MalformedEnvelope, NotCanonical

MEDIA_TYPE = "application/vnd.dev.sigstore.bundle.v0.3+json"
MAX_RECEIPT_BYTES = 1_048_576
_ENTRY = "verificationMaterial.tlogEntries[0]"
_PROOF = f"{_ENTRY}.inclusionProof"


@dataclass(frozen=True, slots=True)
class LogEntry:
    """Where and how the log holds the record. ``log_id`` is VerifierKey.log_id of the key that signed.

    ``size`` and ``root`` repeat the checkpoint for readers of the bundle format; trust only the signed note.
    """

    index: int
    leaf: bytes
    path: tuple[bytes, ...]
    checkpoint_note: str
    log_id: bytes
    size: int
    root: bytes

    def as_json(self) -> dict[str, JSON]:
        return {
            "logIndex": str(self.index),
            "logId": {"keyId": base64_strict.encode(self.log_id)},
            "kindVersion": {"kind": KIND, "version": VERSION},
            # The log gives no time of its own: the checkpoint's witnesses and time stamps do.
            "integratedTime": "0",
            "inclusionProof": {
                "logIndex": str(self.index),
                "rootHash": base64_strict.encode(self.root),
                "treeSize": str(self.size),
                "hashes": [base64_strict.encode(item) for item in self.path],
                "checkpoint": {"envelope": self.checkpoint_note},
            },
            "canonicalizedBody": base64_strict.encode(self.leaf),
        }


@dataclass(frozen=True, slots=True)
class Receipt:
    """One signed statement and, once integrated, its place in the log."""

    envelope: Envelope
    entry: LogEntry | None

    def to_bytes(self) -> bytes:
        """Return the bundle as canonical JSON."""
        return canonical(
            {
                "mediaType": MEDIA_TYPE,
                "verificationMaterial": {
                    "publicKey": {"hint": self.envelope.key_id},
                    "tlogEntries": [self.entry.as_json()] if self.entry else [],
                },
                "dsseEnvelope": self.envelope.as_json(),
            }
        )

    @classmethod
    def from_bytes(cls, data: bytes) -> Receipt:
        """Read a receipt strictly; raises ReceiptError naming the first thing wrong."""
        try:
            value = parse_strict(data, max_bytes=MAX_RECEIPT_BYTES)
        except NotCanonical as error:
            raise ReceiptError(f"The receipt is not strict JSON. {error.message}") from error
        outer = exact_object(value, ("mediaType", "verificationMaterial", "dsseEnvelope"), "the receipt")
        a_constant(outer, "mediaType", "the receipt", MEDIA_TYPE)
        try:
            envelope = Envelope.from_json(outer["dsseEnvelope"])
        except MalformedEnvelope as error:
            raise ReceiptError(f"At dsseEnvelope: {error.message}") from error
        material = exact_object(outer["verificationMaterial"], ("publicKey", "tlogEntries"), "verificationMaterial")
        hint = exact_object(material["publicKey"], ("hint",), "verificationMaterial.publicKey")
        a_constant(hint, "hint", "verificationMaterial.publicKey", envelope.key_id)
        entries = a_list(material, "tlogEntries", "verificationMaterial", 1)
        return cls(envelope, _entry(entries[0]) if entries else None)


def log_entry(index: int, leaf: bytes, path: tuple[bytes, ...], checkpoint_note: str, log_key: VerifierKey) -> LogEntry:
    """Return the entry for a receipt; size and root are copied from the checkpoint, which is not verified."""
    checkpoint = Checkpoint.claimed_in(checkpoint_note)
    return LogEntry(index, leaf, tuple(path), checkpoint_note, log_key.log_id, checkpoint.size, checkpoint.root)


def _entry(value: JSON) -> LogEntry:
    fields = exact_object(
        value,
        ("logIndex", "logId", "kindVersion", "integratedTime", "inclusionProof", "canonicalizedBody"),
        _ENTRY,
    )
    version = exact_object(fields["kindVersion"], ("kind", "version"), f"{_ENTRY}.kindVersion")
    a_constant(version, "kind", f"{_ENTRY}.kindVersion", KIND)
    a_constant(version, "version", f"{_ENTRY}.kindVersion", VERSION)
    a_constant(fields, "integratedTime", _ENTRY, "0")
    log_id = exact_object(fields["logId"], ("keyId",), f"{_ENTRY}.logId")
    proof = exact_object(fields["inclusionProof"], ("logIndex", "rootHash", "treeSize", "hashes", "checkpoint"), _PROOF)
    index = an_int64(fields, "logIndex", _ENTRY)
    a_constant(proof, "logIndex", _PROOF, str(index))
    checkpoint = exact_object(proof["checkpoint"], ("envelope",), f"{_PROOF}.checkpoint")
    return LogEntry(
        index=index,
        leaf=_bounded(some_bytes(fields["canonicalizedBody"], f"{_ENTRY}.canonicalizedBody")),
        path=tuple(_hash(item, f"{_PROOF}.hashes") for item in a_list(proof, "hashes", _PROOF, MAX_PATH)),
        checkpoint_note=_note(a_text(checkpoint, "envelope", f"{_PROOF}.checkpoint")),
        log_id=_hash(log_id["keyId"], f"{_ENTRY}.logId.keyId"),
        size=an_int64(proof, "treeSize", _PROOF),
        root=_hash(proof["rootHash"], f"{_PROOF}.rootHash"),
    )


def _hash(value: JSON, path: str) -> bytes:
    data = some_bytes(value, path)
    if len(data) != HASH_BYTES:
        raise ReceiptError(f"Got {len(data)} bytes at {path}, expected {HASH_BYTES}.")
    return data


def _bounded(leaf: bytes) -> bytes:
    if len(leaf) > MAX_LEAF:
        raise ReceiptError(f"Got a log entry of {len(leaf)} bytes, expected at most {MAX_LEAF}.")
    return leaf


def _note(note: str) -> str:
    if len(note) > MAX_NOTE_BYTES:
        raise NoteError(f"Got a checkpoint of {len(note)} characters, expected at most {MAX_NOTE_BYTES}.")
    return note
