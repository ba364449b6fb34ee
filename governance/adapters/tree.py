"""Stored tree nodes, as the pure ledger code reads them."""

from __future__ import annotations

from django.db import connections

from governance.ledger.merkle import NodeReader


def node_reader(alias: str) -> NodeReader:
    """Reads complete subtrees over ``alias``: leaves from the sequence, the others from the stored nodes."""

    def read(level: int, index: int) -> bytes:
        with connections[alias].cursor() as cursor:
            if level == 0:
                cursor.execute("SELECT leaf_hash FROM governance_sequencedentry WHERE seq = %s", [index])
            else:
                cursor.execute('SELECT hash FROM governance_treenode WHERE level = %s AND "index" = %s', [level, index])
            return bytes(cursor.fetchone()[0])

    return read
