"""The Merkle tree of RFC 6962 §2.1: hashing, roots and proofs over any store of complete subtrees.

Leaves and inner nodes are hashed under different prefixes, so an inner node can never be offered as a leaf.
All hashes are 32 raw bytes. Verification lives in proof.py and shares only the two hash functions with this.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from typing import TypeAlias

from governance.ledger.errors import TreeRangeError

HASH_BYTES = 32
EMPTY_ROOT = hashlib.sha256(b"").digest()

NodeReader: TypeAlias = Callable[[int, int], bytes]
"""``read(level, index)``: hash of the complete subtree of ``1 << level`` leaves from ``index << level``."""


def leaf_hash(leaf: bytes) -> bytes:
    """Return SHA-256(0x00 || leaf)."""
    return hashlib.sha256(b"\x00" + leaf).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return SHA-256(0x01 || left || right)."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def root(leaf_hashes: Sequence[bytes]) -> bytes:
    """Return MTH of the leaves whose hashes are given, in order."""
    return root_at(len(leaf_hashes), MemoryTree(leaf_hashes).read)


def root_at(size: int, read: NodeReader) -> bytes:
    """Return the root of the first ``size`` leaves; reads one node per set bit of ``size``."""
    if size < 0:
        raise TreeRangeError(f"Got tree size {size}, expected 0 or more.")
    return _range_root(0, size, read) if size else EMPTY_ROOT


def inclusion_path(index: int, size: int, read: NodeReader) -> tuple[bytes, ...]:
    """Return PATH(index, D[size]) of RFC 6962 §2.1.1, from the leaf's sibling up to the root's child."""
    if not 0 <= index < size:
        raise TreeRangeError(f"Got index {index} in a tree of size {size}, expected an index below the size.")
    path: list[bytes] = []
    start, end = 0, size
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            path.append(_range_root(middle, end, read))
            end = middle
        else:
            path.append(_range_root(start, middle, read))
            start = middle
    return tuple(reversed(path))


def consistency_path(old: int, new: int, read: NodeReader) -> tuple[bytes, ...]:
    """Return PROOF(old, D[new]) of RFC 6962 §2.1.2; empty when ``old`` is 0 or equals ``new``."""
    if not 0 <= old <= new:
        raise TreeRangeError(f"Got sizes {old} and {new}, expected the old one not to exceed the new one.")
    if old == 0:
        return ()
    path: list[bytes] = []
    start, end = 0, new
    while end != old:
        middle = start + _split(end - start)
        if old <= middle:
            path.append(_range_root(middle, end, read))
            end = middle
        else:
            path.append(_range_root(start, middle, read))
            start = middle
    # The verifier already holds the root of the old tree itself, so SUBPROOF(m, D[m], true) adds nothing.
    if start:
        path.append(_range_root(start, end, read))
    return tuple(reversed(path))


class MemoryTree:
    """All complete subtrees of a log held in memory: for small logs, exports and tests."""

    __slots__ = ("_levels",)

    def __init__(self, leaf_hashes: Iterable[bytes] = ()) -> None:
        self._levels: list[list[bytes]] = [[]]
        for item in leaf_hashes:
            self.append(item)

    @property
    def size(self) -> int:
        """Number of leaves."""
        return len(self._levels[0])

    def append(self, leaf: bytes) -> None:
        """Add one leaf hash and every subtree it completes."""
        self._levels[0].append(leaf)
        level = 0
        while len(self._levels[level]) % 2 == 0:
            left, right = self._levels[level][-2:]
            level += 1
            if level == len(self._levels):
                self._levels.append([])
            self._levels[level].append(node_hash(left, right))

    def read(self, level: int, index: int) -> bytes:
        """Return the hash of one complete subtree (a NodeReader)."""
        if level < 0 or index < 0 or level >= len(self._levels) or index >= len(self._levels[level]):
            raise TreeRangeError(f"Got node {index} on level {level}, which a tree of size {self.size} lacks.")
        return self._levels[level][index]


def _split(count: int) -> int:
    """Return the largest power of two smaller than ``count`` (> 1)."""
    return 1 << ((count - 1).bit_length() - 1)


def _range_root(start: int, end: int, read: NodeReader) -> bytes:
    """Return MTH(D[start:end]) where ``start`` is a multiple of a power of two not below the length."""
    hashes: list[bytes] = []
    while start < end:
        level = (end - start).bit_length() - 1
        hashes.append(read(level, start >> level))
        start += 1 << level
    result = hashes.pop()
    while hashes:
        result = node_hash(hashes.pop(), result)
    return result
