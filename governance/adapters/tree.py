"""The stored tree and its leaves, as the pure ledger code reads them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Any

from django.db import connections

from governance.errors import PlatformError
from governance.ledger.merkle import HASH_BYTES, NodeReader, consistency_path, leaf_hash

LeafReader = Callable[[int, int], list[bytes]]
"""``leaves(start, end)``: the leaves of the entries ``[start, end)``."""
HashReader = Callable[[int, int, int], bytes]
"""``hashes(level, start, end)``: the hashes of the complete subtrees ``[start, end)`` on a level, end to end."""

Place = tuple[int, int]
"""Level and index of a node."""

_NODES = {
    True: "SELECT leaf_hash FROM governance_sequencedentry WHERE seq >= %s AND seq < %s ORDER BY seq",
    False: 'SELECT hash FROM governance_treenode WHERE "index" >= %s AND "index" < %s AND level = %s ORDER BY "index"',
}


def node_reader(alias: str, ahead: Collection[Place] = ()) -> NodeReader:
    """Reads complete subtrees over ``alias``: leaves from the sequence, the others from the stored nodes.

    Those named in ``ahead`` are read at once. Raises PlatformError ``ledger.node_missing``.
    """
    read, known = hash_reader(alias), _read_ahead(alias, ahead) if ahead else {}
    return lambda level, index: known.get((level, index)) or read(level, index, index + 1)


def proof_nodes(old: int, new: int) -> list[Place]:
    """The nodes that the consistency proof between two sizes is made of."""
    found: list[Place] = []

    def note(level: int, index: int) -> bytes:
        found.append((level, index))
        return bytes(HASH_BYTES)

    consistency_path(old, new, note)
    return found


def _read_ahead(alias: str, places: Collection[Place]) -> dict[Place, bytes]:
    rows = _rows(
        alias,
        'SELECT n.level, n."index", n.hash FROM governance_treenode n'
        " JOIN unnest(%s::int[], %s::bigint[]) AS wanted(level, place)"
        ' ON n.level = wanted.level AND n."index" = wanted.place'
        " UNION ALL SELECT 0, seq, leaf_hash FROM governance_sequencedentry WHERE seq = ANY(%s::bigint[])",
        [
            [level for level, _ in places],
            [index for _, index in places],
            [index for level, index in places if level == 0],
        ],
    )
    return {(level, index): bytes(hashed) for level, index, hashed in rows}


def hash_reader(alias: str) -> HashReader:
    """The same, many at once (one query). Raises PlatformError ``ledger.node_missing``."""

    def read(level: int, start: int, end: int) -> bytes:
        rows = _rows(alias, _NODES[level == 0], [start, end] if level == 0 else [start, end, level])
        if len(rows) != end - start:
            raise PlatformError(
                f"The database holds {len(rows)} nodes of level {level} from {start}; expected {end - start}.",
                how_to_fix="Rows of the log are gone. Keep the database as it is and run `manage.py audit_ledger`.",
                code="ledger.node_missing",
                permanent=True,
            )
        return b"".join(bytes(row[0]) for row in rows)

    return read


def leaf_reader(alias: str, *, checked: bool = True) -> LeafReader:
    """Reads leaves over ``alias``. Each must have the hash it was taken in with, unless not ``checked`` (for evidence).

    Raises PlatformError ``ledger.leaf_damaged``.
    """

    def read(start: int, end: int) -> list[bytes]:
        rows = _rows(
            alias,
            "SELECT s.seq, s.leaf_hash, coalesce(r.leaf, s.recovered_leaf) FROM governance_sequencedentry s"
            " LEFT JOIN governance_provenancerecord r ON r.id = s.record_id"
            " WHERE s.seq >= %s AND s.seq < %s ORDER BY s.seq",
            [start, end],
        )
        for place, (index, hashed, leaf) in enumerate(rows, start):
            if index != place or leaf is None or (checked and leaf_hash(bytes(leaf)) != bytes(hashed)):
                raise _damaged(place)
        if len(rows) != end - start:
            raise _damaged(start + len(rows))
        return [bytes(leaf) for _, _, leaf in rows]

    return read


def _rows(alias: str, query: str, values: Sequence[object]) -> list[tuple[Any, ...]]:
    with connections[alias].cursor() as cursor:
        cursor.execute(query, values)
        return list(cursor.fetchall())


def _damaged(index: int) -> PlatformError:
    return PlatformError(
        f"The leaf of entry {index} is gone or is not the one that was taken in.",
        how_to_fix="The database was altered or damaged. Keep it as it is and run `manage.py audit_ledger`.",
        code="ledger.leaf_damaged",
        permanent=True,
    )
