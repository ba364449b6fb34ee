"""A receipt as it is presented, in either form it is issued in:

1. a Sigstore bundle v0.3 (bundle.py): JSON that holds the envelope, the log entry and the proof;
2. a C2SP ``.tlog-proof`` (tlog_proof.py), recognised by its first line: its ``extra`` line holds the DSSE envelope.
   The entry itself is not in it: it is rebuilt from the envelope and the trusted record key.

Both say the same and are verified by the same steps.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass

from governance.ledger.bundle import MAX_RECEIPT_BYTES, LogEntry, Receipt
from governance.ledger.checkpoint import OpenedCheckpoint
from governance.ledger.errors import NoteError, ReceiptError
from governance.ledger.leaf import build_leaf, check_leaf
from governance.ledger.tlog_proof import HEADER, TlogProof
from governance.ledger.trust import TrustedRecordKey
from governance.provenance.envelope import Envelope
from governance.provenance.errors import MalformedEnvelope


@dataclass(frozen=True, slots=True)
class Presented:
    """One envelope and its place in the log; ``entry`` None: signed, pending (only a bundle can say so)."""

    envelope: Envelope
    entry: LogEntry | TlogProof | None


def read_receipt(data: bytes) -> Presented:
    """Read a receipt of either form strictly; raises TamperedError naming the first thing wrong."""
    if not data.startswith(HEADER.encode()):
        receipt = Receipt.from_bytes(data)
        return Presented(receipt.envelope, receipt.entry)
    if len(data) > MAX_RECEIPT_BYTES:
        raise ReceiptError(f"Got a receipt of {len(data)} bytes or more, expected at most {MAX_RECEIPT_BYTES}.")
    try:
        proof = TlogProof.from_text(data.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise ReceiptError(f"Got bytes that are not UTF-8 at offset {error.start}, expected text.") from error
    if proof.extra is None:
        raise ReceiptError(
            "Got a proof without an extra line, expected the signed statement in it.",
            how_to_fix="Ask for the receipt itself; a proof alone says nothing about a file.",
        )
    try:
        return Presented(Envelope.from_bytes(proof.extra), proof)
    except MalformedEnvelope as error:
        raise ReceiptError(f"In the extra line: {error.message}") from error


def leaf_of(presented: Presented, entry: LogEntry | TlogProof, record_key: TrustedRecordKey) -> bytes:
    """Return the entry's bytes: those a bundle holds, which must fit the envelope, or those rebuilt from it."""
    if isinstance(entry, TlogProof):
        return build_leaf(presented.envelope, record_key.public_key)
    check_leaf(entry.leaf, presented.envelope, record_key.public_key)
    return entry.leaf


def check_copies(entry: LogEntry | TlogProof, opened: OpenedCheckpoint) -> None:
    """Raise unless what a bundle repeats beside the signed checkpoint agrees with it. A proof repeats nothing.

    Other readers of the bundle format may show these copies; they must not be able to say something else.
    """
    if isinstance(entry, TlogProof):
        return
    checkpoint = opened.checkpoint
    if entry.log_id not in [key.log_id for key in opened.signed_by]:
        raise NoteError(f"The entry names log {entry.log_id.hex()}, which did not sign its checkpoint.")
    if entry.size != checkpoint.size or not hmac.compare_digest(entry.root, checkpoint.root):
        raise ReceiptError(
            f"The proof claims size {entry.size} and root {entry.root.hex()}, "
            f"the signed checkpoint {checkpoint.size} and {checkpoint.root.hex()}."
        )
