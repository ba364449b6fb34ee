"""A reading written as TOML and read again is the same reading, whatever its words."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.licensing.encodings import encoding_from_mapping, parse_encoding
from governance.licensing.encodings_toml import as_toml
from governance.licensing.terms import Action, Constraint, DutyKind, Encoding, LeftOperand, Operator, Term, TermKind

FILES = sorted((Path(__file__).parents[2] / "governance" / "catalogue" / "encodings").glob("*.toml"))
# What TOML can hold at all: no lone surrogates.
WORDS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=40).filter(str.strip)
CONSTRAINTS = st.one_of(
    st.builds(Constraint, st.sampled_from(LeftOperand), st.just(Operator.EQ), st.one_of(WORDS, st.integers(0, 9**9))),
    st.builds(
        Constraint, st.sampled_from(LeftOperand), st.just(Operator.IS_ANY_OF), st.lists(WORDS, max_size=4).map(tuple)
    ),
)


@st.composite
def terms(draw: st.DrawFn) -> Term:
    kind = draw(st.sampled_from(TermKind))
    return Term(
        kind=kind,
        action=draw(st.sampled_from(Action)),
        clause_ref=draw(WORDS),
        paraphrase=draw(WORDS),
        constraints=draw(st.lists(CONSTRAINTS, max_size=2).map(tuple)),
        quote=draw(st.one_of(st.just(""), WORDS)),
        duty=draw(st.sampled_from(DutyKind)) if kind is TermKind.DUTY else None,
    )


READINGS = st.builds(
    Encoding,
    license_id=st.just("MIT"),
    title=WORDS,
    revision=st.integers(1, 99),
    encoded_on=st.dates(),
    encoded_by=st.just("One"),
    approved_by=st.just("Another"),
    reading=WORDS,
    terms=st.lists(terms(), max_size=4).map(tuple),
    source=st.one_of(st.just(""), WORDS),
    text_sha256=st.one_of(st.none(), st.just("ab" * 32)),
    open_questions=st.lists(WORDS, max_size=3).map(tuple),
)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_shipped_reading_survives_the_way_through_toml(path: Path) -> None:
    encoding = parse_encoding(path.read_bytes(), path.name)
    assert parse_encoding(as_toml(encoding).encode(), path.name) == encoding


@given(READINGS)
def test_any_reading_survives_the_way_through_toml(encoding: Encoding) -> None:
    assert parse_encoding(as_toml(encoding).encode(), "MIT.toml") == encoding


def test_actions_of_one_clause_stand_in_one_table() -> None:
    encoding = parse_encoding(FILES[0].read_bytes(), FILES[0].name)
    assert as_toml(encoding).count("[[term]]") == FILES[0].read_text(encoding="utf-8").count("[[term]]")


def test_it_leaves_out_what_somebody_else_supplies() -> None:
    data = {
        "license_id": "MIT", "title": "MIT", "revision": 3, "encoded_on": date(2026, 11, 22), "encoded_by": "One",
        "approved_by": "Another", "reading": "Ours.",
    }  # fmt: skip
    text = as_toml(encoding_from_mapping(data, "MIT"), without=("revision", "approved_by"))
    assert "revision" not in text
    assert "approved_by" not in text
    assert 'encoded_by = "One"' in text
