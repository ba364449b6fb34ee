"""Part of step 6 of an audit: which missing statements a restore accounts for.

A statement is not here because a restored database had lost it, or because it is withheld; its entry looks the same.
So only what the log itself says counts: a restore is an event of its own, entered after the entries it brought back,
with their first and last index and how many statements were lost. The event must be sound and stand later than what
it tells of, and no more statements may be missing in its range than it counts. All others are a failure.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from governance.ledger.verification import FAILED, OPEN

RESTORE = "restore"
# The names of a restore event's details.
FIRST, LAST, STATEMENTS_LOST = "first", "last", "statements_lost"


class Restored(NamedTuple):
    """What a restore event tells of: entries ``first`` to ``last``, ``lost`` of them without their statement."""

    first: int
    last: int
    lost: int


def restored_by(details: Mapping[str, str | int | None], index: int) -> Restored | None:
    """Return what the restore event at ``index`` tells of; None if it makes no sense, then it accounts for nothing."""
    first, last, lost = (details.get(name) for name in (FIRST, LAST, STATEMENTS_LOST))
    if not (isinstance(first, int) and isinstance(last, int) and isinstance(lost, int)):
        return None
    return Restored(first, last, lost) if 0 <= first <= last < index and lost >= 0 else None


class Judged(NamedTuple):
    """One missing statement: where, status failed | cannot tell, and why."""

    at: int
    status: str
    message: str


class _Span(NamedTuple):
    last: int
    at: int
    message: str


_NONE = _Span(-1, -1, "")


class LostStatements:
    """The indexes of missing statements (8 bytes each) and the restore events (32 bytes each)."""

    def __init__(self) -> None:
        self._missing = array("Q")
        self._firsts, self._lasts, self._counts, self._places = (array("Q") for _ in range(4))

    def __len__(self) -> int:
        return len(self._missing)

    def add(self, index: int) -> None:
        """Note that the statement of the entry at ``index`` is not here."""
        self._missing.append(index)

    def add_restore(self, restored: Restored, at: int) -> None:
        """Note the restore event at index ``at``."""
        for kept, value in zip((self._firsts, self._lasts, self._counts, self._places), (*restored, at), strict=True):
            kept.append(value)

    def judged(self, *, complete: bool) -> Iterator[Judged]:
        """Yield a judgement on each missing statement by ascending index.

        Unless the log was read to its end (``complete``), nothing fails: a later entry might account for it.
        """
        missing = array("Q", sorted(self._missing))
        by_first = sorted(range(len(self._firsts)), key=self._firsts.__getitem__)
        at, told, exceeded = 0, _NONE, _NONE
        for index in missing:
            while at < len(by_first) and self._firsts[by_first[at]] <= index:
                span, enough = self._span(by_first[at], missing)
                # The one that reaches furthest covers all that the others still could.
                told = max(told, span) if enough else told
                exceeded = exceeded if enough else max(exceeded, span)
                at += 1
            if told.last >= index:
                yield Judged(index, OPEN, told.message)
            elif not complete:
                yield Judged(index, OPEN, "The statement is withheld or lost; the log could not be read to its end.")
            elif exceeded.last >= index:
                yield Judged(index, FAILED, exceeded.message)
            else:
                message = "The statement is withheld or lost, and no later entry records a restore that lost it."
                yield Judged(index, FAILED, message)

    def _span(self, number: int, missing: array[int]) -> tuple[_Span, bool]:
        """The range of one restore event, and whether it counts as many statements as are missing there."""
        first, last, count, at = (kept[number] for kept in (self._firsts, self._lasts, self._counts, self._places))
        found = bisect_right(missing, last) - bisect_left(missing, first)
        if found <= count:
            return _Span(
                last, at, f"The statement was lost in the restore recorded at index {at}; its entry stands."
            ), True
        message = (
            f"The statement is withheld or lost: the restore recorded at index {at} tells of {count} lost from entry "
            f"{first} to {last}, {found} are missing."
        )
        return _Span(last, at, message), False
