"""The right edge of a growing tree (a compact range): append leaves and know the root in O(log n).

The edge of n leaves is one complete subtree per set bit of n, largest first: all an integrator must remember.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from governance.ledger.errors import TamperedError
from governance.ledger.merkle import EMPTY_ROOT, HASH_BYTES, node_hash

MAX_SIZE = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Node:
    """A complete subtree: ``hash`` over leaves ``index << level`` to ``(index + 1) << level``."""

    level: int
    index: int
    hash: bytes


@dataclass(frozen=True, slots=True)
class Edge:
    """The edge of a tree of ``size`` leaves. Raises TamperedError when the hashes cannot fit the size."""

    size: int
    hashes: tuple[bytes, ...]

    def __post_init__(self) -> None:
        if not 0 <= self.size <= MAX_SIZE:
            raise TamperedError(f"Got tree size {self.size}, expected 0 to {MAX_SIZE}.")
        if len(self.hashes) != self.size.bit_count() or any(len(item) != HASH_BYTES for item in self.hashes):
            raise TamperedError(
                f"Got an edge of {len(self.hashes)} hashes for a tree of size {self.size}, "
                f"expected {self.size.bit_count()} of {HASH_BYTES} bytes each."
            )

    @classmethod
    def empty(cls) -> Edge:
        """Return the edge of the empty tree."""
        return cls(0, ())

    def root(self) -> bytes:
        """Return the RFC 6962 root."""
        if not self.hashes:
            return EMPTY_ROOT
        *rest, result = self.hashes
        for item in reversed(rest):
            result = node_hash(item, result)
        return result

    def append(self, leaf_hashes: Iterable[bytes]) -> Edge:
        """Return the edge after these leaves."""
        return self.extend(leaf_hashes)[0]

    def extend(self, leaf_hashes: Iterable[bytes]) -> tuple[Edge, tuple[Node, ...]]:
        """Return the edge after these leaves and every subtree they completed, leaves (level 0) included.

        Storing those nodes once makes any later proof a matter of reading O(log n) of them.
        """
        size, hashes, completed = self.size, list(self.hashes), []
        for leaf in leaf_hashes:
            level, current = 0, leaf
            completed.append(Node(0, size, current))
            while size >> level & 1:
                current = node_hash(hashes.pop(), current)
                level += 1
                completed.append(Node(level, size >> level, current))
            hashes.append(current)
            size += 1
        return Edge(size, tuple(hashes)), tuple(completed)

    def to_bytes(self) -> bytes:
        """Return the hashes end to end; the size is kept beside them."""
        return b"".join(self.hashes)

    @classmethod
    def from_bytes(cls, size: int, data: bytes) -> Edge:
        """Read what ``to_bytes`` wrote; raises TamperedError when it does not fit ``size``."""
        return cls(size, tuple(data[at : at + HASH_BYTES] for at in range(0, len(data), HASH_BYTES)))
