"""Purchased rights at their edges: time, evidence, quota, survival, scope, duties."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from governance.licensing.catalogue_words import HostingMode
from governance.policy.decision import Outcome
from governance.policy.engine import EvaluationRefused
from governance.policy.facts_picture import OutputFacts
from governance.policy.grants import ModelScope, Overage, Survival
from governance.policy.relief import HoldScope
from governance.policy.words import Answer, Stage, UseClass
from tests.policy.factories import (
    NOW,
    OTHER_FILE,
    RMBG_2,
    RMBG_2_SCOPE,
    cure_titles,
    entitlement,
    facts,
    hold,
    judge,
    quota,
    route,
    standing,
    subscription,
    target,
    troubled,
)

ENDED = standing(ends_at=NOW - timedelta(days=10))


def released(made_under: str = "ENT-0017", days_ago: int = 60):  # type: ignore[no-untyped-def]
    made = NOW - timedelta(days=days_ago)
    output = OutputFacts("OUT-1", made, UseClass.COMMERCIAL, (made_under,), "TGT-0", Answer.YES)
    return facts(stage=Stage.RELEASE, output=output)


def test_it_refuses_at_the_very_moment_of_the_end() -> None:
    assert judge(facts(), entitlement(in_force=standing(ends_at=NOW))).outcome is Outcome.DENY


def test_it_permits_a_microsecond_before_the_end() -> None:
    ends = standing(ends_at=NOW + timedelta(microseconds=1))
    assert judge(facts(), entitlement(in_force=ends)).outcome is Outcome.DUTIES


def test_it_refuses_before_the_start() -> None:
    decision = judge(facts(), entitlement(in_force=standing(starts_at=NOW + timedelta(days=1))))
    assert decision.outcome is Outcome.DENY
    assert "Starts on 23 November 2026" in decision.summary


def test_evidence_nobody_checked_puts_work_under_review() -> None:
    decision = judge(facts(), entitlement(in_force=standing(verified=False)))
    assert decision.outcome is Outcome.REVIEW
    assert "Have ENT-0017 verified by a second person" in cure_titles(decision)


def test_a_right_without_a_document_is_no_right() -> None:
    decision = judge(facts(), entitlement(in_force=standing(verified=False, evidence_count=0)))
    assert decision.outcome is Outcome.DENY
    assert "ENT-006" in troubled(decision)


def test_it_warns_when_the_right_ends_soon() -> None:
    decision = judge(facts(), entitlement(in_force=standing(ends_at=NOW + timedelta(days=12))))
    assert decision.outcome is Outcome.DUTIES
    assert "ENT-004" in troubled(decision)


def test_the_last_output_of_a_quota_may_be_made() -> None:
    assert judge(facts(), entitlement(quotas=(quota(1),))).outcome is Outcome.DUTIES


def test_overage_that_is_to_be_reported_becomes_a_duty() -> None:
    decision = judge(facts(), entitlement(quotas=(quota(0, overage=Overage.ALLOW_AND_REPORT),)))
    assert decision.outcome is Outcome.DUTIES
    assert "Report the outputs beyond the quota of 100 to the licensor." in [duty.text for duty in decision.duties]


def test_overage_that_is_to_be_asked_for_is_asked_for() -> None:
    assert judge(facts(), entitlement(quotas=(quota(0, overage=Overage.ASK),))).outcome is Outcome.REVIEW


def test_a_release_uses_up_no_quota() -> None:
    assert judge(released(), entitlement(quotas=(quota(0),))).outcome is Outcome.PERMIT


def test_outputs_that_survive_may_go_out_after_the_end() -> None:
    decision = judge(released(), entitlement(in_force=ENDED, survival=Survival.PERPETUAL))
    assert decision.outcome is Outcome.PERMIT


@pytest.mark.parametrize(("days", "outcome"), [(11, Outcome.REVIEW), (9, Outcome.DENY)])
def test_winding_down_ends_on_its_day(days: int, outcome: Outcome) -> None:
    # Within the days left it may go out, but the target outlives them: a person has to look.
    decision = judge(released(), entitlement(in_force=ENDED, survival=Survival.WIND_DOWN, wind_down_days=days))
    assert decision.outcome is outcome


def test_survival_nobody_recorded_puts_a_release_under_review() -> None:
    assert judge(released(), entitlement(in_force=ENDED, survival=Survival.UNKNOWN)).outcome is Outcome.REVIEW


def test_survival_covers_only_outputs_made_under_the_right() -> None:
    decision = judge(released("ENT-0099"), entitlement(in_force=ENDED, survival=Survival.PERPETUAL))
    assert decision.outcome is Outcome.DENY


def test_a_target_that_outlives_the_right_is_put_under_review() -> None:
    lasting = target(valid_until=date(2028, 1, 1))
    decision = judge(facts(lasting), entitlement(survival=Survival.UNTIL_END))
    assert decision.outcome is Outcome.REVIEW
    assert "Give the target an end by 31 December 2026" in cure_titles(decision)


def test_a_right_for_one_file_does_not_cover_another() -> None:
    scope = replace(RMBG_2_SCOPE, models=(ModelScope("rmbg-2.0", digests=(RMBG_2,)),))
    assert judge(facts(), entitlement(scope=scope)).outcome is Outcome.DUTIES
    other = facts(by=route(weights_sha256=OTHER_FILE))
    assert judge(other, entitlement(scope=scope)).outcome is Outcome.DENY


def test_worldwide_is_more_than_any_list_of_countries() -> None:
    world = facts(target(territories=("WORLD",)))
    decision = judge(world, entitlement())
    assert decision.outcome is Outcome.DENY
    assert "Extend ENT-0017 to worldwide" in cure_titles(decision)
    assert judge(world, entitlement(scope=replace(RMBG_2_SCOPE, territories=("WORLD",)))).outcome is Outcome.DUTIES


def test_a_subscription_at_the_provider_carries_its_own_route() -> None:
    hosted = route(hosting_mode=HostingMode.VENDOR_API, provider="bria", weights_sha256=None)
    assert judge(facts(by=hosted), subscription(provider="bria")).outcome is Outcome.PERMIT


def test_an_overdue_duty_of_the_right_puts_work_under_review() -> None:
    overdue = standing(overdue_duties=("attribution agent silent since 1 November 2026",))
    decision = judge(facts(), entitlement(in_force=overdue))
    assert decision.outcome is Outcome.REVIEW
    assert "DUT-001" in troubled(decision)


def test_a_hold_on_one_right_leaves_the_others() -> None:
    held = hold(HoldScope.GRANT, "ENT-0017")
    decision = judge(facts(), entitlement(), entitlement("ENT-0018"), holds=[held])
    assert decision.outcome is Outcome.DUTIES
    assert decision.relied_upon == ("ENT-0018",)
    assert judge(facts(), entitlement(), holds=[held]).outcome is Outcome.DENY


def test_a_hold_that_one_person_lifted_is_still_in_force() -> None:
    placed = hold(HoldScope.MODEL, "rmbg-2.0", lifted_by=("USR-2", "USR-2"), lifted_at=NOW)
    assert judge(facts(), entitlement(), holds=[placed]).outcome is Outcome.DENY
    lifted = replace(placed, lifted_by=("USR-2", "USR-3"))
    assert judge(facts(), entitlement(), holds=[lifted]).outcome is Outcome.DUTIES


def test_it_refuses_two_grants_with_one_reference() -> None:
    with pytest.raises(EvaluationRefused, match="two grants with one reference"):
        judge(facts(), entitlement(), entitlement())


def test_it_refuses_to_judge_nothing() -> None:
    with pytest.raises(EvaluationRefused, match="no artefact to judge"):
        judge(facts(artefacts=()))
