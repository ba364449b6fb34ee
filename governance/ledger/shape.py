"""Read the JSON of receipts and trust files: exact fields, exact types, errors that name the path."""

from __future__ import annotations

import re
from collections.abc import Mapping

from governance.ledger.errors import ReceiptError
from governance.provenance import base64_strict
from governance.provenance.canonical import JSON

_INT64 = re.compile(r"0|[1-9][0-9]{0,18}")


def exact_object(value: JSON, keys: tuple[str, ...], path: str) -> dict[str, JSON]:
    """Return ``value`` as an object with exactly these keys."""
    if not isinstance(value, dict) or set(value) != set(keys):
        got = sorted(value) if isinstance(value, dict) else type(value).__name__
        raise ReceiptError(f"Got {got!r:.200} at {path}, expected the fields {sorted(keys)}.")
    return value


def a_list(fields: Mapping[str, JSON], key: str, path: str, limit: int) -> list[JSON]:
    """Return a list of at most ``limit`` items."""
    value = fields[key]
    if not isinstance(value, list) or len(value) > limit:
        got = f"{len(value)} items" if isinstance(value, list) else type(value).__name__
        raise ReceiptError(f"Got {got} at {path}.{key}, expected a list of at most {limit}.")
    return value


def a_text(fields: Mapping[str, JSON], key: str, path: str) -> str:
    """Return text."""
    value = fields[key]
    if not isinstance(value, str):
        raise ReceiptError(f"Got {type(value).__name__} at {path}.{key}, expected text.")
    return value


def a_constant(fields: Mapping[str, JSON], key: str, path: str, expected: JSON) -> None:
    """Refuse anything but ``expected``."""
    if (got := fields[key]) != expected or type(got) is not type(expected):
        raise ReceiptError(f"Got {got!r:.100} at {path}.{key}, expected {expected!r}.")


def an_int64(fields: Mapping[str, JSON], key: str, path: str) -> int:
    """Return a 64-bit integer, which protobuf JSON writes as decimal text."""
    value = fields[key]
    if not isinstance(value, str) or _INT64.fullmatch(value) is None:
        raise ReceiptError(f"Got {value!r:.60} at {path}.{key}, expected a decimal number as text.")
    return int(value)


def some_bytes(value: JSON, path: str) -> bytes:
    """Return what canonical base64 text encodes."""
    if not isinstance(value, str):
        raise ReceiptError(f"Got {type(value).__name__} at {path}, expected base64 text.")
    try:
        return base64_strict.decode(value)
    except ValueError as error:
        raise ReceiptError(f"At {path}: {error}") from error
