"""The proof for one record: the receipts a verifier takes, and where the record stands in the log."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from governance.adapters import keys
from governance.adapters.tree import node_reader
from governance.errors import RequestError
from governance.ledger.bundle import LogEntry, Receipt, log_entry
from governance.ledger.checks import open_trusted
from governance.ledger.merkle import inclusion_path
from governance.ledger.note import VerifierKey
from governance.ledger.tlog_proof import proof_receipt
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


def receipt_bytes(of: Output | ProvenanceRecord) -> bytes:
    """The receipt as a Sigstore bundle: envelope, log entry, inclusion proof and signed checkpoint.

    Before the log has taken the record in, the bundle holds the envelope alone: signed, pending.
    """
    record = _record(of)
    return Receipt(envelope_of(record), _place(record)).to_bytes()


def proof_text(of: Output | ProvenanceRecord) -> str:
    """The receipt as a C2SP ``.tlog-proof``, the envelope in its extra line. Raises RequestError ``proof.pending``."""
    record = _record(of)
    place = _place(record)
    if place is None:
        raise RequestError(
            "The log has not sealed this record yet, so there is no proof of its place.",
            how_to_fix="Try again in a few seconds. The receipt can be had now: it says that the record is pending.",
            code="proof.pending",
        )
    return proof_receipt(envelope_of(record), place)


def _record(of: Output | ProvenanceRecord) -> ProvenanceRecord:
    return of.provenance if isinstance(of, Output) else of


def _place(record: ProvenanceRecord) -> LogEntry | None:
    """The record's place with its proof; None while no checkpoint covers it."""
    entry = SequencedEntry.objects.filter(record=record).first()
    checkpoint = _covering(entry.seq) if entry is not None else None
    if entry is None or checkpoint is None:
        return None
    path = inclusion_path(entry.seq, checkpoint.size, node_reader("default"))
    return log_entry(entry.seq, bytes(record.leaf), path, checkpoint.note, _signer_of(checkpoint))


def _signer_of(checkpoint: Checkpoint) -> VerifierKey:
    """The key that signed the checkpoint: the log may have had another before. Raises NoteError: none we trust did."""
    trust = keys.trust()
    signed_by = open_trusted(checkpoint.note, trust).signed_by
    known = (item for item in trust.log_keys if item.key in signed_by and item.valid_for(checkpoint.size))
    return next(known).key


def _covering(seq: int) -> Checkpoint | None:
    """The newest checkpoint whose tree holds the entry."""
    return Checkpoint.objects.filter(size__gt=seq).order_by("-size").first()
