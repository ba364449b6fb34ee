"""What a row says, in a form that can be committed to and compared later: names and values, types spelled out."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from django.db import models

from governance.provenance.canonical import JSON, canonical, sha256_hex, timestamp
from governance.provenance.errors import NotCanonical

MAX_TEXT = 512
# Columns of append-only rows that an act fills in later.
_FILLED_LATER = {"rolegrant": frozenset({"ended_at"})}


def about(row: models.Model) -> str:
    """Our own short name of a row: "entitlement:17"."""
    return f"{row._meta.model_name}:{row.pk}"


def columns_of(row: models.Model) -> tuple[str, ...]:
    """The columns that never change once the row is written."""
    later = _FILLED_LATER.get(str(row._meta.model_name), frozenset())
    return tuple(sorted(field.attname for field in row._meta.concrete_fields if field.attname not in later))


def row_content(row: models.Model, columns: Sequence[str]) -> dict[str, JSON]:
    """The named columns of the row as JSON. Times in UTC, bytes, long text and text with
    bidirectional controls by their SHA-256, nothing rounded.

    Raises TypeError for a type that has no such form.
    """
    return {column: _plain(getattr(row, column)) for column in columns}


def _plain(value: object) -> JSON:
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, str):
        return value if len(value) <= MAX_TEXT and _quotable(value) else {"sha256": sha256_hex(value.encode())}
    if isinstance(value, bytes | memoryview):
        return {"sha256": sha256_hex(bytes(value))}
    if isinstance(value, datetime):
        return timestamp(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, UUID | Decimal):
        return str(value)
    if isinstance(value, dict):
        return {str(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    raise TypeError(f"Got a {type(value).__name__}; expected what a column holds.")


def _quotable(text: str) -> bool:
    """Whether canonical JSON can hold the text: people paste such marks from right-to-left documents."""
    try:
        canonical(text)
    except NotCanonical:
        return False
    return True
