"""The first page: what needs the reader."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from django.contrib.auth.models import User
from django.test import Client as Browser
from django.urls import reverse
from django.utils import timezone

from governance.services.accounts import add_user
from governance.services.policies import PolicyDraft, draft_policy
from tests.conftest import Cast
from tests.factories import make_asset, make_entitlement, make_job
from tests.factories_licenses import make_encoding, make_permission, make_resolution

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


def test_it_shows_legal_what_another_person_drafted_or_recorded(cast: Cast, browser_as: BrowserAs) -> None:
    draft_policy(cast.admin, PolicyDraft(timezone.now(), "Warn earlier."))
    make_encoding(cast, approved=False)
    make_permission(cast, make_asset(cast), verified=False)
    make_resolution(cast, "isnet-general-use", "Apache-2.0", approved=False)
    page = home(browser_as(cast.legal))
    for waits in ("Policy revision 2", "Reading, revision", "PRM-", "Which licence holds"):
        assert waits in page


def test_it_asks_nobody_to_stand_behind_their_own_draft(cast: Cast, browser_as: BrowserAs) -> None:
    draft_policy(cast.legal, PolicyDraft(timezone.now(), "Warn earlier."))
    assert "Policy revision 2" not in home(browser_as(cast.legal))
    assert "Policy revision 2" in home(browser_as(cast.second_legal))


def test_it_leaves_out_an_entitlement_that_needs_nobody(cast: Cast, browser_as: BrowserAs) -> None:
    entitlement = make_entitlement(cast)
    page = home(browser_as(cast.legal))
    assert entitlement.ref not in page
    assert "Nothing waits" in page


def test_it_tells_an_account_without_a_role_whom_to_ask(db: None, browser_as: BrowserAs) -> None:
    assert "Your account has no role yet" in home(browser_as(add_user("newcomer", None)))
