"""Extend the log: take the outbox in, grow the tree, have a checkpoint signed. Runs in the ledger process.

Entries are claimed by deleting outbox rows, never by ``id > last``: sequence values commit out of order, and polling
past them would lose a record for ever.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from django.db import connections, transaction

from governance.adapters.signer import Signer
from governance.adapters.tree import node_reader
from governance.errors import PlatformError
from governance.ledger.edge import Edge, Node
from governance.ledger.merkle import consistency_path, leaf_hash
from governance.models import (
    Checkpoint,
    ProvenanceRecord,
    SequencedEntry,
    TreeNode,
    TreeState,
)

ALIAS = "ledger"
BATCH = 4096
_INTEGRATOR_LOCK = 0x4C454447


def integrate_pending(limit: int = BATCH) -> int:
    """Move up to ``limit`` entries from the outbox into the sequence, in one transaction; returns how many.

    Two integrators at once are harmless: the transaction lock makes one wait and then see the other's tree.
    """
    with _alone():
        with connections[ALIAS].cursor() as cursor:
            cursor.execute(
                "DELETE FROM governance_pendingentry WHERE record_id IN"
                " (SELECT record_id FROM governance_pendingentry ORDER BY queued_at, record_id LIMIT %s)"
                " RETURNING record_id",
                [limit],
            )
            record_ids = [row[0] for row in cursor.fetchall()]
        if record_ids:
            _extend_tree(record_ids)
        return len(record_ids)


@contextmanager
def _alone() -> Iterator[None]:
    """One transaction on the log, with every other ledger process waiting outside."""
    with transaction.atomic(using=ALIAS):
        with connections[ALIAS].cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_INTEGRATOR_LOCK])
        yield


def _extend_tree(record_ids: list[object]) -> None:
    # The leaf hash is taken from the bytes read back just now: a damaged leaf must never be signed from a cached hash.
    rows = ProvenanceRecord.objects.using(ALIAS).filter(pk__in=record_ids)
    records = list(rows.order_by("created_at", "pk").values_list("pk", "leaf"))
    if len(records) != len(record_ids):
        raise PlatformError("An outbox row has no record.", code="ledger.record_missing", permanent=True)
    hashes = [leaf_hash(bytes(leaf)) for _, leaf in records]
    edge = tree_edge()
    grown, completed = edge.extend(hashes)
    SequencedEntry.objects.using(ALIAS).bulk_create(
        SequencedEntry(seq=edge.size + offset, record_id=record_id, leaf_hash=hashes[offset])
        for offset, (record_id, _) in enumerate(records)
    )
    _store_nodes(completed)
    TreeState.objects.using(ALIAS).create(size=grown.size, root=grown.root().hex(), edge=grown.to_bytes())


def _store_nodes(nodes: Iterable[Node]) -> None:
    TreeNode.objects.using(ALIAS).bulk_create(
        [TreeNode(level=node.level, index=node.index, hash=node.hash) for node in nodes if node.level >= 1]
    )


def tree_edge() -> Edge:
    """The right edge of the tree as it stands."""
    state = TreeState.objects.using(ALIAS).order_by("-size").first()
    return Edge.empty() if state is None else Edge.from_bytes(state.size, bytes(state.edge))


def publish_checkpoint(signer: Signer) -> Checkpoint | None:
    """Have the tree as it stands signed and store the note. None when it is published already.

    Raises PlatformError ``ledger.behind`` or SignerRefused when the database is behind or beside what the signer
    signed before. If the commit fails after signing, the next call gets the same note again.
    """
    with _alone():
        edge = tree_edge()
        root = edge.root()
        last = signer.last()
        _check_memory(known=last is not None)
        _check_not_behind(edge, last.size if last else 0)
        if Checkpoint.objects.using(ALIAS).filter(size=edge.size, root=root.hex()).exists():
            return None
        grows = last is not None and last.size < edge.size
        consistency = consistency_path(last.size, edge.size, node_reader(ALIAS)) if last and grows else ()
        note = signer.sign(edge.size, root, consistency)
        return Checkpoint.objects.using(ALIAS).create(size=edge.size, root=root.hex(), note=note)


def _check_memory(*, known: bool) -> None:
    """A signer that remembers nothing would sign anything: refuse where checkpoints are out already."""
    newest = Checkpoint.objects.using(ALIAS).order_by("-size").first()
    if newest is not None and not known:
        raise PlatformError(
            f"The signer remembers nothing, but a checkpoint for {newest.size} entries was published.",
            how_to_fix="Restore the signer's folder (CLEARCUT_SIGNER_DIR). If it is lost, open a new log origin.",
            code="signer.memory_lost",
            permanent=True,
        )


def _check_not_behind(edge: Edge, signed_size: int) -> None:
    if edge.size < signed_size:
        raise PlatformError(
            f"The database holds {edge.size} entries; a checkpoint for {signed_size} was signed.",
            how_to_fix="The database was rolled back. Restore a later backup; never sign a second history.",
            code="ledger.behind",
            permanent=True,
        )
