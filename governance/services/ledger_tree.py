"""The rows of the log: entries in their places, the nodes they complete, the tree after them. One writer at a time."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from django.db import connections, transaction

from governance.ledger.edge import Edge
from governance.ledger.merkle import leaf_hash
from governance.models import TreeState

ALIAS = "ledger"
_WRITER_LOCK = 0x4C454447


@dataclass(frozen=True, slots=True)
class NewEntry:
    """A leaf and the record it belongs to; None when that was lost with a database."""

    leaf: bytes
    record_id: uuid.UUID | None


@contextmanager
def alone() -> Iterator[None]:
    """One transaction on the log, with every other ledger process waiting outside."""
    with transaction.atomic(using=ALIAS):
        with connections[ALIAS].cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_WRITER_LOCK])
        yield


def tree_edge() -> Edge:
    """The right edge of the tree as it stands."""
    state = TreeState.objects.using(ALIAS).order_by("-size").first()
    return Edge.empty() if state is None else Edge.from_bytes(state.size, bytes(state.edge))


def append(edge: Edge, entries: Sequence[NewEntry]) -> Edge:
    """Give the entries the places after ``edge`` and store the tree they make; returns its edge.

    To be called within ``alone``. Hashes are those of the bytes given; the time of a batch is never before that of the
    batch before, whatever the clock does.
    """
    hashes = [leaf_hash(entry.leaf) for entry in entries]
    grown, completed = edge.extend(hashes)
    with connections[ALIAS].cursor() as cursor:
        cursor.execute(
            "SELECT greatest(clock_timestamp(), (SELECT integrated_at FROM governance_treestate"
            " ORDER BY size DESC LIMIT 1))"
        )
        (now,) = cursor.fetchone()
        with cursor.copy(
            "COPY governance_sequencedentry (seq, record_id, recovered_leaf, leaf_hash, integrated_at) FROM STDIN"
        ) as copy:
            for seq, (entry, hashed) in enumerate(zip(entries, hashes, strict=True), edge.size):
                lost = entry.leaf if entry.record_id is None else None
                copy.write_row((seq, entry.record_id, lost, hashed, now))
        with cursor.copy('COPY governance_treenode (level, "index", hash) FROM STDIN') as copy:
            for node in completed:
                if node.level:
                    copy.write_row((node.level, node.index, node.hash))
    TreeState.objects.using(ALIAS).create(
        size=grown.size, root=grown.root().hex(), edge=grown.to_bytes(), integrated_at=now
    )
    return grown
