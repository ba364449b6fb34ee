"""Step 1 of an audit: every checkpoint is ours, signed, and follows the one before it.

1. The note is signed by a log key of the trust file that counts for its size, for our origin.
2. Size and root kept beside the note are those in it.
3. Sizes ascend strictly, so that no size has two roots.
4. Publication times ascend, too; less than the merge window is left to a clock that was set.

What later steps need of them is kept in 48 bytes each.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from governance.errors import GovernanceError
from governance.ledger.audit_findings import Findings
from governance.ledger.audit_shapes import CHECKPOINTS, PublishedCheckpoint
from governance.ledger.checkpoint import Checkpoint
from governance.ledger.checks import open_trusted
from governance.ledger.errors import TamperedError
from governance.ledger.merkle import HASH_BYTES
from governance.ledger.trust import Trust
from governance.ledger.verification import OPEN
from governance.provenance.canonical import timestamp

_UNKNOWN = -(2**63)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class CheckpointTable:
    """The sound checkpoints of a log by ascending size. Times: microseconds since 1970, UTC."""

    def __init__(self) -> None:
        self._sizes = array("Q")
        self._roots = bytearray()
        self._times = array("q")
        # False when reading them broke off: what is not here may still have been published.
        self.complete = True

    def __len__(self) -> int:
        return len(self._sizes)

    @property
    def newest_size(self) -> int | None:
        """Size of the last checkpoint, None without any."""
        return self._sizes[-1] if self._sizes else None

    def newest(self, origin: str) -> Checkpoint | None:
        """Return the last checkpoint, None without any; they are all of one ``origin``."""
        if not self._sizes:
            return None
        return Checkpoint(origin, self._sizes[-1], bytes(self._roots[-HASH_BYTES:]))

    def add(self, checkpoint: Checkpoint, published_at: datetime | None) -> None:
        """Add the next one; raises TamperedError unless it is larger than all before it."""
        if self._sizes and checkpoint.size <= self._sizes[-1]:
            known = self.root_at(checkpoint.size)
            if known is not None and known != checkpoint.root:
                raise TamperedError(
                    f"Two signed roots for one size {checkpoint.size}: {known.hex()} and {checkpoint.root.hex()}. "
                    "The log forked; keep both notes."
                )
            raise TamperedError(
                f"Got a checkpoint of size {checkpoint.size} after {self._sizes[-1]}, expected ascending sizes."
            )
        self._sizes.append(checkpoint.size)
        self._roots += checkpoint.root
        self._times.append(_UNKNOWN if published_at is None else microseconds(published_at))

    def size_after(self, size: int) -> int | None:
        """Return the smallest checkpoint size above ``size``."""
        at = self.first_above(size)
        return None if at is None else self._sizes[at]

    def count_above(self, size: int) -> int:
        """Return how many checkpoints are larger than ``size``."""
        return len(self._sizes) - bisect_right(self._sizes, size)

    def root_at(self, size: int) -> bytes | None:
        """Return the signed root at exactly this size."""
        at = self.position_of(size)
        return None if at is None else bytes(self._roots[at * HASH_BYTES : (at + 1) * HASH_BYTES])

    def position_of(self, size: int) -> int | None:
        """Return the position, counted from 0, of the checkpoint of exactly this size."""
        at = bisect_left(self._sizes, size)
        return at if at < len(self._sizes) and self._sizes[at] == size else None

    def first_above(self, size: int) -> int | None:
        """Return the position of the first checkpoint larger than ``size``: it covers the entry of that index."""
        at = bisect_right(self._sizes, size)
        return at if at < len(self._sizes) else None

    def last_up_to(self, size: int) -> int | None:
        """Return the position of the last checkpoint not larger than ``size``."""
        at = bisect_right(self._sizes, size)
        return at - 1 if at else None

    def size_at(self, position: int) -> int:
        """Return the size of the checkpoint at ``position``."""
        return self._sizes[position]

    def published(self, position: int) -> int | None:
        """Return when the checkpoint at ``position`` was published, None if that is not known."""
        return None if self._times[position] == _UNKNOWN else self._times[position]


def microseconds(when: datetime) -> int:
    """Return whole microseconds since 1970 without going through a float."""
    return (when - _EPOCH) // _MICROSECOND


def in_words(when: int) -> str:
    """Return microseconds since 1970 as text."""
    return timestamp(_EPOCH + when * _MICROSECOND)


def read_checkpoints(
    checkpoints: Iterable[PublishedCheckpoint], trust: Trust, merge_window: timedelta, findings: Findings
) -> CheckpointTable:
    """Return the sound checkpoints; what is wrong with the others goes into ``findings``."""
    table, latest = CheckpointTable(), _EPOCH
    try:
        for published in checkpoints:
            findings.checked(CHECKPOINTS)
            when = published.published_at
            try:
                table.add(_opened(published, trust), when)
                if when is not None and when < latest - merge_window:
                    raise TamperedError(
                        f"Published at {timestamp(when)}, but a smaller one at {timestamp(latest)} already."
                    )
            except GovernanceError as error:
                findings.add(CHECKPOINTS, f"Checkpoint of size {published.size}: {error.message}")
            else:
                latest = latest if when is None else max(latest, when)
    except Exception as error:  # whatever goes wrong while reading, the audit says so and goes on
        table.complete = False
        findings.add_error(CHECKPOINTS, error)
    newest = table.newest_size
    findings.detail(CHECKPOINTS, "none" if newest is None else f"{len(table)} signed, the newest for {newest} entries")
    return table


def _opened(published: PublishedCheckpoint, trust: Trust) -> Checkpoint:
    checkpoint = open_trusted(published.note, trust).checkpoint
    if (published.size, published.root) != (checkpoint.size, checkpoint.root.hex()):
        raise TamperedError(
            f"Kept with size {published.size} and root {published.root!r:.80}, "
            f"signed for {checkpoint.size} and {checkpoint.root.hex()}."
        )
    return checkpoint


def require_signature(table: CheckpointTable, entries: int, findings: Findings) -> None:
    """Entries under no checkpoint at all prove nothing."""
    if entries and not len(table):
        findings.add(CHECKPOINTS, f"No sound checkpoint signs any of the {entries} entries.", status=OPEN)
