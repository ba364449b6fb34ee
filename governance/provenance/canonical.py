"""Canonical JSON, digests and time strings: the bytes that everything else signs and hashes.

RFC 8785 (JCS) narrowed to what every language reads alike: no floating-point numbers, integers below 2^53 in
size, no duplicate keys, no text that can be displayed as something other than what was hashed.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import NoReturn, TypeAlias

import rfc8785

from governance.provenance.errors import BadTimestamp, NotCanonical

JSON: TypeAlias = "bool | int | str | list[JSON] | dict[str, JSON] | None"

MAX_DEPTH = 32
MAX_BYTES = 1_048_576
_INTEGER_LIMIT = 2**53
# Unicode property Bidi_Control: invisible marks that make a name read differently from the bytes signed.
_BIDI_CONTROLS = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_TIMESTAMP = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}Z")
_ASCII = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"), check_circular=False)


def canonical(value: object) -> bytes:
    """Return the RFC 8785 bytes of ``value`` (dict, list, tuple, str, bool, int, None).

    Raises NotCanonical naming the path of the first value refused: a float (write a string or an integer of a
    smaller unit), an integer of 2^53 or more, a key that is no text, text with a lone surrogate, NUL or
    bidirectional control, or nesting deeper than ``MAX_DEPTH``.
    """
    _check(value, "$", 0)
    return rfc8785.dumps(value)  # type: ignore[arg-type]  # _check has just established the type


def canonical_sha256(value: object) -> str:
    """Return the SHA-256 of the canonical form, in lower-case hex."""
    return sha256_hex(canonical(value))


def sha256_hex(data: bytes) -> str:
    """Return SHA-256 in lower-case hex."""
    return hashlib.sha256(data).hexdigest()


def parse_strict(data: bytes, *, max_bytes: int = MAX_BYTES) -> JSON:
    """Parse JSON that has one meaning only; any whitespace and key order is accepted.

    Raises NotCanonical for anything ``canonical`` would refuse, for duplicate keys, and for oversized input.
    """
    if len(data) > max_bytes:
        raise NotCanonical(f"Got {len(data)} bytes of JSON, expected at most {max_bytes}.")
    try:
        value: JSON = json.loads(
            data.decode("utf-8"),
            object_pairs_hook=_without_duplicates,
            parse_float=_refuse_number,
            parse_constant=_refuse_number,
        )
    except UnicodeDecodeError as error:
        raise NotCanonical(f"Got bytes that are not UTF-8 at offset {error.start}, expected JSON text.") from error
    except RecursionError as error:
        raise NotCanonical(f"Got JSON nested too deeply, expected at most {MAX_DEPTH} levels.") from error
    except ValueError as error:
        raise NotCanonical(f"Got text that is not JSON: {error}.") from error
    _check(value, "$", 0)
    return value


def parse_canonical(data: bytes, *, max_bytes: int = MAX_BYTES) -> JSON:
    """Parse JSON that must already be byte for byte in RFC 8785 form; raises NotCanonical otherwise."""
    value = parse_strict(data, max_bytes=max_bytes)
    # For ASCII alone Python's own encoder writes the RFC 8785 form, several times as fast: keys sort alike by code
    # point and by UTF-16 unit, the same characters are escaped the same way, and there are no floats.
    written = _ASCII.encode(value).encode("utf-8") if data.isascii() else rfc8785.dumps(value)
    if written != data:
        raise NotCanonical(
            "Got JSON with other spacing, key order or escapes, expected its RFC 8785 form byte for byte.",
            how_to_fix="Keep the bytes as they were issued; do not reformat them.",
        )
    return value


def timestamp(when: datetime) -> str:
    """Return ``YYYY-MM-DDTHH:MM:SS.ffffffZ``; raises BadTimestamp for a time without a zone."""
    if when.utcoffset() is None:
        raise BadTimestamp(
            f"Got {when!r} without a time zone, expected an aware time.", how_to_fix="Use datetime.now(UTC)."
        )
    moment = when.astimezone(UTC)
    # isoformat drops ".000000" and strftime("%Y") does not pad years before 1000 everywhere: spell it out.
    return (
        f"{moment.year:04}-{moment.month:02}-{moment.day:02}T"
        f"{moment.hour:02}:{moment.minute:02}:{moment.second:02}.{moment.microsecond:06}Z"
    )


def parse_timestamp(text: str) -> datetime:
    """Read exactly the form ``timestamp`` writes; raises BadTimestamp otherwise."""
    if _TIMESTAMP.fullmatch(text) is None:
        raise BadTimestamp(f"Got time {text!r}, expected YYYY-MM-DDTHH:MM:SS.ffffffZ with six digits and Z.")
    try:
        return datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC)
    except ValueError as error:
        raise BadTimestamp(f"Got time {text!r}, which is no day or hour of the calendar.") from error


def _without_duplicates(pairs: list[tuple[str, JSON]]) -> dict[str, JSON]:
    found: dict[str, JSON] = {}
    for key, value in pairs:
        if key in found:
            raise NotCanonical(f"Got key {key!r} twice in one object, expected each key once.")
        found[key] = value
    return found


def _refuse_number(text: str) -> NoReturn:
    raise NotCanonical(
        f"Got number {text}, expected an integer.", how_to_fix="Write it as a string, or in a smaller unit."
    )


def _check(value: object, path: str, depth: int) -> None:
    if depth > MAX_DEPTH:
        raise NotCanonical(f"Got more than {MAX_DEPTH} levels of nesting at {path[:120]}.")
    if value is None or isinstance(value, bool):
        return
    if isinstance(value, str):
        _check_text(value, path)
    elif isinstance(value, int):
        if not -_INTEGER_LIMIT < value < _INTEGER_LIMIT:
            raise NotCanonical(
                f"Got an integer of {value.bit_length()} bits at {path}, expected less than 2^53 in size.",
                how_to_fix="Write it as a string.",
            )
    elif isinstance(value, list | tuple):
        for index, item in enumerate(value):
            _check(item, f"{path}[{index}]", depth + 1)
    elif isinstance(value, dict):
        _check_object(value, path, depth)
    else:
        raise NotCanonical(
            f"Got {type(value).__name__} at {path}, expected object, list, text, integer, boolean or null.",
            how_to_fix="Turn it into text or an integer; a float has no form all readers agree on.",
        )


def _check_object(value: Mapping[object, object], path: str, depth: int) -> None:
    for key, item in value.items():
        if not isinstance(key, str):
            raise NotCanonical(f"Got key {key!r} at {path}, expected text.")
        _check_text(key, f"the keys of {path}")
        _check(item, f"{path}.{key}", depth + 1)


def _check_text(text: str, path: str) -> None:
    if text.isascii() and "\0" not in text:
        return
    for position, character in enumerate(text):
        if character == "\0" or character in _BIDI_CONTROLS or "\ud800" <= character <= "\udfff":
            raise NotCanonical(
                f"Got U+{ord(character):04X} as character {position + 1} of the text at {path}, "
                "expected no NUL, lone surrogate or bidirectional control.",
                how_to_fix="Remove the invisible character and type the text again.",
            )
