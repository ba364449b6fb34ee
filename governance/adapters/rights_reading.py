"""What the readers of rights statements hand back: signals as they stand in the file, and what could not be read.

Nothing is judged here. What cannot be read is never taken for silence: it becomes a signal of its own, with the
property ``unreadable``, which the rules can hold for review.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal

Source = Literal["c2pa", "cawg", "xmp", "exif", "iptc", "png"]

UNREADABLE = "unreadable"

# Far above any licence text seen in a picture, far below what could be used to fill a database.
MAX_VALUE = 10_000  # characters
MAX_NAME = 120  # characters; the column is as wide
MAX_SIGNALS = 500
MAX_BLOCK = 16 * 1024 * 1024  # bytes of one block of metadata, unpacked


@dataclass(frozen=True, slots=True)
class Signal:
    """One statement in a picture's file, raw: property ``cawg.ai_inference``, value ``notAllowed``."""

    source: Source
    property: str
    value: str
    constraint_info: str = ""


@dataclass(frozen=True, slots=True)
class Part:
    """What one reader found, in the order of the file, and what it could not make out."""

    signals: tuple[Signal, ...] = ()
    problems: tuple[str, ...] = ()


def signal(source: Source, name: str, value: str, constraint_info: str = "") -> Signal:
    """A signal without the signs that neither a database nor canonical JSON can hold.

    Of a name too long its end is kept: there stands what is stated, before it only the way there.
    """
    kept = _storable(name)
    if len(kept) > MAX_NAME:
        kept = f"…{kept[1 - MAX_NAME :]}"
    return Signal(source, kept, _storable(value), _storable(constraint_info))


def unreadable(source: Source, problem: str) -> Part:
    """A part of the file that may say something and cannot be read."""
    return Part((Signal(source, UNREADABLE, UNREADABLE),), (_storable(problem),))


def combined(parts: Iterable[Part]) -> Part:
    """All parts as one: each signal and each problem once."""
    whole = list(parts)
    signals = dict.fromkeys(found for part in whole for found in part.signals)
    problems = dict.fromkeys(problem for part in whole for problem in part.problems)
    return Part(tuple(signals), tuple(problems))


def limited(part: Part) -> Part:
    """No more than MAX_SIGNALS signals; of a file that makes more, the rest counts as unreadable."""
    count = len(part.signals)
    if count <= MAX_SIGNALS:
        return part
    rest = unreadable(part.signals[MAX_SIGNALS].source, f"The file makes {count} statements; {MAX_SIGNALS} are kept.")
    return combined([Part(part.signals[:MAX_SIGNALS], part.problems), rest])


def guarded(source: Source, what: str, read: Callable[[], Part]) -> Part:
    """Whatever ``read`` finds. Metadata that cannot be read must not keep a sound picture out, so nothing is raised.

    Parsers of hostile bytes raise classes that are neither few nor documented, hence the broad except.
    """
    try:
        return read()
    except MemoryError:
        raise
    except Exception as error:
        return unreadable(source, f"{what} cannot be read: {str(error) or type(error).__name__}"[:300])


def as_text(raw: bytes) -> str:
    """Text of old formats, which do not say how it is written: UTF-8 where it can be, else Latin-1."""
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def _storable(text: str) -> str:
    whole = text.replace("\0", " ").encode("utf-8", "replace").decode("utf-8").strip()
    if len(whole) <= MAX_VALUE:
        return whole
    return f"{whole[:MAX_VALUE]}… ({len(whole)} characters in all)"
