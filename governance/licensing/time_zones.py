"""Dates in a stated time zone: when a day begins there, and until when "31 March inclusive" lasts."""

from __future__ import annotations

from bisect import bisect_left
from datetime import MAXYEAR, MINYEAR, UTC, date, datetime, time, timedelta
from difflib import get_close_matches
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from governance.errors import RequestError

_DAY = timedelta(days=1)
_SECOND = timedelta(seconds=1)
_LONGEST = 60


def time_zone(name: str) -> ZoneInfo:
    """The IANA time zone of that name. Raises RequestError ``time_zone.unknown``."""
    if name not in _names():
        near = get_close_matches(name[:_LONGEST], sorted(_names()), 1, 0.8)
        raise RequestError(
            f"Unknown time zone: {name!r}; expected an IANA name such as Europe/Berlin.",
            how_to_fix=f"Did you mean {near[0]}?" if near else "Write region and city, or UTC.",
            code="time_zone.unknown",
        )
    return ZoneInfo(name)


@cache
def _names() -> frozenset[str]:
    return frozenset(available_timezones())


def day_start(day: date, zone: ZoneInfo) -> datetime:
    """The instant, in UTC, at which ``day`` begins in ``zone``, whatever the clocks do at midnight."""
    return instant(datetime.combine(day, time.min), zone)


def end_of_day(day: date, zone: ZoneInfo) -> datetime:
    """The exclusive end, in UTC, of something valid until ``day`` inclusive."""
    check_year(day)
    return day_start(day + _DAY, zone)


def last_day(end: datetime, zone: ZoneInfo) -> date:
    """The last day in ``zone`` that an exclusive ``end`` still touches: the inverse of ``end_of_day``."""
    return (end - timedelta.resolution).astimezone(zone).date()


def instant(local: datetime, zone: ZoneInfo) -> datetime:
    """The first instant, in UTC, at which the clocks of ``zone`` show ``local`` (without zone) or later.

    A time shown twice is its first showing. A time the clocks leap over is the leap itself (PEP 495 would give a
    time after it). Raises RequestError ``date.range``.
    """
    check_year(local)
    first = local.replace(tzinfo=zone, fold=0).astimezone(UTC)
    second = local.replace(tzinfo=zone, fold=1).astimezone(UTC)
    if first <= second:
        return first
    # In a gap the two readings lie on both sides of the leap, which falls on a whole second.
    before = second.replace(microsecond=0)
    seconds = -((before - first) // _SECOND)
    skipped = bisect_left(
        range(seconds), local, key=lambda past: (before + past * _SECOND).astimezone(zone).replace(tzinfo=None)
    )
    return before + skipped * _SECOND


def check_year(moment: date) -> None:
    """Raises RequestError ``date.range`` for a year without countable neighbours: 9999 is no way to say never."""
    if not MINYEAR + 1 < moment.year < MAXYEAR - 1:
        raise RequestError(
            f"Found the year {moment.year}; expected one between {MINYEAR + 2} and {MAXYEAR - 2}.",
            how_to_fix="Correct the date.",
            code="date.range",
        )
