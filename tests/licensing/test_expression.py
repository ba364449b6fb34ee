"""SPDX expressions: what is understood, and what is refused rather than guessed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.licensing.expression import ExpressionRefused, base_license, parse_expression, recorded_expression

NAMES = st.sampled_from(["MIT", "Apache-2.0", "CC-BY-NC-4.0", "LicenseRef-bria-rmbg-1.4"])


@pytest.mark.parametrize(
    ("text", "alternatives"),
    [
        ("MIT", (("MIT",),)),
        ("mit", (("MIT",),)),
        ("MIT OR Apache-2.0", (("Apache-2.0",), ("MIT",))),
        ("MIT AND Apache-2.0", (("Apache-2.0", "MIT"),)),
        ("MIT AND (Apache-2.0 OR CC0-1.0)", (("Apache-2.0", "MIT"), ("CC0-1.0", "MIT"))),
        ("LicenseRef-bria-rmbg-1.4 OR MIT", (("LicenseRef-bria-rmbg-1.4",), ("MIT",))),
        ("GPL-2.0-only WITH Classpath-exception-2.0", (("GPL-2.0-only WITH Classpath-exception-2.0",),)),
        ("NOASSERTION", (("NOASSERTION",),)),
    ],
)
def test_it_gives_the_alternatives(text: str, alternatives: tuple[tuple[str, ...], ...]) -> None:
    assert parse_expression(text).alternatives == alternatives


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "it is empty"),
        ("MIT OR", "OR requires two or more"),
        ("MIT Apache-2.0", "Invalid symbols sequence"),
        ("Free for everyone", "neither an SPDX identifier"),
        ("GPL-2.0", "'GPL-2.0' is neither an SPDX identifier"),
        ("MIT WITH MIT", "cannot be used as an exception"),
        ("LicenseRef-", "neither an SPDX identifier"),
        ("NOASSERTION OR MIT", "'NOASSERTION' is neither"),
    ],
)
def test_it_refuses_what_it_cannot_rely_on(text: str, reason: str) -> None:
    with pytest.raises(ExpressionRefused, match="cannot be used") as refused:
        parse_expression(text)
    assert reason in refused.value.message
    assert "LicenseRef-" in refused.value.how_to_fix


def test_a_private_licence_is_never_taken_for_a_public_one() -> None:
    # The library knows LicenseRef-MIT-TC as another spelling of MIT.
    assert parse_expression("LicenseRef-MIT-TC").identifiers == ("LicenseRef-MIT-TC",)


def test_a_private_licence_on_record_may_be_named() -> None:
    named = recorded_expression("LicenseRef-mine OR MIT", {"LicenseRef-mine"})
    assert named.identifiers == ("LicenseRef-mine", "MIT")


def test_it_refuses_a_private_licence_that_is_not_on_record() -> None:
    with pytest.raises(
        ExpressionRefused, match="'LicenseRef-theirs' in 'MIT AND LicenseRef-theirs', which is not"
    ) as refused:
        recorded_expression("MIT AND LicenseRef-theirs", {"LicenseRef-mine"})
    assert refused.value.code == "license.unrecorded"
    assert refused.value.how_to_fix


def test_it_refuses_an_unknown_identifier_though_it_is_on_record() -> None:
    with pytest.raises(ExpressionRefused, match="'Mine' is neither an SPDX identifier") as refused:
        recorded_expression("Mine", {"Mine"})
    assert refused.value.code == "license.expression"


def test_it_refuses_an_expression_that_multiplies_out_of_hand() -> None:
    text = " AND ".join(["(MIT OR Apache-2.0)", "(ISC OR 0BSD)", "(Zlib OR Unlicense)", "(CC0-1.0 OR BSL-1.0)"])
    assert len(parse_expression(text).alternatives) == 16
    with pytest.raises(ExpressionRefused, match="more than 64 alternatives"):
        parse_expression(f"{text} AND (PostgreSQL OR X11) AND (NCSA OR Artistic-2.0) AND (OFL-1.1 OR WTFPL)")


def test_the_base_of_an_exception_is_its_licence() -> None:
    assert base_license("GPL-2.0-only WITH Classpath-exception-2.0") == "GPL-2.0-only"


@given(NAMES, NAMES, NAMES)
def test_and_binds_tighter_than_or(one: str, two: str, three: str) -> None:
    plain = parse_expression(f"{one} OR {two} AND {three}")
    assert plain.alternatives == parse_expression(f"{one} OR ({two} AND {three})").alternatives
