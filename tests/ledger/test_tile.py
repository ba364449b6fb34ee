from __future__ import annotations

import pytest

from governance.ledger import merkle
from governance.ledger.edge import Edge
from governance.ledger.errors import ProofError, TamperedError, TreeRangeError
from governance.ledger.merkle import MemoryTree
from governance.ledger.proof import verify_consistency, verify_inclusion
from governance.ledger.tile import (
    entries_path,
    entry_bundle,
    nodes_from_tiles,
    tile_bytes,
    tile_path,
    tiles_of,
)

SIZE = 65_537
LEAVES = [merkle.leaf_hash(b"%d" % number) for number in range(SIZE)]
TREE = MemoryTree(LEAVES)


# https://c2sp.org/tlog-tiles
@pytest.mark.parametrize(
    ("path", "expected"),
    [
        (tile_path(0, 0), "tile/0/000"),
        (tile_path(0, 1234067), "tile/0/x001/x234/067"),
        (tile_path(3, 273, 112), "tile/3/273.p/112"),
        (tile_path(0, 1000, 5), "tile/0/x001/000.p/5"),
        (entries_path(1234067), "tile/entries/x001/x234/067"),
        (entries_path(12, 8), "tile/entries/012.p/8"),
    ],
)
def test_paths_are_those_of_the_specification(path: str, expected: str) -> None:
    assert path == expected


def test_tiles_of_a_tree_cover_its_levels() -> None:
    # The example of https://c2sp.org/tlog-tiles: 70,000 leaves.
    found = list(tiles_of(70_000))
    assert [tile for tile in found if tile[0] == 0][-2:] == [(0, 272, 256), (0, 273, 112)]
    assert [tile for tile in found if tile[0] == 1] == [(1, 0, 256), (1, 1, 17)]
    assert [tile for tile in found if tile[0] == 2] == [(2, 0, 1)]


@pytest.mark.parametrize(
    ("since", "size", "expected"),
    [
        (0, 0, []),
        (5, 5, []),
        (0, 1, [(0, 0, 1)]),
        (255, 256, [(0, 0, 256), (1, 0, 1)]),
        (256, 257, [(0, 1, 1)]),
        (100, 300, [(0, 0, 256), (0, 1, 44), (1, 0, 1)]),
    ],
)
def test_only_new_or_wider_tiles_are_written(since: int, size: int, expected: list[tuple[int, int, int]]) -> None:
    assert list(tiles_of(size, since=since)) == expected


@pytest.mark.parametrize("size", [1, 255, 256, 257, 65_535, 65_536, 65_537])
def test_proofs_read_from_tiles_are_those_of_the_tree(size: int) -> None:
    files = {place: tile_bytes(*place, TREE.read) for place in tiles_of(size)}
    read = nodes_from_tiles(size, lambda *place: files[place])
    assert merkle.root_at(size, read) == merkle.root_at(size, TREE.read)
    for index in {0, size // 3, size - 1}:
        assert merkle.inclusion_path(index, size, read) == merkle.inclusion_path(index, size, TREE.read)
    old = max(1, size - 2)
    assert merkle.consistency_path(old, size, read) == merkle.consistency_path(old, size, TREE.read)


@pytest.mark.parametrize("size", [255, 256, 257, 65_535, 65_536, 65_537])
def test_proofs_at_the_edges_of_tiles_verify(size: int) -> None:
    edge = Edge.empty().append(LEAVES[:size])
    for index in {0, 254, 255, 256, 65_534, 65_535, 65_536, size - 1} & set(range(size)):
        path = merkle.inclusion_path(index, size, TREE.read)
        verify_inclusion(LEAVES[index], index, size, path, edge.root())
        with pytest.raises(ProofError):
            verify_inclusion(LEAVES[index], index, size + (1 << len(path)), path, edge.root())
    for old in {1, 255, 256, 257, 65_535, 65_536, size} & set(range(size + 1)):
        old_root = Edge.empty().append(LEAVES[:old]).root()
        verify_consistency(old, size, merkle.consistency_path(old, size, TREE.read), old_root, edge.root())


def test_refuses_a_tile_of_another_length() -> None:
    read = nodes_from_tiles(300, lambda level, index, width: bytes(31 * width))
    with pytest.raises(TamperedError, match=r"in tile/0/001\.p/44, expected 1408"):
        read(0, 256)


def test_refuses_a_node_beyond_the_tree() -> None:
    with pytest.raises(TreeRangeError, match="which a tree of size 300 lacks"):
        nodes_from_tiles(300, lambda level, index, width: bytes(32 * width))(0, 300)


def test_an_entry_bundle_puts_a_length_before_each_leaf() -> None:
    assert entry_bundle([b"ab", b""]) == b"\x00\x02ab\x00\x00"


@pytest.mark.parametrize("leaves", [[], [b""] * 257])
def test_refuses_a_bundle_of_no_or_too_many_leaves(leaves: list[bytes]) -> None:
    with pytest.raises(TreeRangeError, match="leaves for an entry bundle"):
        entry_bundle(leaves)


def test_refuses_a_leaf_too_long_for_a_bundle() -> None:
    with pytest.raises(TreeRangeError, match="Got a leaf of 65536 bytes"):
        entry_bundle([bytes(65_536)])


@pytest.mark.parametrize(("index", "width"), [(-1, 256), (0, 0), (0, 257)])
def test_refuses_a_tile_that_cannot_be(index: int, width: int) -> None:
    with pytest.raises(TreeRangeError, match=r"Got (tile index|a tile of)"):
        tile_path(0, index, width)
