"""Steps 2 to 5 and 10 of an audit: one pass over the entries, keeping only the right edge of the tree.

1. Indexes run 0..n-1 without a gap (sequence), and reach as far as the newest checkpoint.
2. Every leaf is a well-formed entry within its size, and no statement was entered twice (entries).
3. The root recomputed from the leaves is the signed one at every checkpoint (roots).
4. The published hash tiles hold the recomputed hashes (tiles).
5. The tree of an old checkpoint is a prefix of this one (continuity).
"""

from __future__ import annotations

import hmac
from collections.abc import Iterable, Iterator

from governance.errors import GovernanceError
from governance.ledger.audit_checkpoints import CheckpointTable
from governance.ledger.audit_findings import Findings
from governance.ledger.audit_shapes import CONTINUITY, ENTRIES, ROOTS, SEQUENCE, AuditedEntry
from governance.ledger.audit_statements import Sent
from governance.ledger.audit_tiles import TileWatch
from governance.ledger.audit_unique import VALUE_BYTES, IndexedValues
from governance.ledger.checkpoint import Checkpoint
from governance.ledger.edge import Edge
from governance.ledger.leaf import parse_leaf
from governance.ledger.merkle import leaf_hash
from governance.ledger.verification import FAILED, OPEN

_BATCH = 1024


class Walk:
    """Passes entries through, growing the tree and comparing it with what was signed."""

    def __init__(
        self, table: CheckpointTable, old: Checkpoint | None, tiles: TileWatch | None, findings: Findings
    ) -> None:
        self._table, self._old, self._tiles, self._findings = table, old, tiles, findings
        self._edge = Edge.empty()
        self._hashes: list[bytes] = []
        self._digests = IndexedValues()
        # The index of the first missing entry: from there on no root can be recomputed.
        self._missing: int | None = None
        # True when reading the entries broke off: what comes after is not known.
        self.broken_off = False
        self._next = 0
        self.seen = 0

    def entries(self, entries: Iterable[AuditedEntry]) -> Iterator[AuditedEntry]:
        """Yield every entry once it is part of the tree, then close the books."""
        self._compare()
        stop = self._next_stop()
        for entry in self._readable(entries):
            self.seen += 1
            if entry.index != self._next:
                self._out_of_sequence(entry)
            if entry.index >= self._next:
                self._next = entry.index + 1
                if self._missing is None:
                    self._hashes.append(leaf_hash(entry.leaf))
                    if self._next == stop or len(self._hashes) == _BATCH:
                        self._grow()
                        stop = self._next_stop()
            self._check_leaf(entry)
            yield entry
        self._grow()
        self._close()

    def _readable(self, entries: Iterable[AuditedEntry]) -> Iterator[AuditedEntry]:
        try:
            yield from entries
        except Exception as error:  # what was read so far is still judged, and the rest is not called sound
            self.broken_off = True
            self._findings.add_error(SEQUENCE, error, index=self._next)

    def _out_of_sequence(self, entry: AuditedEntry) -> None:
        if entry.index < self._next:
            message = f"Entry {entry.index} comes again or out of order, expected entry {self._next}."
        else:
            message = f"{entry.index - self._next} entries are missing before entry {entry.index}."
            self._grow()
            if self._missing is None:
                self._missing = self._next
        self._findings.add(SEQUENCE, message, index=entry.index, record_id=entry.record_id)

    def _check_leaf(self, entry: AuditedEntry) -> None:
        try:
            digest = parse_leaf(entry.leaf).digest
        except GovernanceError as error:
            self._findings.add(ENTRIES, error.message, index=entry.index, record_id=entry.record_id)
        else:
            self._digests.add(digest[:VALUE_BYTES], entry.index)

    def _next_stop(self) -> int | None:
        """The next size at which a root is known."""
        size = self._table.size_after(self._edge.size)
        if self._old is not None and self._old.size > self._edge.size:
            return self._old.size if size is None else min(size, self._old.size)
        return size

    def _grow(self) -> None:
        if self._hashes:
            self._edge, nodes = self._edge.extend(self._hashes)
            self._hashes.clear()
            if self._tiles is not None:
                self._tiles.take(nodes, self._edge.size)
            self._compare()

    def _compare(self) -> None:
        size = self._edge.size
        signed = self._table.root_at(size)
        if signed is not None:
            self._findings.checked(ROOTS)
            if not hmac.compare_digest(signed, self._edge.root()):
                message = f"The entries give root {self._edge.root().hex()} at size {size}, signed was {signed.hex()}."
                self._findings.add(ROOTS, message, index=size - 1)
        if self._old is not None and self._old.size == size:
            self._findings.checked(CONTINUITY)
            self._findings.detail(CONTINUITY, f"from size {size} to {self._table.newest_size}")
            if not hmac.compare_digest(self._old.root, self._edge.root()):
                message = (
                    f"The old checkpoint signs root {self._old.root.hex()} at size {size}, this log has "
                    f"{self._edge.root().hex()}: it forked. Keep both signed checkpoints."
                )
                self._findings.add(CONTINUITY, message)

    def _close(self) -> None:
        size, findings = self._edge.size, self._findings
        newest = self._table.newest_size or 0
        findings.checked(SEQUENCE, self.seen)
        findings.checked(ENTRIES, self.seen)
        for _, first, second in self._digests.repeated():
            findings.add(ENTRIES, f"The statement of entry {first} was entered again: a replay.", index=second)
        if self._next < newest and not self.broken_off:
            message = f"The newest checkpoint signs {newest} entries, {self._next} are here: the log shrank."
            findings.add(SEQUENCE, message)
        if (left := self._table.count_above(size)) and not self.broken_off:
            where = f"entry {self._next if self._missing is None else self._missing} is missing"
            findings.add(ROOTS, f"{left} signed roots cannot be recomputed: {where}.")
        if self._old is not None:
            self._close_continuity(self._old.size, newest)
        if self._next > newest:
            findings.detail(SEQUENCE, f"{self._next - newest} after the newest checkpoint, not signed yet")
        if self._tiles is not None and not self.broken_off and self._missing is None:
            self._tiles.close()

    def _close_continuity(self, old: int, newest: int) -> None:
        if old > newest:
            message = f"The old checkpoint signs {old} entries, the newest one here {newest}: the log was rolled back."
            self._findings.add(CONTINUITY, message)
        elif old > self._edge.size:
            message = f"The old checkpoint signs {old} entries, only {self._edge.size} can be followed."
            self._findings.add(CONTINUITY, message, status=OPEN if self.broken_off else FAILED)


def as_chunks(entries: Iterator[AuditedEntry], length: int) -> Iterator[list[Sent]]:
    """Yield the entries in lists, in the plain form that travels between processes."""
    chunk: list[Sent] = []
    for entry in entries:
        chunk.append((entry.index, entry.leaf, entry.envelope, entry.record_id))
        if len(chunk) == length:
            yield chunk
            chunk = []
    if chunk:
        yield chunk
