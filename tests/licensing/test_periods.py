"""Quota periods: each kind parts time without gap or overlap, with boundaries in a stated time zone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.errors import RequestError
from governance.licensing.periods import Period, PeriodKind, period_of

BERLIN = ZoneInfo("Europe/Berlin")
START = datetime(2026, 3, 1, tzinfo=BERLIN)
NAIVE = datetime.fromisoformat("2026-05-01T10:00")
ZONES = st.sampled_from(
    [
        "UTC",
        "Europe/Berlin",
        "America/Sao_Paulo",
        "America/St_Johns",
        "America/Havana",
        "Asia/Kathmandu",
        "Pacific/Apia",
    ]
).map(ZoneInfo)
MOMENTS = st.datetimes(
    datetime.fromisoformat("1985-01-01"), datetime.fromisoformat("2055-12-31"), timezones=st.just(UTC)
)
COUNTED = st.sampled_from([PeriodKind.CALENDAR_MONTH, PeriodKind.CONTRACT_YEAR])


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[arg-type, misc]


def year(moment: datetime, start: datetime, zone: ZoneInfo = BERLIN) -> Period:
    return period_of(moment, PeriodKind.CONTRACT_YEAR, start, zone)


def ends(period: Period) -> datetime:
    assert period.ends is not None
    return period.ends


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        (utc(2026, 11, 30, 22, 59, 59), Period("2026-11", utc(2026, 10, 31, 23), utc(2026, 11, 30, 23))),
        (utc(2026, 11, 30, 23), Period("2026-12", utc(2026, 11, 30, 23), utc(2026, 12, 31, 23))),
        # Summer time begins in March and ends in October.
        (utc(2026, 3, 29, 1), Period("2026-03", utc(2026, 2, 28, 23), utc(2026, 3, 31, 22))),
        (utc(2026, 10, 25, 1), Period("2026-10", utc(2026, 9, 30, 22), utc(2026, 10, 31, 23))),
        (utc(2028, 2, 29, 12), Period("2028-02", utc(2028, 1, 31, 23), utc(2028, 2, 29, 23))),
    ],
)
def test_a_month_is_that_of_the_stated_zone(moment: datetime, expected: Period) -> None:
    assert period_of(moment, "calendar_month", START, BERLIN) == expected


def test_a_month_begins_once_where_the_clocks_go_back_across_midnight() -> None:
    # 1 November 2009, St John's: at 00:01 the clocks went back to 23:01 on 31 October.
    zone = ZoneInfo("America/St_Johns")
    again = utc(2009, 11, 1, 3, 0)
    assert again.astimezone(zone).day == 31
    assert period_of(again, PeriodKind.CALENDAR_MONTH, START, zone).key == "2009-11"


def test_a_contract_year_begins_on_its_day_and_time_each_year() -> None:
    start = datetime(2025, 7, 15, 9, 30, tzinfo=BERLIN)
    assert year(utc(2026, 7, 15, 7, 29, 59), start) == Period("from 2025-07-15", start, utc(2026, 7, 15, 7, 30))
    assert year(utc(2026, 7, 15, 7, 30), start).key == "from 2026-07-15"


@pytest.mark.parametrize(
    ("moment", "key", "last"),
    [
        (utc(2024, 2, 29), "from 2024-02-29", utc(2025, 3, 1)),
        (utc(2025, 2, 28, 23, 59), "from 2024-02-29", utc(2025, 3, 1)),
        (utc(2025, 3, 1), "from 2025-03-01", utc(2026, 3, 1)),
        (utc(2028, 2, 28, 23, 59), "from 2027-03-01", utc(2028, 2, 29)),
        (utc(2028, 2, 29), "from 2028-02-29", utc(2029, 3, 1)),
    ],
)
def test_a_year_from_29_february_ends_with_28_february(moment: datetime, key: str, last: datetime) -> None:
    found = year(moment, utc(2024, 2, 29), ZoneInfo("UTC"))
    assert (found.key, found.ends) == (key, last)


def test_an_anniversary_the_clocks_leap_over_is_the_leap() -> None:
    start = datetime(2026, 3, 28, 2, 30, tzinfo=BERLIN)
    # 02:30 is not shown on 28 March 2027: the clocks go from 02:00 to 03:00 at 01:00 UTC.
    assert year(utc(2027, 1, 1), start).ends == utc(2027, 3, 28, 1)


def test_a_start_in_the_hour_shown_twice_is_kept_as_it_was() -> None:
    start = datetime(2026, 10, 25, 2, 30, tzinfo=BERLIN, fold=1)
    assert year(start, start).starts == utc(2026, 10, 25, 1, 30)


def test_a_term_is_one_period() -> None:
    end = utc(2027, 3, 1)
    assert period_of(utc(2026, 5, 1), PeriodKind.TERM, START, BERLIN, end) == Period("term", utc(2026, 2, 28, 23), end)
    assert period_of(utc(2026, 5, 1), PeriodKind.TERM, START, BERLIN).ends is None


@given(MOMENTS, COUNTED, MOMENTS, ZONES)
def test_every_moment_lies_in_its_period(moment: datetime, kind: PeriodKind, start: datetime, zone: ZoneInfo) -> None:
    found = period_of(moment, kind, start, zone)
    assert found.starts <= moment < ends(found)


@given(MOMENTS, COUNTED, MOMENTS, ZONES)
def test_periods_are_adjacent(moment: datetime, kind: PeriodKind, start: datetime, zone: ZoneInfo) -> None:
    found = period_of(moment, kind, start, zone)
    after = period_of(ends(found), kind, start, zone)
    before = period_of(found.starts - timedelta.resolution, kind, start, zone)
    assert after.starts == found.ends
    assert before.ends == found.starts
    assert len({before.key, found.key, after.key}) == 3


@given(MOMENTS, MOMENTS, COUNTED, MOMENTS, ZONES)
def test_two_moments_share_a_key_or_lie_in_disjoint_periods(
    one: datetime, other: datetime, kind: PeriodKind, start: datetime, zone: ZoneInfo
) -> None:
    first, second = sorted((period_of(moment, kind, start, zone) for moment in (one, other)), key=lambda p: p.starts)
    assert first == second if first.key == second.key else ends(first) <= second.starts


@given(MOMENTS, ZONES)
def test_a_contract_year_begins_with_the_contract(start: datetime, zone: ZoneInfo) -> None:
    assert year(start, start, zone).starts == start


@given(MOMENTS, MOMENTS, ZONES)
def test_a_contract_year_has_365_or_366_days(moment: datetime, start: datetime, zone: ZoneInfo) -> None:
    found = year(moment, start, zone)
    days = (ends(found) - found.starts) / timedelta(days=1)
    assert 363.9 < days < 367.1  # one day either way where a zone crosses the date line, an hour for its clocks


def test_refuses_a_period_nobody_counts_in() -> None:
    with pytest.raises(
        RequestError, match="'fortnight'; expected one of calendar_month, contract_year, term"
    ) as refused:
        period_of(START, "fortnight", START, BERLIN)
    assert refused.value.code == "period.unknown"


@pytest.mark.parametrize(("moment", "start"), [(NAIVE, START), (START, NAIVE)])
def test_refuses_a_time_without_a_zone(moment: datetime, start: datetime) -> None:
    with pytest.raises(RequestError, match="time without a zone") as refused:
        period_of(moment, PeriodKind.CALENDAR_MONTH, start, BERLIN)
    assert refused.value.code == "period.naive"


def test_refuses_a_year_whose_neighbours_cannot_be_counted() -> None:
    with pytest.raises(RequestError, match="Found the year 9999") as refused:
        period_of(utc(9999, 12, 31), PeriodKind.CALENDAR_MONTH, START, BERLIN)
    assert refused.value.code == "date.range"
