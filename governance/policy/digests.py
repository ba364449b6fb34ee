"""SHA-256 over RFC 8785 bytes, for the facts and rule sets a decision cites."""

from __future__ import annotations

import hashlib
from typing import Any

import rfc8785


def sha256_of(plain: Any) -> str:
    """Lower-case hex digest of the canonical JSON of ``plain`` (str, int, bool, None, lists, dicts; no
    floats)."""
    return hashlib.sha256(rfc8785.dumps(plain)).hexdigest()
