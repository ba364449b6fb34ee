"""SHA-256 over RFC 8785 bytes, for the facts and rule sets a decision cites."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Any

import rfc8785

from governance.licensing.jsontext import canonical_list, canonical_text


def sha256_of(plain: Any) -> str:
    """Lower-case hex digest of the canonical JSON of ``plain`` (str, int, bool, None, lists, dicts; no
    floats)."""
    return hashlib.sha256(rfc8785.dumps(plain)).hexdigest()


def record_sha256(record: Any) -> str:
    """The digest of a record, the same that ``sha256_of`` gives for its JSON."""
    return hashlib.sha256(canonical_text(record).encode()).hexdigest()


def records_sha256(records: Iterable[Any]) -> str:
    """The digest of the list of these records."""
    return hashlib.sha256(canonical_list(canonical_text(record) for record in records).encode()).hexdigest()
