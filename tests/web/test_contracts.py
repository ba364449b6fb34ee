"""Contracts on their pages: for those who may read papers, entered by a licence admin."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from governance.models import Contract
from tests.conftest import Cast
from tests.factories import make_contract, make_entitlement

BrowserAs = Callable[[User], Browser]


def filled(**changes: Any) -> dict[str, Any]:
    form: dict[str, Any] = {
        "title": "Frame agreement",
        "reference": "BR-17",
        "licensor": "Bria",
        "licensee": "The agency",
        "affiliates": "Harbour, Inc.\nFern Ltd",
        "signed_on": "2026-01-15",
        "notice_days": "90",
        "auto_renews": "no",
        "evidence": SimpleUploadedFile("frame.pdf", b"%PDF-1.7 frame"),
    }
    return form | changes


def test_a_licence_admin_enters_what_the_paper_says(cast: Cast, browser_as: BrowserAs) -> None:
    answer = browser_as(cast.admin).post(reverse("contract-new"), filled())
    entered = Contract.objects.get()
    assert answer["Location"] == reverse("contract", args=[entered.ref])
    assert entered.affiliates == ["Harbour, Inc.", "Fern Ltd"]
    assert (entered.notice_days, entered.auto_renews, entered.governing_law) == (90, False, "")


@pytest.mark.parametrize(
    ("changes", "field", "message"),
    [
        ({"title": ""}, "title", "This field is required."),
        ({"signed_on": str((timezone.now() + timedelta(days=2)).date())}, "signed_on", "later than today"),
        ({"notice_days": "-3"}, "notice_days", "Notice of -3 days"),
        ({"evidence": ""}, "evidence", "This field is required."),
        ({"affiliates": "x" * 121}, "affiliates", "got 121 characters"),
    ],
)
def test_it_says_beside_the_field_what_does_not_fit(
    cast: Cast, browser_as: BrowserAs, changes: dict[str, Any], field: str, message: str
) -> None:
    answer = browser_as(cast.admin).post(reverse("contract-new"), filled(**changes))
    assert answer.status_code == 400
    assert message in " ".join(answer.context["form"].errors[field])
    assert not Contract.objects.exists()


def test_an_amendment_starts_from_the_version_before(cast: Cast, browser_as: BrowserAs) -> None:
    first = make_contract(cast, affiliates=("Fern Ltd",), auto_renews=True)
    url = f"{reverse('contract-new')}?ref={first.ref}"
    form = browser_as(cast.admin).get(url).context["form"]
    assert (form["licensor"].value(), form["affiliates"].value()) == ("Bria", "Fern Ltd")
    assert (form["auto_renews"].value(), form["signed_on"].value()) == ("yes", None)
    browser_as(cast.admin).post(url, filled(signed_on="2026-03-01"))
    html = browser_as(cast.auditor).get(reverse("contract", args=[first.ref])).content.decode()
    assert "Version 2" in html
    assert "Version 1" in html


def test_an_amendment_needs_a_contract_that_exists(cast: Cast, browser_as: BrowserAs) -> None:
    assert browser_as(cast.admin).get(f"{reverse('contract-new')}?ref=CTR-9999").status_code == 404


def test_only_a_licence_admin_may_enter(cast: Cast, browser_as: BrowserAs) -> None:
    for person in (cast.owner, cast.legal, cast.auditor):
        assert browser_as(person).post(reverse("contract-new"), filled()).status_code == 403
    assert not Contract.objects.exists()


def test_the_page_shows_the_rights_that_rest_on_it(cast: Cast, browser_as: BrowserAs) -> None:
    contract = make_contract(cast)
    resting = make_entitlement(cast, contract=contract.ref, title="Self-host right")
    make_entitlement(cast, title="Another paper's right")
    answer = browser_as(cast.legal).get(reverse("contract", args=[contract.ref]))
    assert [line.ref for line in answer.context["history"].entitlements] == [resting.ref]
    assert "Another paper" not in answer.content.decode()


def test_contracts_do_not_exist_for_whoever_may_not_read_papers(cast: Cast, browser_as: BrowserAs) -> None:
    contract = make_contract(cast)
    browser = browser_as(cast.owner)
    assert browser.get(reverse("contract", args=[contract.ref])).status_code == 404
    assert browser.get(reverse("contract-list")).status_code == 404
    assert "Contracts" not in browser.get(reverse("home")).content.decode()


def test_the_papers_are_for_the_same_people(cast: Cast, browser_as: BrowserAs) -> None:
    url = reverse("entitlement-evidence", args=[make_contract(cast).evidence_sha256s[0]])
    assert browser_as(cast.legal).get(url).content == b"signed frame agreement"
    assert browser_as(cast.owner).get(url).status_code == 404


def test_the_list_asks_no_more_of_the_database_for_more_contracts(cast: Cast, browser_as: BrowserAs) -> None:
    browser, url = browser_as(cast.admin), reverse("contract-list")
    make_entitlement(cast, contract=make_contract(cast).ref)
    browser.get(url)
    with CaptureQueriesContext(connection) as few:
        browser.get(url)
    for _ in range(3):
        make_entitlement(cast, contract=make_contract(cast).ref)
    with CaptureQueriesContext(connection) as many:
        browser.get(url)
    assert len(many) == len(few)


def test_the_pages_only_read(cast: Cast, browser_as: BrowserAs) -> None:
    browser = browser_as(cast.admin)
    for url in (reverse("contract-list"), reverse("contract", args=[make_contract(cast).ref])):
        assert browser.post(url).status_code == 405
