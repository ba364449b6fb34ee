"""Notices: complete as the licences ask, honest about what nobody stated, and safe to print."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.licensing.catalogue import load_catalogue
from governance.licensing.notices import (
    LicenseReference,
    Material,
    attribution,
    background_removed,
    license_reference,
    notice_for,
    redistribution,
)
from governance.licensing.terms import DutyKind

CATALOGUE = Path(__file__).parents[2] / "governance" / "catalogue"
CC = LicenseReference("CC-BY-NC-4.0", "CC BY-NC 4.0", "https://creativecommons.org/licenses/by-nc/4.0/")
RMBG = Material("RMBG-2.0", "BRIA AI", "https://huggingface.co/briaai/RMBG-2.0", "© BRIA AI")
LABELS = ["Title", "Creator", "Copyright notice", "Source", "Licence", "Changes", "Disclaimer"]


def test_an_attribution_says_what_section_3_asks_for() -> None:
    assert attribution(RMBG, CC, (background_removed("RMBG-2.0"),)).as_text() == (
        "Title: RMBG-2.0\n"
        "Creator: BRIA AI\n"
        "Copyright notice: © BRIA AI\n"
        "Source: https://huggingface.co/briaai/RMBG-2.0\n"
        "Licence: CC BY-NC 4.0, https://creativecommons.org/licenses/by-nc/4.0/\n"
        "Changes: background removed with RMBG-2.0\n"
        "Disclaimer: provided as is, without warranties: see CC BY-NC 4.0, section 5"
    )


def test_what_nobody_stated_is_not_invented() -> None:
    unknown = attribution(Material(), LicenseReference("LicenseRef-x", "", ""), None)
    assert {part.label: part.text for part in unknown.parts} == {
        **dict.fromkeys(LABELS, "not stated"),
        "Licence": "LicenseRef-x",
    }
    assert background_removed("") == "background removed with a model that is not stated"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        (None, "not stated"),
        ((), "none"),
        (("cropped", "background removed with U²-Netp"), "cropped; background removed with U²-Netp"),
    ],
)
def test_changes_are_told_or_told_to_be_unknown(changes: tuple[str, ...] | None, words: str) -> None:
    assert attribution(RMBG, CC, changes).part("Changes").text == words


def test_passing_files_on_takes_the_licence_text_and_the_notice_file_along() -> None:
    catalogue = load_catalogue(CATALOGUE)
    apache = license_reference(catalogue.license("Apache-2.0"), catalogue.text_of("Apache-2.0"))
    notice = redistribution(
        Material("U²-Netp", notice_file="U2Net\nCopyright 2020"), apache, ("converted to safetensors",)
    )
    assert notice.part("Licence text").text == (
        "enclosed as Apache-2.0.txt, SHA-256 cfc7749b96f63bd31c3c42b5c471bf756814053e847c10f3eb003417bc523d30"
    )
    assert "Notices that came with it: U2Net\n  Copyright 2020" in notice.as_text()
    assert notice.part("Disclaimer").text.endswith("Apache License 2.0, sections 7 and 8")


def test_a_text_we_do_not_keep_is_said_to_be_missing() -> None:
    notice = redistribution(RMBG, CC, ())
    assert notice.part("Licence text").text == "to be enclosed: no copy of CC BY-NC 4.0 is kept here"
    assert notice.part("Notices that came with it").text == "not stated"


@pytest.mark.parametrize(
    ("duty", "labels"),
    [
        (DutyKind.ATTRIBUTE, LABELS),
        (DutyKind.INCLUDE_NOTICE, [*LABELS, "Licence text", "Notices that came with it"]),
    ],
)
def test_a_duty_has_its_notice(duty: DutyKind, labels: list[str]) -> None:
    notice = notice_for(duty, RMBG, CC, ())
    assert notice is not None
    assert [part.label for part in notice.parts] == labels


def test_a_duty_to_report_has_none() -> None:
    assert notice_for(DutyKind.REPORT_USAGE, RMBG, CC, ()) is None


def test_it_has_no_part_it_was_not_given() -> None:
    with pytest.raises(KeyError, match="Licence text"):
        attribution(RMBG, CC, ()).part("Licence text")


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "data:text/html,x",
        "//evil.example",
        "https://",
        "https://a b",
        "https://a\nb",
        "http://[",
        "ftp://a.b",
    ],
)
def test_only_web_addresses_are_linked(url: str) -> None:
    assert attribution(Material(source_url=url), CC, ()).part("Source").href == ""


@pytest.mark.parametrize("url", ["https://example.com/a?b=<c>", "http://example.com"])
def test_a_web_address_is_linked_as_it_is(url: str) -> None:
    assert attribution(Material(source_url=url), CC, ()).part("Source").href == url


def test_a_title_cannot_turn_the_text_around_it() -> None:
    assert attribution(Material("abc\u202edef\u200b"), CC, ()).part("Title").text == "abcdef"


@given(st.text(), st.text(), st.text(), st.text(), st.text())
def test_no_fact_can_forge_a_part(title: str, creator: str, source: str, holder: str, came: str) -> None:
    notice = redistribution(Material(title, creator, source, holder, came), CC, (title,))
    lines = [line for line in notice.as_text().split("\n") if not line.startswith("  ")]
    assert [line.split(": ")[0] for line in lines] == [part.label for part in notice.parts]
    assert len(notice.as_text().splitlines()) == len(notice.as_text().split("\n"))
