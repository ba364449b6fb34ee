"""Before anything is added to the log: the database, the signer's memory and the log's files must tell one history.

Equal: go on. The database ahead: only if what was signed is its beginning. The database behind, as after a restore or
a failover that lost the last commits: bring back from the files what was signed. Files nobody signed for stop nothing
(see ledger_folder). Anything else stops the log with an alarm; nothing is deleted on either side.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings
from django.db import transaction

from governance.adapters.log_files import LogFiles
from governance.adapters.signer import LastSigned, SignerUnreachable
from governance.adapters.tree import hash_reader, leaf_reader, node_reader
from governance.errors import GovernanceError, PlatformError
from governance.ledger.audit_lost import FIRST, LAST, RESTORE, STATEMENTS_LOST
from governance.ledger.checkpoint import Checkpoint as SignedCheckpoint
from governance.ledger.edge import Edge
from governance.ledger.merkle import root_at
from governance.models import Alarm, Checkpoint, ProvenanceRecord
from governance.models.content import about
from governance.services.alarms import raise_alarm
from governance.services.entries import record_event
from governance.services.ledger import LogSigner, check_memory, newest_checkpoint, trusted_note
from governance.services.ledger_folder import check_files, clear, published_in
from governance.services.ledger_replay import Replay, carry_out, plan
from governance.services.ledger_tree import ALIAS, alone, tree_edge

_INVESTIGATE = "Keep both, stop writing, and investigate."


@dataclass(frozen=True, slots=True)
class Opening:
    """The log as it was found fit to continue: entries, root, and what had to be brought back first, if anything."""

    size: int
    root: str
    replayed: Replay | None


def open_log(signer: LogSigner, files: LogFiles | None = None) -> Opening:
    """Compare the three and repair what can be repaired.

    Raises SignerUnreachable when the signer cannot be asked; for all else PlatformError, SignerRefused or a
    LedgerError, with an alarm, and the log must not be written: ``ledger.fork``, ``ledger.other_origin``,
    ``ledger.damaged``, ``log.short``, ``log.bundle_differs``, ``log.other_origin``, ``signer.memory_lost``,
    ``signer.not_trusted`` …
    """
    files = files or LogFiles(settings.LOG_DIR)
    try:
        opening = _opened(signer.last(), files)
        if newest := newest_checkpoint():
            files.publish(newest.note)
    except SignerUnreachable:
        raise
    except GovernanceError as problem:
        raise_alarm(Alarm.Kind.LOG, f"log:{problem.code}", problem.message)
        raise
    return opening


def _opened(last: LastSigned | None, files: LogFiles) -> Opening:
    with alone():
        if last is not None:
            trusted_note(last.note, last.size)
        signed = last.size if last else 0
        _check_origin()
        published = published_in(files, last)
        check_memory(last, newest_checkpoint(), published.size if published else None)
        edge = _checked_edge(last)
        since = check_files(files, published, edge, signed)
        replay = plan(files, edge, last)
        if replay.boundary > replay.first:
            _announce(replay, signed)
        edge = carry_out(files, edge, replay)
        if last is not None:
            _store_checkpoint(last)
        _check_continued(published)
        if clear(files, signed, edge.size):
            since = 0
        _fill(files, since, edge.size, signed, every_checkpoint=published is None)
        return Opening(edge.size, edge.root().hex(), replay if replay.end > replay.first else None)


def _check_origin() -> None:
    newest = newest_checkpoint()
    origin = newest.note.partition("\n")[0] if newest else settings.LOG_ORIGIN
    if origin != settings.LOG_ORIGIN:
        raise PlatformError(
            f"This database holds the log {origin!r}; this installation's log is {settings.LOG_ORIGIN!r}.",
            how_to_fix="A copy of another installation's database must not continue its log. Empty the copy, or set"
            " CLEARCUT_LOG_ORIGIN back if this is the original.",
            code="ledger.other_origin",
            permanent=True,
        )


def _check_continued(published: SignedCheckpoint | None) -> None:
    """What was published was signed, by this signer or another with its key: the tree must continue it."""
    if published is None or (found := root_at(published.size, node_reader(ALIAS))) == published.root:
        return
    raise PlatformError(
        f"The first {published.size} entries have root {found.hex()}; published was {published.root.hex()}.",
        how_to_fix=f"Two histories were signed under one name: the log key is in other hands. {_INVESTIGATE}",
        code="ledger.fork",
        permanent=True,
    )


def _checked_edge(last: LastSigned | None) -> Edge:
    """The edge of the tree, which must agree with the nodes below it and begin with what was signed."""
    edge, read = tree_edge(), node_reader(ALIAS)
    if root_at(edge.size, read) != edge.root():
        raise PlatformError(
            f"The root kept for {edge.size} entries is not that of the nodes below it.",
            how_to_fix="The database was altered. Keep it as it is and run `manage.py audit_ledger`.",
            code="ledger.damaged",
            permanent=True,
        )
    if last is not None and last.size <= edge.size and (found := root_at(last.size, read)) != last.root:
        raise PlatformError(
            f"The first {last.size} of {edge.size} entries have root {found.hex()}; signed was {last.root.hex()}.",
            how_to_fix=f"This database holds another history than the one that was signed. {_INVESTIGATE}",
            code="ledger.fork",
            permanent=True,
        )
    return edge


def _fill(files: LogFiles, since: int, size: int, signed: int, *, every_checkpoint: bool) -> None:
    """Bring the files up to the database, from where they are known to be whole.

    An installation from before there were files gets them now, with the partial tiles of every checkpoint it gave out.
    """
    leaves, hashes = leaf_reader(ALIAS), hash_reader(ALIAS)
    files.write(since, size, leaves, hashes)
    if since == 0:
        files.write_partial(signed, size, leaves, hashes)
    if every_checkpoint:
        for given_out in Checkpoint.objects.using(ALIAS).values_list("size", flat=True).iterator():
            files.write_partial(given_out, size, leaves, hashes)


def _announce(replay: Replay, signed: int) -> None:
    """Enter in the log what is about to be brought back: the entries and how many of their statements are lost.

    Before it is done, so that no crash can leave it untold; done again after a crash, it is told once. An audit counts
    the missing statements of the range and holds them against what is told here.
    """
    first, last = replay.first, replay.boundary - 1
    alarm = raise_alarm(
        Alarm.Kind.LOG,
        f"log:{first}-{last}",
        f"The database had lost entries {first} to {last}. They are brought back from the log's files; the statements"
        f" of {replay.lost} of them are lost.",
    )
    raised = Alarm.objects.filter(kind=alarm.kind, subject=alarm.subject)
    if any(ProvenanceRecord.objects.about(about(each)).filter(kind=RESTORE).exists() for each in raised):
        return
    with transaction.atomic():
        details = {FIRST: first, LAST: last, STATEMENTS_LOST: replay.lost, "signed_size": signed}
        record_event(RESTORE, "replayed", alarm, details=details)


def _store_checkpoint(last: LastSigned) -> None:
    """What the signer signed last is on record, too: it may have died before it could be stored."""
    stored = Checkpoint.objects.using(ALIAS).filter(size=last.size).first()
    if stored is None:
        note = trusted_note(last.note, last.size)
        Checkpoint.objects.using(ALIAS).create(size=last.size, root=last.root.hex(), note=note)
    elif stored.root != last.root.hex():
        raise PlatformError(
            f"The stored checkpoint of {last.size} entries has root {stored.root}; signed was {last.root.hex()}.",
            how_to_fix=f"The database was altered. {_INVESTIGATE}",
            code="ledger.fork",
            permanent=True,
        )
