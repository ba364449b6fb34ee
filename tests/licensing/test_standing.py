"""How a right stands at a time: one status, derived from dated facts."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.licensing.standing import (
    GrantRecord,
    GrantStatus,
    QuotaBalance,
    Suspension,
    status_at,
    suspension_at,
)

NOW = datetime(2026, 11, 22, 10, 41, tzinfo=UTC)
DAY = timedelta(days=1)
SOUND = GrantRecord(evidence_count=1, verified_at=NOW - 20 * DAY, starts_at=NOW - 10 * DAY, ends_at=NOW + 10 * DAY)
TIMES = st.datetimes(datetime.fromisoformat("2026-01-01"), datetime.fromisoformat("2027-12-31"), timezones=st.just(UTC))
RECORDS = st.builds(
    GrantRecord,
    evidence_count=st.integers(0, 2),
    verified_at=st.none() | TIMES,
    starts_at=TIMES,
    ends_at=st.none() | TIMES,
    superseded_at=st.none() | TIMES,
    ended_at=st.none() | TIMES,
    suspensions=st.lists(st.builds(Suspension, TIMES, st.none() | TIMES), max_size=2).map(tuple),
    quotas=st.lists(st.builds(QuotaBalance, st.integers(-1, 3), st.booleans()), max_size=2).map(tuple),
)


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({}, GrantStatus.ACTIVE),
        ({"evidence_count": 0}, GrantStatus.DRAFT),
        ({"verified_at": None}, GrantStatus.PENDING_VERIFICATION),
        ({"verified_at": NOW + DAY}, GrantStatus.PENDING_VERIFICATION),
        ({"starts_at": NOW + DAY}, GrantStatus.UPCOMING),
        ({"ends_at": NOW}, GrantStatus.EXPIRED),
        ({"ends_at": None}, GrantStatus.ACTIVE),
        ({"ended_at": NOW}, GrantStatus.TERMINATED),
        ({"ended_at": NOW + DAY}, GrantStatus.ACTIVE),
        ({"superseded_at": NOW}, GrantStatus.SUPERSEDED),
        ({"suspensions": (Suspension(NOW),)}, GrantStatus.SUSPENDED),
        ({"suspensions": (Suspension(NOW - DAY, NOW),)}, GrantStatus.ACTIVE),
        ({"quotas": (QuotaBalance(0, blocks=True),)}, GrantStatus.EXHAUSTED),
        ({"quotas": (QuotaBalance(1, blocks=True),)}, GrantStatus.ACTIVE),
        ({"quotas": (QuotaBalance(-5, blocks=False),)}, GrantStatus.ACTIVE),
    ],
)
def test_one_fact_makes_the_status(changes: dict[str, Any], status: GrantStatus) -> None:
    assert status_at(replace(SOUND, **changes), NOW) is status


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"superseded_at": NOW, "ended_at": NOW, "ends_at": NOW}, GrantStatus.SUPERSEDED),
        ({"ended_at": NOW - DAY, "ends_at": NOW}, GrantStatus.TERMINATED),
        ({"verified_at": None, "ends_at": NOW}, GrantStatus.EXPIRED),
        ({"evidence_count": 0, "verified_at": None}, GrantStatus.DRAFT),
        ({"verified_at": None, "starts_at": NOW + DAY}, GrantStatus.PENDING_VERIFICATION),
        ({"suspensions": (Suspension(NOW),), "quotas": (QuotaBalance(0, blocks=True),)}, GrantStatus.SUSPENDED),
    ],
)
def test_of_several_the_one_that_settles_it_is_told(changes: dict[str, Any], status: GrantStatus) -> None:
    assert status_at(replace(SOUND, **changes), NOW) is status


def test_the_start_counts_and_the_end_does_not() -> None:
    assert status_at(SOUND, SOUND.starts_at) is GrantStatus.ACTIVE
    assert status_at(SOUND, NOW + 10 * DAY - timedelta.resolution) is GrantStatus.ACTIVE
    assert status_at(SOUND, NOW + 10 * DAY) is GrantStatus.EXPIRED


def test_it_tells_the_past_as_it_was() -> None:
    assert status_at(replace(SOUND, ended_at=NOW - DAY), NOW - 2 * DAY) is GrantStatus.ACTIVE


def test_the_suspension_told_is_the_one_that_began_first() -> None:
    first, second = Suspension(NOW - 2 * DAY, reason="audit"), Suspension(NOW - DAY, reason="payment")
    assert suspension_at(replace(SOUND, suspensions=(second, first)), NOW) == first


@given(RECORDS, TIMES)
def test_active_means_that_nothing_stands_against_it(record: GrantRecord, at: datetime) -> None:
    sound = (
        record.evidence_count > 0
        and record.verified_at is not None
        and record.verified_at <= at
        and record.starts_at <= at
        and all(end is None or at < end for end in (record.ends_at, record.ended_at, record.superseded_at))
        and not any(stop.starts_at <= at and (stop.ends_at is None or at < stop.ends_at) for stop in record.suspensions)
        and not any(quota.blocks and quota.remaining <= 0 for quota in record.quotas)
    )
    assert status_at(record, at).gives_rights is sound


@given(RECORDS, TIMES, TIMES)
def test_nothing_revives_what_is_over(record: GrantRecord, one: datetime, other: datetime) -> None:
    over = (GrantStatus.SUPERSEDED, GrantStatus.TERMINATED, GrantStatus.EXPIRED)
    earlier, later = sorted((one, other))
    if status_at(record, earlier) in over:
        assert status_at(record, later) in over
