"""Steps 6, 8 and 9 of an audit, as far as they need all entries: what is missing, quoted, claimed and corrected.

1. The quoted checkpoint is one the log published, with the root it signed. A record can quote only what exists, so
   this bounds its time from below, whatever it claims.
2. The claimed time and the place fit what it quotes, as far as publication times are kept (audit_times.py).
3. Every record id occurs once.
4. A statement that is not there was lost in a restore that the log records (audit_lost.py).
5. A correction names an earlier record of this log.
"""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from governance.ledger.audit_checkpoints import CheckpointTable
from governance.ledger.audit_findings import Findings
from governance.ledger.audit_lost import LostStatements
from governance.ledger.audit_shapes import (
    CORRECTIONS,
    ORDER,
    SIGNATURES,
    STATEMENTS,
    AuditOptions,
)
from governance.ledger.audit_statements import Examined
from governance.ledger.audit_times import Times
from governance.ledger.audit_unique import IndexedValues
from governance.ledger.verification import FAILED, OPEN


class Statements:
    """Takes in what was found in each statement and judges what only all of them together can show."""

    def __init__(self, table: CheckpointTable, options: AuditOptions, findings: Findings) -> None:
        self._table = table
        self._times = Times(table, options.tolerance, options.merge_window)
        self._findings = findings
        self._lost = LostStatements()
        self._records = IndexedValues()
        self._corrected = IndexedValues()
        self._corrections = 0
        self._examined = 0

    @property
    def lost(self) -> int:
        """How many entries are here without their statement."""
        return len(self._lost)

    def take(self, found: Iterable[Examined]) -> None:
        """Add what was found in some entries."""
        for one in found:
            self._examined += 1
            record_id = str(UUID(bytes=one.record)) if one.record else None
            for step, message, status in one.problems:
                self._findings.add(step, message, index=one.at, record_id=record_id, status=status)
            if one.lost:
                self._lost.add(one.at)
            if one.restored is not None and not one.problems:
                self._lost.add_restore(one.restored, one.at)
            if record_id is not None:
                self._records.add(one.record, one.at)
                self._check_quote(one, record_id)
                if one.corrects is not None:
                    self._note_correction(one, record_id)

    def _check_quote(self, one: Examined, record_id: str) -> None:
        if one.quoted_size:
            root = self._table.root_at(one.quoted_size)
            if root is None or root.hex() != one.quoted_root:
                found = "no checkpoint is known" if root is None else f"the log signed {root.hex()}"
                message = f"It quotes root {one.quoted_root} at size {one.quoted_size}, where {found}."
                known = root is not None or (self._table.complete and len(self._table))
                status = FAILED if known else OPEN
                self._findings.add(ORDER, message, index=one.at, record_id=record_id, status=status)
        for message in self._times.faults(one.at, one.issued_at, one.quoted_size):
            self._findings.add(ORDER, message, index=one.at, record_id=record_id)

    def _note_correction(self, one: Examined, record_id: str) -> None:
        self._corrections += 1
        try:
            self._corrected.add(UUID(one.corrects).bytes, one.at)
        except ValueError:
            message = f"It corrects {one.corrects!r:.60}, expected the id of a record."
            self._findings.add(CORRECTIONS, message, index=one.at, record_id=record_id)

    def close(self, *, complete: bool) -> None:
        """Judge what needs all entries, and count. ``complete``: the log was read to its end."""
        self._close_lost(complete)
        for value, first, second in self._records.repeated():
            record_id = str(UUID(bytes=value))
            message = f"Record {record_id} was entered before, at index {first}: a replay."
            self._findings.add(STATEMENTS, message, index=second, record_id=record_id)
        for value, index in self._records.unresolved(self._corrected):
            # A record whose statement is missing cannot be recognised by its id any more.
            status, doubt = (OPEN, ", unless its statement is among the missing ones") if self.lost else (FAILED, "")
            message = f"It corrects record {UUID(bytes=value)}, which is no earlier entry of this log{doubt}."
            self._findings.add(CORRECTIONS, message, index=index, status=status)
        for step in (STATEMENTS, ORDER):
            self._findings.checked(step, self._examined - self.lost)
        self._findings.checked(SIGNATURES, self._examined)
        self._findings.checked(CORRECTIONS, self._corrections)
        self._findings.detail(ORDER, self._said_of_times())

    def _close_lost(self, complete: bool) -> None:
        unaccounted = 0
        for index, status, message in self._lost.judged(complete=complete):
            unaccounted += status == FAILED
            self._findings.add(STATEMENTS, message, index=index, status=status)
        if self.lost:
            self._findings.detail(STATEMENTS, f"{self.lost} withheld or lost, {unaccounted} of them unaccounted for")

    def _said_of_times(self) -> str:
        if not len(self._table):
            return ""
        known = "the order is proved; times are held against the keeper's word only"
        if not (left := self._times.unjudged):
            return known
        return f"{known}, and those of {left} records not fully: publication times are not known"
