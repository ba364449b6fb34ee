"""The review queue, and one case with the steps that would settle it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from governance.reports.cure_links import steps_of_decision
from governance.reports.reviews import may_be_assigned, review_list, review_page, visible_cases
from governance.services import jobs
from governance.services.review_outcomes import decide_case
from governance.services.reviews import assign, close_moot
from tests.conftest import Cast
from tests.factories import acquire_weights, make_entitlement, make_job, make_project, make_target
from tests.factories_relief import OBSTACLES, held_job, make_case, make_hold

pytestmark = pytest.mark.django_db


def listed(cast: Cast, which: str, *, days: int = 0) -> list[str]:
    today = timezone.now().date() + timedelta(days=days)
    return [line.ref for line in review_list(cast.legal, today, which).lines]


def test_the_queue_can_be_mine_nobodys_or_overdue(cast: Cast) -> None:
    mine, theirs, nobodys = (make_case(cast) for _ in range(3))
    assign(cast.legal, mine, cast.legal)
    assign(cast.legal, theirs, cast.legal)
    assign(cast.legal, theirs, cast.second_legal)
    assert listed(cast, "open") == [mine.ref, theirs.ref, nobodys.ref]
    assert listed(cast, "mine") == [mine.ref]
    assert listed(cast, "unassigned") == [nobodys.ref]
    assert (listed(cast, "overdue"), listed(cast, "overdue", days=9)) == ([], [mine.ref, theirs.ref, nobodys.ref])


def test_closed_ones_leave_the_queue(cast: Cast) -> None:
    refused, moot = make_case(cast), make_case(cast)
    decide_case(cast.legal, refused, "refused", "No.")
    jobs.cancel(cast.owner, moot.job)
    close_moot()
    assert listed(cast, "open") == []
    closed = review_list(cast.legal, timezone.now().date(), "closed").lines
    assert [(line.ref, line.state_words, line.outcome.by) for line in closed] == [  # type: ignore[union-attr]
        (moot.ref, "No longer needed", ""),
        (refused.ref, "Refused", "legal"),
    ]


def test_a_line_says_what_it_is_about(cast: Cast) -> None:
    case = make_case(cast, held_job(cast, pictures=2))
    line = review_list(cast.owner, timezone.now().date()).lines[0]
    assert (line.job, line.client, line.model, line.waiting) == (
        case.job_id,
        "Harbour Coffee",
        "BiRefNet general use",
        2,
    )
    assert line.rules == OBSTACLES
    assert (line.state_words, line.overdue) == ("Waits for somebody", False)


def test_requesters_see_the_cases_of_their_clients(cast: Cast) -> None:
    make_case(cast)
    seen = {name: visible_cases(getattr(cast, name)).count() for name in ("owner", "outsider", "auditor")}
    assert seen == {"owner": 1, "outsider": 0, "auditor": 1}


def test_it_may_be_assigned_to_legal_only(cast: Cast) -> None:
    assert may_be_assigned(cast.client.pk) == [cast.legal, cast.second_legal]


def test_the_list_asks_no_more_of_the_database_for_more_cases(cast: Cast) -> None:
    make_case(cast)
    with CaptureQueriesContext(connection) as few:
        review_list(cast.legal, timezone.now().date())
    for _ in range(3):
        make_case(cast)
    with CaptureQueriesContext(connection) as many:
        review_list(cast.legal, timezone.now().date())
    assert len(many) == len(few)


def test_the_page_offers_a_waiver_form_for_each_rule_in_the_way(cast: Cast) -> None:
    case = make_case(cast)
    page = review_page(visible_cases(cast.owner).get(), cast.owner, timezone.now().date())
    assert page.refusal.decision_id == case.decision_id
    asked = [cure.url for cure in page.steps.cures if "waiver" in cure.title]
    assert [OBSTACLES[0] in asked[0], OBSTACLES[1] in asked[1]] == [True, True]
    assert all(f"target={case.job.target_id}" in url and url.startswith(reverse("waiver-new")) for url in asked)


def test_steps_lead_only_where_the_reader_may_go(cast: Cast) -> None:
    decision = held_job(cast).decisions.get().pk
    for person, offered in ((cast.owner, True), (cast.legal, True), (cast.auditor, False), (cast.admin, False)):
        steps = steps_of_decision(person, decision)
        assert any(cure.url.startswith(reverse("waiver-new")) for cure in steps.cures) is offered


def test_no_waiver_is_offered_against_a_third_partys_right(cast: Cast) -> None:
    steps = steps_of_decision(cast.legal, make_job(cast, slug="rmbg-2.0").decisions.get().pk)
    assert not steps.waivers
    assert not [cure for cure in steps.cures if "waiver" in f"{cure.title} {cure.url}"]


def test_an_entitlement_to_mend_is_one_step_away(cast: Cast) -> None:
    acquire_weights("rmbg-2.0")
    entitlement = make_entitlement(cast, verified=False)
    steps = steps_of_decision(cast.owner, make_job(cast, slug="rmbg-2.0").decisions.get().pk)
    assert reverse("entitlement", args=[entitlement.ref]) in {cure.url for cure in steps.cures}


def test_a_hold_in_the_way_is_one_step_away(cast: Cast) -> None:
    hold = make_hold(cast)
    steps = steps_of_decision(cast.owner, make_job(cast).decisions.get().pk)
    assert reverse("hold", args=[hold.ref]) in {cure.url for cure in steps.cures}


def test_a_fact_nobody_stated_leads_to_the_target(cast: Cast) -> None:
    target = make_target(cast, monetised="unknown")
    steps = steps_of_decision(cast.owner, make_job(cast, target=target).decisions.get().pk)
    assert reverse("target", args=[target.pk]) in {cure.url for cure in steps.cures}


def test_legal_can_sign_a_determination_from_there(cast: Cast) -> None:
    target = make_target(cast, project=make_project(cast, billable="no", for_profit="no"), monetised="unknown")
    decision = make_job(cast, target=target, slug="rmbg-2.0").decisions.get().pk
    form = reverse("determination-new", args=[target.pk])
    offered = {
        person.username: form in {cure.url for cure in steps_of_decision(person, decision).cures}
        for person in (cast.legal, cast.owner)
    }
    assert offered == {"legal": True, "owner": False}
