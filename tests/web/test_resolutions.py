"""Settling which declared licence holds, on the page of the model."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client as Browser
from django.urls import reverse

from governance.models import DeclarationResolution
from tests.conftest import Cast
from tests.factories_licenses import PAPER, make_resolution

BrowserAs = Callable[[User], Browser]
SLUG = "isnet-general-use"


def page(browser: Browser) -> str:
    return browser.get(reverse("model", args=[SLUG])).content.decode()


def settle(browser: Browser, **changes: object) -> int:
    file = SimpleUploadedFile("letter.pdf", PAPER)
    given = {"license": "Apache-2.0", "reason": "The author wrote so.", "evidence": file} | changes
    return browser.post(reverse("resolution-new", args=[SLUG]), given).status_code


def test_one_person_settles_and_another_approves(cast: Cast, browser_as: BrowserAs) -> None:
    assert settle(browser_as(cast.admin)) == 302
    row = DeclarationResolution.objects.get()
    approving = reverse("resolution-approve", args=[SLUG, row.pk])
    assert approving not in page(browser_as(cast.admin))
    assert approving in page(browser_as(cast.legal))
    browser_as(cast.legal).post(approving)
    html = page(browser_as(cast.owner))
    assert "approved by legal" in html
    assert "The author wrote so." in html


def test_what_was_settled_shows_in_the_list_and_beside_each_declaration(cast: Cast, browser_as: BrowserAs) -> None:
    row = make_resolution(cast, SLUG, "Apache-2.0")
    assert "Settled by us" in browser_as(cast.owner).get(reverse("model-list")).content.decode()
    html = page(browser_as(cast.owner))
    assert f"resolution {row.pk}: {row.reason}" in html


def test_the_paper_is_for_those_who_may_read_papers(cast: Cast, browser_as: BrowserAs) -> None:
    row = make_resolution(cast, SLUG, "Apache-2.0")
    paper = reverse("entitlement-evidence", args=[row.evidence_sha256s[0]])
    assert paper not in page(browser_as(cast.owner))
    assert browser_as(cast.owner).get(paper).status_code == 404
    assert paper in page(browser_as(cast.auditor))
    assert browser_as(cast.auditor).get(paper).content == PAPER


def test_only_declared_licences_are_offered(cast: Cast, browser_as: BrowserAs) -> None:
    html = browser_as(cast.admin).get(reverse("resolution-new", args=[SLUG])).content.decode()
    assert 'value="AGPL-3.0-only"' in html
    assert 'value="CC0-1.0"' not in html
    assert settle(browser_as(cast.admin), license="CC0-1.0") == 400


def test_refuses_a_resolution_without_a_paper(cast: Cast, browser_as: BrowserAs) -> None:
    assert settle(browser_as(cast.admin), evidence="") == 400
    assert not DeclarationResolution.objects.exists()


def test_a_requester_settles_nothing(cast: Cast, browser_as: BrowserAs) -> None:
    assert settle(browser_as(cast.owner)) == 403
    assert browser_as(cast.owner).get(reverse("resolution-new", args=["nobody"])).status_code == 404
