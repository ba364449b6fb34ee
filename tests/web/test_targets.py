"""Targets and the determination of their use."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from django.test import Client as Browser
from django.urls import reverse

from governance.models import DeploymentTarget
from governance.services.work import determine_use
from tests.conftest import Cast
from tests.factories import make_project, make_target

BrowserAs = Callable[[User], Browser]
FORM = {
    "name": "Web shop",
    "kind": "ecommerce_listing",
    "territory": "de, at; CH",
    "channel": "web",
    "monetised": "unknown",
    "output_distribution": "public",
    "weights_distribution": "none",
    "hosting_mode": "we_self_host",
    "valid_until": "2027-03-31",
}


def test_it_adds_a_target_with_its_facts(cast: Cast, browser_as: BrowserAs) -> None:
    project = make_project(cast)
    answer = browser_as(cast.owner).post(reverse("target-new", args=[project.pk]), FORM)
    target = DeploymentTarget.objects.get(project=project)
    assert answer["Location"] == reverse("target", args=[target.pk])
    assert target.territories == ["AT", "CH", "DE"]
    assert target.monetised == "unknown"


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("territory", "Germany", "Unknown territory: GERMANY"),
        ("territory", " , ", "No territory given"),
        ("kind", "skywriting", "is not one of the available choices"),
        ("valid_until", "soon", "Enter a valid date"),
    ],
)
def test_it_refuses_a_fact_it_cannot_use(
    cast: Cast, browser_as: BrowserAs, field: str, value: str, message: str
) -> None:
    project = make_project(cast)
    answer = browser_as(cast.owner).post(reverse("target-new", args=[project.pk]), FORM | {field: value})
    assert answer.status_code == 400
    assert message in answer.content.decode()
    assert not project.targets.exists()


def test_it_has_no_target_of_other_clients(cast: Cast, browser_as: BrowserAs) -> None:
    target = make_target(cast)
    browser = browser_as(cast.outsider)
    assert browser.get(reverse("target", args=[target.pk])).status_code == 404
    assert browser.get(reverse("target-new", args=[target.project_id])).status_code == 404
    assert browser.get(reverse("determination-new", args=[target.pk])).status_code == 404


def test_it_says_why_a_use_counts_as_commercial(cast: Cast, browser_as: BrowserAs) -> None:
    page = browser_as(cast.owner).get(reverse("target", args=[make_target(cast).pk])).content.decode()
    assert "Counts as commercial because the work is billed to the client" in page


def test_it_says_what_nobody_has_stated(cast: Cast, browser_as: BrowserAs) -> None:
    project = make_project(cast, billable="no", for_profit="no")
    target = make_target(cast, project=project, monetised="unknown")
    page = browser_as(cast.owner).get(reverse("target", args=[target.pk])).content.decode()
    assert "Nobody has said whether the target earns money" in page


def test_it_lets_legal_sign_what_the_use_is(cast: Cast, browser_as: BrowserAs) -> None:
    project = make_project(cast, billable="no", for_profit="no")
    target = make_target(cast, project=project, monetised="no")
    data = {"result": "non_commercial", "rationale": "A charity; nothing is sold."}
    answer = browser_as(cast.legal).post(reverse("determination-new", args=[target.pk]), data)
    assert answer["Location"] == reverse("target", args=[target.pk])
    signed = target.determinations.get()
    assert (signed.result, signed.signed_by, signed.signed_by_role) == ("non_commercial", cast.legal, "legal")


def test_it_refuses_a_determination_from_a_requester(cast: Cast, browser_as: BrowserAs) -> None:
    target = make_target(cast)
    data = {"result": "non_commercial", "rationale": "I say so."}
    assert browser_as(cast.owner).post(reverse("determination-new", args=[target.pk]), data).status_code == 403
    assert not target.determinations.exists()


def test_it_refuses_a_determination_without_reasons(cast: Cast, browser_as: BrowserAs) -> None:
    target = make_target(cast)
    data = {"result": "commercial", "rationale": "  "}
    answer = browser_as(cast.legal).post(reverse("determination-new", args=[target.pk]), data)
    assert answer.status_code == 400
    assert "This field is required" in answer.content.decode()


def test_it_shows_earlier_determinations_beside_the_one_that_counts(cast: Cast, browser_as: BrowserAs) -> None:
    project = make_project(cast, billable="no", for_profit="no")
    target = make_target(cast, project=project, monetised="no")
    determine_use(cast.legal, target, "commercial", "First reading.")
    determine_use(cast.legal, target, "non_commercial", "Second reading.")
    use = browser_as(cast.auditor).get(reverse("target", args=[target.pk])).context["use"]
    assert use.label == "Non-commercial"
    assert [(signed.rationale, signed.counts) for signed in use.signed] == [
        ("Second reading.", True),
        ("First reading.", False),
    ]
