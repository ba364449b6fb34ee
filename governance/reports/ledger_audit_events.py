"""Events against the rows they tell of, both ways: rows as they were committed to, and none that no event names."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice

from governance.ledger.audit_findings import Findings
from governance.ledger.errors import CannotTell
from governance.models import ProvenanceRecord
from governance.models.outputs import CUTOUT
from governance.models.told import TOLD, Told
from governance.provenance.statement import Statement
from governance.reports.commitments import check_entry_rows, names_in, rows_of
from governance.reports.ledger_audit_house import BATCH, COMMITMENTS, EVENTS
from governance.reports.record_agreement import disagreements, refusal

_COLUMNS = ("id", "kind", "about", "corrects_id", "payload", "openings", "created_at")
_CHUNK_BITS = 15


class Keys:
    """A set of whole numbers above 0, a bit each where they lie close: a million rows take 125 kB."""

    def __init__(self) -> None:
        self._chunks: dict[int, bytearray] = {}

    def add(self, key: int) -> None:
        chunk = self._chunks.setdefault(key >> _CHUNK_BITS, bytearray(1 << _CHUNK_BITS - 3))
        chunk[key >> 3 & 0xFFF] |= 1 << (key & 7)

    def __contains__(self, key: int) -> bool:
        chunk = self._chunks.get(key >> _CHUNK_BITS)
        return chunk is not None and bool(chunk[key >> 3 & 0xFFF] & 1 << (key & 7))


class EventCheck:
    """First ``check_commitments``, which learns what the events tell of, then ``check_rows``."""

    def __init__(self) -> None:
        self._named = {told.table: Keys() for told in TOLD}
        self._complete = False

    def check_commitments(self, found: Findings) -> None:
        """Compare the events with their statements, and the rows they tell of with what was committed to."""
        events = ProvenanceRecord.objects.exclude(kind=CUTOUT).only(*_COLUMNS)
        for batch in _batches(events.iterator(chunk_size=BATCH)):
            rows = rows_of(batch)
            for record in batch:
                found.checked(COMMITMENTS)
                self._learn(names_in(record))
                try:
                    statement = Statement.from_bytes(bytes(record.payload))
                    for sentence in disagreements(
                        statement, record.pk, record.kind, record.corrects_id, record.created_at
                    ):
                        found.add(COMMITMENTS, sentence, record_id=str(record.pk))
                    check_entry_rows(record, rows, statement)
                except Exception as error:  # the record is named and the next one looked at
                    found.add(COMMITMENTS, refusal(error), record_id=str(record.pk))
        self._complete = True

    def check_rows(self, found: Findings) -> None:
        """Find rows that somebody put past the application: no event tells of them. Raises CannotTell."""
        if not self._complete:
            raise CannotTell("What the events tell of could not be read to the end.")
        for told in TOLD:
            self._check_table(found, told)

    def _check_table(self, found: Findings, told: Told) -> None:
        named = self._named[told.table]
        for key in told.rows().values_list("pk", flat=True).iterator(chunk_size=BATCH):
            found.checked(EVENTS)
            if key not in named:
                found.add(EVENTS, f"{told.table}:{key} stands in the database, but no entry of the log tells of it.")

    def _learn(self, names: Iterable[str]) -> None:
        for name in names:
            table, _, key = name.partition(":")
            if table in self._named and key.isascii() and key.isdigit():
                self._named[table].add(int(key))


def _batches(records: Iterator[ProvenanceRecord]) -> Iterator[list[ProvenanceRecord]]:
    while batch := list(islice(records, BATCH)):
        yield batch
