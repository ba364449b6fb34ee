"""Reviews: the queue, who looks at a case, how it ends, and what a job page says of it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from django.test import Client as Browser
from django.urls import reverse

from governance.models import ReviewOutcome, Status
from tests.conftest import Cast
from tests.factories import make_target
from tests.factories_relief import OBSTACLES, held_job, make_case, make_waiver

BrowserAs = Callable[[User], Browser]


def page(browser: Browser, ref: str = "REV-0001") -> str:
    return browser.get(reverse("review", args=[ref])).content.decode()


def decide(browser: Browser, result: str, note: str = "Reasons"):  # type: ignore[no-untyped-def]
    return browser.post(reverse("review-decide", args=["REV-0001"]), {"result": result, "note": note})


def test_the_queue_shows_open_cases_and_can_show_others(cast: Cast, browser_as: BrowserAs) -> None:
    make_case(cast)
    browser, url = browser_as(cast.legal), reverse("review-list")
    shown = {
        which: len(browser.get(url, {"show": which}).context["found"].lines)
        for which in ("", "mine", "unassigned", "overdue", "closed")
    }
    assert shown == {"": 1, "mine": 0, "unassigned": 1, "overdue": 0, "closed": 0}
    assert browser.get(url, {"show": "lost"}).status_code == 400
    assert browser.get(url).context["show"] == "open"


def test_the_page_says_why_and_what_would_settle_it(cast: Cast, browser_as: BrowserAs) -> None:
    case = make_case(cast)
    html = page(browser_as(cast.legal))
    assert reverse("decision", args=[case.decision_id]) in html
    assert f"{reverse('waiver-new')}?rule={OBSTACLES[0]}&amp;target={case.job.target_id}" in html
    assert "An outcome never overrules the evaluator." in html


def test_legal_gives_it_to_a_colleague(cast: Cast, browser_as: BrowserAs) -> None:
    make_case(cast)
    browser = browser_as(cast.legal)
    answer = browser.post(reverse("review-assign", args=["REV-0001"]), {"assignee": cast.second_legal.pk}, follow=True)
    assert "REV-0001 is with second-legal." in answer.content.decode()
    mine = browser_as(cast.second_legal).get(reverse("review-list"), {"show": "mine"}).context["found"].lines
    assert [line.assignee for line in mine] == ["second-legal"]


def test_it_is_given_only_to_those_who_may_decide(cast: Cast, browser_as: BrowserAs) -> None:
    make_case(cast)
    answer = browser_as(cast.legal).post(reverse("review-assign", args=["REV-0001"]), {"assignee": cast.owner.pk})
    assert answer.status_code == 400
    assert "not one of the available choices" in answer.content.decode()


def test_it_is_not_resolved_against_the_evaluator(cast: Cast, browser_as: BrowserAs) -> None:
    make_case(cast)
    answer = decide(browser_as(cast.legal), "resolved")
    assert answer.status_code == 400
    assert "The evaluator still does not let Job" in answer.content.decode()
    assert not ReviewOutcome.objects.exists()


def test_it_is_resolved_once_the_facts_are_recorded(cast: Cast, browser_as: BrowserAs) -> None:
    target = make_target(cast)
    case = make_case(cast, held_job(cast, target=target))
    for code in OBSTACLES:
        make_waiver(cast, place=target, rule_code=code)
    browser = browser_as(cast.legal)
    decide(browser, "resolved", "Both rules are waived.")
    assert case.job.cutouts.get().status == Status.QUEUED
    html = page(browser)
    assert "Both rules are waived." in html
    assert "Close it" not in html


def test_refusing_shows_the_reason_to_the_requester(cast: Cast, browser_as: BrowserAs) -> None:
    case = make_case(cast)
    decide(browser_as(cast.legal), "refused", "The client does not want it.")
    html = browser_as(cast.owner).get(reverse("job", args=[case.job_id])).content.decode()
    assert "Why it was refused" in html
    assert "The client does not want it. (legal)" in html


@pytest.mark.parametrize(
    ("result", "note", "field"), [("refused", "", "note"), ("", "x", "result"), ("won", "x", "result")]
)
def test_it_says_beside_the_field_what_does_not_fit(
    cast: Cast, browser_as: BrowserAs, result: str, note: str, field: str
) -> None:
    make_case(cast)
    answer = decide(browser_as(cast.legal), result, note)
    assert answer.status_code == 400
    assert field in answer.context["outcome_form"].errors


@pytest.mark.parametrize("person", ["owner", "admin", "auditor"])
def test_others_read_and_cannot_act(cast: Cast, browser_as: BrowserAs, person: str) -> None:
    make_case(cast)
    browser = browser_as(getattr(cast, person))
    assert "Close it" not in page(browser)
    assert decide(browser, "refused").status_code == 403
    answer = browser.post(reverse("review-assign", args=["REV-0001"]), {"assignee": cast.legal.pk})
    assert answer.status_code == 403


def test_a_case_of_another_client_does_not_exist(cast: Cast, browser_as: BrowserAs) -> None:
    make_case(cast)
    browser = browser_as(cast.outsider)
    assert browser.get(reverse("review", args=["REV-0001"])).status_code == 404
    assert decide(browser, "refused").status_code == 404
    assert "REV-0001" not in browser.get(reverse("review-list")).content.decode()


def test_a_held_job_leads_to_its_case(cast: Cast, browser_as: BrowserAs) -> None:
    case = make_case(cast)
    html = browser_as(cast.owner).get(reverse("job", args=[case.job_id])).content.decode()
    assert reverse("review", args=[case.ref]) in html
    assert "Waiting on legal" in html


def test_a_closed_case_cannot_be_acted_on(cast: Cast, browser_as: BrowserAs) -> None:
    make_case(cast)
    browser = browser_as(cast.legal)
    decide(browser, "refused")
    assert "REV-0001 is closed already." in decide(browser, "resolved").content.decode()
    again = browser.post(reverse("review-assign", args=["REV-0001"]), {"assignee": cast.legal.pk})
    assert again.status_code == 400
    assert "REV-0001 is closed already." in again.content.decode()


def test_acts_are_posted(cast: Cast, browser_as: BrowserAs) -> None:
    make_case(cast)
    browser = browser_as(cast.legal)
    for name in ("review-assign", "review-decide"):
        assert browser.get(reverse(name, args=["REV-0001"])).status_code == 405
    assert browser.post(reverse("review-list")).status_code == 405
