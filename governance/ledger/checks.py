"""The checks that one receipt and the whole log share, so that both can only ever judge alike."""

from __future__ import annotations

from governance.ledger import merkle
from governance.ledger.checkpoint import OpenedCheckpoint, open_checkpoint
from governance.ledger.errors import NoteError, TamperedError
from governance.ledger.trust import Trust, TrustedRecordKey
from governance.provenance.envelope import Envelope
from governance.provenance.errors import BadSignature, MalformedStatement
from governance.provenance.statement import PAYLOAD_TYPE, Statement


def statement_of(envelope: Envelope) -> Statement:
    """Return the statement in ``envelope``; raises MalformedStatement."""
    if envelope.payload_type != PAYLOAD_TYPE:
        raise MalformedStatement(f"Got payload type {envelope.payload_type!r:.100}, expected {PAYLOAD_TYPE}.")
    return Statement.from_bytes(envelope.payload)


def trusted_record_key(key_id: str, trust: Trust) -> TrustedRecordKey:
    """Return the record key with this id; raises BadSignature when the trust file does not list it."""
    key = trust.record_key(key_id)
    if key is None:
        raise BadSignature(
            f"The statement names key {key_id}, which is not among the {len(trust.record_keys)} "
            "record keys of the trust file.",
            how_to_fix="If the trust file is older than the receipt, get the newest; else it is not ours.",
        )
    return key


def open_trusted(note: str, trust: Trust) -> OpenedCheckpoint:
    """Return the checkpoint if a log key signed it that counts for its size; raises NoteError."""
    opened = open_checkpoint(note, [item.key for item in trust.log_keys], trust.origin)
    size = opened.checkpoint.size
    if not any(item.key in opened.signed_by and item.valid_for(size) for item in trust.log_keys):
        raise NoteError(
            f"The log key was retired before size {size}.",
            how_to_fix="Ask for a receipt with a checkpoint signed by the key that followed.",
        )
    return opened


def check_quote(statement: Statement, index: int, origin: str) -> None:
    """Raise TamperedError unless the statement at ``index`` quotes an earlier checkpoint of the log ``origin``."""
    quoted = statement.predicate.prev_checkpoint
    if quoted.origin != origin:
        raise TamperedError(f"The record quotes log {quoted.origin!r}, expected {origin!r}.")
    if quoted.size > index:
        raise TamperedError(
            f"The record quotes a checkpoint of {quoted.size} entries but stands at index {index}, "
            "expected it to come after what it quotes."
        )
    if quoted.size == 0 and quoted.root != merkle.EMPTY_ROOT.hex():
        raise TamperedError(f"The record quotes root {quoted.root} for an empty log.")


def check_in_use(record_key: TrustedRecordKey, index: int) -> None:
    """Raise TamperedError when the key was retired before the entry at ``index``."""
    if not record_key.valid_for(index):
        raise TamperedError(
            f"Record key {record_key.key_id} was retired at size {record_key.retired_at_size}, "
            f"the entry is at index {index}.",
            how_to_fix="Nothing signed after retirement counts; ask the issuer for a correction record.",
        )
