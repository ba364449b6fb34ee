"""Small logs for the signer's tests: trees of named leaves, and how a caller has them signed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from governance.adapters.signer import LastSigned, SignerRefused
from governance.ledger.merkle import MemoryTree, consistency_path, leaf_hash, root_at
from governance.ledger.note import VerifierKey

ORIGIN = "log.example/one"
SEED = bytes(range(32))
KEY = Ed25519PrivateKey.from_private_bytes(SEED)
VERIFIER = VerifierKey.of(ORIGIN, KEY)


class Signs(Protocol):
    """What the signer in this process and the one behind a socket have in common."""

    def last(self) -> LastSigned | None: ...

    def sign(self, size: int, root: bytes, consistency: tuple[bytes, ...]) -> str: ...


def tree(*leaves: str) -> MemoryTree:
    return MemoryTree(leaf_hash(leaf.encode()) for leaf in leaves)


def root_of(tree: MemoryTree) -> bytes:
    return root_at(tree.size, tree.read)


def sign(signer: Signs, tree: MemoryTree) -> str:
    """Have the tree signed with the proof that it continues what was signed last."""
    last = signer.last()
    proof = consistency_path(last.size, tree.size, tree.read) if last and last.size < tree.size else ()
    return signer.sign(tree.size, root_of(tree), proof)


def refused(act: Callable[[], object]) -> SignerRefused:
    """What the signer says against it."""
    with pytest.raises(SignerRefused) as caught:
        act()
    return caught.value
