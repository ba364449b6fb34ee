"""Step 5 of an audit: the published hash tiles say what the entries give, full ones and the last partial ones."""

from __future__ import annotations

import hmac
from collections.abc import Iterable

from governance.errors import GovernanceError
from governance.ledger.audit_findings import Findings
from governance.ledger.audit_shapes import TILES
from governance.ledger.edge import Node
from governance.ledger.merkle import HASH_BYTES
from governance.ledger.tile import HEIGHT, WIDTH, TileReader, tile_path


class TileWatch:
    """Compares tiles with the recomputed hashes as the tree grows to ``size``; keeps one tile per level."""

    def __init__(self, read: TileReader, size: int, findings: Findings) -> None:
        self._read, self._size, self._findings = read, size, findings
        self._levels: list[bytearray] = []
        self._done: list[int] = []

    def take(self, nodes: Iterable[Node], size: int) -> None:
        """Add the nodes that growing to ``size`` completed; those beyond the signed size are in no tile."""
        if size > self._size:
            return
        for node in nodes:
            level, rest = divmod(node.level, HEIGHT)
            if rest:
                continue
            if level == len(self._levels):
                self._levels.append(bytearray())
                self._done.append(0)
            self._levels[level] += node.hash
            if len(self._levels[level]) == WIDTH * HASH_BYTES:
                self._compare(level)

    def close(self) -> None:
        """Compare the partial tiles at the end."""
        for level, hashes in enumerate(self._levels):
            if hashes:
                self._compare(level)

    def _compare(self, level: int) -> None:
        index, hashes = self._done[level], bytes(self._levels[level])
        width = len(hashes) // HASH_BYTES
        self._levels[level].clear()
        self._done[level] += 1
        self._findings.checked(TILES)
        try:
            published = self._read(level, index, width)
        except GovernanceError as error:
            self._findings.add_error(TILES, error)
            return
        if not hmac.compare_digest(published, hashes):
            self._findings.add(TILES, f"{tile_path(level, index, width)} does not hold the hashes of the entries.")
