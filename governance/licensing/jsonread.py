"""How plain JSON becomes frozen dataclasses: worked out once for each class, from its type hints."""

from __future__ import annotations

import json
import types
from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields, is_dataclass
from datetime import UTC, date, datetime
from functools import cache
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

INSTANT = "%Y-%m-%dT%H:%M:%S.%fZ"
T = TypeVar("T")
Reader = Callable[[Any], Any]

_OFTEN: set[type] = set()
_MOST_REMEMBERED = 1024


class Misfit(Exception):
    """What does not fit. The path to it is put together on the way out, so that reading what fits costs nothing.

    ``key``: the key inside a record of type ``kind`` that is one too many.
    """

    def __init__(self, got: object, expected: str, kind: str = "", key: str = "") -> None:
        super().__init__(expected)
        self.got, self.expected, self.kind, self.key = got, expected, kind, key
        self.path: list[str] = []

    def where(self, start: str) -> str:
        """As in ``terms[2].action``."""
        found = start
        for part in reversed(self.path):
            found = part if not found else f"{found}{part}" if part.startswith("[") else f"{found}.{part}"
        if self.key:
            return f"{found or self.kind}.{self.key}"
        return found or self.kind


def often_read(kind: type[T]) -> type[T]:
    """For frozen classes of which the same few instances are stored again and again: what was read once is handed
    out again for the same JSON."""
    _OFTEN.add(kind)
    return kind


@cache
def reader_of(hint: Any) -> Reader:
    """What reads JSON into this type. The reader raises Misfit."""
    origin = get_origin(hint)
    if origin in (Union, types.UnionType):
        return _union(get_args(hint))
    if origin is tuple:
        return _tuple(reader_of(get_args(hint)[0]))
    if is_dataclass(hint):
        return _remembered(_record(hint)) if hint in _OFTEN else _record(hint)
    if hint is bool or hint is int:
        return _exactly(hint, "true or false" if hint is bool else "a whole number")
    return _scalar(hint)


def _record(kind: Any) -> Reader:
    every = get_type_hints(kind)
    # Fields only: what a base class keeps besides is no part of the record.
    hints = {field.name: every[field.name] for field in fields(kind)}
    # A class may hold itself by way of others, so readers are fetched when first needed.
    entries = [(field.name, field.default is MISSING and field.default_factory is MISSING) for field in fields(kind)]
    readers: dict[str, Reader] = {}

    def read(data: Any) -> Any:
        if not isinstance(data, Mapping):
            raise Misfit(data, f"the fields of {kind.__name__}", kind.__name__)
        if not hints.keys() >= data.keys():
            unknown = min(str(key) for key in data if key not in hints)
            raise Misfit(data.get(unknown), f"one of {', '.join(hints)}", kind.__name__, unknown)
        values: dict[str, Any] = {}
        for name, required in entries:
            if name in data:
                reader = readers.get(name) or readers.setdefault(name, reader_of(hints[name]))
                try:
                    values[name] = reader(data[name])
                except Misfit as misfit:
                    misfit.path.append(name)
                    raise
            elif required:
                raise Misfit("nothing", "a value", kind.__name__, name)
        return kind(**values)

    return read


def _remembered(read: Reader) -> Reader:
    seen: dict[str, Any] = {}

    def again(data: Any) -> Any:
        try:
            text = json.dumps(data)
        except (TypeError, ValueError):
            return read(data)
        if text not in seen:
            if len(seen) >= _MOST_REMEMBERED:
                seen.clear()
            seen[text] = read(data)
        return seen[text]

    return again


def _tuple(item: Reader) -> Reader:
    def read(data: Any) -> Any:
        if not isinstance(data, list | tuple):
            raise Misfit(data, "a list")
        values = []
        for index, entry in enumerate(data):
            try:
                values.append(item(entry))
            except Misfit as misfit:
                misfit.path.append(f"[{index}]")
                raise
        return tuple(values)

    return read


def _union(options: tuple[Any, ...]) -> Reader:
    choices = [option for option in options if option is not type(None)]
    optional = len(choices) < len(options)
    readers = [reader_of(option) for option in choices]
    expected = " or ".join(getattr(option, "__name__", str(option)) for option in choices)

    def one(data: Any) -> Any:
        return None if data is None and optional else readers[0](data)

    def several(data: Any) -> Any:
        if data is None and optional:
            return None
        for reader in readers:
            try:
                return reader(data)
            except Misfit:
                continue
        raise Misfit(data, expected)

    return one if len(readers) == 1 else several


def _exactly(kind: type, expected: str) -> Reader:
    def read(data: Any) -> Any:
        # A bool is an int to Python, and never one here.
        if type(data) is kind:
            return data
        raise Misfit(data, expected)

    return read


def _scalar(hint: Any) -> Reader:
    convert, expected = _conversion(hint)

    def read(data: Any) -> Any:
        if not isinstance(data, str):
            raise Misfit(data, "text")
        try:
            return convert(data)
        except (KeyError, ValueError):
            raise Misfit(data, expected) from None

    return read


def _conversion(hint: Any) -> tuple[Reader, str]:
    if hint is str:
        return (lambda data: data), "text"
    if hint is datetime:
        return _instant, "a UTC time such as 2026-11-22T10:41:00.000000Z"
    if hint is date:
        return date.fromisoformat, "a date such as 2026-11-22"
    members = {str(member.value): member for member in hint}
    return members.__getitem__, "one of " + ", ".join(members)


def _instant(data: str) -> datetime:
    # The form we write ourselves, which fromisoformat reads sooner; strptime says what else is refused.
    if len(data) == 27 and (data[4], data[7], data[10], data[19], data[26]) == ("-", "-", "T", ".", "Z"):
        return datetime.fromisoformat(data)
    return datetime.strptime(data, INSTANT).replace(tzinfo=UTC)
