"""Licences: a reading beside its text, drafting, approving, retiring it, and the texts."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils.html import escape

from governance.adapters import blobs
from governance.models import License, LicenseEncoding, LicenseText
from governance.rights.readings import encoding
from tests.conftest import Cast
from tests.factories_licenses import make_encoding, reading_text

BrowserAs = Callable[[User], Browser]


def shown(browser: Browser, slug: str = "CC-BY-NC-4.0", pk: int | None = None) -> str:
    at = reverse("license", args=[slug]) if pk is None else reverse("license-reading", args=[slug, pk])
    return browser.get(at).content.decode()


def test_it_lists_every_licence_with_how_it_is_read(cast: Cast, browser_as: BrowserAs) -> None:
    make_encoding(cast, approved=False)
    html = browser_as(cast.owner).get(reverse("license-list")).content.decode()
    for row in License.objects.all():
        assert reverse("license", args=[row.slug]) in html
    assert "1 draft waiting for approval" in html
    assert "Not read" in html


def test_the_list_asks_no_more_of_the_database_for_more_licences(cast: Cast, browser_as: BrowserAs) -> None:
    browser = browser_as(cast.owner)
    browser.get(reverse("license-list"))  # the first reader of a reading keeps it
    with CaptureQueriesContext(connection) as few:
        browser.get(reverse("license-list"))
    for index in range(5):
        License.objects.create(slug=f"LicenseRef-{index}", name=f"Licence {index}", category="commercial")
    with CaptureQueriesContext(connection) as more:
        browser.get(reverse("license-list"))
    assert len(more) == len(few)


def test_a_clause_stands_beside_the_term_read_from_it(cast: Cast, browser_as: BrowserAs) -> None:
    html = shown(browser_as(cast.owner))
    assert "<mark>for NonCommercial purposes only</mark>" in html
    assert "purpose is non-commercial" in html
    assert "not legal advice" in html
    for question in encoding("CC-BY-NC-4.0").open_questions:
        assert escape(question) in html


def test_a_licence_nobody_read_says_that_it_permits_nothing(cast: Cast, browser_as: BrowserAs) -> None:
    assert "nothing is permitted by it" in shown(browser_as(cast.owner), "GPL-3.0-only")


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("license", ["LicenseRef-nobody"]),
        ("license-reading", ["MIT", 999_999]),
        ("license-odrl", ["MIT", 999_999]),
        ("license-text", [999_999]),
    ],
)
def test_what_is_not_there_is_not_found(cast: Cast, browser_as: BrowserAs, name: str, arguments: list[Any]) -> None:
    assert browser_as(cast.legal).get(reverse(name, args=arguments)).status_code == 404


def test_every_licence_and_every_reading_has_its_page(cast: Cast, browser_as: BrowserAs) -> None:
    browser = browser_as(cast.legal)
    pages = [reverse("license", args=[row.slug]) for row in License.objects.all()]
    for row in LicenseEncoding.objects.all():
        pages += [reverse(name, args=[row.license_id, row.pk]) for name in ("license-reading", "license-odrl")]
    assert [url for url in pages if browser.get(url).status_code != 200] == []


def test_a_reading_of_another_licence_is_not_found_here(cast: Cast, browser_as: BrowserAs) -> None:
    row = LicenseEncoding.objects.get(license="Apache-2.0")
    assert browser_as(cast.legal).get(reverse("license-reading", args=["MIT", row.pk])).status_code == 404


def test_the_reading_comes_as_odrl(cast: Cast, browser_as: BrowserAs) -> None:
    row = LicenseEncoding.objects.get(license="MIT")
    answer = browser_as(cast.auditor).get(reverse("license-odrl", args=["MIT", row.pk]))
    policy = json.loads(answer.content)
    assert (policy["@type"], policy["clearcut:license"]) == ("Set", "MIT")
    assert "attachment" in answer["Content-Disposition"]


def test_the_text_comes_byte_for_byte(cast: Cast, browser_as: BrowserAs) -> None:
    row = LicenseText.objects.get(license="MIT")
    answer = browser_as(cast.owner).get(reverse("license-text", args=[row.pk]))
    assert b"".join(answer.streaming_content) == blobs.get(row.sha256)  # type: ignore[attr-defined]


def test_a_draft_starts_from_the_reading_that_counts(cast: Cast, browser_as: BrowserAs) -> None:
    html = browser_as(cast.admin).get(reverse("encoding-new", args=["MIT"])).content.decode()
    assert escape(reading_text().splitlines()[0]) in html
    assert "revision =" not in html


def test_it_drafts_and_another_person_approves(cast: Cast, browser_as: BrowserAs) -> None:
    given = {"toml": reading_text().replace("\n", "\r\n"), "rationale": "Read again."}
    answer = browser_as(cast.admin).post(reverse("encoding-new", args=["MIT"]), given)
    row = LicenseEncoding.objects.get(origin="organisation")
    assert answer["Location"] == reverse("license-reading", args=["MIT", row.pk])
    html = shown(browser_as(cast.legal), "MIT", row.pk)
    assert "Waits for approval" in html
    browser_as(cast.legal).post(reverse("encoding-approve", args=["MIT", row.pk]))
    assert encoding("MIT").revision == row.revision


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("toml", "title = ", "is not TOML"),
        ("toml", 'title = "MIT"\nreading = "R"\nlicense_id = "Apache-2.0"', "expected &#x27;MIT&#x27;"),
        ("rationale", "", "This field is required"),
    ],
)
def test_refuses_a_draft_it_cannot_read(
    cast: Cast, browser_as: BrowserAs, field: str, value: str, message: str
) -> None:
    given = {"toml": reading_text(), "rationale": "Read again."} | {field: value}
    answer = browser_as(cast.admin).post(reverse("encoding-new", args=["MIT"]), given)
    assert answer.status_code == 400
    assert message in answer.content.decode()
    assert not LicenseEncoding.objects.filter(origin="organisation").exists()


def test_the_drafter_is_told_to_find_another_person(cast: Cast, browser_as: BrowserAs) -> None:
    row = make_encoding(cast, approved=False, actor=cast.legal)
    html = shown(browser_as(cast.legal), "MIT", row.pk)
    assert "You drafted it" in html
    assert reverse("encoding-approve", args=["MIT", row.pk]) not in html
    followed = browser_as(cast.legal).post(reverse("encoding-approve", args=["MIT", row.pk]), follow=True)
    assert "was drafted by you" in followed.content.decode()


def test_it_retires_with_a_reason(cast: Cast, browser_as: BrowserAs) -> None:
    row, browser = make_encoding(cast), browser_as(cast.legal)
    assert browser.post(reverse("encoding-retire", args=["MIT", row.pk]), {"reason": " "}).status_code == 400
    browser.post(reverse("encoding-retire", args=["MIT", row.pk]), {"reason": "Counsel changed their mind."})
    assert "Counsel changed their mind." in shown(browser, "MIT")


def test_a_requester_reads_and_does_not_draft(cast: Cast, browser_as: BrowserAs) -> None:
    browser = browser_as(cast.owner)
    assert reverse("encoding-new", args=["MIT"]) not in shown(browser, "MIT")
    assert browser.get(reverse("encoding-new", args=["MIT"])).status_code == 403
    assert browser.get(reverse("license-text-new", args=["MIT"])).status_code == 403


def test_it_records_a_text(cast: Cast, browser_as: BrowserAs) -> None:
    given = {"source": "a package", "revision": "1", "captured_on": "2026-11-02", "language": "en"}
    file = SimpleUploadedFile("LICENSE", b"You may.\n")
    url = reverse("license-text-new", args=["LicenseRef-bria-rmbg-1.4"])
    browser_as(cast.admin).post(url, given | {"content": file})
    assert "You may." in shown(browser_as(cast.owner), "LicenseRef-bria-rmbg-1.4")


def test_refuses_a_text_that_is_none(cast: Cast, browser_as: BrowserAs) -> None:
    given = {"source": "a package", "captured_on": "2026-11-02", "language": "en"}
    file = SimpleUploadedFile("LICENSE", b"\xff\xfe\x00\x01")
    answer = browser_as(cast.admin).post(reverse("license-text-new", args=["MIT"]), given | {"content": file})
    assert answer.status_code == 400
    assert "bytes that are not UTF-8" in answer.content.decode()


@pytest.mark.parametrize("name", ["encoding-approve", "encoding-retire"])
def test_acts_are_posted(cast: Cast, browser_as: BrowserAs, name: str) -> None:
    row = make_encoding(cast, approved=False)
    assert browser_as(cast.legal).get(reverse(name, args=["MIT", row.pk])).status_code == 405
