"""Salted commitments to values that must not stand in the clear: names, file names, picture digests.

A plain hash of a guessable value is still that value to anyone who guesses. With 32 random bytes of salt the
commitment says nothing until its opening (field, salt, value) is shown; once that is erased it never will.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass

from governance.provenance.errors import BadCommitment

SALT_BYTES = 32
_PREFIX = b"prov-commit/v1\0"
_FIELD = re.compile(r"[a-z][a-z0-9._-]{0,63}")
_HEX = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Opening:
    """What opens a commitment: kept apart from the record, shown to whom it may concern, erasable."""

    field: str
    salt: bytes
    value: bytes

    def commitment(self) -> str:
        """Return the commitment this opens, in lower-case hex."""
        return commit(self.field, self.value, self.salt)


def new_salt() -> bytes:
    """Return 32 fresh random bytes; never use one salt for two values."""
    return secrets.token_bytes(SALT_BYTES)


def commit(field: str, value: bytes, salt: bytes) -> str:
    """Return SHA-256("prov-commit/v1" NUL field NUL salt value) in lower-case hex.

    The field name is bound so that a commitment to one thing cannot be passed off as another; it cannot hold
    NUL and the salt has a fixed length, so no two inputs share one encoding. Raises BadCommitment.
    """
    if _FIELD.fullmatch(field) is None:
        raise BadCommitment(f"Got field {field!r}, expected lower-case letters, digits, '.', '_' and '-'.")
    if len(salt) != SALT_BYTES:
        raise BadCommitment(f"Got a salt of {len(salt)} bytes, expected {SALT_BYTES}.", how_to_fix="Use new_salt().")
    return hashlib.sha256(_PREFIX + field.encode("ascii") + b"\0" + salt + value).hexdigest()


def check_opening(commitment: str, opening: Opening) -> None:
    """Raise BadCommitment unless ``opening`` opens ``commitment`` (64 lower-case hex digits)."""
    if _HEX.fullmatch(commitment) is None:
        raise BadCommitment(f"Got commitment {commitment[:80]!r}, expected 64 lower-case hex digits.")
    if not hmac.compare_digest(commitment, opening.commitment()):
        raise BadCommitment(
            f"The opening for {opening.field!r} does not match the commitment in the record.",
            how_to_fix="Ask for the opening that was kept for this very record.",
        )
