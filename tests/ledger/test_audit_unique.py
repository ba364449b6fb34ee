from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from governance.ledger.audit_unique import IndexedValues
from governance.ledger.errors import TreeRangeError

# Few different values, some of which share all but one byte.
VALUES = st.sampled_from([bytes([first]) + bytes(14) + bytes([last]) for first in range(3) for last in range(3)])


def indexed(values: list[bytes], *, start: int = 0) -> IndexedValues:
    found = IndexedValues()
    for index, value in enumerate(values, start=start):
        found.add(value, index)
    return found


@settings(deadline=None)
@given(st.lists(VALUES, max_size=30))
def test_it_finds_every_repetition(values: list[bytes]) -> None:
    repeated = list(indexed(values).repeated())
    assert Counter(value for value, _, _ in repeated) == Counter(
        {value: count - 1 for value, count in Counter(values).items() if count > 1}
    )
    for value, first, second in repeated:
        assert first < second
        assert values[first] == values[second] == value


@settings(deadline=None)
@given(st.lists(VALUES, max_size=20), st.lists(st.tuples(VALUES, st.integers(0, 25)), max_size=10))
def test_it_finds_every_reference_to_nothing_earlier(values: list[bytes], wanted: list[tuple[bytes, int]]) -> None:
    references = IndexedValues()
    for value, index in wanted:
        references.add(value, index)
    assert sorted(indexed(values).unresolved(references)) == sorted(
        (value, index) for value, index in wanted if value not in values[:index]
    )


def test_refuses_a_value_of_another_length() -> None:
    with pytest.raises(TreeRangeError, match="Got a value of 15 bytes, expected 16"):
        IndexedValues().add(bytes(15), 0)
