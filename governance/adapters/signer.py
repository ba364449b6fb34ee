"""The signer's memory: the last checkpoint signed, kept in a file that no database backup ever brings back.

It signs a larger tree only with a proof that the one it signed before is its beginning, so a restored or rewritten
database cannot obtain a second history under the same name.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from governance.adapters.blobs import sync_folder
from governance.errors import PlatformError
from governance.ledger.checkpoint import Checkpoint, sign_checkpoint
from governance.ledger.errors import ProofError
from governance.ledger.proof import verify_consistency


class SignerRefused(PlatformError):
    """The signer will not sign: what it is shown does not continue what it signed before."""

    code = "signer.refused"


@dataclass(frozen=True, slots=True)
class LastSigned:
    size: int
    root: bytes
    note: str


class Signer:
    """Signs checkpoints of one log with compare-and-swap on a state folder."""

    def __init__(self, folder: Path, origin: str, key: Ed25519PrivateKey) -> None:
        self._origin = origin
        self._key = key
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._state = folder / "last-signed.json"
        self._lock = folder / "lock"

    def last(self) -> LastSigned | None:
        """What was signed last, or None for a signer that never signed."""
        if not self._state.exists():
            return None
        try:
            state = json.loads(self._state.read_text(encoding="utf-8"))
            found = LastSigned(int(state["size"]), bytes.fromhex(state["root"]), str(state["note"]))
            origin = state["origin"]
        except (ValueError, KeyError, TypeError) as problem:
            raise SignerRefused(
                f"The signer's state in {self._state} cannot be read: {problem}.",
                how_to_fix="Restore the file; never delete it: without it a second history could be signed.",
                code="signer.damaged",
                permanent=True,
            ) from problem
        if origin != self._origin:
            raise SignerRefused(
                f"The signer's state is for {origin!r}; expected {self._origin!r}.",
                how_to_fix="Give every log its own CLEARCUT_SIGNER_DIR.",
                permanent=True,
            )
        return found

    def sign(self, size: int, root: bytes, consistency: tuple[bytes, ...]) -> str:
        """The signed note for a tree of ``size`` leaves.

        ``consistency`` proves that the tree signed last is a prefix (RFC 6962 §2.1.2; empty for the first or same
        size). The state is durable before the note leaves. Raises SignerRefused.
        """
        with self._exclusive():
            last = self.last()
            if last is not None and (size, root) == (last.size, last.root):
                return last.note
            self._check_continues(last, size, root, consistency)
            note = sign_checkpoint(Checkpoint(self._origin, size, root), self._key)
            self._remember(LastSigned(size, root, note))
            return note

    def _check_continues(self, last: LastSigned | None, size: int, root: bytes, consistency: tuple[bytes, ...]) -> None:
        if last is None:
            return
        if size <= last.size:
            what = "another root for the same size" if size == last.size else "a smaller tree"
            raise SignerRefused(
                f"Shown {what}: {size} leaves, root {root.hex()}; signed before: {last.size}, {last.root.hex()}.",
                how_to_fix="The database was rolled back or altered. Keep both, stop writing, and investigate.",
                code="signer.fork" if size == last.size else "signer.rollback",
                permanent=True,
            )
        try:
            verify_consistency(last.size, size, consistency, last.root, root)
        except ProofError as problem:
            raise SignerRefused(
                f"The tree of {size} leaves does not continue the one of {last.size} signed before.",
                how_to_fix="The database was altered. Keep both, stop writing, and investigate.",
                code="signer.fork",
                permanent=True,
            ) from problem

    def _remember(self, signed: LastSigned) -> None:
        temporary = self._state.with_suffix(".incoming")
        body = {"origin": self._origin, "size": signed.size, "root": signed.root.hex(), "note": signed.note}
        with open(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
            json.dump(body, file)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, self._state)
        sync_folder(self._state.parent)

    @contextmanager
    def _exclusive(self) -> Iterator[None]:
        with open(os.open(self._lock, os.O_RDWR | os.O_CREAT, 0o600), "w", encoding="ascii") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield
