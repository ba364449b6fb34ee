"""Cells of the audit table: nothing in them runs, nothing in them is lost."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.provenance.canonical import canonical
from governance.reports.audit import printable
from governance.reports.audit_csv import cell


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\rx", "\nx"])
def test_a_formula_becomes_text(text: str) -> None:
    assert cell(text) == f"'{text}"


def test_plain_values_stay_as_they_are() -> None:
    assert cell("Spring = summer") == "Spring = summer"
    assert cell(None) == ""
    assert cell(12) == "12"
    assert cell(("LIC-010", "LIC-011")) == "LIC-010; LIC-011"
    assert cell(datetime(2026, 11, 22, 10, 41, tzinfo=UTC)) == "2026-11-22T10:41:00.000000Z"


@given(st.text(alphabet=st.characters(codec="utf-8", exclude_characters="\0")))
def test_no_cell_ever_starts_like_a_formula_and_none_is_lost(text: str) -> None:
    stream = io.StringIO(newline="")
    csv.writer(stream).writerow([cell(text), "end"])
    stream.seek(0)
    ((read, _),) = csv.reader(stream)
    assert not read.startswith(("=", "+", "-", "@", "\t", "\r", "\n"))
    assert read in (text, f"'{text}")


@given(st.text(alphabet=st.characters(codec="utf-8")))
def test_any_name_can_be_written_canonically(text: str) -> None:
    canonical({"name": printable(text)})


def test_what_cannot_be_shown_is_written_out() -> None:
    assert printable("photo\u202egnp.exe") == "photo<U+202E>gnp.exe"
