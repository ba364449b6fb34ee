"""The canonical JSON text of a record: byte for byte what RFC 8785 makes of ``to_plain``, without the detour.

It can be this plain because the keys are field names (ASCII, so their order in UTF-16 is their order), and because
there are no floats. A record that is asked for often can remember its text: see ``Remembering``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from enum import StrEnum
from json.encoder import encode_basestring as quoted
from typing import Any

from governance.licensing.jsonshape import ShapeError, instant_text, unfit

# RFC 8785 takes numbers as IEEE 754 doubles (section 3.2.2.3): beyond this they are no longer exact.
_LARGEST = 2**53 - 1


class Remembering:
    """Base of frozen records that keep their canonical text once it was asked for. It is no field: equality, copies
    and stored forms know nothing of it."""

    __slots__ = ("_canonical_text",)

    _canonical_text: str


def canonical_text(value: Any) -> str:
    """The RFC 8785 text of a dataclass, enum, date, tuple or scalar. Raises ShapeError for anything else, and for
    whole numbers beyond 2^53 - 1."""
    kind = type(value)
    return (_TEXT.get(kind) or _learnt(kind))(value)


def canonical_list(texts: Iterable[str]) -> str:
    """The canonical text of a list whose entries are given as theirs."""
    return f"[{','.join(texts)}]"


def _whole(value: int) -> str:
    if not -_LARGEST <= value <= _LARGEST:
        raise ShapeError(
            f"Found the number {value}; expected one no further from zero than 2^53 - 1.",
            how_to_fix="Write it as text, or in a larger unit.",
        )
    return int.__repr__(value)


def _list(value: Any) -> str:
    return canonical_list([canonical_text(item) for item in value])


_TEXT: dict[type, Callable[[Any], str]] = {
    type(None): lambda _value: "null",
    bool: lambda value: "true" if value else "false",
    int: _whole,
    str: quoted,
    datetime: lambda value: f'"{instant_text(value)}"',
    date: lambda value: f'"{value.isoformat()}"',
    tuple: _list,
    list: _list,
}


def _learnt(kind: type) -> Callable[[Any], str]:
    found = _way(kind)
    _TEXT[kind] = found
    return found


def _way(kind: type) -> Callable[[Any], str]:
    if issubclass(kind, StrEnum):
        members = {member: quoted(str(member.value)) for member in kind}
        return members.__getitem__
    if is_dataclass(kind):
        return _remembering(kind) if issubclass(kind, Remembering) else _record(kind)
    for base in (bool, int, str, datetime, date, tuple, list):
        if issubclass(kind, base):
            return _TEXT[base]
    raise unfit(kind)


def _record(kind: Any) -> Callable[[Any], str]:
    parts = [(name, f"{quoted(name)}:") for name in sorted(field.name for field in fields(kind))]

    def text(value: Any) -> str:
        return f"{{{','.join([label + canonical_text(getattr(value, name)) for name, label in parts])}}}"

    return text


def _remembering(kind: Any) -> Callable[[Any], str]:
    written = _record(kind)

    def text(value: Any) -> str:
        try:
            known: str = value._canonical_text
        except AttributeError:
            known = written(value)
            # The record is frozen, so its text can never be another.
            object.__setattr__(value, "_canonical_text", known)
        return known

    return text
