"""The whole log as this installation keeps it: the auditor every outsider has, fed from the database, and our house.

Steps 1 to 10 are those of governance/ledger/audit.py. What only the house can look at follows:

11. rows: the hash stored with each place is that of its leaf, and no place has lost its leaf.
12. waiting: every record has its place or waits for it; what waits is signed and sound, and does not wait for long.
13. outputs: every output has its one record, which says what the rows of its job, decision and picture say.
14. files: the stored files of outputs are the recorded ones (a sample, all, or none).
15. commitments: events are kept as they were stated, and the rows they tell of are as they were committed to.
16. events: no row stands in a table that the log tells of without an event that names it.
17. folder: the entry bundles outside the database hold the same leaves.
18. signer: what it signed last is a tree of this log.
19. fence: triggers, grants and owners are as pinned.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from itertools import chain

from django.db import transaction

from governance.adapters.log_files import LogFiles
from governance.adapters.log_rows import StoredEntry, one_snapshot, stored_entries
from governance.errors import GovernanceError
from governance.ledger.audit import audit
from governance.ledger.audit_findings import Findings, worst
from governance.ledger.audit_shapes import STEPS, AuditedEntry, AuditOptions, AuditReport, PublishedCheckpoint
from governance.ledger.merkle import leaf_hash
from governance.ledger.trust import Trust
from governance.models import Checkpoint
from governance.reports import ledger_audit_house as house
from governance.reports.ledger_audit_events import EventCheck
from governance.reports.ledger_audit_house import (
    COMMITMENTS,
    EVENTS,
    FENCE,
    FILES,
    FOLDER,
    HOUSE,
    OUTPUTS,
    ROWS,
    SIGNER,
    WAITING,
)
from governance.reports.ledger_audit_outputs import check_outputs
from governance.reports.ledger_audit_waiting import check_waiting


@dataclass(frozen=True, slots=True)
class HouseOptions:
    """``files``: how many stored files to hash again, None for all. ``structure_only``: no statements, rows, files."""

    files: int | None = 200
    structure_only: bool = False
    old_checkpoint: str | None = None
    processes: int | None = None
    cap: int = 20


def audit_ledger(trust: Trust, signer: house.Remembers, folder: LogFiles, options: HouseOptions) -> AuditReport:
    """Look at everything; what it finds is reported, not raised. One snapshot of the database, constant memory."""
    found = Findings(options.cap, HOUSE, first=len(STEPS) + 1)
    given = AuditOptions(
        structure_only=options.structure_only,
        old_checkpoint=options.old_checkpoint,
        read_tile=folder.read_tile,
        processes=options.processes,
        cap=options.cap,
    )
    with one_snapshot():
        newest = Checkpoint.objects.order_by("-size").values_list("size", flat=True).first() or 0
        copies = _copies(folder, newest, found)
        watched = _watched(stored_entries(leaves_only=options.structure_only), copies, found)
        log = audit(watched, _checkpoints(), trust, given)
        events = EventCheck()
        for step, check in (
            (WAITING, partial(check_waiting, trust=trust)),
            (OUTPUTS, check_outputs),
            (COMMITMENTS, events.check_commitments),
            (EVENTS, events.check_rows),
            (FILES, partial(house.check_files, limit=options.files)),
        ):
            if options.structure_only:
                found.not_asked(step, "structure only")
            else:
                _look(found, step, check)
        _look(found, SIGNER, lambda page: house.check_signer(page, signer))
    _look(found, FENCE, house.check_fence)
    steps = (*log.steps, *found.steps())
    return replace(log, steps=steps, verdict=worst(step.status for step in steps))


def _look(found: Findings, step: str, check: Callable[[Findings], None]) -> None:
    try:
        # To be gone back to: one query that fails would make every later one in the snapshot fail.
        with transaction.atomic():
            check(found)
    except Exception as error:  # a check that could not be made leaves its step open, never sound
        found.add_error(step, error)


def _checkpoints() -> Iterator[PublishedCheckpoint]:
    rows = Checkpoint.objects.order_by("size").values_list("size", "root", "note", "published_at")
    return (PublishedCheckpoint(*row) for row in rows.iterator(chunk_size=5000))


def _watched(stored: Iterator[StoredEntry], copies: Iterator[bytes], found: Findings) -> Iterator[AuditedEntry]:
    """The stored entries for the auditor, each held against its hash in the row and its copy in the folder."""
    for entry in stored:
        if entry.leaf is None:
            found.add(ROWS, "The record in this place is gone.", index=entry.index)
        elif leaf_hash(entry.leaf) != entry.leaf_hash:
            found.add(ROWS, "The hash stored with this place is not that of its leaf.", index=entry.index)
        found.checked(ROWS)
        copy = next(copies, None)
        if copy is not None:
            found.checked(FOLDER)
            if copy != entry.leaf:
                found.add(FOLDER, "The entry bundle holds another leaf than the database.", index=entry.index)
        record_id = str(entry.record_id) if entry.record_id else None
        yield AuditedEntry(entry.index, entry.leaf or b"", entry.envelope, record_id)
    if next(copies, None) is not None:
        found.add(FOLDER, "The entry bundles go on where the database ends: it was rolled back.")


def _copies(folder: LogFiles, newest: int, found: Findings) -> Iterator[bytes]:
    """The leaves outside the database; what is signed for (``newest``) must be among them.

    Reads files alone: the connection is busy with the entries meanwhile.
    """
    try:
        size = folder.size()
        if size < newest:
            found.add(FOLDER, f"The bundles hold {size} entries; a checkpoint for {newest} was published.")
        yield from chain.from_iterable(folder.leaves(0, size))
    except (GovernanceError, OSError) as error:
        found.add_error(FOLDER, error)
