"""C2SP checkpoints: the signed head of the log, as origin, size and root, and nothing else.

See: https://c2sp.org/tlog-checkpoint
Extension lines are refused: no monitor can audit them, and post-quantum cosignatures do not cover them. What
else must be said is said in a leaf.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from governance.ledger.errors import NoteError
from governance.ledger.keys import LogKey
from governance.ledger.merkle import EMPTY_ROOT, HASH_BYTES
from governance.ledger.note import VerifierKey, is_key_name, open_note, sign_note
from governance.provenance import base64_strict

MAX_SIZE = 2**63 - 1
_SIZE = re.compile(r"0|[1-9][0-9]{0,18}")


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What a log says it holds: ``size`` leaves with RFC 6962 root ``root`` (32 bytes) under ``origin``."""

    origin: str
    size: int
    root: bytes

    def __post_init__(self) -> None:
        if not is_key_name(self.origin):
            raise NoteError(f"Got origin {self.origin!r:.100}, expected text without spaces and '+'.")
        if not 0 <= self.size <= MAX_SIZE:
            raise NoteError(f"Got tree size {self.size}, expected 0 to {MAX_SIZE}.")
        if len(self.root) != HASH_BYTES:
            raise NoteError(f"Got a root of {len(self.root)} bytes, expected {HASH_BYTES}.")
        if self.size == 0 and self.root != EMPTY_ROOT:
            raise NoteError(f"Got root {self.root.hex()} for an empty log, expected {EMPTY_ROOT.hex()}.")

    def text(self) -> str:
        """Return the three lines that are signed."""
        return f"{self.origin}\n{self.size}\n{base64_strict.encode(self.root)}\n"

    @classmethod
    def from_text(cls, text: str) -> Checkpoint:
        """Read exactly what ``text`` writes; raises NoteError."""
        lines = text.split("\n")
        if len(lines) != 4 or lines[3]:
            raise NoteError(f"Got {len(lines) - 1} lines in a checkpoint, expected origin, size and root only.")
        origin, size, root, _ = lines
        if _SIZE.fullmatch(size) is None:
            raise NoteError(f"Got tree size {size!r:.40}, expected a decimal number without leading zeros.")
        try:
            return cls(origin, int(size), base64_strict.decode(root))
        except ValueError as error:
            raise NoteError(f"In the root of the checkpoint: {error}") from error

    @classmethod
    def claimed_in(cls, note: str) -> Checkpoint:
        """Return what a note says, whoever signed it; raises NoteError. To rely on it, use ``open_checkpoint``."""
        return cls.from_text(note.rpartition("\n\n")[0] + "\n")


@dataclass(frozen=True, slots=True)
class OpenedCheckpoint:
    """A checkpoint and the trusted keys that signed it."""

    checkpoint: Checkpoint
    signed_by: tuple[VerifierKey, ...]


def sign_checkpoint(checkpoint: Checkpoint, private_key: LogKey) -> str:
    """Return the signed note; the key's name is the origin.

    The caller must have proved the checkpoint consistent with every one it signed before.
    """
    return sign_note(checkpoint.text(), checkpoint.origin, private_key)


def open_checkpoint(note: str, keys: Sequence[VerifierKey], origin: str) -> OpenedCheckpoint:
    """Return the checkpoint if one of ``keys`` signed it for the log named ``origin``; raises NoteError."""
    opened = open_note(note, keys)
    checkpoint = Checkpoint.from_text(opened.text)
    if checkpoint.origin != origin:
        raise NoteError(
            f"Got a checkpoint of log {checkpoint.origin!r}, expected {origin!r}.",
            how_to_fix="Use the trust file of the log that issued the receipt.",
        )
    return OpenedCheckpoint(checkpoint, opened.signed_by)
