"""Rows → Grants: what the evaluator is told of a purchased right."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from governance.licensing.terms import Action
from governance.models import AgentAcknowledgement, Duty, DutyAct, WeightsArtifact
from governance.policy.decision import Decision
from governance.policy.grants import Grant, Survival
from governance.policy.words import Stage, WeightsDistribution
from governance.rights.grants import purchased
from governance.rights.verdicts import Question, judge
from governance.rights.weights_terms import with_weights_level
from governance.services.entitlement_terms import QuotaTerms
from tests.conftest import Cast
from tests.factories import acquire_weights, make_entitlement, make_project, make_target, model

pytestmark = pytest.mark.django_db


def heard(at: datetime | None = None) -> Grant:
    """The one purchased right on record, as the evaluator is given it."""
    found = purchased(at or timezone.now())
    (grant,) = [each for each in found if each.ref.startswith("ENT")]
    return grant


def judged(cast: Cast, **target: Any) -> Decision:
    acquire_weights("rmbg-2.0")
    question = Question(Stage.SUBMIT, make_target(cast, **target), model("rmbg-2.0"))
    return judge(question, timezone.now()).decision


def test_it_is_told_everything_the_paper_says(cast: Cast) -> None:
    project = make_project(cast)
    sha256 = WeightsArtifact.objects.filter(model="rmbg-2.0").values_list("sha256", flat=True)[0]
    make_entitlement(
        cast,
        weights_sha256s=(sha256,),
        channels=("web",),
        clients=(cast.client.pk,),
        projects=(project.pk,),
        affiliates_included=True,
        weights_distribution="to_client",
        time_zone="Europe/Berlin",
        output_survival="wind_down",
        wind_down_days=30,
        quotas=(QuotaTerms("output", "term", 7, "ask"),),
    )
    grant = heard()
    assert grant.scope.models[0].digests == (sha256,)
    assert (grant.scope.channels, grant.scope.clients) == (("web",), (f"CLI-{cast.client.pk}",))
    assert (grant.scope.projects, grant.scope.affiliates) == ((f"PRJ-{project.pk}",), True)
    assert grant.scope.weights_distribution is WeightsDistribution.TO_CLIENT
    assert (grant.standing.zone, grant.survival, grant.wind_down_days) == ("Europe/Berlin", Survival.WIND_DOWN, 30)
    assert [(quota.unit, quota.limit, quota.remaining) for quota in grant.quotas] == [("output", 7, 7)]


def test_what_the_paper_does_not_limit_is_no_limit(cast: Cast) -> None:
    make_entitlement(cast)
    scope = heard().scope
    assert (scope.channels, scope.clients, scope.projects, scope.target_kinds, scope.providers) == (None,) * 5


def test_a_right_for_another_project_does_not_cover_this_one(cast: Cast) -> None:
    make_entitlement(cast, projects=(make_project(cast).pk,))
    stops = [stop for report in judged(cast).grants for stop in report.stops if report.grant.startswith("ENT")]
    assert [(stop.code, stop.left) for stop in stops] == [("ENT-002", "project")]


def test_weights_go_nowhere_without_a_word_of_it(cast: Cast) -> None:
    """V07: an open-source release that ships the weights."""
    make_entitlement(cast, target_kinds=("open_source_release",), territories=("WORLD",))
    decision = judged(cast, kind="open_source_release", weights_distribution="public", territories=("WORLD",))
    assert decision.outcome == "deny"
    assert "LIC-020" in {stop.code for report in decision.grants for stop in report.stops}


@pytest.mark.parametrize(("level", "allowed"), [("none", False), ("internal", False), ("to_client", True)])
def test_weights_go_as_far_as_the_contract_says(cast: Cast, level: str, allowed: bool) -> None:
    make_entitlement(cast, weights_distribution=level)
    decision = judged(cast, weights_distribution="to_client")
    assert decision.outcome.allows is allowed


def test_a_template_that_lets_weights_go_does_not_outweigh_a_contract_that_does_not(cast: Cast) -> None:
    make_entitlement(cast, weights_distribution="public")
    generous = heard().readings[0]
    narrowed = with_weights_level(generous, "none")
    assert {term.kind.value for term in generous.terms if term.action is Action.DISTRIBUTE_WEIGHTS} == {"permission"}
    assert {term.kind.value for term in narrowed.terms if term.action is Action.DISTRIBUTE_WEIGHTS} == {"prohibition"}


def test_an_agent_that_is_demanded_is_heard_of(cast: Cast) -> None:
    entitlement = make_entitlement(cast, agent_required=True)
    assert heard().standing.agent.last_acknowledged_at is None
    for hours in (5, 2):
        when = timezone.now() - timedelta(hours=hours)
        AgentAcknowledgement.objects.create(
            entitlement_ref=entitlement.ref, agent="agent 1", acknowledged_at=when, recorded_by=cast.admin
        )
    assert heard().standing.agent.last_acknowledged_at == when
    assert heard(when - timedelta(hours=4)).standing.agent.last_acknowledged_at is None


@pytest.mark.parametrize(
    ("acts", "overdue"),
    [
        ((), ("Report the usage",)),
        (("not_applicable",), ()),
        (("not_applicable", "reopened"), ("Report the usage",)),
        (("escalated",), ("Report the usage",)),
    ],
)
def test_a_duty_that_is_due_and_not_done_is_told(cast: Cast, acts: tuple[str, ...], overdue: tuple[str, ...]) -> None:
    entitlement = make_entitlement(cast)
    due = timezone.now() - timedelta(hours=1)
    said = {"kind": "report_usage", "text": "Report the usage", "source": entitlement.ref}
    duty = Duty.objects.create(**said, subject=entitlement.ref, entitlement=entitlement, due_at=due)
    for state in acts:
        DutyAct.objects.create(duty=duty, state=state, note="said so", acted_by=cast.legal)
    assert heard().standing.overdue_duties == overdue
    assert heard(due - timedelta(minutes=1)).standing.overdue_duties == ()


def test_what_is_left_of_a_quota_is_that_of_the_period_asked_about(cast: Cast) -> None:
    start = datetime(2026, 1, 1, tzinfo=UTC)
    make_entitlement(
        cast, valid_from=start, valid_until=start + timedelta(days=730), quotas=(QuotaTerms("output", "term", 3),)
    )
    assert heard(datetime(2026, 5, 1, tzinfo=UTC)).quotas[0].remaining == 3
