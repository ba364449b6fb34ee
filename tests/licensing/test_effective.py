"""Which version of a right counts at a moment."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.licensing.effective import VersionTerm, effective_version

NOW = datetime(2026, 6, 1, tzinfo=UTC)
DAY = timedelta(days=1)


def term(version: int, starts: int, ends: int, *, verified: bool = True) -> VersionTerm:
    """A version from so many days after NOW to so many."""
    return VersionTerm(version, NOW + starts * DAY, NOW + ends * DAY, verified)


def counting(*versions: VersionTerm, at: datetime = NOW) -> int:
    return effective_version(versions, at).version


def test_the_version_in_force_counts() -> None:
    assert counting(term(1, -20, -10), term(2, -10, 10), term(3, 10, 20)) == 2


def test_one_that_starts_later_takes_nothing_away_before() -> None:
    assert counting(term(1, -10, 10), term(2, 10, 20)) == 1


@pytest.mark.parametrize("verified", [True, False])
def test_an_unverified_version_in_force_never_masks_a_verified_one(verified: bool) -> None:
    assert counting(term(1, -10, 10), term(2, -5, 20, verified=verified)) == (2 if verified else 1)


def test_the_first_instant_is_in_and_the_last_is_out() -> None:
    assert counting(term(1, -10, 0), term(2, 0, 10)) == 2
    assert counting(term(1, -10, 0), term(2, 0, 10), at=NOW - timedelta.resolution) == 1


def test_in_a_gap_the_one_that_started_last_counts() -> None:
    assert counting(term(1, -30, -20), term(2, -20, -10), term(3, 10, 20)) == 2


def test_before_anything_has_started_the_first_to_come_counts() -> None:
    assert counting(term(2, 10, 20), term(1, 1, 5)) == 1


def test_no_versions_are_no_entitlement() -> None:
    with pytest.raises(ValueError, match="at least one"):
        effective_version([], NOW)


@st.composite
def histories(draw: st.DrawFn) -> list[VersionTerm]:
    """Versions as the database lets them be: none overlaps another."""
    edges = sorted(draw(st.lists(st.integers(-60, 60), min_size=2, max_size=10, unique=True)))
    pairs = [(start, end) for start, end in pairwise(edges) if draw(st.booleans())]
    chosen = pairs or [(edges[0], edges[1])]
    numbers = draw(st.permutations(range(1, len(chosen) + 1)))
    return [
        term(number, start, end, verified=draw(st.booleans()))
        for number, (start, end) in zip(numbers, chosen, strict=True)
    ]


@given(histories(), st.integers(-70, 70))
def test_a_version_in_force_is_always_the_one_that_counts(history: list[VersionTerm], day: int) -> None:
    at = NOW + day * DAY
    running = [each.version for each in history if each.in_force(at)]
    assert running in ([], [counting(*history, at=at)])


@given(histories(), st.integers(-70, 70), st.randoms())
def test_the_order_they_are_read_in_does_not_matter(history: list[VersionTerm], day: int, random: object) -> None:
    at = NOW + day * DAY
    shuffled = list(history)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert counting(*shuffled, at=at) == counting(*history, at=at)
