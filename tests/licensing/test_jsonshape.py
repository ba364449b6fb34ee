"""Records to JSON and back: strict, canonical, and naming the place that does not fit."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta, timezone
from enum import StrEnum

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from governance.licensing.jsonread import often_read
from governance.licensing.jsonshape import ShapeError, from_plain, to_plain
from governance.licensing.jsontext import Remembering, canonical_list, canonical_text


class Colour(StrEnum):
    RED = "red"
    BLUE = "blue"


@often_read
@dataclass(frozen=True, slots=True)
class Leaf(Remembering):
    name: str
    number: int = 0


@dataclass(frozen=True, slots=True)
class Tree:
    leaves: tuple[Leaf, ...]
    colour: Colour
    open: bool
    planted: datetime
    felled: date | None = None
    mixed: str | int | tuple[str, ...] = ""


NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
PLAIN = {
    "leaves": [{"name": "a", "number": 1}, {"name": "b", "number": 2}],
    "colour": "red",
    "open": True,
    "planted": "2026-11-22T12:00:00.000000Z",
    "felled": None,
    "mixed": ["x", "y"],
}
TREE = Tree((Leaf("a", 1), Leaf("b", 2)), Colour.RED, True, NOON, None, ("x", "y"))

TREES = st.builds(
    Tree,
    st.lists(st.builds(Leaf, st.text(st.characters(codec="utf-8")), st.integers(-(2**53) + 1, 2**53 - 1))).map(tuple),
    st.sampled_from(Colour),
    st.booleans(),
    st.datetimes(timezones=st.sampled_from([UTC, timezone(timedelta(hours=-7))])),
    st.none() | st.dates(),
    st.text(st.characters(codec="utf-8")) | st.integers(-9, 9) | st.lists(st.sampled_from("xyz")).map(tuple),
)


def test_it_writes_and_reads_what_it_wrote() -> None:
    assert to_plain(TREE) == PLAIN
    assert from_plain(Tree, PLAIN) == TREE


@given(TREES)
def test_what_is_written_reads_as_what_it_was(tree: Tree) -> None:
    assert from_plain(Tree, json.loads(canonical_text(tree))) == tree


@given(TREES)
def test_the_canonical_text_is_that_of_rfc_8785(tree: Tree) -> None:
    assert canonical_text(tree).encode() == rfc8785.dumps(to_plain(tree))


def test_a_list_of_records_is_written_from_their_texts() -> None:
    leaves = [Leaf("a"), Leaf("b")]
    assert canonical_list(canonical_text(leaf) for leaf in leaves) == canonical_text(leaves)


def test_a_changed_copy_does_not_remember_the_old_text() -> None:
    leaf = Leaf("a")
    assert canonical_text(leaf) == '{"name":"a","number":0}'
    assert canonical_text(replace(leaf, number=1)) == '{"name":"a","number":1}'
    assert leaf == Leaf("a")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"leaves": [{"name": "a"}, {"name": 2}]}, "leaves[1].name: found 2; expected text."),
        ({"leaves": [{"name": "a", "number": True}]}, "leaves[0].number: found True; expected a whole number."),
        ({"leaves": [{"name": "a", "colour": "red"}]}, "leaves[0].colour: found 'red'; expected one of name, number."),
        ({"leaves": ["a"]}, "leaves[0]: found 'a'; expected the fields of Leaf."),
        ({"leaves": [{}]}, "leaves[0].name: found 'nothing'; expected a value."),
        ({"leaves": "a"}, "leaves: found 'a'; expected a list."),
        ({"colour": "green"}, "colour: found 'green'; expected one of red, blue."),
        ({"open": 1}, "open: found 1; expected true or false."),
        (
            {"planted": "2026-11-22"},
            "planted: found '2026-11-22'; expected a UTC time such as 2026-11-22T10:41:00.000000Z.",
        ),
        ({"planted": "2026-W47-7T10:41:00.000000Z"}, "planted: found '2026-W47-7T10:41:00.000000Z'"),
        ({"felled": "yesterday"}, "felled: found 'yesterday'; expected a date such as 2026-11-22."),
        ({"mixed": 1.5}, "mixed: found 1.5; expected str or int or tuple."),
        ({"leaves": [{"name": "a", "_canonical_text": ""}]}, "leaves[0]._canonical_text: found ''; expected one of"),
        ({"height": 3}, "Tree.height: found 3; expected one of leaves, colour"),
    ],
)
def test_it_refuses_what_does_not_fit_and_names_the_place(change: dict[str, object], message: str) -> None:
    with pytest.raises(ShapeError) as refused:
        from_plain(Tree, PLAIN | change)
    assert message in refused.value.message


@pytest.mark.parametrize("value", [1.5, {"a": 1}, b"raw", Leaf("a", 2**53), datetime(2026, 1, 1)])  # noqa: DTZ001
def test_it_writes_nothing_that_canonical_json_cannot_hold(value: object) -> None:
    with pytest.raises(ShapeError):
        canonical_text(value)


def test_what_was_read_once_is_handed_out_again_for_the_same_json_only() -> None:
    first, second = from_plain(Leaf, {"name": "a", "number": 1}), from_plain(Leaf, {"name": "a", "number": 1})
    assert first is second
    with pytest.raises(ShapeError):
        from_plain(Leaf, {"name": "a", "number": True})
