"""Part of step 8 of an audit: whether a record can have been made when it says, by its place and what it quotes.

A record quotes the newest checkpoint there is (Q), and is placed soon after. Let N be when the first checkpoint larger
than Q was published, and T when the newest one before the record's place was.

1. It claims a time not before Q was published, give or take the tolerance.
2. It claims a time not after N, give or take the tolerance: from then on Q was not the newest.
3. It claims a time not after a checkpoint that covers it was published, give or take the tolerance.
4. T is at most the merge window after N. So one that was made later, or kept back, and quotes an old checkpoint to look
   old is found by where it stands. An outage does no harm: nothing is published between Q and N, however long it lasts,
   and what waited is placed soon after.

Quoting the empty log is no way around it: N is then when the first checkpoint was published.

Publication times are the keeper's word. A keeper who also makes them up, from the start, is not found by this: without
a witness or a time stamp from elsewhere, an outsider gets the order of the records and not their time.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from governance.ledger.audit_checkpoints import CheckpointTable, in_words

_MICROSECOND = timedelta(microseconds=1)


class Times:
    """Judges claimed times (microseconds since 1970) against the publication times in a table."""

    def __init__(self, table: CheckpointTable, tolerance: timedelta, merge_window: timedelta) -> None:
        self._table = table
        self._tolerance = tolerance // _MICROSECOND
        self._window = merge_window // _MICROSECOND
        self._unknown = False
        # Records of which something could not be judged, because a publication time is not known.
        self.unjudged = 0

    def faults(self, index: int, issued_at: int, quoted_size: int) -> Iterator[str]:
        """Yield what does not fit, in words, of a record at ``index``."""
        self._unknown = False
        table = self._table
        quoted = self._time(table.position_of(quoted_size)) if quoted_size else None
        superseded = self._time(table.first_above(quoted_size))
        covered = self._time(table.first_above(index))
        before = table.last_up_to(index)
        placed_after = self._time(before)
        self.unjudged += self._unknown
        if quoted is not None and issued_at < quoted - self._tolerance:
            yield f"It claims {in_words(issued_at)}, before the checkpoint it quotes was published: back-dated."
        if covered is not None and issued_at > covered + self._tolerance:
            yield f"It claims {in_words(issued_at)}, after a checkpoint that covers it was published: post-dated."
        elif superseded is not None and issued_at > superseded + self._tolerance:
            yield (
                f"It claims {in_words(issued_at)}, but quotes size {quoted_size}, which was not the newest checkpoint "
                f"at the time it claims: it was superseded at {in_words(superseded)}."
            )
        if before is None or placed_after is None or superseded is None:
            return
        if placed_after > superseded + self._window:
            yield (
                f"It stands at index {index}, after a checkpoint of size {table.size_at(before)} published at "
                f"{in_words(placed_after)}, but quotes size {quoted_size} that was superseded at "
                f"{in_words(superseded)}: back-dated or withheld."
            )

    def _time(self, position: int | None) -> int | None:
        if position is None:  # nothing to compare with, and nothing missing
            return None
        when = self._table.published(position)
        self._unknown |= when is None
        return when
