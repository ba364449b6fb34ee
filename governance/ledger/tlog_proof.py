"""C2SP ``.tlog-proof``: index, inclusion proof and checkpoint as one text that other tools read.

See: https://c2sp.org/tlog-proof
The ``extra`` line of our receipts is the DSSE envelope. Nothing in the proof vouches for it; the envelope's own
signature does, and the leaf that the proof is about is rebuilt from it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from governance.ledger.bundle import LogEntry
from governance.ledger.errors import ProofError
from governance.ledger.merkle import HASH_BYTES
from governance.ledger.proof import MAX_PATH
from governance.provenance import base64_strict
from governance.provenance.envelope import Envelope

HEADER = "c2sp.org/tlog-proof@v1"
MAX_CHARACTERS = 262_144
_INDEX = re.compile(r"index (0|[1-9][0-9]{0,18})")


@dataclass(frozen=True, slots=True)
class TlogProof:
    """A proof for the leaf at ``index``. ``extra`` is not authenticated by anything."""

    index: int
    path: tuple[bytes, ...]
    checkpoint_note: str
    extra: bytes | None = None

    @classmethod
    def of(cls, entry: LogEntry) -> TlogProof:
        """Return the same proof a receipt carries."""
        return cls(entry.index, entry.path, entry.checkpoint_note)

    def to_text(self) -> str:
        """Return the text form."""
        lines = [HEADER]
        if self.extra is not None:
            lines.append(f"extra {base64_strict.encode(self.extra)}")
        lines.append(f"index {self.index}")
        lines.extend(base64_strict.encode(item) for item in self.path)
        return "\n".join(lines) + "\n\n" + self.checkpoint_note

    @classmethod
    def from_text(cls, text: str) -> TlogProof:
        """Read the text form strictly; raises ProofError. The checkpoint is neither parsed nor verified."""
        if len(text) > MAX_CHARACTERS:
            raise ProofError(f"Got a proof of {len(text)} characters, expected at most {MAX_CHARACTERS}.")
        head, blank, note = text.partition("\n\n")
        lines = head.split("\n")
        if not blank or lines.pop(0) != HEADER or not lines:
            raise ProofError(f"Got {text[:40]!r}, expected a proof beginning with {HEADER!r}.")
        extra = _decode(lines.pop(0).removeprefix("extra ")) if lines[0].startswith("extra ") else None
        index = _INDEX.fullmatch(lines.pop(0)) if lines else None
        if index is None:
            raise ProofError("Got a proof without an index line, expected 'index' and a decimal number.")
        path = tuple(_decode(line) for line in lines)
        if len(path) > MAX_PATH or any(len(item) != HASH_BYTES for item in path):
            raise ProofError(f"Got {len(path)} proof lines, expected at most {MAX_PATH} of {HASH_BYTES} bytes.")
        return cls(int(index[1]), path, note, extra)


def proof_receipt(envelope: Envelope, entry: LogEntry) -> str:
    """Return the receipt as a ``.tlog-proof``: all that is needed besides the file and the trusted keys."""
    return TlogProof(entry.index, entry.path, entry.checkpoint_note, envelope.to_bytes()).to_text()


def _decode(text: str) -> bytes:
    try:
        return base64_strict.decode(text)
    except ValueError as error:
        raise ProofError(f"In the proof: {error}") from error
