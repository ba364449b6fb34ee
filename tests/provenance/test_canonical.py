from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from governance.provenance.canonical import (
    canonical,
    canonical_sha256,
    parse_canonical,
    parse_strict,
    parse_timestamp,
    sha256_hex,
    timestamp,
)
from governance.provenance.errors import BadTimestamp, NotCanonical

# RFC 8785 §3.2.2 and §3.2.3 (the sample's numbers are left out: floats are refused here).
RFC_8785_STRING = "€$\u000f\u000aA'\u0042\u0022\u005c\\\"/"
RFC_8785_BYTES = '{"literals":[null,true,false],"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}'.encode()
RFC_8785_SORTING = {
    "\u20ac": "Euro Sign",
    "\r": "Carriage Return",
    "\ufb33": "Hebrew Letter Dalet With Dagesh",
    "1": "One",
    "\U0001f600": "Emoji: Grinning Face",
    "\u0080": "Control",
    "\u00f6": "Latin Small Letter O With Diaeresis",
}
RFC_8785_ORDER = [
    "Carriage Return",
    "One",
    "Control",
    "Latin Small Letter O With Diaeresis",
    "Euro Sign",
    "Emoji: Grinning Face",
    "Hebrew Letter Dalet With Dagesh",
]

SAFE_TEXT = st.text(
    st.characters(
        exclude_categories=["Cs"],
        exclude_characters="\0\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069",
    )
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | SAFE_TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(SAFE_TEXT, inner, max_size=4),
    max_leaves=20,
)


def test_it_writes_the_sample_of_rfc_8785() -> None:
    value = {"string": RFC_8785_STRING, "literals": [None, True, False]}
    assert canonical(value) == RFC_8785_BYTES


def test_it_sorts_keys_by_utf_16_as_rfc_8785_shows() -> None:
    written = json.loads(canonical(RFC_8785_SORTING))
    assert list(written.values()) == RFC_8785_ORDER


@given(VALUES)
def test_reading_back_gives_the_same_value_and_bytes(value: Any) -> None:
    data = canonical(value)
    assert parse_canonical(data) == value
    assert canonical(parse_strict(data)) == data


def test_it_hashes_the_canonical_form() -> None:
    assert canonical_sha256({"b": 1, "a": 2}) == sha256_hex(b'{"a":2,"b":1}')


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({"price": 1.5}, r"Got float at \$\.price"),
        ({"a": [1, {"b": float("nan")}]}, r"Got float at \$\.a\[1\]\.b"),
        ({"n": 2**53}, r"Got an integer of 54 bits at \$\.n, expected less than 2\^53"),
        ({"n": -(2**53)}, r"expected less than 2\^53"),
        ({1: "x"}, r"Got key 1 at \$, expected text"),
        ({"name": "a\0b"}, r"Got U\+0000 as character 2 of the text at \$\.name"),
        ({"name": "\ud800"}, r"Got U\+D800 as character 1 of the text at \$\.name"),
        ({"name": "invoice\u202egnp.exe"}, r"Got U\+202E as character 8 of the text at \$\.name"),
        ({"a\u2066": 1}, r"Got U\+2066 as character 2 of the text at the keys of \$"),
        ({"when": datetime(2026, 1, 1, tzinfo=UTC)}, r"Got datetime at \$\.when"),
        ({"bytes": b"x"}, r"Got bytes at \$\.bytes"),
        ({"set": {1}}, r"Got set at \$\.set"),
    ],
)
def test_refuses_to_write_what_readers_would_not_agree_on(value: Any, message: str) -> None:
    with pytest.raises(NotCanonical, match=message):
        canonical(value)


def test_refuses_to_write_bottomless_nesting() -> None:
    value: list[Any] = []
    for _ in range(40):
        value = [value]
    with pytest.raises(NotCanonical, match="more than 32 levels"):
        canonical(value)


def test_it_keeps_names_as_typed_without_normalising() -> None:
    assert canonical("e\u0301") != canonical("\u00e9")


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b'{"a":1,"a":2}', "Got key 'a' twice"),
        (b'{"a":{"b":1,"b":1}}', "Got key 'b' twice"),
        (b"1.0", "Got number 1.0, expected an integer"),
        (b"1e2", "Got number 1e2"),
        (b"-0.0", "Got number -0.0"),
        (b"NaN", "Got number NaN"),
        (b"-Infinity", "Got number -Infinity"),
        (b"9007199254740992", r"54 bits at \$"),
        (b'"\\ud800"', r"Got U\+D800"),
        (b'"\\u0000"', r"Got U\+0000"),
        (b'"\\u202e"', r"Got U\+202E"),
        (b"\xff", "not UTF-8 at offset 0"),
        (b"\xef\xbb\xbf{}", "not JSON"),
        (b"{'a':1}", "not JSON"),
        (b"{} {}", "not JSON"),
        (b"", "not JSON"),
        (b"1" * 5000, "not JSON"),
        (b"[" * 100_000, "nested too deeply"),
        (b"[" * 40 + b"]" * 40, "more than 32 levels"),
    ],
)
def test_refuses_to_read_json_with_more_than_one_meaning(data: bytes, message: str) -> None:
    with pytest.raises(NotCanonical, match=message):
        parse_strict(data)


def test_refuses_json_that_is_too_long() -> None:
    with pytest.raises(NotCanonical, match="Got 11 bytes of JSON, expected at most 10"):
        parse_strict(b'"123456789"', max_bytes=10)


@pytest.mark.parametrize("data", [b'{"b":1,"a":1}', b'{"a": 1}', b'"\\u0041"', b"{}\n", b'"\\/"', b"-0"])
def test_refuses_other_spellings_where_canonical_bytes_are_due(data: bytes) -> None:
    assert parse_strict(data) is not None
    with pytest.raises(NotCanonical, match="expected its RFC 8785 form byte for byte"):
        parse_canonical(data)


def test_times_have_six_digits_and_z() -> None:
    assert timestamp(datetime(2026, 3, 29, 1, 30, tzinfo=UTC)) == "2026-03-29T01:30:00.000000Z"


def test_times_in_other_zones_are_written_in_utc() -> None:
    madrid_summer = timezone(timedelta(hours=2))
    assert timestamp(datetime(2026, 10, 25, 2, 30, 0, 1, tzinfo=madrid_summer)) == "2026-10-25T00:30:00.000001Z"


def test_refuses_a_time_without_zone() -> None:
    with pytest.raises(BadTimestamp, match="without a time zone"):
        timestamp(datetime(2026, 1, 1))  # noqa: DTZ001


@given(st.datetimes(timezones=st.just(UTC)))
def test_times_read_back_exactly(when: datetime) -> None:
    assert parse_timestamp(timestamp(when)) == when


@pytest.mark.parametrize(
    "text",
    [
        "2026-01-01T00:00:00Z",
        "2026-01-01T00:00:00.123Z",
        "2026-01-01T00:00:00.123456+00:00",
        "2026-01-01 00:00:00.123456Z",
        "2026-02-30T00:00:00.000000Z",
        "2026-01-01T24:00:00.000000Z",
        "2026-01-01T00:00:60.000000Z",
        "2026-01-01T00:00:00.000000Z\n",
        "٢٠٢٦-01-01T00:00:00.000000Z",
        "",
    ],
)
def test_refuses_other_spellings_of_a_time(text: str) -> None:
    with pytest.raises(BadTimestamp, match="Got time"):
        parse_timestamp(text)


ASCII = st.text(st.characters(max_codepoint=0x7F, exclude_characters="\0"))
PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | ASCII,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(ASCII, inner, max_size=4),
    max_leaves=20,
)


@given(PLAIN)
def test_ascii_alone_has_the_same_canonical_form_by_the_faster_way(value: Any) -> None:
    # parse_canonical compares such documents with Python's own encoder instead of rfc8785's.
    assert parse_canonical(rfc8785.dumps(value)) == value


@given(PLAIN, st.data())
def test_ascii_in_any_other_spelling_is_refused(value: Any, data: st.DataObject) -> None:
    spelled = json.dumps(value, indent=data.draw(st.sampled_from([None, 1]))).encode()
    if spelled == rfc8785.dumps(value):
        assert parse_canonical(spelled) == value
    else:
        with pytest.raises(NotCanonical, match="expected its RFC 8785 form byte for byte"):
            parse_canonical(spelled)


@pytest.mark.parametrize("text", [b'"\\u00e9"', b'"\\u007f"', b'"\\u001F"', b'"\\/"', b'{"b":1,"a":2}', b"-0", b" 1"])
def test_refuses_ascii_escapes_and_orders_that_are_not_canonical(text: bytes) -> None:
    with pytest.raises(NotCanonical, match="expected its RFC 8785 form byte for byte"):
        parse_canonical(text)


# RFC 8785 Appendix B: the largest integers it lists are the first ones refused here, as §3.2.2.3 advises.
@pytest.mark.parametrize("number", [2**53, -(2**53), 295147905179352830000])
def test_refuses_the_integers_of_rfc_8785_appendix_b_that_not_every_reader_keeps(number: int) -> None:
    with pytest.raises(NotCanonical, match="expected less than 2"):
        canonical(number)
