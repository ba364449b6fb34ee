"""The first page: what needs the reader."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from django.contrib.auth.models import User
from django.test import Client as Browser
from django.urls import reverse
from django.utils import timezone

from governance.services.accounts import add_user
from tests.conftest import Cast
from tests.factories import make_entitlement, make_job

BrowserAs = Callable[[User], Browser]


def home(browser: Browser) -> str:
    answer = browser.get(reverse("home"))
    assert answer.status_code == 200
    return answer.content.decode()


def test_it_shows_a_refused_job_with_what_would_unblock_it(cast: Cast, browser_as: BrowserAs) -> None:
    job = make_job(cast, slug="rmbg-2.0")
    page = home(browser_as(cast.owner))
    assert "Blocked" in page
    assert f"Job {job.pk}" in page
    assert "Buy a self-host licence for RMBG-2.0" in page


def test_it_shows_a_requester_their_own_jobs_only(cast: Cast, browser_as: BrowserAs) -> None:
    job = make_job(cast)
    assert f"Job {job.pk}" in home(browser_as(cast.owner))
    assert f"Job {job.pk}" not in home(browser_as(cast.colleague))


def test_it_shows_legal_an_entitlement_that_waits_for_a_second_person(cast: Cast, browser_as: BrowserAs) -> None:
    entitlement = make_entitlement(cast, verified=False)
    page = home(browser_as(cast.legal))
    assert entitlement.ref in page
    assert "Second person to verify" in page


def test_it_shows_an_entitlement_that_ends_soon(cast: Cast, browser_as: BrowserAs) -> None:
    make_entitlement(cast, valid_until=timezone.now() + timedelta(days=30))
    assert "Renew or wind down" in home(browser_as(cast.admin))


def test_it_leaves_out_an_entitlement_that_needs_nobody(cast: Cast, browser_as: BrowserAs) -> None:
    entitlement = make_entitlement(cast)
    page = home(browser_as(cast.legal))
    assert entitlement.ref not in page
    assert "Nothing waits" in page


def test_it_tells_an_account_without_a_role_whom_to_ask(db: None, browser_as: BrowserAs) -> None:
    assert "Your account has no role yet" in home(browser_as(add_user("newcomer", None)))
