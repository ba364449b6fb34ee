"""Frozen dataclasses to plain JSON and back, strictly: nothing unknown, nothing missing, nothing guessed.

Stored facts and decisions must be readable years later exactly as they were written, so ``from_plain``
refuses what it does not know instead of dropping it. Tuples become lists, enums their values, dates ISO 8601,
datetimes UTC with six decimals. There are no floats: RFC 8785 bytes of a float are an argument nobody needs.

What a class looks like is worked out once: its readers are in ``jsonread``, its canonical text in ``jsontext``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, is_dataclass
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Any, TypeVar, cast

from governance.errors import RequestError
from governance.licensing.jsonread import INSTANT, Misfit, reader_of

T = TypeVar("T")


class ShapeError(RequestError):
    """Data does not have the shape of the type it should become."""

    code = "shape.invalid"


def to_plain(value: Any) -> Any:
    """The JSON form of a dataclass, enum, date, tuple or scalar. Raises ShapeError for anything else (floats
    too)."""
    kind = type(value)
    return (_PLAIN.get(kind) or _learnt(kind))(value)


def from_plain(kind: type[T], data: object, where: str = "") -> T:
    """The instance of the dataclass ``kind`` stored by ``to_plain``. Raises ShapeError naming the key."""
    try:
        read: T = reader_of(cast(Any, kind))(data)
    except Misfit as misfit:
        raise ShapeError(
            f"{misfit.where(where)}: found {misfit.got!r}; expected {misfit.expected}.",
            how_to_fix="Read it with the version that wrote it, or correct the entry named.",
        ) from None
    return read


def instant_text(value: datetime) -> str:
    """As in 2026-11-22T10:41:00.000000Z. Raises ShapeError for a time without a zone."""
    if value.tzinfo is None:
        raise ShapeError(
            f"Found a time without a zone ({value.isoformat()}); expected one in UTC.",
            how_to_fix="Give a timezone-aware datetime.",
        )
    moment = value.astimezone(UTC)
    return f"{moment.year:04d}{moment.strftime(INSTANT[2:])}"


def unfit(kind: type) -> ShapeError:
    """The refusal of a value of a type that has no JSON form."""
    return ShapeError(
        f"Found a value of type {kind.__name__}; expected text, whole numbers, dates or records.",
        how_to_fix="Give amounts in integer minor units and times as UTC datetimes.",
    )


def _itself(value: Any) -> Any:
    return value


def _list(value: Any) -> list[Any]:
    return [to_plain(item) for item in value]


_PLAIN: dict[type, Callable[[Any], Any]] = {
    type(None): _itself,
    bool: _itself,
    int: _itself,
    str: _itself,
    datetime: instant_text,
    date: date.isoformat,
    tuple: _list,
    list: _list,
}


def _learnt(kind: type) -> Callable[[Any], Any]:
    found = _way(kind)
    _PLAIN[kind] = found
    return found


def _way(kind: type) -> Callable[[Any], Any]:
    if issubclass(kind, StrEnum):
        return lambda value: str(value.value)
    if is_dataclass(kind):
        names = tuple(field.name for field in fields(kind))
        return lambda value: {name: to_plain(getattr(value, name)) for name in names}
    for base in (bool, int, str, datetime, date, tuple, list):
        if issubclass(kind, base):
            return _PLAIN[base]
    raise unfit(kind)
