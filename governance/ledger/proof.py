"""Verify Merkle proofs by the algorithms of RFC 9162 §2.1.3.2 and §2.1.4.2.

A root does not bind the size of its tree, so the size must come from a signed checkpoint, never from the
proof. These functions return nothing: a proof that does not hold raises ProofError.
"""

from __future__ import annotations

import hmac
from collections.abc import Sequence

from governance.ledger.errors import ProofError
from governance.ledger.merkle import EMPTY_ROOT, HASH_BYTES, node_hash

MAX_PATH = 63


def verify_inclusion(leaf_hash: bytes, index: int, size: int, path: Sequence[bytes], root: bytes) -> None:
    """Raise ProofError unless the leaf is entry ``index`` of the tree of ``size`` leaves with this root.

    See: RFC 9162 §2.1.3.2.
    """
    if not 0 <= index < size:
        raise ProofError(f"Got index {index} in a tree of size {size}, expected an index below the size.")
    _check_hashes((leaf_hash, *path, root), path)
    node, last, current = index, size - 1, leaf_hash
    for sibling in path:
        if last == 0:
            raise ProofError(f"Got {len(path)} hashes in the inclusion proof, more than index and size allow.")
        if node & 1 or node == last:
            current = node_hash(sibling, current)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            current = node_hash(current, sibling)
        node, last = node >> 1, last >> 1
    if last:
        raise ProofError(f"Got {len(path)} hashes in the inclusion proof, fewer than index and size need.")
    if not hmac.compare_digest(current, root):
        raise ProofError(
            f"The inclusion proof leads to root {current.hex()}, expected {root.hex()}.",
            how_to_fix="Ask for the receipt again; entry, proof and checkpoint do not belong together.",
        )


def verify_consistency(old_size: int, new_size: int, path: Sequence[bytes], old_root: bytes, new_root: bytes) -> None:
    """Raise ProofError unless the tree of ``old_size`` is a prefix of the tree of ``new_size``.

    See: RFC 9162 §2.1.4.2, which leaves equal sizes and the empty tree open: both need an empty path here.
    """
    if not 0 <= old_size <= new_size:
        raise ProofError(f"The tree shrank from {old_size} to {new_size} entries, expected it only to grow.")
    _check_hashes((*path, old_root, new_root), path)
    if old_size in (0, new_size):
        _verify_trivial(old_size, new_size, path, old_root, new_root)
        return
    nodes = list(path)
    if old_size.bit_count() == 1:
        # A complete old tree is itself a node of the new one, so the proof leaves it out.
        nodes.insert(0, old_root)
    if not nodes:
        raise ProofError(f"Got an empty consistency proof from size {old_size} to {new_size}.")
    computed_old, computed_new = _climb(old_size - 1, new_size - 1, nodes)
    if not hmac.compare_digest(computed_old, old_root):
        raise ProofError(f"The consistency proof leads to old root {computed_old.hex()}, expected {old_root.hex()}.")
    if not hmac.compare_digest(computed_new, new_root):
        raise ProofError(f"The consistency proof leads to new root {computed_new.hex()}, expected {new_root.hex()}.")


def _climb(node: int, last: int, nodes: list[bytes]) -> tuple[bytes, bytes]:
    while node & 1:
        node, last = node >> 1, last >> 1
    old = new = nodes[0]
    for sibling in nodes[1:]:
        if last == 0:
            raise ProofError("Got more hashes in the consistency proof than the sizes allow.")
        if node & 1 or node == last:
            old, new = node_hash(sibling, old), node_hash(sibling, new)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            new = node_hash(new, sibling)
        node, last = node >> 1, last >> 1
    if last:
        raise ProofError("Got fewer hashes in the consistency proof than the sizes need.")
    return old, new


def _verify_trivial(old_size: int, new_size: int, path: Sequence[bytes], old_root: bytes, new_root: bytes) -> None:
    if path:
        raise ProofError(f"Got {len(path)} hashes from size {old_size} to {new_size}, expected an empty proof.")
    if old_size == 0 and not hmac.compare_digest(old_root, EMPTY_ROOT):
        raise ProofError(f"Got root {old_root.hex()} for the empty tree, expected {EMPTY_ROOT.hex()}.")
    if old_size == new_size and not hmac.compare_digest(old_root, new_root):
        raise ProofError(
            f"Got two roots for one size {old_size}: {old_root.hex()} and {new_root.hex()}.",
            how_to_fix="Keep both signed checkpoints: together they prove that the log forked.",
        )


def _check_hashes(hashes: Sequence[bytes], path: Sequence[bytes]) -> None:
    if len(path) > MAX_PATH:
        raise ProofError(f"Got {len(path)} hashes in the proof, expected at most {MAX_PATH}.")
    for item in hashes:
        if len(item) != HASH_BYTES:
            raise ProofError(f"Got a hash of {len(item)} bytes, expected {HASH_BYTES}.")
