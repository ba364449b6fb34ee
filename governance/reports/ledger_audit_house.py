"""What an audit of the log looks at besides the log: outputs and their files, committed rows, the signer, the fence."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from itertools import islice
from typing import LiteralString, Protocol

from django.db import connection
from django.utils import timezone

from governance.adapters import blobs
from governance.adapters.signer import LastSigned
from governance.adapters.tree import node_reader
from governance.errors import GovernanceError
from governance.ledger.audit_findings import Findings
from governance.ledger.errors import CannotTell
from governance.ledger.merkle import root_at
from governance.models import Output, PendingEntry, ProvenanceRecord, TreeState
from governance.reports.commitments import check_entry_rows, rows_of
from governance.reports.fence import fence_differences

HOUSE = ("rows", "outputs", "files", "commitments", "folder", "signer", "fence")
ROWS, OUTPUTS, FILES, COMMITMENTS, FOLDER, SIGNER, FENCE = HOUSE
# The ledger process takes entries in within seconds; one that waits longer means that it does not run.
MAX_WAIT = timedelta(minutes=1)
_BATCH = 500

_MISMATCHED: LiteralString = """
SELECT coalesce(o.record_id, r.id)::text, o.id IS NULL, r.id IS NULL, o.id IS DISTINCT FROM r.output_id
FROM governance_output o
FULL JOIN (SELECT * FROM governance_provenancerecord WHERE kind = 'cutout') r ON r.id = o.record_id
WHERE o.id IS NULL OR r.id IS NULL OR o.id IS DISTINCT FROM r.output_id
   OR o.sha256 IS DISTINCT FROM convert_from(r.payload, 'UTF8')::jsonb #>> '{subject,0,digest,sha256}'
"""
_MISNAMED: LiteralString = """
SELECT id::text, kind FROM governance_provenancerecord
WHERE kind IS DISTINCT FROM convert_from(payload, 'UTF8')::jsonb #>> '{predicate,kind}'
   OR id::text IS DISTINCT FROM convert_from(payload, 'UTF8')::jsonb #>> '{predicate,record_id}'
   OR corrects_id::text IS DISTINCT FROM convert_from(payload, 'UTF8')::jsonb #>> '{predicate,details,corrects}'
"""


class Remembers(Protocol):
    """A signer, as far as an audit asks it."""

    def last(self) -> LastSigned | None:
        """What was signed last."""


def check_outputs(found: Findings) -> None:
    """Every output with its one record and every record with its output, of the same bytes; none waits for long."""
    found.checked(OUTPUTS, Output.objects.count())
    for record, no_output, no_record, other in _rows(_MISMATCHED):
        what = (
            "It has no output"
            if no_output
            else "The output it belongs to has no such record"
            if no_record
            else "Its output points at another record"
            if other
            else "It speaks of other bytes than its output's row"
        )
        found.add(OUTPUTS, f"{what}.", record_id=str(record))
    for record, kind in _rows(_MISNAMED):
        found.add(OUTPUTS, f"Its row ({kind}) says other things than its statement.", record_id=str(record))
    late = PendingEntry.objects.filter(queued_at__lt=timezone.now() - MAX_WAIT).count()
    if late:
        found.add_error(OUTPUTS, CannotTell(f"{late} records wait for the log for more than a minute."))


def check_files(found: Findings, limit: int | None) -> None:
    """Hash the stored files again: a random sample, or all of them."""
    kept = Output.objects.order_by("?") if limit is not None else Output.objects.order_by("pk")
    wanted = kept.values_list("record_id", "sha256")
    for record, sha256 in (wanted if limit is None else wanted[:limit]).iterator(chunk_size=_BATCH):
        found.checked(FILES)
        try:
            blobs.check(sha256)
        except GovernanceError as error:
            found.add(FILES, error.message, record_id=str(record))
    found.detail(FILES, "all of them" if limit is None else f"a sample of up to {limit}")


def check_commitments(found: Findings) -> None:
    """Compare the rows that events tell of with what was committed to."""
    events = ProvenanceRecord.objects.exclude(about="").order_by("created_at")
    for batch in _batches(events.iterator(chunk_size=_BATCH)):
        rows = rows_of(batch)
        for record in batch:
            found.checked(COMMITMENTS)
            try:
                check_entry_rows(record, rows)
            except GovernanceError as error:
                found.add(COMMITMENTS, error.message, record_id=str(record.pk))


def check_signer(found: Findings, signer: Remembers) -> None:
    """What the signer signed last must be a tree of this log, however the database came to be as it is."""
    try:
        last = signer.last()
    except GovernanceError as error:
        found.add_error(SIGNER, CannotTell(error.message))
        return
    tree = TreeState.objects.order_by("-size").first()
    size = tree.size if tree else 0
    if last is None:
        found.detail(SIGNER, "never signed")
        if size:
            found.add_error(SIGNER, CannotTell(f"The signer remembers nothing; the database holds {size} entries."))
        return
    found.checked(SIGNER)
    found.detail(SIGNER, f"signed {last.size} entries last")
    if last.size > size:
        found.add(SIGNER, f"It signed {last.size} entries, the database holds {size}: it was rolled back.")
    elif root_at(last.size, node_reader("default")) != last.root:
        found.add(SIGNER, f"It signed root {last.root.hex()} for {last.size} entries; the database holds another.")


def check_fence(found: Findings) -> None:
    """Compare triggers, grants and owners with the pinned list."""
    for difference in fence_differences():
        found.add(FENCE, f"{difference.sentence}.")
    found.checked(FENCE)


def _rows(query: LiteralString) -> Iterator[tuple[object, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(query)
        yield from cursor.fetchall()


def _batches(records: Iterator[ProvenanceRecord]) -> Iterator[list[ProvenanceRecord]]:
    while batch := list(islice(records, _BATCH)):
        yield batch
