"""The two line formats of an exported log, written and read.

1. ``checkpoints.jsonl``: one checkpoint per line, ascending: ``{"note","published_at","root","size"}``.
2. ``envelopes.jsonl``: one line per entry, ascending from 0: ``{"envelope":{DSSE envelope},"index":n}``; the envelope
   is null when the statement is not there: lost in a restore, which a later entry must record.

Read strictly (exact fields, no duplicate keys), but in any spacing and key order.
"""

from __future__ import annotations

from governance.ledger.audit_shapes import PublishedCheckpoint
from governance.ledger.errors import ReceiptError, TamperedError
from governance.ledger.shape import a_text, exact_object
from governance.provenance.canonical import JSON, canonical, parse_strict, parse_timestamp, timestamp
from governance.provenance.envelope import Envelope
from governance.provenance.errors import BadTimestamp, MalformedEnvelope, NotCanonical

# A checkpoint's note may have 131,072 characters, escaped; an envelope's payload 65,536 bytes, in base64.
MAX_CHECKPOINT_LINE = 1_048_576
MAX_ENVELOPE_LINE = 131_072


def checkpoint_line(checkpoint: PublishedCheckpoint) -> bytes:
    """Return one line of ``checkpoints.jsonl``."""
    published_at = None if checkpoint.published_at is None else timestamp(checkpoint.published_at)
    return (
        canonical(
            {
                "size": checkpoint.size,
                "root": checkpoint.root,
                "note": checkpoint.note,
                "published_at": published_at,
            }
        )
        + b"\n"
    )


def read_checkpoint_line(line: bytes) -> PublishedCheckpoint:
    """Read one line of ``checkpoints.jsonl``; raises ReceiptError."""
    fields = _object(line, ("size", "root", "note", "published_at"), "checkpoints.jsonl", MAX_CHECKPOINT_LINE)
    published_at = None if fields["published_at"] is None else a_text(fields, "published_at", "checkpoints.jsonl")
    try:
        when = None if published_at is None else parse_timestamp(published_at)
    except BadTimestamp as error:
        raise ReceiptError(f"In checkpoints.jsonl: {error.message}") from error
    return PublishedCheckpoint(
        _integer(fields, "size"),
        a_text(fields, "root", "checkpoints.jsonl"),
        a_text(fields, "note", "checkpoints.jsonl"),
        when,
    )


def envelope_line(index: int, envelope: Envelope | None) -> bytes:
    """Return one line of ``envelopes.jsonl``."""
    return canonical({"index": index, "envelope": None if envelope is None else envelope.as_json()}) + b"\n"


def read_envelope_line(line: bytes, index: int) -> Envelope | None:
    """Read the line of entry ``index``; raises ReceiptError or MalformedEnvelope, TamperedError for another index."""
    fields = _object(line, ("index", "envelope"), "envelopes.jsonl", MAX_ENVELOPE_LINE)
    if (got := _integer(fields, "index")) != index:
        raise TamperedError(f"Got the statement of entry {got} in line {index + 1}, expected that of entry {index}.")
    if fields["envelope"] is None:
        return None
    try:
        return Envelope.from_json(fields["envelope"])
    except MalformedEnvelope as error:
        raise ReceiptError(f"In envelopes.jsonl: {error.message}") from error


def _object(line: bytes, keys: tuple[str, ...], name: str, limit: int) -> dict[str, JSON]:
    try:
        return exact_object(parse_strict(line, max_bytes=limit), keys, name)
    except NotCanonical as error:
        raise ReceiptError(f"In {name}: {error.message}") from error


def _integer(fields: dict[str, JSON], key: str) -> int:
    value = fields[key]
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise ReceiptError(f"Got {value!r:.40} at {key}, expected a number of entries.")
    return value
