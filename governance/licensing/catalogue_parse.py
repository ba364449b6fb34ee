"""Strict reading of TOML tables: every key known, every value of its kind, every slip named."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

from governance.errors import GovernanceError

_SHA256: Final = re.compile(r"[0-9a-f]{64}")
_MD5: Final = re.compile(r"[0-9a-f]{32}")
_SLUG: Final = re.compile(r"[A-Za-z0-9]+(?:[.+_-][A-Za-z0-9]+)*\+?")
_FILE_NAME: Final = re.compile(r"[A-Za-z0-9]+(?:[.+_-][A-Za-z0-9]+)*\.txt")
_LANGUAGE: Final = re.compile(r"[a-z]{2,3}(?:-[A-Z]{2})?")
_HTTPS: Final = re.compile(r"https://[^\s/]+\.[^\s]+")


class CatalogueError(GovernanceError):
    """The catalogue cannot be trusted as it is. Names file, entry and key, what was got and expected."""

    code = "catalogue.invalid"


@dataclass(frozen=True, slots=True)
class Place:
    """Where in the catalogue something stands, for error messages."""

    file: str
    entry: str
    key: str = ""

    def refuse(self, got: object, expected: str) -> CatalogueError:
        where = f"{self.file}, {self.entry}" + (f", key {self.key!r}" if self.key else "")
        return CatalogueError(
            f"{where}: got {got!r}, expected {expected}.",
            how_to_fix="Correct the entry; nothing of the catalogue is used until all of it reads.",
        )

    def at(self, key: str) -> Place:
        return Place(self.file, self.entry, f"{self.key}.{key}" if self.key else key)


@dataclass(frozen=True, slots=True)
class Reference:
    """An entry names another one; resolved once everything is read."""

    place: Place
    table: str
    slug: str


@dataclass(frozen=True, slots=True)
class Reading:
    """What is gathered while reading."""

    references: list[Reference]


Reader = Callable[[object, Place, Reading], object]


class _Required(StrEnum):
    REQUIRED = "required"


REQUIRED: Final = _Required.REQUIRED


@dataclass(frozen=True, slots=True)
class Key:
    """How one key is read. Without a default the key must be present."""

    read: Reader
    default: object = REQUIRED


@dataclass(frozen=True, slots=True)
class Shape:
    """How a table becomes a value: its keys, and the class built of them. ``identity`` names the entry."""

    build: Callable[..., object]
    keys: Mapping[str, Key]
    identity: str = "slug"

    def read(self, table: object, place: Place, reading: Reading) -> object:
        if not isinstance(table, dict):
            raise place.refuse(table, "a table")
        unknown = sorted(set(table) - set(self.keys))
        if unknown:
            raise place.at(unknown[0]).refuse(unknown[0], f"one of the keys {', '.join(sorted(self.keys))}")
        values: dict[str, object] = {}
        for name, key in self.keys.items():
            if name in table:
                values[name] = key.read(table[name], place.at(name), reading)
            elif key.default is REQUIRED:
                raise place.at(name).refuse("nothing", "a value: the key is required")
            else:
                values[name] = key.default
        return self.build(**values)


def text(value: object, place: Place, reading: Reading) -> str:
    if not isinstance(value, str) or not value.strip() or value != value.strip():
        raise place.refuse(value, "text, not empty, without blanks at its ends")
    return value


def _pattern(pattern: re.Pattern[str], expected: str) -> Callable[[object, Place, Reading], str]:
    def read(value: object, place: Place, reading: Reading) -> str:
        if not isinstance(value, str) or not pattern.fullmatch(value):
            raise place.refuse(value, expected)
        return value

    return read


slug = _pattern(_SLUG, "a slug of letters, digits, '.', '-', '_'")
sha256 = _pattern(_SHA256, "a SHA-256: 64 lower-case hexadecimal digits")
md5 = _pattern(_MD5, "an MD5: 32 lower-case hexadecimal digits")
text_file = _pattern(_FILE_NAME, "the plain name of a .txt file, without folders")
language = _pattern(_LANGUAGE, "a language such as en or en-GB")
https = _pattern(_HTTPS, "an https address")


def day(value: object, place: Place, reading: Reading) -> date:
    if type(value) is not date:  # a TOML date-time is a datetime, which is also a date
        raise place.refuse(value, "a date written YYYY-MM-DD without quotes")
    return value


def whole(value: object, place: Place, reading: Reading) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value <= 0:
        raise place.refuse(value, "a whole number above zero")
    return value


def flag(value: object, place: Place, reading: Reading) -> bool:
    if not isinstance(value, bool):
        raise place.refuse(value, "true or false")
    return value


def choice(words: type[StrEnum]) -> Reader:
    def read(value: object, place: Place, reading: Reading) -> StrEnum:
        if not isinstance(value, str) or value not in {str(word) for word in words}:
            raise place.refuse(value, f"one of {', '.join(words)}")
        return words(value)

    return read


def reference(table: str) -> Reader:
    """A slug (or digest) that must name an entry of ``table``."""

    def read(value: object, place: Place, reading: Reading) -> str:
        found = text(value, place, reading)
        reading.references.append(Reference(place, table, found))
        return found

    return read


def references(table: str) -> Reader:
    """A list of different slugs, at least one, each naming an entry of ``table``."""
    one = reference(table)

    def read(value: object, place: Place, reading: Reading) -> tuple[object, ...]:
        if not isinstance(value, list) or not value:
            raise place.refuse(value, f"a list with at least one {table}")
        found = tuple(one(item, place, reading) for item in value)
        if len(set(found)) != len(found):
            raise place.refuse(value, f"every {table} only once")
        return found

    return read


def nested(shape: Shape) -> Reader:
    """A list of tables inside an entry."""

    def read(value: object, place: Place, reading: Reading) -> tuple[object, ...]:
        if not isinstance(value, list):
            raise place.refuse(value, "a list of tables")
        return tuple(
            shape.read(item, Place(place.file, place.entry, f"{place.key}[{number}]"), reading)
            for number, item in enumerate(value)
        )

    return read


def single(shape: Shape) -> Reader:
    """One table inside an entry."""
    return shape.read
