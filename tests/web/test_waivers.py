"""Waivers: asked for in a form that a decision can fill, answered by another person, seen by those who may."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client as Browser
from django.urls import reverse
from django.utils import timezone

from governance.models import Waiver, WaiverAnswer, WaiverRevocation
from governance.services.waivers import count_use
from tests.conftest import Cast
from tests.factories import make_job, make_target
from tests.factories_relief import held_job, make_waiver

BrowserAs = Callable[[User], Browser]


def day(offset: int) -> str:
    return (timezone.now().date() + timedelta(days=offset)).isoformat()


def filled(target: int, **changes: Any) -> dict[str, Any]:
    form: dict[str, Any] = {
        "rule": "LIN-004",
        "place": f"target-{target}",
        "reason": "The licensor confirmed it.",
        "first_day": day(0),
        "last_day": day(30),
        "zone": "UTC",
    }
    return form | changes


def ask(browser: Browser, target: int, query: str = "", **changes: Any):  # type: ignore[no-untyped-def]
    return browser.post(reverse("waiver-new") + query, filled(target, **changes))


def page(browser: Browser, ref: str) -> str:
    return browser.get(reverse("waiver", args=[ref])).content.decode()


def test_a_requester_asks_for_one(cast: Cast, browser_as: BrowserAs) -> None:
    target = make_target(cast)
    answer = ask(browser_as(cast.owner), target.pk, max_uses="40", model="u2netp")
    made = Waiver.objects.get()
    assert answer["Location"] == reverse("waiver", args=[made.ref])
    assert (made.rule_code, made.target, made.max_uses, made.model_id) == ("LIN-004", target, 40, "u2netp")
    assert "Waits for approval" in page(browser_as(cast.owner), made.ref)


def test_the_last_day_counts_to_its_end_in_the_zone_given(cast: Cast, browser_as: BrowserAs) -> None:
    ask(browser_as(cast.owner), make_target(cast).pk, last_day=day(10), zone="America/Phoenix")
    end = Waiver.objects.get().ends_at
    tomorrow = timezone.now().date() + timedelta(days=11)
    assert end == datetime(tomorrow.year, tomorrow.month, tomorrow.day, 7, tzinfo=UTC)


@pytest.mark.parametrize(
    ("changes", "field", "message"),
    [
        ({"rule": "LIC-011"}, "rule", "Select a valid choice. LIC-011 is not one of the available choices."),
        ({"place": ""}, "place", "This field is required."),
        ({"place": "target-999999"}, "place", "not one of the available choices"),
        ({"reason": " "}, "reason", "This field is required."),
        ({"last_day": day(-1)}, "last_day", "is not after the start"),
        ({"last_day": day(200)}, "last_day", "expected at most 180"),
        ({"first_day": day(-9)}, "first_day", "a waiver does not reach back"),
        ({"last_day": "soon"}, "last_day", "Enter a valid date."),
        ({"max_uses": "0"}, "max_uses", "greater than or equal to 1"),
        ({"model": "no-such"}, "model", "not one of the available choices"),
        ({"weights": "0" * 64}, "weights", "not one of the available choices"),
        ({"zone": "Mars/Olympus"}, "zone", "not one of the available choices"),
    ],
)
def test_it_says_beside_the_field_what_does_not_fit(
    cast: Cast, browser_as: BrowserAs, changes: dict[str, Any], field: str, message: str
) -> None:
    answer = ask(browser_as(cast.owner), make_target(cast).pk, **changes)
    assert answer.status_code == 400
    assert message in " ".join(answer.context["form"].errors.get(field, []))
    assert not Waiver.objects.exists()


def test_another_clients_target_is_not_among_the_choices(cast: Cast, browser_as: BrowserAs) -> None:
    answer = ask(browser_as(cast.outsider), make_target(cast).pk)
    assert answer.status_code == 400
    assert "place" in answer.context["form"].errors


@pytest.mark.parametrize("person", ["admin", "auditor"])
def test_others_cannot_ask(cast: Cast, browser_as: BrowserAs, person: str) -> None:
    browser = browser_as(getattr(cast, person))
    assert browser.get(reverse("waiver-new")).status_code == 403
    assert ask(browser, make_target(cast).pk).status_code == 403
    assert "Ask for a waiver" not in browser.get(reverse("waiver-list")).content.decode()


def test_a_decision_fills_the_form(cast: Cast, browser_as: BrowserAs) -> None:
    target = make_target(cast)
    query = f"?rule=LIN-002&target={target.pk}&model=birefnet-general"
    form = browser_as(cast.owner).get(reverse("waiver-new") + query).context["form"]
    assert [form[name].value() for name in ("rule", "place", "model")] == [
        "LIN-002",
        f"target-{target.pk}",
        "birefnet-general",
    ]


def test_nonsense_in_the_address_leaves_the_form_empty(cast: Cast, browser_as: BrowserAs) -> None:
    answer = browser_as(cast.owner).get(reverse("waiver-new") + "?rule=LIC-010&target=x&model=" + "y" * 90)
    assert answer.status_code == 200
    assert answer.context["form"]["place"].value() is None


def test_a_held_job_offers_a_waiver_to_those_who_may_ask(cast: Cast, browser_as: BrowserAs) -> None:
    url = reverse("job", args=[held_job(cast).pk])
    link = f"{reverse('waiver-new')}?rule=LIN-002&amp;"
    assert link in browser_as(cast.owner).get(url).content.decode()
    assert link not in browser_as(cast.auditor).get(url).content.decode()


def test_a_job_refused_by_a_third_partys_right_offers_none(cast: Cast, browser_as: BrowserAs) -> None:
    job = make_job(cast, slug="rmbg-2.0")
    html = browser_as(cast.owner).get(reverse("job", args=[job.pk])).content.decode()
    assert reverse("waiver-new") not in html
    assert "A waiver cannot help here" in html


def test_legal_approves(cast: Cast, browser_as: BrowserAs) -> None:
    waiver = make_waiver(cast, approved=None)
    browser = browser_as(cast.legal)
    browser.post(reverse("waiver-answer", args=[waiver.ref]), {"approved": "yes", "note": ""})
    assert WaiverAnswer.objects.get().approved
    assert "In force" in page(browser, waiver.ref)


def test_declining_says_why(cast: Cast, browser_as: BrowserAs) -> None:
    waiver, browser = make_waiver(cast, approved=None), browser_as(cast.legal)
    url = reverse("waiver-answer", args=[waiver.ref])
    answer = browser.post(url, {"approved": "no", "note": ""})
    assert answer.status_code == 400
    assert "Declining needs its reasons" in answer.content.decode()
    browser.post(url, {"approved": "no", "note": "The e-mail says something else."})
    html = page(browser, waiver.ref)
    assert "Declined" in html
    assert "The e-mail says something else." in html


@pytest.mark.parametrize("approved", ["", "maybe"])
def test_an_answer_is_yes_or_no(cast: Cast, browser_as: BrowserAs, approved: str) -> None:
    waiver = make_waiver(cast, approved=None)
    answer = browser_as(cast.legal).post(reverse("waiver-answer", args=[waiver.ref]), {"approved": approved})
    assert answer.status_code == 400
    assert not WaiverAnswer.objects.exists()


def test_whoever_asked_is_told_that_another_person_answers(cast: Cast, browser_as: BrowserAs) -> None:
    waiver = make_waiver(cast, approved=None, actor=cast.legal)
    browser = browser_as(cast.legal)
    assert "another person has to answer" in page(browser, waiver.ref)
    answer = browser.post(reverse("waiver-answer", args=[waiver.ref]), {"approved": "yes"})
    assert answer.status_code == 400
    assert not WaiverAnswer.objects.exists()


def test_only_legal_answers_and_revokes(cast: Cast, browser_as: BrowserAs) -> None:
    waiting, approved = make_waiver(cast, approved=None), make_waiver(cast)
    for person in (cast.colleague, cast.admin, cast.auditor):
        browser = browser_as(person)
        assert browser.post(reverse("waiver-answer", args=[waiting.ref]), {"approved": "yes"}).status_code == 403
        assert browser.post(reverse("waiver-revoke", args=[approved.ref]), {"reason": "x"}).status_code == 403
        assert ">Approve<" not in page(browser, waiting.ref)
        assert "Revoke it" not in page(browser, approved.ref)


def test_legal_revokes_with_a_reason(cast: Cast, browser_as: BrowserAs) -> None:
    waiver, browser = make_waiver(cast), browser_as(cast.legal)
    url = reverse("waiver-revoke", args=[waiver.ref])
    assert browser.post(url, {"reason": ""}).status_code == 400
    browser.post(url, {"reason": "The terms changed."})
    assert WaiverRevocation.objects.get().reason == "The terms changed."
    assert "Revoked" in page(browser, waiver.ref)
    assert browser.post(url, {"reason": "again"}).status_code == 400


def test_a_renewal_begins_with_the_former_and_keeps_its_rule_and_scope(cast: Cast, browser_as: BrowserAs) -> None:
    former = make_waiver(cast, max_uses=3)
    browser, query = browser_as(cast.owner), f"?renews={former.ref}"
    form = browser.get(reverse("waiver-new") + query).context["form"]
    assert (form["rule"].value(), form["max_uses"].value()) == ("LIN-004", 3)
    ask(browser, make_target(cast).pk, query, rule="LIN-001")
    renewal = Waiver.objects.get(renews=former)
    assert (renewal.rule_code, renewal.target) == ("LIN-004", former.target)
    assert reverse("waiver", args=[renewal.ref]) in page(browser, former.ref)


def test_a_renewal_that_is_not_possible_says_so(cast: Cast, browser_as: BrowserAs) -> None:
    former = make_waiver(cast, approved=None)
    answer = ask(browser_as(cast.owner), former.target_id, f"?renews={former.ref}")
    assert answer.status_code == 400
    assert "not an approved waiver" in answer.content.decode()


def test_what_a_user_may_not_see_does_not_exist(cast: Cast, browser_as: BrowserAs) -> None:
    waiver = make_waiver(cast)
    browser = browser_as(cast.outsider)
    assert browser.get(reverse("waiver", args=[waiver.ref])).status_code == 404
    assert browser.get(f"{reverse('waiver-new')}?renews={waiver.ref}").status_code == 404
    assert browser.post(reverse("waiver-answer", args=[waiver.ref]), {"approved": "yes"}).status_code == 404
    assert waiver.ref not in browser.get(reverse("waiver-list")).content.decode()
    assert browser_as(cast.auditor).get(reverse("waiver", args=["WVR-9999"])).status_code == 404


def test_the_list_can_be_narrowed(cast: Cast, browser_as: BrowserAs) -> None:
    waiting, approved = make_waiver(cast, approved=None), make_waiver(cast)
    browser, url = browser_as(cast.legal), reverse("waiver-list")
    assert [line.ref for line in browser.get(url).context["found"].lines] == [waiting.ref, approved.ref]
    assert [line.ref for line in browser.get(url, {"state": "active"}).context["found"].lines] == [approved.ref]
    assert not browser.get(url, {"client": cast.other_client.pk}).context["found"].lines
    assert browser.get(url, {"state": "lost"}).status_code == 400


def test_the_list_points_out_what_ends_soon(cast: Cast, browser_as: BrowserAs) -> None:
    make_waiver(cast, ends_at=timezone.now() + timedelta(days=6, hours=2))
    html = browser_as(cast.owner).get(reverse("waiver-list")).content.decode()
    assert "1 within 7 days" in html
    assert "ends in 6 days" in html


def test_the_page_lists_the_pictures_that_ran_under_it(cast: Cast, browser_as: BrowserAs) -> None:
    waiver, cutout = make_waiver(cast, max_uses=9), make_job(cast).cutouts.get()
    count_use([waiver.ref], cutout)
    html = page(browser_as(cast.owner), waiver.ref)
    assert "1 of 9 pictures" in html
    assert reverse("job", args=[cutout.job_id]) in html


def test_acts_are_posted(cast: Cast, browser_as: BrowserAs) -> None:
    waiver, browser = make_waiver(cast), browser_as(cast.legal)
    for name in ("waiver-answer", "waiver-revoke"):
        assert browser.get(reverse(name, args=[waiver.ref])).status_code == 405
    assert browser.post(reverse("waiver-list")).status_code == 405
    assert browser.post(reverse("waiver", args=[waiver.ref])).status_code == 405
