"""Before anything is added to the log: the database, the signer's memory and the log's files must tell one history.

Equal: go on. The database ahead: only if what was signed is its beginning. The database behind, as after a restore or
a failover that lost the last commits: bring back from the files what is missing. Anything else stops the log with an
alarm; nothing is deleted on either side.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings
from django.db import transaction

from governance.adapters.log_files import LogFiles
from governance.adapters.signer import LastSigned, SignerUnreachable
from governance.adapters.tree import hash_reader, leaf_reader, node_reader
from governance.errors import GovernanceError, PlatformError
from governance.ledger.checkpoint import Checkpoint as SignedCheckpoint
from governance.ledger.edge import Edge
from governance.ledger.merkle import leaf_hash, root_at
from governance.ledger.tile import nodes_from_tiles
from governance.models import Alarm, Checkpoint, ProvenanceRecord
from governance.models.content import about
from governance.services.alarms import raise_alarm
from governance.services.entries import record_event
from governance.services.ledger import LogSigner, check_memory, newest_checkpoint, trusted_note
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
    ``ledger.damaged``, ``log.short``, ``log.bundle_differs``, ``log.other_origin``, ``log.not_ours``,
    ``signer.memory_lost`` …
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
        published = files.published()
        _check_origins(published)
        check_memory(last, newest_checkpoint(), published.size if published else None)
        edge = _checked_edge(last)
        since = _check_files(files, published, edge)
        replayed = None
        if edge.size < max(files.size(), last.size if last else 0):
            replayed = plan(files, edge, last)
            _announce(replayed, last)
            edge = carry_out(files, edge, replayed)
        if last is not None:
            _store_checkpoint(last)
        _fill(files, since, edge.size, every_checkpoint=published is None)
        return Opening(edge.size, edge.root().hex(), replayed)


def _check_origins(published: SignedCheckpoint | None) -> None:
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
    if published is not None and published.origin != settings.LOG_ORIGIN:
        raise PlatformError(
            f"CLEARCUT_LOG_DIR holds the log {published.origin!r}; expected {settings.LOG_ORIGIN!r}.",
            how_to_fix="Give every log its own CLEARCUT_LOG_DIR.",
            code="log.other_origin",
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


def _check_files(files: LogFiles, published: SignedCheckpoint | None, edge: Edge) -> int:
    """As far as both reach, files and database must hold the same leaves. Returns how far the files are whole."""
    whole = min(published.size, files.size()) if published else 0
    checked = min(whole, edge.size)
    if published is not None:
        in_files = root_at(checked, nodes_from_tiles(published.size, files.read_tile))
        if in_files != root_at(checked, node_reader(ALIAS)):
            raise _files_differ(files, f"the first {checked} entries")
    for leaves in files.leaves(checked, min(files.size(), edge.size)):
        if b"".join(map(leaf_hash, leaves)) != hash_reader(ALIAS)(0, checked, checked + len(leaves)):
            raise _files_differ(files, f"entries {checked} to {checked + len(leaves) - 1}")
        checked += len(leaves)
    return whole


def _fill(files: LogFiles, since: int, size: int, *, every_checkpoint: bool) -> None:
    """Bring the files up to the database, from where they are known to be whole.

    An installation from before there were files gets them now, with the partial tiles of every checkpoint it gave out.
    """
    leaves, hashes = leaf_reader(ALIAS), hash_reader(ALIAS)
    files.write(since, size, leaves, hashes)
    if every_checkpoint:
        for signed in Checkpoint.objects.using(ALIAS).values_list("size", flat=True).iterator():
            files.write_partial(signed, size, leaves, hashes)


def _files_differ(files: LogFiles, what: str) -> PlatformError:
    return PlatformError(
        f"{files.folder} and the database hold {what} differently.",
        how_to_fix="One of both was altered or rolled back. Keep both and run `manage.py audit_ledger`.",
        code="log.bundle_differs",
        permanent=True,
    )


def _announce(replay: Replay, last: LastSigned | None) -> None:
    """Enter in the log what is about to be brought back.

    Before it is done, so that no crash can leave it untold; done again after a crash, it is told once.
    """
    span = f"{replay.first} to {replay.end - 1}"
    alarm = raise_alarm(
        Alarm.Kind.LOG,
        f"log:{replay.first}-{replay.end - 1}",
        f"The database had lost entries {span}. They are brought back from the log's files; the statements of"
        f" {replay.lost} of them are lost.",
    )
    if ProvenanceRecord.objects.about(about(alarm)).exists():
        return
    with transaction.atomic():
        details = {"first": replay.first, "last": replay.end - 1, "statements_lost": replay.lost}
        record_event("restore", "replayed", alarm, details={**details, "signed_size": last.size if last else 0})


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
