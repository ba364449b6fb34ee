"""The proof for one output: the receipt a verifier takes, and where its record stands in the log."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from governance.adapters import keys
from governance.adapters.tree import node_reader
from governance.ledger.bundle import Receipt, log_entry
from governance.ledger.merkle import inclusion_path
from governance.models import Checkpoint, Output, ProvenanceRecord, SequencedEntry
from governance.provenance.envelope import Envelope
from governance.provenance.statement import PAYLOAD_TYPE


@dataclass(frozen=True, slots=True)
class Standing:
    """Place in the log: ``index`` None: signed, not taken in yet; ``checkpoint_size`` None: not covered yet."""

    index: int | None
    integrated_at: datetime | None
    checkpoint_size: int | None

    @property
    def words(self) -> str:
        if self.index is None:
            return "Signed, waiting for the log"
        return "In the log, checkpoint signed" if self.checkpoint_size else "In the log, checkpoint to come"


def envelope_of(record: ProvenanceRecord) -> Envelope:
    """The signed envelope exactly as it was stored."""
    return Envelope(PAYLOAD_TYPE, bytes(record.payload), record.key_id, bytes(record.signature))


def standing_of(record: ProvenanceRecord) -> Standing:
    """Where the record is now (two queries)."""
    entry = SequencedEntry.objects.filter(record=record).first()
    if entry is None:
        return Standing(None, None, None)
    checkpoint = _covering(entry.seq)
    return Standing(entry.seq, entry.integrated_at, checkpoint.size if checkpoint else None)


def receipt_bytes(output: Output) -> bytes:
    """The receipt as a Sigstore bundle: envelope, log entry, inclusion proof and signed checkpoint.

    Before the log has taken the record in, the bundle holds the envelope alone: signed, pending.
    """
    record = output.provenance
    envelope = envelope_of(record)
    entry = SequencedEntry.objects.filter(record=record).first()
    checkpoint = _covering(entry.seq) if entry is not None else None
    if entry is None or checkpoint is None:
        return Receipt(envelope, None).to_bytes()
    path = inclusion_path(entry.seq, checkpoint.size, node_reader("default"))
    log_key = keys.trust().log_keys[0].key
    return Receipt(envelope, log_entry(entry.seq, bytes(record.leaf), path, checkpoint.note, log_key)).to_bytes()


def _covering(seq: int) -> Checkpoint | None:
    """The newest checkpoint whose tree holds the entry."""
    return Checkpoint.objects.filter(size__gt=seq).order_by("-size").first()
