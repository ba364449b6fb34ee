"""Plain functions that build a whole small log, entry by entry, and write it out as an export."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from governance.ledger import merkle
from governance.ledger.audit import audit
from governance.ledger.audit_shapes import AuditedEntry, AuditOptions, AuditReport, PublishedCheckpoint
from governance.ledger.checkpoint import Checkpoint, sign_checkpoint
from governance.ledger.leaf import build_leaf
from governance.ledger.log_lines import checkpoint_line, envelope_line
from governance.ledger.merkle import MemoryTree
from governance.ledger.tile import entries_path, entry_bundle, tile_bytes, tile_path, tiles_of
from governance.ledger.trust import Trust
from governance.provenance.envelope import Envelope, sign
from governance.provenance.references import CheckpointRef
from governance.provenance.statement import PAYLOAD_TYPE, Statement
from tests.ledger.factories import make_log_key, make_trust
from tests.provenance.factories import EMPTY_ROOT, ORIGIN, make_event, make_predicate, make_record_key, make_subject

START = datetime(2026, 3, 1, 10, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
EVERY, SIZE = 5, 20


def record_id(index: int) -> str:
    return str(UUID(int=0x0199A000_0000_7000_8000_000000000000 + index))


@dataclass(frozen=True)
class WholeLog:
    """A log as it is kept; a test damages one thing in it and audits it."""

    entries: tuple[AuditedEntry, ...]
    checkpoints: tuple[PublishedCheckpoint, ...]

    @property
    def tree(self) -> MemoryTree:
        return MemoryTree(merkle.leaf_hash(entry.leaf) for entry in self.entries)

    def envelope(self, index: int) -> Envelope:
        envelope = self.entries[index].envelope
        assert isinstance(envelope, Envelope)
        return envelope

    def with_entry(self, index: int, **changes: Any) -> WholeLog:
        """The same log with one entry changed in place, and nothing else."""
        changed = replace(self.entries[index], **changes)
        return replace(self, entries=(*self.entries[:index], changed, *self.entries[index + 1 :]))

    def without(self, index: int) -> WholeLog:
        return replace(self, entries=(*self.entries[:index], *self.entries[index + 1 :]))

    def with_checkpoint(self, number: int, **changes: Any) -> WholeLog:
        changed = replace(self.checkpoints[number], **changes)
        return replace(self, checkpoints=(*self.checkpoints[:number], changed, *self.checkpoints[number + 1 :]))

    def audit(self, trust: Trust | None = None, **options: Any) -> AuditReport:
        options = {"processes": 1, **options}
        return audit(self.entries, self.checkpoints, trust or make_trust(), AuditOptions(**options))

    def write(self, folder: Path) -> Path:
        """Write the log as an export; the tiles are those of its newest checkpoint."""
        tree, size = self.tree, self.checkpoints[-1].size
        files = {tile_path(*place): tile_bytes(*place, tree.read) for place in tiles_of(size)}
        for at in range(0, size, 256):
            leaves = [entry.leaf for entry in self.entries[at : min(at + 256, size)]]
            files[entries_path(at // 256, len(leaves))] = entry_bundle(leaves)
        files["checkpoint"] = self.checkpoints[-1].note.encode()
        files["checkpoints.jsonl"] = b"".join(map(checkpoint_line, self.checkpoints))
        files["envelopes.jsonl"] = b"".join(line_of(entry) for entry in self.entries)
        for name, data in files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        return folder


def line_of(entry: AuditedEntry) -> bytes:
    assert not isinstance(entry.envelope, bytes)
    return envelope_line(entry.index, entry.envelope)


def publish(leaves: Sequence[bytes], *, seed: int = 9, origin: str = ORIGIN) -> PublishedCheckpoint:
    """The checkpoint over these leaves, published half a minute after the last of them was issued."""
    size, root = len(leaves), merkle.root([merkle.leaf_hash(leaf) for leaf in leaves])
    note = sign_checkpoint(Checkpoint(origin, size, root), make_log_key(seed))
    return PublishedCheckpoint(size, root.hex(), note, START + size * MINUTE - MINUTE / 2)


def make_entry(index: int, quoted: CheckpointRef, *, seed: int = 7, **changes: Any) -> AuditedEntry:
    """A cutout's entry, issued at minute ``index``."""
    predicate = make_predicate(record_id=record_id(index), issued_at=START + index * MINUTE, prev_checkpoint=quoted)
    return entry_of(index, Statement(make_subject(), replace(predicate, **changes)), seed=seed)


def make_event_entry(index: int, quoted: CheckpointRef, kind: str, **details: str | int | None) -> AuditedEntry:
    """An event's entry, issued at minute ``index``."""
    event = make_event(
        record_id=record_id(index),
        kind=kind,
        issued_at=START + index * MINUTE,
        prev_checkpoint=quoted,
        details=details,
    )
    return entry_of(index, Statement(make_subject(), event))


def with_event(at: int, kind: str, **details: str | int | None) -> Callable[[int, CheckpointRef], AuditedEntry]:
    """For ``make_whole_log``: cutouts, and one event."""

    def make(index: int, quoted: CheckpointRef) -> AuditedEntry:
        return make_event_entry(index, quoted, kind, **details) if index == at else make_entry(index, quoted)

    return make


def entry_of(index: int, statement: Statement, *, seed: int = 7) -> AuditedEntry:
    key = make_record_key(seed)
    envelope = sign(statement.to_bytes(), PAYLOAD_TYPE, key)
    return AuditedEntry(index, build_leaf(envelope, key.public_key()), envelope)


@dataclass(frozen=True)
class Batch:
    """What is placed at once, and when it is published; each entry: the time it claims, and the batch it quotes.

    Batches are counted from 1; 0 is the empty log.
    """

    published_at: datetime | None
    entries: tuple[tuple[datetime, int], ...]


def make_timed_log(*batches: Batch) -> WholeLog:
    """A log that is sound but for what the batches say of times and quotes."""
    entries: list[AuditedEntry] = []
    checkpoints: list[PublishedCheckpoint] = []
    quotes = [CheckpointRef(ORIGIN, 0, EMPTY_ROOT)]
    for batch in batches:
        for issued_at, quoted in batch.entries:
            decision = replace(make_predicate().decision, decided_at=issued_at)
            entries.append(make_entry(len(entries), quotes[quoted], issued_at=issued_at, decision=decision))
        published = publish([entry.leaf for entry in entries])
        checkpoints.append(replace(published, published_at=batch.published_at))
        quotes.append(CheckpointRef(ORIGIN, published.size, published.root))
    return WholeLog(tuple(entries), tuple(checkpoints))


def make_whole_log(
    size: int = SIZE,
    *,
    every: int = EVERY,
    make: Callable[[int, CheckpointRef], AuditedEntry] = make_entry,
    log_seed: int = 9,
) -> WholeLog:
    """A sound log of ``size`` entries with a checkpoint after each ``every``; ``make`` builds the entries."""
    entries: list[AuditedEntry] = []
    checkpoints: list[PublishedCheckpoint] = []
    quoted = CheckpointRef(ORIGIN, 0, EMPTY_ROOT)
    for index in range(size):
        entries.append(make(index, quoted))
        if (index + 1) % every == 0:
            checkpoints.append(publish([entry.leaf for entry in entries], seed=log_seed))
            quoted = CheckpointRef(ORIGIN, checkpoints[-1].size, checkpoints[-1].root)
    return WholeLog(tuple(entries), tuple(checkpoints))
