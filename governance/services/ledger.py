"""Extend the log: take the outbox in, grow the tree, have a checkpoint signed. Runs in the ledger process.

Entries are claimed by deleting outbox rows, never by ``id > last``: sequence values commit out of order, and polling
past them would lose a record for ever.

The order of things makes every crash recoverable: the batch is committed, its files are on disk, the signer signs, the
checkpoint is stored, and the file ``checkpoint`` is replaced. Whatever was not reached is done by the next step.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection
from dataclasses import dataclass

from django.conf import settings
from django.db import connections

from governance.adapters import keys
from governance.adapters.log_files import LogFiles
from governance.adapters.signer import LastSigned, RemoteSigner, Signer
from governance.adapters.tree import hash_reader, leaf_reader, node_reader, proof_nodes
from governance.errors import PlatformError
from governance.ledger.checkpoint import open_checkpoint
from governance.ledger.edge import Edge
from governance.ledger.errors import NoteError
from governance.ledger.merkle import consistency_path
from governance.models import Checkpoint
from governance.services.ledger_admission import Gate, LeftOut, oldest
from governance.services.ledger_tree import ALIAS, NewEntry, alone, append, tree_edge

BATCH = 4096
LogSigner = Signer | RemoteSigner


@dataclass(frozen=True, slots=True)
class Batch:
    """How many entries were taken in, and the records that got no place."""

    size: int
    left_out: tuple[LeftOut, ...]


def integrate_pending(limit: int = BATCH) -> int:
    """Move up to ``limit`` entries from the outbox into the sequence; returns how many."""
    return take_in(limit).size


def take_in(limit: int = BATCH, *, but: Collection[uuid.UUID] = ()) -> Batch:
    """Move up to ``limit`` entries from the outbox into the sequence, in one transaction.

    What waits is read back now and judged as an audit would (see ledger_admission): what somebody else signed, or was
    damaged on the disk, is never given a place, let alone signed. Records in ``but`` are passed over. Two integrators
    at once are harmless: the lock makes one wait and then see the other's tree. Raises CannotTell without a trust file.
    """
    with alone():
        waiting = oldest(limit, but)
        if not waiting:
            return Batch(0, ())
        edge, gate = tree_edge(), Gate()
        sound: list[NewEntry] = []
        left_out: list[LeftOut] = []
        for row in waiting:
            if objection := gate.objection(row, edge.size + len(sound)):
                left_out.append(objection)
            else:
                sound.append(NewEntry(row.leaf, row.record_id))
        if sound:
            _claim([entry.record_id for entry in sound])
            append(edge, sound)
        return Batch(len(sound), tuple(left_out))


def _claim(record_ids: list[uuid.UUID | None]) -> None:
    with connections[ALIAS].cursor() as cursor:
        cursor.execute(
            "DELETE FROM governance_pendingentry WHERE record_id = ANY(%s) RETURNING record_id", [record_ids]
        )
        if len(cursor.fetchall()) != len(record_ids):
            raise PlatformError("Somebody else emptied the outbox meanwhile.", code="ledger.outbox_changed")


def publish_checkpoint(signer: LogSigner, files: LogFiles | None = None) -> Checkpoint | None:
    """Have the tree as it stands written to files and signed, store the note and publish it. None when nothing is new.

    Raises PlatformError ``ledger.behind``, ``signer.memory_lost`` or ``log.bundle_differs``, or SignerRefused, when
    the database, the files and what the signer signed before do not continue each other. If the commit fails after
    signing, the next call gets the same note again.
    """
    files = files or LogFiles(settings.LOG_DIR)
    with alone():
        edge = tree_edge()
        files.extend(edge.size, leaf_reader(ALIAS), hash_reader(ALIAS))
        last, newest = signer.last(), newest_checkpoint()
        check_memory(last, newest)
        _check_not_behind(edge, last.size if last else 0)
        known = newest is not None and (newest.size, newest.root) == (edge.size, edge.root().hex())
        checkpoint = None if known else _signed(signer, last, edge)
    files.publish(checkpoint.note if checkpoint else newest.note if newest else "")
    return checkpoint


def _signed(signer: LogSigner, last: LastSigned | None, edge: Edge) -> Checkpoint:
    proof: tuple[bytes, ...] = ()
    if last is not None and last.size < edge.size:
        proof = consistency_path(last.size, edge.size, node_reader(ALIAS, proof_nodes(last.size, edge.size)))
    note = trusted_note(signer.sign(edge.size, edge.root(), proof), edge.size)
    return Checkpoint.objects.using(ALIAS).create(size=edge.size, root=edge.root().hex(), note=note)


def trusted_note(note: str, size: int) -> str:
    """The note, once a log key of the trust file that counts for ``size`` is seen to have signed it.

    Whoever answers at the signer's socket may hold another key. Raises PlatformError ``signer.not_trusted``.
    """
    counting = [item.key for item in keys.trust().log_keys if item.valid_for(size)]
    try:
        open_checkpoint(note, counting, settings.LOG_ORIGIN)
    except NoteError as problem:
        raise PlatformError(
            f"The signer's note for {size} entries is signed by no key that the trust file lists. {problem.message}",
            how_to_fix="Check which key the signer holds, and add a new one with `manage.py` before it signs.",
            code="signer.not_trusted",
            permanent=True,
        ) from problem
    return note


def newest_checkpoint() -> Checkpoint | None:
    """The last checkpoint stored."""
    return Checkpoint.objects.using(ALIAS).order_by("-size").first()


def check_memory(last: LastSigned | None, newest: Checkpoint | None, in_files: int | None = None) -> None:
    """A signer that remembers nothing, or less than was published, would sign anything: refuse.

    ``newest``: the last checkpoint stored; ``in_files``: the size of the one in the log's files, if there is one.
    """
    known = [size for size in (newest.size if newest else None, in_files) if size is not None]
    if not known or (last is not None and max(known) <= last.size):
        return
    remembers = f"a checkpoint for {last.size} entries" if last else "nothing"
    raise PlatformError(
        f"The signer remembers {remembers}, but a checkpoint for {max(known)} entries was published.",
        how_to_fix="Restore the signer's folder (CLEARCUT_SIGNER_DIR). If it is lost, open a new log origin.",
        code="signer.memory_lost",
        permanent=True,
    )


def _check_not_behind(edge: Edge, signed_size: int) -> None:
    if edge.size < signed_size:
        raise PlatformError(
            f"The database holds {edge.size} entries; a checkpoint for {signed_size} was signed.",
            how_to_fix="The database was rolled back. Start the ledger process again: it brings back from"
            " CLEARCUT_LOG_DIR what is missing; never sign a second history.",
            code="ledger.behind",
            permanent=True,
        )
