"""The periods a quota is counted in: calendar months, contract years, or the whole term.

Boundaries fall in a stated time zone. The periods of one kind leave no moment out and share none; a moment before
the start or after the end of a right has its period too, for whether the right is in force is judged elsewhere.
"""

from __future__ import annotations

from calendar import isleap
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

from governance.errors import RequestError
from governance.licensing.time_zones import check_year, day_start, instant


class PeriodKind(StrEnum):
    """How often a quota begins anew."""

    CALENDAR_MONTH = "calendar_month"
    CONTRACT_YEAR = "contract_year"
    TERM = "term"


@dataclass(frozen=True, slots=True)
class Period:
    """``starts`` inclusive, ``ends`` exclusive (UTC). ``key`` names the period within its kind.

    ``ends`` is None only for a term whose end is not agreed.
    """

    key: str
    starts: datetime
    ends: datetime | None


def period_of(
    moment: datetime,
    kind: PeriodKind | str,
    starts_at: datetime,
    zone: ZoneInfo,
    ends_at: datetime | None = None,
) -> Period:
    """The period of ``kind`` that ``moment`` is counted in, for a right that starts at ``starts_at``.

    Keys: ``2026-11`` for a month, ``from 2026-03-01`` for a contract year, ``term``. A contract year that began on
    29 February begins on 1 March in common years, because a year from that day ends with 28 February (German Civil
    Code, sections 187(2) and 188(2)), and on 29 February again in leap years.

    Raises RequestError ``period.unknown``, ``period.naive`` for a time without zone, ``date.range``.
    """
    if kind not in set(PeriodKind):
        raise RequestError(
            f"Unknown period: {kind!r}; expected one of {', '.join(PeriodKind)}.",
            how_to_fix="Choose one of them.",
            code="period.unknown",
        )
    _check(moment)
    _check(starts_at)
    if kind == PeriodKind.TERM:
        return Period("term", starts_at.astimezone(UTC), ends_at.astimezone(UTC) if ends_at else None)
    if kind == PeriodKind.CALENDAR_MONTH:
        return _month_of(moment, zone)
    return _year_of(moment, starts_at, zone)


def _check(moment: datetime) -> None:
    if moment.tzinfo is None:
        raise RequestError(
            f"Found a time without a zone ({moment.isoformat()}); expected one with it.",
            how_to_fix="Give a timezone-aware datetime.",
            code="period.naive",
        )
    check_year(moment)


def _month_of(moment: datetime, zone: ZoneInfo) -> Period:
    first = moment.astimezone(zone).date().replace(day=1)
    # Where clocks go back across midnight, a date is shown again after the next has begun: instants decide.
    if moment >= day_start(_next_month(first), zone):
        first = _next_month(first)
    return Period(f"{first:%Y-%m}", day_start(first, zone), day_start(_next_month(first), zone))


def _next_month(first: date) -> date:
    return date(first.year + first.month // 12, first.month % 12 + 1, 1)


def _year_of(moment: datetime, starts_at: datetime, zone: ZoneInfo) -> Period:
    year = moment.astimezone(zone).year
    if moment < _anniversary(starts_at, year, zone)[1]:
        year -= 1
    elif moment >= _anniversary(starts_at, year + 1, zone)[1]:
        year += 1
    day, starts = _anniversary(starts_at, year, zone)
    return Period(f"from {day.isoformat()}", starts, _anniversary(starts_at, year + 1, zone)[1])


def _anniversary(starts_at: datetime, year: int, zone: ZoneInfo) -> tuple[date, datetime]:
    """The day on which the contract year that begins in ``year`` begins, and its instant."""
    local = starts_at.astimezone(zone)
    if year == local.year:
        return local.date(), starts_at.astimezone(UTC)
    leap_day = (local.month, local.day) == (2, 29)
    day = date(year, 3, 1) if leap_day and not isleap(year) else date(year, local.month, local.day)
    return day, instant(datetime.combine(day, local.time()), zone)
