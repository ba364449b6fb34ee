from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.ledger import merkle
from governance.ledger.edge import Edge
from governance.ledger.errors import ProofError, TamperedError, TreeRangeError
from governance.ledger.merkle import EMPTY_ROOT, MemoryTree, consistency_path, inclusion_path, root_at
from governance.ledger.proof import verify_consistency, verify_inclusion

# The leaves and roots of the Certificate Transparency reference implementation's Merkle tree tests
# (github.com/google/certificate-transparency, merkle_tree_test), used by every RFC 6962 implementation since.
CT_LEAVES = [
    bytes.fromhex(text)
    for text in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
CT_ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
CT_PATHS = {
    (0, 8): [
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ],
    (5, 8): [
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ],
}
CT_CONSISTENCY = {
    (1, 8): CT_PATHS[0, 8],
    (6, 8): [
        "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ],
    (2, 5): [
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ],
}
# Past the first level edge of C2SP tiles; test_tile.py goes past the second.
SIZES = range(301)
LEAVES = [merkle.leaf_hash(b"leaf %d" % number) for number in range(max(SIZES))]
TREE = MemoryTree(LEAVES)


# RFC 6962 §2.1, written down as the recursion it is: slow, and sharing nothing with the code under test.
def naive_root(start: int, end: int) -> bytes:
    if start == end:
        return hashlib.sha256(b"").digest()
    if end - start == 1:
        return LEAVES[start]
    middle = start + naive_split(end - start)
    return hashlib.sha256(b"\x01" + cached_root(start, middle) + cached_root(middle, end)).digest()


def naive_split(count: int) -> int:
    power = 1
    while power * 2 < count:
        power *= 2
    return power


def naive_path(index: int, start: int, end: int) -> list[bytes]:
    if end - start == 1:
        return []
    middle = start + naive_split(end - start)
    if index < middle:
        return [*naive_path(index, start, middle), cached_root(middle, end)]
    return [*naive_path(index, middle, end), cached_root(start, middle)]


def naive_subproof(old: int, start: int, end: int, *, whole: bool) -> list[bytes]:
    if old == end:
        return [] if whole else [cached_root(start, end)]
    middle = start + naive_split(end - start)
    if old <= middle:
        return [*naive_subproof(old, start, middle, whole=whole), cached_root(middle, end)]
    return [*naive_subproof(old, middle, end, whole=False), cached_root(start, middle)]


cached_root: Callable[[int, int], bytes] = cache(naive_root)


def flipped(data: bytes, position: int = 0) -> bytes:
    changed = bytearray(data)
    changed[position % len(data)] ^= 1
    return bytes(changed)


def test_the_empty_tree_has_the_hash_of_nothing() -> None:
    assert merkle.root([]).hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


@pytest.mark.parametrize("size", range(1, 9))
def test_it_gives_the_published_roots(size: int) -> None:
    assert merkle.root([merkle.leaf_hash(leaf) for leaf in CT_LEAVES[:size]]).hex() == CT_ROOTS[size - 1]


@pytest.mark.parametrize(("index", "size"), CT_PATHS)
def test_it_gives_the_published_inclusion_paths(index: int, size: int) -> None:
    tree = MemoryTree(map(merkle.leaf_hash, CT_LEAVES))
    path = inclusion_path(index, size, tree.read)
    assert [item.hex() for item in path] == CT_PATHS[index, size]


@pytest.mark.parametrize(("old", "new"), CT_CONSISTENCY)
def test_it_gives_the_published_consistency_paths(old: int, new: int) -> None:
    tree = MemoryTree(map(merkle.leaf_hash, CT_LEAVES))
    path = consistency_path(old, new, tree.read)
    assert [item.hex() for item in path] == CT_CONSISTENCY[old, new]


def test_a_node_is_never_the_hash_of_a_leaf_with_its_children() -> None:
    left, right = LEAVES[:2]
    assert merkle.node_hash(left, right) != merkle.leaf_hash(left + right)


@pytest.mark.parametrize("size", SIZES)
def test_roots_follow_the_recursive_definition(size: int) -> None:
    assert root_at(size, TREE.read) == naive_root(0, size)
    assert merkle.root(LEAVES[:size]) == naive_root(0, size)


@pytest.mark.parametrize("size", SIZES[1:])
def test_every_inclusion_path_follows_the_definition_and_verifies(size: int) -> None:
    root = root_at(size, TREE.read)
    for index in range(size):
        path = inclusion_path(index, size, TREE.read)
        assert list(path) == naive_path(index, 0, size)
        verify_inclusion(LEAVES[index], index, size, path, root)


@pytest.mark.parametrize("new", SIZES)
def test_every_consistency_path_follows_the_definition_and_verifies(new: int) -> None:
    root = root_at(new, TREE.read)
    for old in range(new + 1):
        path = consistency_path(old, new, TREE.read)
        assert list(path) == (naive_subproof(old, 0, new, whole=True) if old else [])
        verify_consistency(old, new, path, root_at(old, TREE.read), root)


def rejected_inclusion(leaf: bytes, index: int, size: int, path: Sequence[bytes], root: bytes) -> None:
    with pytest.raises(ProofError):
        verify_inclusion(leaf, index, size, path, root)


@pytest.mark.parametrize("size", [1, 2, 3, 7, 8, 9, 33])
def test_refuses_every_change_to_an_inclusion_proof(size: int) -> None:
    root = root_at(size, TREE.read)
    for index in range(size):
        leaf, path = LEAVES[index], inclusion_path(index, size, TREE.read)
        rejected_inclusion(flipped(leaf), index, size, path, root)
        rejected_inclusion(leaf, index, size, path, flipped(root))
        rejected_inclusion(leaf, index, size, (*path, path[-1] if path else root), root)
        for number in range(len(path)):
            rejected_inclusion(leaf, index, size, [*path[:number], flipped(path[number]), *path[number + 1 :]], root)
            rejected_inclusion(leaf, index, size, [*path[:number], *path[number + 1 :]], root)
        for other in set(range(size)) - {index}:
            rejected_inclusion(leaf, other, size, path, root)


@given(st.integers(1, 64).flatmap(lambda old: st.tuples(st.just(old), st.integers(old, 64))), st.data())
def test_refuses_any_change_to_a_consistency_proof(sizes: tuple[int, int], data: st.DataObject) -> None:
    old, new = sizes
    path = list(consistency_path(old, new, TREE.read))
    parts = [root_at(old, TREE.read), root_at(new, TREE.read), *path]
    which = data.draw(st.integers(0, len(parts) - 1))
    parts[which] = flipped(parts[which], data.draw(st.integers(0, 31)))
    with pytest.raises(ProofError):
        verify_consistency(old, new, parts[2:], parts[0], parts[1])


@pytest.mark.parametrize(("old", "new", "claimed"), [(2, 3, 5), (3, 5, 9), (3, 9, 5), (2, 8, 4)])
def test_refuses_a_consistency_proof_for_another_size_with_the_same_root(old: int, new: int, claimed: int) -> None:
    # A root does not bind its size; the length of the path does, within a power of two. The rest is up to the
    # signed checkpoint, which is where the sizes must come from.
    path, old_root, new_root = consistency_path(old, new, TREE.read), root_at(old, TREE.read), root_at(new, TREE.read)
    verify_consistency(old, new, path, old_root, new_root)
    with pytest.raises(ProofError, match=r"Got (more|fewer) hashes in the consistency proof"):
        verify_consistency(old, claimed, path, old_root, new_root)


def test_refuses_a_tree_that_shrank() -> None:
    with pytest.raises(ProofError, match="The tree shrank from 1000 to 990 entries"):
        verify_consistency(1000, 990, [], LEAVES[0], LEAVES[1])


def test_refuses_two_roots_for_one_size() -> None:
    with pytest.raises(ProofError, match="Got two roots for one size 7"):
        verify_consistency(7, 7, [], LEAVES[0], LEAVES[1])


def test_refuses_an_empty_tree_with_another_root() -> None:
    with pytest.raises(ProofError, match="for the empty tree"):
        verify_consistency(0, 3, [], LEAVES[0], LEAVES[1])


def test_refuses_hashes_where_none_are_due() -> None:
    with pytest.raises(ProofError, match="expected an empty proof"):
        verify_consistency(0, 3, [LEAVES[0]], EMPTY_ROOT, LEAVES[1])


def test_refuses_a_missing_consistency_proof() -> None:
    with pytest.raises(ProofError, match="Got an empty consistency proof from size 3 to 5"):
        verify_consistency(3, 5, [], LEAVES[0], LEAVES[1])


@pytest.mark.parametrize(("index", "size"), [(5, 5), (6, 5), (-1, 5), (0, 0)])
def test_refuses_an_index_outside_the_tree(index: int, size: int) -> None:
    with pytest.raises(ProofError, match="expected an index below the size"):
        verify_inclusion(LEAVES[0], index, size, [], LEAVES[0])
    with pytest.raises(TreeRangeError, match="expected an index below the size"):
        inclusion_path(index, size, TREE.read)


def test_refuses_an_endless_proof() -> None:
    with pytest.raises(ProofError, match="Got 64 hashes in the proof, expected at most 63"):
        verify_inclusion(LEAVES[0], 0, 2**62, [LEAVES[0]] * 64, LEAVES[0])


def test_refuses_an_interior_node_offered_as_a_leaf() -> None:
    interior = merkle.leaf_hash(LEAVES[0] + LEAVES[1])
    with pytest.raises(ProofError, match="leads to root"):
        verify_inclusion(interior, 0, 2, inclusion_path(0, 4, TREE.read)[1:], root_at(4, TREE.read))


def test_refuses_a_hash_of_another_length() -> None:
    with pytest.raises(ProofError, match="Got a hash of 31 bytes, expected 32"):
        verify_inclusion(LEAVES[0][1:], 0, 1, [], LEAVES[0])


@pytest.mark.parametrize("size", SIZES)
def test_an_edge_grown_leaf_by_leaf_has_the_root_of_the_tree(size: int) -> None:
    assert Edge.empty().append(LEAVES[:size]).root() == naive_root(0, size)


@given(st.lists(st.integers(0, 60), max_size=6))
def test_an_edge_grown_in_batches_completes_every_node_once(batches: list[int]) -> None:
    edge, nodes, at = Edge.empty(), {}, 0
    for count in batches:
        leaves = (LEAVES * 2)[at : at + count]
        edge, completed = edge.extend(leaves)
        for node in completed:
            assert (node.level, node.index) not in nodes
            nodes[node.level, node.index] = node.hash
        at += count
    tree = MemoryTree((LEAVES * 2)[:at])
    assert edge.size == at
    assert edge.root() == root_at(at, lambda level, index: nodes[level, index])
    assert all(tree.read(*place) == found for place, found in nodes.items())


@pytest.mark.parametrize("size", [0, 1, 6, 64, 255])
def test_an_edge_survives_storage(size: int) -> None:
    edge = Edge.empty().append(LEAVES[:size])
    assert Edge.from_bytes(size, edge.to_bytes()) == edge


@pytest.mark.parametrize(("size", "data"), [(6, bytes(32)), (1, bytes(31)), (0, bytes(32)), (-1, b""), (2**63, b"")])
def test_refuses_an_edge_that_does_not_fit_its_size(size: int, data: bytes) -> None:
    with pytest.raises(TamperedError, match=r"Got (an edge of|tree size)"):
        Edge.from_bytes(size, data)


@pytest.mark.parametrize(("level", "index"), [(0, 300), (9, 0), (-1, 0), (0, -1)])
def test_refuses_to_read_a_node_the_tree_lacks(level: int, index: int) -> None:
    with pytest.raises(TreeRangeError, match="lacks"):
        TREE.read(level, index)


@pytest.mark.parametrize(("old", "new"), [(5, 4), (-1, 4)])
def test_refuses_a_consistency_path_backwards(old: int, new: int) -> None:
    with pytest.raises(TreeRangeError, match="expected the old one not to exceed the new one"):
        consistency_path(old, new, TREE.read)


def test_refuses_a_negative_size() -> None:
    with pytest.raises(TreeRangeError, match="Got tree size -1"):
        root_at(-1, TREE.read)
