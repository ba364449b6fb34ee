"""C2SP tiles: how a log is published as plain files, and how proofs are read back from them.

See: https://c2sp.org/tlog-tiles
A tile on level L holds up to 256 hashes of complete subtrees of height 8 L; a full tile never changes again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TypeAlias

from governance.ledger.errors import TamperedError, TreeRangeError
from governance.ledger.merkle import HASH_BYTES, NodeReader, node_hash

HEIGHT = 8
WIDTH = 1 << HEIGHT

TileReader: TypeAlias = Callable[[int, int, int], bytes]
"""``read(level, index, width)``: the bytes of one tile, ``width`` hashes long."""


def tile_path(level: int, index: int, width: int = WIDTH) -> str:
    """Return the path of a tile, such as ``tile/0/x001/234`` or, when partial, ``tile/0/x001/234.p/5``."""
    return f"tile/{level}/{_number(index)}{_partial(width)}"


def entries_path(index: int, width: int = WIDTH) -> str:
    """Return the path of an entry bundle, the leaves under a level-0 tile."""
    return f"tile/entries/{_number(index)}{_partial(width)}"


def entry_bundle(leaves: Sequence[bytes]) -> bytes:
    """Return the leaves of one bundle, each behind its length in 16 bits."""
    if not 0 < len(leaves) <= WIDTH:
        raise TreeRangeError(f"Got {len(leaves)} leaves for an entry bundle, expected 1 to {WIDTH}.")
    if too_long := [len(leaf) for leaf in leaves if len(leaf) > 0xFFFF]:
        raise TreeRangeError(f"Got a leaf of {too_long[0]} bytes, expected at most 65535.")
    return b"".join(len(leaf).to_bytes(2, "big") + leaf for leaf in leaves)


def split_bundle(data: bytes) -> list[bytes]:
    """Return the leaves of what ``entry_bundle`` wrote; raises TamperedError when the lengths do not add up."""
    leaves: list[bytes] = []
    at = 0
    while at < len(data):
        end = at + 2 + int.from_bytes(data[at : at + 2], "big")
        if at + 2 > len(data) or end > len(data):
            raise TamperedError(f"Got an entry bundle that ends within leaf {len(leaves)}, expected whole leaves.")
        leaves.append(data[at + 2 : end])
        at = end
    return leaves


def tiles_of(size: int, *, since: int = 0) -> Iterator[tuple[int, int, int]]:
    """Yield (level, index, width) of every tile that is new or wider at ``size`` than at ``since``.

    The last tile of a level may be partial; partial tiles may be dropped once the full one is published.
    """
    level = 0
    while size >> (HEIGHT * level):
        count, before = size >> (HEIGHT * level), since >> (HEIGHT * level)
        for index in range(before // WIDTH, -(-count // WIDTH)):
            width = min(WIDTH, count - index * WIDTH)
            if index * WIDTH + width > before:
                yield level, index, width
        level += 1


def tile_bytes(level: int, index: int, width: int, read: NodeReader) -> bytes:
    """Return the content of a tile: ``width`` hashes end to end."""
    return b"".join(read(HEIGHT * level, index * WIDTH + at) for at in range(width))


def nodes_from_tiles(size: int, read: TileReader) -> NodeReader:
    """Return a NodeReader for a tree of ``size`` over its tiles.

    A proof needs about one tile per 8 levels. What is read is not verified: check the proof made from it.
    Reading raises TamperedError for a tile of the wrong length.
    """

    def node(level: int, index: int) -> bytes:
        tile_level, height = divmod(level, HEIGHT)
        first = index << height
        tile_index, offset = divmod(first, WIDTH)
        width = min(WIDTH, (size >> (HEIGHT * tile_level)) - tile_index * WIDTH)
        if offset + (1 << height) > width:
            raise TreeRangeError(f"Got node {index} on level {level}, which a tree of size {size} lacks.")
        data = read(tile_level, tile_index, width)
        if len(data) != width * HASH_BYTES:
            raise TamperedError(
                f"Got {len(data)} bytes in {tile_path(tile_level, tile_index, width)}, expected {width * HASH_BYTES}."
            )
        return _subtree(data, offset, height)

    return node


def _subtree(data: bytes, offset: int, height: int) -> bytes:
    hashes = [data[at * HASH_BYTES : (at + 1) * HASH_BYTES] for at in range(offset, offset + (1 << height))]
    while len(hashes) > 1:
        hashes = [node_hash(hashes[at], hashes[at + 1]) for at in range(0, len(hashes), 2)]
    return hashes[0]


def _number(index: int) -> str:
    if index < 0:
        raise TreeRangeError(f"Got tile index {index}, expected 0 or more.")
    path = f"{index % 1000:03}"
    while index := index // 1000:
        path = f"x{index % 1000:03}/{path}"
    return path


def _partial(width: int) -> str:
    if not 0 < width <= WIDTH:
        raise TreeRangeError(f"Got a tile of {width} hashes, expected 1 to {WIDTH}.")
    return "" if width == WIDTH else f".p/{width}"
