"""Frozen dataclasses to plain JSON and back, strictly: nothing unknown, nothing missing, nothing guessed.

Stored facts and decisions must be readable years later exactly as they were written, so ``from_plain``
refuses what it does not know instead of dropping it. Tuples become lists, enums their values, dates ISO 8601,
datetimes UTC with six decimals. There are no floats: RFC 8785 bytes of a float are an argument nobody needs.
"""

from __future__ import annotations

import types
from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from datetime import UTC, date, datetime
from enum import StrEnum
from functools import cache
from typing import Any, TypeVar, Union, cast, get_args, get_origin, get_type_hints

from governance.errors import RequestError

T = TypeVar("T")
_INSTANT = "%Y-%m-%dT%H:%M:%S.%fZ"


class ShapeError(RequestError):
    """Data does not have the shape of the type it should become."""

    code = "shape.invalid"


def to_plain(value: Any) -> Any:
    """The JSON form of a dataclass, enum, date, tuple or scalar. Raises ShapeError for anything else (floats
    too)."""
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, str):
        return str(value.value) if isinstance(value, StrEnum) else value
    if isinstance(value, datetime):
        return _instant_text(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, tuple | list):
        return [to_plain(item) for item in value]
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: to_plain(getattr(value, field.name)) for field in fields(value)}
    raise ShapeError(
        f"Found a value of type {type(value).__name__}; expected text, whole numbers, dates or records.",
        how_to_fix="Give amounts in integer minor units and times as UTC datetimes.",
    )


def from_plain(kind: type[T], data: object, where: str = "") -> T:
    """The instance of the dataclass ``kind`` stored by ``to_plain``. Raises ShapeError naming the key."""
    if not isinstance(data, Mapping):
        raise _misfit(where or kind.__name__, data, f"the fields of {kind.__name__}")
    hints = _hints(cast(Any, kind))
    unknown = sorted(set(data) - set(hints))
    if unknown:
        raise _misfit(f"{where or kind.__name__}.{unknown[0]}", data[unknown[0]], f"one of {', '.join(hints)}")
    values: dict[str, Any] = {}
    for field in fields(cast(Any, kind)):
        path = f"{where}.{field.name}" if where else field.name
        if field.name in data:
            values[field.name] = _read(hints[field.name], data[field.name], path)
        elif field.default is MISSING and field.default_factory is MISSING:
            raise _misfit(path, "nothing", "a value")
    return kind(**values)


@cache
def _hints(kind: Any) -> dict[str, Any]:
    return get_type_hints(kind)


def _read(hint: Any, data: object, where: str) -> Any:
    origin = get_origin(hint)
    if origin in (Union, types.UnionType):
        return _read_union(get_args(hint), data, where)
    if origin is tuple:
        if not isinstance(data, list | tuple):
            raise _misfit(where, data, "a list")
        (item, *_) = get_args(hint)
        return tuple(_read(item, entry, f"{where}[{index}]") for index, entry in enumerate(data))
    if is_dataclass(hint):
        return from_plain(cast(type, hint), data, where)
    return _read_scalar(hint, data, where)


def _read_union(options: tuple[Any, ...], data: object, where: str) -> Any:
    if data is None and type(None) in options:
        return None
    choices = [option for option in options if option is not type(None)]
    for option in choices:
        try:
            return _read(option, data, where)
        except ShapeError:
            if len(choices) == 1:
                raise
    raise _misfit(where, data, " or ".join(getattr(option, "__name__", str(option)) for option in choices))


def _read_scalar(hint: Any, data: object, where: str) -> Any:
    if hint is bool or hint is int:
        if type(data) is hint:
            return data
        raise _misfit(where, data, "true or false" if hint is bool else "a whole number")
    if not isinstance(data, str):
        raise _misfit(where, data, "text")
    if hint is str:
        return data
    try:
        if hint is datetime:
            return datetime.strptime(data, _INSTANT).replace(tzinfo=UTC)
        if hint is date:
            return date.fromisoformat(data)
        return hint(data)
    except ValueError:
        raise _misfit(where, data, _expectation(hint)) from None


def _expectation(hint: Any) -> str:
    if hint is datetime:
        return "a UTC time such as 2026-11-22T10:41:00.000000Z"
    if hint is date:
        return "a date such as 2026-11-22"
    return "one of " + ", ".join(str(member.value) for member in hint)


def _instant_text(value: datetime) -> str:
    if value.tzinfo is None:
        raise ShapeError(
            f"Found a time without a zone ({value.isoformat()}); expected one in UTC.",
            how_to_fix="Give a timezone-aware datetime.",
        )
    moment = value.astimezone(UTC)
    return f"{moment.year:04d}{moment.strftime(_INSTANT[2:])}"


def _misfit(where: str, got: object, expected: str) -> ShapeError:
    return ShapeError(
        f"{where}: found {got!r}; expected {expected}.",
        how_to_fix="Read it with the version that wrote it, or correct the entry named.",
    )
