"""Data from outside (JSON, TOML) as the types services take: nothing unknown, nothing missing, nothing guessed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from datetime import date, datetime
from functools import cache
from typing import Any, TypeVar, cast, get_args, get_origin, get_type_hints

from governance.errors import RequestError

T = TypeVar("T")
_NAMES = {str: "text", int: "a whole number", bool: "true or false", datetime: "a date, or a time with its zone"}


class EntryRefused(RequestError):
    """Data does not have the shape asked for. ``field``: where, as in ``quotas``."""

    code = "entry.type"

    def __init__(self, field: str, message: str, *, how_to_fix: str, code: str | None = None) -> None:
        super().__init__(message, how_to_fix=how_to_fix, code=code)
        self.field = field


def read(kind: type[T], data: object, where: str = "") -> T:
    """``data`` as the frozen dataclass ``kind``: text, whole numbers, truth, times, and lists of these or of records.

    Raises EntryRefused ``entry.unknown``, ``entry.missing`` or ``entry.type``.
    """
    if not isinstance(data, Mapping):
        raise _misfit(where, data, "a record with named fields")
    known, given = _fields(kind), cast(Mapping[str, object], data)
    for name in given:
        if name not in known:
            raise EntryRefused(
                where or str(name),
                f"Found the field {name!r}; expected one of {', '.join(known)}.",
                how_to_fix="Correct its name, or leave it out.",
                code="entry.unknown",
            )
    for name, (_, required) in known.items():
        if required and name not in given:
            raise EntryRefused(
                where or name, f"The field {name!r} is missing.", how_to_fix="Give it.", code="entry.missing"
            )
    values = {name: _value(known[name][0], value, where or name) for name, value in given.items()}
    return kind(**values)


@cache
def _fields(kind: type) -> Mapping[str, tuple[Any, bool]]:
    hints = get_type_hints(kind)
    return {
        each.name: (hints[each.name], each.default is MISSING and each.default_factory is MISSING)
        for each in fields(cast(Any, kind))
    }


def _value(kind: Any, value: object, where: str) -> Any:
    if get_origin(kind) is tuple:
        if not isinstance(value, list | tuple):
            raise _misfit(where, value, "a list")
        return tuple(_value(get_args(kind)[0], each, where) for each in value)
    if is_dataclass(kind):
        return read(cast(type, kind), value, where)
    if kind is datetime:
        return _moment(value, where)
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        raise _misfit(where, value, _NAMES[kind])
    return value


def _moment(value: object, where: str) -> datetime:
    if isinstance(value, datetime):
        return value
    try:
        return datetime.fromisoformat(cast(str, value))
    except (TypeError, ValueError):
        raise _misfit(where, value, _NAMES[datetime]) from None


def day_of(value: object) -> date | None:
    """The day, where a date without a time was given; None for everything else."""
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    try:
        return date.fromisoformat(cast(str, value))
    except (TypeError, ValueError):
        return None


def _misfit(where: str, value: object, expected: str) -> EntryRefused:
    return EntryRefused(
        where,
        f"{where or 'The entry'}: got {str(value)[:60]!r}; expected {expected}.",
        how_to_fix="Correct it.",
    )
