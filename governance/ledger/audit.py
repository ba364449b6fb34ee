"""Audit a whole log: entries and checkpoints in, a report out. Pure: no files, no network, no clock.

The steps, each reported with what it counted and found:

 1. checkpoints: each is signed by a log key of the trust file valid for its size, for our origin; sizes ascend.
 2. sequence: indexes run 0..n-1 without a gap and reach the newest checkpoint.
 3. entries: each leaf is a well-formed entry of at most 65,535 bytes; no statement was entered twice.
 4. roots: the root recomputed from the entries is the signed one at every checkpoint.
 5. tiles: the published hash tiles hold the recomputed hashes.
 6. statements: canonical, of a kind we issue, the one its entry commits to; every record id once. One that is not
    there must have been lost in a restore that a later entry records.
 7. signatures: made by a record key of the trust file that was in use at that index.
 8. order: a record quotes an earlier checkpoint that the log really signed, the newest at the time it claims, and
    stands where a record made then would stand (audit_times.py).
 9. corrections: each names an earlier record of this log.
10. continuity: the tree of an old checkpoint, kept by the reader, is a prefix of this one.

A finding never stops the audit. Sound only when no step failed or stayed open. A statement lost in a recorded restore
leaves step 6 open: its entry and signature still hold, but nobody can tell any more what was stated. One that no
restore accounts for fails it: it is withheld or lost.

The verdict reaches up to the newest checkpoint given. That the log did not go on after it, or was not cut back to it,
only somebody who kept another checkpoint can tell (step 10).

One pass in constant memory, but for 42 bytes per entry (to know record ids and statements again, or which statements
are missing) and 48 per checkpoint.

Not covered here: output files, rows beside the log, witnesses; the truth of what was stated, and when: publication
times are the keeper's word, so an outsider gets the order of records, not their time.
"""

from __future__ import annotations

from collections.abc import Iterable

from governance.errors import GovernanceError
from governance.ledger.audit_checkpoints import CheckpointTable, read_checkpoints, require_signature
from governance.ledger.audit_findings import Findings
from governance.ledger.audit_order import Statements
from governance.ledger.audit_pool import CHUNK, examined
from governance.ledger.audit_shapes import (
    CONTINUITY,
    OF_STATEMENTS,
    SEQUENCE,
    TILES,
    AuditedEntry,
    AuditOptions,
    AuditReport,
    PublishedCheckpoint,
)
from governance.ledger.audit_tiles import TileWatch
from governance.ledger.audit_walk import Walk, as_chunks
from governance.ledger.checkpoint import Checkpoint
from governance.ledger.checks import open_trusted
from governance.ledger.trust import Trust

_DEFAULT = AuditOptions()


def audit(
    entries: Iterable[AuditedEntry],
    checkpoints: Iterable[PublishedCheckpoint],
    trust: Trust,
    options: AuditOptions = _DEFAULT,
) -> AuditReport:
    """Audit a log given in index order, with its checkpoints by ascending size; never raises on bad evidence.

    Errors raised while reading ``entries`` or ``checkpoints`` become findings: CannotTell leaves the step open, any
    other GovernanceError fails it, and one that nobody foresaw leaves it open.
    """
    findings = Findings(options.cap)
    table = read_checkpoints(checkpoints, trust, options.merge_window, findings)
    walk = Walk(table, _old(options, trust, findings), _tiles(options, table, findings), findings)
    statements = Statements(table, options, findings)
    try:
        if options.structure_only:
            for _ in walk.entries(entries):
                pass
        else:
            for found in examined(as_chunks(walk.entries(entries), CHUNK), trust, options.processes):
                statements.take(found)
            statements.close(complete=not walk.broken_off)
    except Exception as error:  # such as a worker that was killed: the rest was not looked at
        findings.add_error(SEQUENCE, error)
    if options.structure_only:
        for step in OF_STATEMENTS:
            findings.not_asked(step, "structure only")
    require_signature(table, walk.seen, findings)
    return findings.report(
        structure_only=options.structure_only,
        entries=walk.seen,
        lost=statements.lost,
        newest=table.newest(trust.origin),
    )


def _old(options: AuditOptions, trust: Trust, findings: Findings) -> Checkpoint | None:
    if options.old_checkpoint is None:
        findings.not_asked(CONTINUITY, "no old checkpoint given")
        return None
    try:
        return open_trusted(options.old_checkpoint, trust).checkpoint
    except GovernanceError as error:
        findings.add(CONTINUITY, f"The old checkpoint: {error.message}")
        return None


def _tiles(options: AuditOptions, table: CheckpointTable, findings: Findings) -> TileWatch | None:
    if options.read_tile is None:
        findings.not_asked(TILES, "no tiles given")
        return None
    return TileWatch(options.read_tile, table.newest_size or 0, findings)
