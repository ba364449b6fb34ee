"""Correcting the facts of a project or a target, and what then shows on the target's page."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client as Browser
from django.urls import reverse

from governance.models import DeploymentTarget, FactChange
from governance.services.work import determine_use
from governance.web.forms.facts import target_facts
from tests.conftest import Cast
from tests.factories import make_project, make_target

BrowserAs = Callable[[User], Browser]


def facts(target: DeploymentTarget, **changes: Any) -> dict[str, Any]:
    """The form as it stands, with some facts corrected."""
    known = {name: value or "" for name, value in target_facts(target).items()}
    return known | {"reason": "Read again."} | changes


def correct(browser: Browser, target: DeploymentTarget, **changes: Any) -> Any:
    return browser.post(reverse("target-restate", args=[target.pk]), facts(target, **changes))


def test_it_corrects_facts_and_keeps_what_they_were(cast: Cast, browser_as: BrowserAs) -> None:
    target, browser = make_target(cast), browser_as(cast.owner)
    assert correct(browser, target, territories="at; de", valid_until="2027-03-31").status_code == 302
    target.refresh_from_db()
    assert target.territories == ["AT", "DE"]
    assert set(FactChange.objects.values_list("field", flat=True)) == {"territories", "valid_until"}
    html = browser.get(reverse("target", args=[target.pk])).content.decode()
    assert "Corrected facts" in html
    assert "Read again." in html
    assert "31 Mar 2027" in html


def test_the_page_says_by_what_a_determination_lapsed(cast: Cast, browser_as: BrowserAs) -> None:
    target = make_target(cast, monetised="no", project=make_project(cast, billable="no", for_profit="no"))
    determine_use(cast.legal, target, "non_commercial", "Unpaid.")
    given = {"billable": "yes", "for_profit": "no", "reason": "It was invoiced."}
    browser_as(cast.owner).post(reverse("project-restate", args=[target.project_id]), given)
    html = browser_as(cast.owner).get(reverse("target", args=[target.pk])).content.decode()
    assert "rests on facts that have changed since it was signed:" in html
    assert "Billed to the client (project): No, now Yes" in html


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({}, "Nothing changes"),
        ({"territories": "Germany"}, "Unknown territory: GERMANY"),
        ({"monetised": "no", "reason": ""}, "This field is required"),
        ({"hosting_mode": "moon"}, "is not one of the available choices"),
    ],
)
def test_refuses_a_correction_it_cannot_use(
    cast: Cast, browser_as: BrowserAs, changes: dict[str, str], message: str
) -> None:
    answer = correct(browser_as(cast.owner), make_target(cast), **changes)
    assert answer.status_code == 400
    assert message in answer.content.decode()
    assert not FactChange.objects.exists()


def test_it_has_nothing_of_other_clients(cast: Cast, browser_as: BrowserAs) -> None:
    target, browser = make_target(cast), browser_as(cast.outsider)
    assert correct(browser, target, monetised="no").status_code == 404
    assert browser.get(reverse("project-restate", args=[target.project_id])).status_code == 404


def test_an_auditor_reads_and_does_not_correct(cast: Cast, browser_as: BrowserAs) -> None:
    target, browser = make_target(cast), browser_as(cast.auditor)
    assert (
        reverse("target-restate", args=[target.pk])
        not in browser.get(reverse("target", args=[target.pk])).content.decode()
    )
    assert correct(browser, target, monetised="no").status_code == 403


def test_the_list_of_clients_leads_to_the_facts_of_a_project(cast: Cast, browser_as: BrowserAs) -> None:
    target = make_target(cast)
    html = browser_as(cast.owner).get(reverse("client-list")).content.decode()
    assert reverse("project-restate", args=[target.project_id]) in html
