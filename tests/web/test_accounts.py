"""Sign in, sign out, and what may be seen without."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from django.test import Client as Browser
from django.urls import reverse

from tests.conftest import Cast

BrowserAs = Callable[[User], Browser]


def test_it_asks_a_stranger_to_sign_in_first(db: None) -> None:
    answer = Browser().get(reverse("job-list"))
    assert answer.status_code == 302
    assert answer["Location"] == f"{reverse('sign-in')}?next={reverse('job-list')}"


def test_it_reloads_the_page_when_a_fragment_is_asked_for_after_the_session_ended(db: None) -> None:
    answer = Browser().get(reverse("job-routes"), headers={"hx-request": "true"}, follow=True)
    assert answer["HX-Refresh"] == "true"


def test_it_signs_in_with_name_and_password_and_goes_where_one_wanted(cast: Cast) -> None:
    cast.owner.set_password("correct horse battery")
    cast.owner.save()
    answer = Browser().post(
        f"{reverse('sign-in')}?next={reverse('job-list')}",
        {"username": "owner", "password": "correct horse battery", "next": reverse("job-list")},
    )
    assert (answer.status_code, answer["Location"]) == (302, reverse("job-list"))


def test_it_says_what_was_wrong_without_saying_which_half(cast: Cast) -> None:
    answer = Browser().post(reverse("sign-in"), {"username": "owner", "password": "guess"})
    assert "User name and password do not match an account." in answer.content.decode()


def test_it_never_sends_a_reader_to_another_site_after_sign_in(cast: Cast) -> None:
    cast.owner.set_password("correct horse battery")
    cast.owner.save()
    data = {"username": "owner", "password": "correct horse battery", "next": "https://elsewhere.example/"}
    assert Browser().post(reverse("sign-in"), data)["Location"] == reverse("home")


def test_it_signs_out_by_post_only(cast: Cast, browser_as: BrowserAs) -> None:
    browser = browser_as(cast.owner)
    assert browser.get(reverse("sign-out")).status_code == 405
    assert browser.post(reverse("sign-out"))["Location"] == reverse("sign-in")
    assert browser.get(reverse("home")).status_code == 302


def test_the_navigation_is_grouped_by_what_people_come_for(cast: Cast, browser_as: BrowserAs) -> None:
    page = browser_as(cast.legal).get(reverse("home"))
    grouped = {section.title: [item.label for item in section.items] for section in page.context["navigation"]}
    assert list(grouped) == ["Work", "For people to decide", "Rights", "Policy", "Proof"]
    assert grouped["For people to decide"] == ["Reviews", "Waivers", "Holds"]
    assert grouped["Proof"] == ["Verify a file", "Decisions", "Ledger", "Source types", "Audit export"]


@pytest.mark.parametrize(
    ("who", "offered", "not_offered"),
    [
        ("owner", "New job", "Entitlements"),
        ("legal", "Audit export", "New job"),
        ("admin", "Entitlements", "Audit export"),
        ("auditor", "Audit export", "New job"),
    ],
)
def test_it_offers_only_what_the_role_may_use(
    cast: Cast, browser_as: BrowserAs, who: str, offered: str, not_offered: str
) -> None:
    page = browser_as(getattr(cast, who)).get(reverse("home"))
    labels = [item.label for section in page.context["navigation"] for item in section.items]
    assert offered in labels
    assert not_offered not in labels
