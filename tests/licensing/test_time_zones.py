"""Days in a stated time zone: where they begin, and until when an inclusive last day lasts."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.errors import RequestError
from governance.licensing.time_zones import day_start, end_of_day, instant, last_day, time_zone

ZONES = st.sampled_from(
    ["UTC", "Europe/Berlin", "America/Sao_Paulo", "America/St_Johns", "Asia/Beirut", "Asia/Kathmandu", "Pacific/Apia"]
).map(ZoneInfo)
DAYS = st.dates(date(1980, 1, 1), date(2060, 12, 31))


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[arg-type, misc]


@pytest.mark.parametrize(
    ("zone", "day", "starts"),
    [
        ("UTC", date(2026, 11, 22), utc(2026, 11, 22)),
        ("Europe/Berlin", date(2026, 1, 1), utc(2025, 12, 31, 23)),
        ("Europe/Berlin", date(2026, 7, 1), utc(2026, 6, 30, 22)),
        ("Asia/Kathmandu", date(2026, 7, 1), utc(2026, 6, 30, 18, 15)),
        # Clocks leap from 00:00 to 01:00: the day begins with the leap.
        ("America/Sao_Paulo", date(2018, 11, 4), utc(2018, 11, 4, 3)),
        ("Asia/Beirut", date(2022, 3, 27), utc(2022, 3, 26, 22)),
        # Clocks go back from 01:00 to 00:00: midnight is shown twice, the day begins with the first.
        ("America/Havana", date(2023, 11, 5), utc(2023, 11, 5, 4)),
        # Clocks go back from 00:01 to 23:01: the new day has begun, if only for a minute.
        ("America/St_Johns", date(2010, 11, 7), utc(2010, 11, 7, 2, 30)),
        # Samoa had no 30 December 2011: it begins and ends with the leap to the 31st.
        ("Pacific/Apia", date(2011, 12, 30), utc(2011, 12, 30, 10)),
        ("Pacific/Apia", date(2011, 12, 31), utc(2011, 12, 30, 10)),
    ],
)
def test_a_day_begins_when_its_clocks_first_show_it(zone: str, day: date, starts: datetime) -> None:
    assert day_start(day, ZoneInfo(zone)) == starts


def test_a_last_day_counts_to_its_end_in_its_zone() -> None:
    # Summer time begins on 28 March 2027: the day ends at midnight in summer time.
    assert end_of_day(date(2027, 3, 31), ZoneInfo("Europe/Berlin")) == utc(2027, 3, 31, 22)
    assert end_of_day(date(2027, 3, 27), ZoneInfo("Europe/Berlin")) == utc(2027, 3, 27, 23)


@pytest.mark.parametrize(
    ("local", "expected"),
    [
        ("2027-03-28T02:30", utc(2027, 3, 28, 1)),
        ("2027-03-28T02:00:00.000001", utc(2027, 3, 28, 1)),
        ("2027-03-28T03:00", utc(2027, 3, 28, 1)),
        ("2026-10-25T02:30", utc(2026, 10, 25, 0, 30)),
    ],
    ids=["leapt over", "just leapt over", "after the leap", "shown twice"],
)
def test_a_time_of_day_has_one_instant(local: str, expected: datetime) -> None:
    assert instant(datetime.fromisoformat(local), ZoneInfo("Europe/Berlin")) == expected


@given(DAYS, ZONES)
def test_a_day_ends_where_the_next_begins(day: date, zone: ZoneInfo) -> None:
    assert end_of_day(day, zone) == day_start(day + timedelta(days=1), zone)
    assert day_start(day, zone) <= end_of_day(day, zone)


@given(DAYS.filter(lambda day: day != date(2011, 12, 30)), ZONES)
def test_the_last_day_is_the_one_the_end_was_made_of(day: date, zone: ZoneInfo) -> None:
    assert last_day(end_of_day(day, zone), zone) == day


@given(DAYS.filter(lambda day: day != date(2011, 12, 30)), ZONES)
def test_a_day_begins_on_itself_and_the_moment_before_does_not(day: date, zone: ZoneInfo) -> None:
    start = day_start(day, zone)
    assert start.astimezone(zone).date() == day
    assert (start - timedelta(microseconds=1)).astimezone(zone).date() < day


@pytest.mark.parametrize(
    ("name", "fix"),
    [
        ("europe/berlin", "Did you mean Europe/Berlin?"),
        ("Europe/Berln", "Did you mean Europe/Berlin?"),
        ("", "Write region and city, or UTC."),
        ("../../etc/passwd", "Write region and city, or UTC."),
        ("Europe", "Write region and city, or UTC."),
    ],
)
def test_refuses_a_time_zone_nobody_knows(name: str, fix: str) -> None:
    with pytest.raises(RequestError, match="Unknown time zone") as refused:
        time_zone(name)
    assert refused.value.code == "time_zone.unknown"
    assert refused.value.how_to_fix == fix


def test_it_knows_the_zones_by_their_iana_names() -> None:
    assert time_zone("Europe/Berlin").key == "Europe/Berlin"


@pytest.mark.parametrize("day", [date(9999, 12, 31), date(1, 1, 1)])
def test_refuses_a_date_that_is_meant_to_say_never(day: date) -> None:
    with pytest.raises(RequestError, match=f"Found the year {day.year}; expected one between 3 and 9997") as refused:
        end_of_day(day, ZoneInfo("Europe/Berlin"))
    assert refused.value.code == "date.range"
