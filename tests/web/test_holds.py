"""Holds: placed by one in a form, lifted by two, seen by everybody they concern."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.test import Client as Browser
from django.urls import reverse
from django.utils import timezone

from governance.models import Hold, HoldLift
from tests.conftest import Cast
from tests.factories import make_entitlement, make_job, make_target
from tests.factories_relief import make_hold

BrowserAs = Callable[[User], Browser]


def page(browser: Browser, hold: Hold) -> str:
    return browser.get(reverse("hold", args=[hold.ref])).content.decode()


def test_one_person_places_it(cast: Cast, browser_as: BrowserAs) -> None:
    form = {"scope": "model", "scope_ref": "rmbg-2.0", "reason": "Cease and desist", "review_on": ""}
    browser = browser_as(cast.admin)
    answer = browser.post(reverse("hold-new"), form)
    hold = Hold.objects.get()
    assert answer["Location"] == reverse("hold", args=[hold.ref])
    html = page(browser, hold)
    assert "In force" in html
    assert "Cease and desist" in html


@pytest.mark.parametrize(
    ("changes", "field", "message"),
    [
        ({"scope": "planet"}, "scope", "not one of the available choices"),
        ({"scope": ""}, "scope", "This field is required."),
        ({"scope_ref": "rmbg-9"}, "scope_ref", "There is no model 'rmbg-9'"),
        ({"scope": "everything"}, "scope_ref", "expected nothing"),
        ({"reason": " "}, "reason", "This field is required."),
        ({"review_on": "2020-01-01"}, "review_on", "has passed"),
        ({"review_on": "some day"}, "review_on", "Enter a valid date."),
    ],
)
def test_it_says_beside_the_field_what_does_not_fit(
    cast: Cast, browser_as: BrowserAs, changes: dict[str, str], field: str, message: str
) -> None:
    form = {"scope": "model", "scope_ref": "rmbg-2.0", "reason": "Why"} | changes
    answer = browser_as(cast.legal).post(reverse("hold-new"), form)
    assert answer.status_code == 400
    assert message in " ".join(answer.context["form"].errors.get(field, []))
    assert not Hold.objects.exists()


def test_another_page_fills_the_form(cast: Cast, browser_as: BrowserAs) -> None:
    target = make_target(cast)
    url = f"{reverse('hold-new')}?scope=target&ref=TGT-{target.pk}"
    form = browser_as(cast.legal).get(url).context["form"]
    assert (form["scope"].value(), form["scope_ref"].value()) == ("target", f"TGT-{target.pk}")
    assert browser_as(cast.legal).get(f"{reverse('hold-new')}?scope=x&ref={'y' * 99}").status_code == 200


def test_the_pages_of_what_can_be_stopped_lead_to_the_form(cast: Cast, browser_as: BrowserAs) -> None:
    target, entitlement = make_target(cast), make_entitlement(cast)
    places = {
        reverse("client-list"): f"scope=client&amp;ref=CLI-{cast.client.pk}",
        reverse("target", args=[target.pk]): f"scope=target&amp;ref=TGT-{target.pk}",
        reverse("model", args=["rmbg-2.0"]): "scope=model&amp;ref=rmbg-2.0",
        reverse("entitlement", args=[entitlement.ref]): f"scope=grant&amp;ref={entitlement.ref}",
    }
    for url, asked in places.items():
        assert f"{reverse('hold-new')}?{asked}" in browser_as(cast.legal).get(url).content.decode()
        assert reverse("hold-new") not in browser_as(cast.auditor).get(url).content.decode()


@pytest.mark.parametrize("person", ["owner", "auditor"])
def test_others_neither_place_nor_lift(cast: Cast, browser_as: BrowserAs, person: str) -> None:
    hold, browser = make_hold(cast), browser_as(getattr(cast, person))
    assert browser.get(reverse("hold-new")).status_code == 403
    assert browser.post(reverse("hold-new"), {"scope": "everything", "reason": "x"}).status_code == 403
    assert browser.post(reverse("hold-lift", args=[hold.ref]), {"reason": "x"}).status_code == 403
    html = page(browser, hold)
    assert "Two people with the legal or licence admin role lift it" in html
    assert "Place a hold" not in browser.get(reverse("hold-list")).content.decode()


def test_two_people_lift_it(cast: Cast, browser_as: BrowserAs) -> None:
    hold, url = make_hold(cast), reverse("hold-lift", args=["HLD-0001"])
    first = browser_as(cast.legal).post(url, {"reason": "Settled."}, follow=True).content.decode()
    assert "It stays in force until a second person does." in first
    assert "One of two lifts" in first
    second = browser_as(cast.admin).post(url, {"reason": "I agree."}, follow=True).content.decode()
    assert "is lifted" in second
    assert "Settled." in page(browser_as(cast.owner), hold)


def test_one_person_cannot_lift_it_twice(cast: Cast, browser_as: BrowserAs) -> None:
    hold, browser = make_hold(cast, lifted=1), browser_as(cast.legal)
    assert "You have lifted it; it takes another person." in page(browser, hold)
    answer = browser.post(reverse("hold-lift", args=[hold.ref]), {"reason": "Again."})
    assert answer.status_code == 400
    assert "it takes another person" in answer.content.decode()
    assert HoldLift.objects.count() == 1


def test_a_lift_needs_a_reason(cast: Cast, browser_as: BrowserAs) -> None:
    hold = make_hold(cast)
    answer = browser_as(cast.legal).post(reverse("hold-lift", args=[hold.ref]), {"reason": ""})
    assert answer.status_code == 400
    assert answer.context["form"].errors["reason"] == ["This field is required."]


def test_what_is_lifted_cannot_be_lifted_again(cast: Cast, browser_as: BrowserAs) -> None:
    hold, browser = make_hold(cast, lifted=2), browser_as(cast.second_legal)
    assert "Lift it" not in page(browser, hold)
    answer = browser.post(reverse("hold-lift", args=[hold.ref]), {"reason": "x"})
    assert "was lifted already" in answer.content.decode()


def test_a_hold_on_another_clients_work_does_not_exist(cast: Cast, browser_as: BrowserAs) -> None:
    hold = make_hold(cast, "target", f"TGT-{make_target(cast).pk}")
    browser = browser_as(cast.outsider)
    assert browser.get(reverse("hold", args=[hold.ref])).status_code == 404
    assert browser.post(reverse("hold-lift", args=[hold.ref]), {"reason": "x"}).status_code == 404
    assert hold.ref not in browser.get(reverse("hold-list")).content.decode()
    assert browser_as(cast.owner).get(reverse("hold", args=[hold.ref])).status_code == 200
    assert browser_as(cast.legal).get(reverse("hold", args=["HLD-9999"])).status_code == 404


def test_the_list_points_out_what_nobody_looked_at_again(cast: Cast, browser_as: BrowserAs) -> None:
    yesterday = timezone.now().date() - timedelta(days=1)
    Hold.objects.create(ref="HLD-0001", scope="everything", reason="x", review_on=yesterday, placed_by=cast.legal)
    assert "to be looked at since" in browser_as(cast.legal).get(reverse("hold-list")).content.decode()


def test_decision_and_job_lead_to_the_hold_that_stops_them(cast: Cast, browser_as: BrowserAs) -> None:
    hold, job = make_hold(cast), make_job(cast)
    link, browser = f'href="{reverse("hold", args=[hold.ref])}"', browser_as(cast.owner)
    assert link in browser.get(reverse("decision", args=[job.decisions.get().pk])).content.decode()
    html = browser.get(reverse("job", args=[job.pk])).content.decode()
    assert link in html
    assert "It goes on by itself once the hold is lifted." in html


def test_acts_are_posted(cast: Cast, browser_as: BrowserAs) -> None:
    hold, browser = make_hold(cast), browser_as(cast.legal)
    assert browser.get(reverse("hold-lift", args=[hold.ref])).status_code == 405
    assert browser.post(reverse("hold-list")).status_code == 405
    assert browser.post(reverse("hold", args=[hold.ref])).status_code == 405
