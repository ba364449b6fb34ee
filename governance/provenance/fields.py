"""Read and check the fields of a statement: one rule per kind of value, errors that name the path."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from typing import TypeVar

from governance.provenance import base64_strict
from governance.provenance.canonical import JSON, parse_timestamp
from governance.provenance.errors import BadTimestamp, MalformedStatement

T = TypeVar("T")

MAX_TEXT = 512
NONCE_BYTES = 32
_SHA256 = re.compile(r"[0-9a-f]{64}")
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_TOKEN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/+@ ()-]{0,127}")
_FIELD = re.compile(r"[a-z][a-z0-9._-]{0,63}")


def check_sha256(value: str, path: str) -> None:
    """Refuse anything but 64 lower-case hex digits."""
    _match(_SHA256, value, path, "64 lower-case hex digits")


def check_uuid(value: str, path: str) -> None:
    """Refuse anything but a lower-case hyphenated UUID."""
    _match(_UUID, value, path, "a lower-case UUID")


def check_token(value: str, path: str) -> None:
    """Refuse anything but a short plain-ASCII name, version or identifier."""
    _match(_TOKEN, value, path, "1 to 128 plain characters (letters, digits, . _ : / + @ ( ) - and spaces)")


def check_field(value: str, path: str) -> None:
    """Refuse anything but a lower-case field name."""
    _match(_FIELD, value, path, "a field name in lower case")


def check_range(value: object, path: str, low: int, high: int = 2**53 - 1) -> None:
    """Refuse an integer outside ``low``..``high``; booleans are no integers here."""
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise MalformedStatement(f"Got {value!r} at {path}, expected an integer from {low} to {high}.")


def check_one_of(value: str, path: str, allowed: frozenset[str]) -> None:
    """Refuse a value outside a closed list."""
    if value not in allowed:
        raise MalformedStatement(f"Got {value!r} at {path}, expected one of {', '.join(sorted(allowed))}.")


def check_when(value: datetime, path: str) -> None:
    """Refuse a time without a zone."""
    if value.utcoffset() is None:
        raise MalformedStatement(f"Got {value!r} without a time zone at {path}, expected an aware time.")


def check_nonce(nonce: bytes) -> None:
    """Refuse a nonce that is not 32 bytes."""
    if len(nonce) != NONCE_BYTES:
        raise MalformedStatement(f"Got a nonce of {len(nonce)} bytes, expected {NONCE_BYTES} random ones.")


def _match(pattern: re.Pattern[str], value: object, path: str, expected: str) -> None:
    if not isinstance(value, str) or pattern.fullmatch(value) is None:
        raise MalformedStatement(f"Got {value!r:.100} at {path}, expected {expected}.")


class Fields:
    """One JSON object being read: every key taken once, ``close()`` refuses what nobody asked for."""

    __slots__ = ("_left", "_path")

    def __init__(self, value: JSON, path: str) -> None:
        if not isinstance(value, dict):
            raise MalformedStatement(f"Got {_kind(value)} at {path}, expected an object.")
        self._left = dict(value)
        self._path = path

    def path(self, key: str) -> str:
        """Return where ``key`` stands, for messages."""
        return f"{self._path}.{key}"

    def text(self, key: str) -> str:
        value = self._take(key)
        if not isinstance(value, str) or len(value) > MAX_TEXT:
            raise MalformedStatement(f"Got {_kind(value)} at {self.path(key)}, expected text up to {MAX_TEXT} long.")
        return value

    def text_or_none(self, key: str) -> str | None:
        if self._left.get(key, "") is None:
            del self._left[key]
            return None
        return self.text(key)

    def integer(self, key: str) -> int:
        value = self._take(key)
        if isinstance(value, bool) or not isinstance(value, int):
            raise MalformedStatement(f"Got {_kind(value)} at {self.path(key)}, expected an integer.")
        return value

    def integer_or_none(self, key: str) -> int | None:
        if self._left.get(key, 0) is None:
            del self._left[key]
            return None
        return self.integer(key)

    def when(self, key: str) -> datetime:
        try:
            return parse_timestamp(self.text(key))
        except BadTimestamp as error:
            raise MalformedStatement(f"At {self.path(key)}: {error.message}") from error

    def base64(self, key: str) -> bytes:
        try:
            return base64_strict.decode(self.text(key))
        except ValueError as error:
            raise MalformedStatement(f"At {self.path(key)}: {error}") from error

    def constant(self, key: str, expected: str) -> None:
        if (got := self.text(key)) != expected:
            raise MalformedStatement(f"Got {got!r} at {self.path(key)}, expected {expected!r}.")

    def object(self, key: str, read: Callable[[Fields], T]) -> T:
        """Read a nested object with ``read`` and refuse what it leaves behind."""
        return read_object(self._take(key), self.path(key), read)

    def array(self, key: str) -> list[JSON]:
        value = self._take(key)
        if not isinstance(value, list):
            raise MalformedStatement(f"Got {_kind(value)} at {self.path(key)}, expected a list.")
        return value

    def objects(self, key: str, read: Callable[[Fields], T]) -> tuple[T, ...]:
        """Read a list of objects."""
        return tuple(read_object(v, f"{self.path(key)}[{i}]", read) for i, v in enumerate(self.array(key)))

    def texts(self, key: str) -> tuple[str, ...]:
        """Read a list of texts."""
        found: list[str] = []
        for index, value in enumerate(self.array(key)):
            if not isinstance(value, str):
                raise MalformedStatement(f"Got {_kind(value)} at {self.path(key)}[{index}], expected text.")
            found.append(value)
        return tuple(found)

    def mapping(self, key: str) -> dict[str, JSON]:
        """Read an object whose keys are open."""
        value = self._take(key)
        if not isinstance(value, dict):
            raise MalformedStatement(f"Got {_kind(value)} at {self.path(key)}, expected an object.")
        return value

    def close(self) -> None:
        """Refuse fields that were not read: an unread field is an unchecked claim."""
        if self._left:
            raise MalformedStatement(f"Got unknown field {self.path(min(self._left))}, expected only known fields.")

    def _take(self, key: str) -> JSON:
        if key not in self._left:
            raise MalformedStatement(f"Got no {self.path(key)}, expected it to be present.")
        return self._left.pop(key)


def read_object(value: JSON, path: str, read: Callable[[Fields], T]) -> T:
    """Read ``value`` as one object with ``read``, refusing unknown fields."""
    fields = Fields(value, path)
    result = read(fields)
    fields.close()
    return result


def _kind(value: JSON) -> str:
    return "nothing (null)" if value is None else f"{type(value).__name__} {value!r:.60}"
