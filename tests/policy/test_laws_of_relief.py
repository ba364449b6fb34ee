"""Laws about what relieves and what stops: waivers, holds, permissions; and about reading decisions again."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from governance.policy.decision import Decision, Finding, Layer, Outcome, Tri
from governance.policy.engine import evaluate
from governance.policy.facts import Facts
from governance.policy.facts_picture import InputFacts
from governance.policy.grants import Grant
from governance.policy.relief import Hold, HoldScope, Waiver
from governance.policy.ruleset import STANDARD
from tests.policy.factories import NOW, clean_model, hold
from tests.policy.rule_examples import permission
from tests.policy.strategies import WAIVERS, Situation, by_ref, situations, unique
from tests.policy.strategies_facts import PERMISSIONS, PICTURES

QUICK = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
EVERYWHERE = ((HoldScope.EVERYTHING, ""), (HoldScope.MODEL, "rmbg-2.0"), (HoldScope.TARGET, "TGT-1"))


def effects(findings: Sequence[Finding], *, ours: bool) -> list[tuple[str, ...]]:
    return [
        (entry.code, entry.subject, entry.raw, entry.effective, entry.effect)
        for entry in sorted(findings, key=lambda entry: (entry.code, entry.subject, entry.got))
        if (entry.layer is Layer.ORG_POLICY) is ours
    ]


@QUICK
@given(situations(), unique(WAIVERS, by_ref))
def test_a_waiver_never_changes_somebody_elses_finding(of: Situation, waivers: tuple[Waiver, ...]) -> None:
    before, after = of.judged(waivers=()), of.judged(waivers=waivers)
    assert effects(after.findings, ours=False) == effects(before.findings, ours=False)
    assert after.outcome.rank <= before.outcome.rank
    for entry in before.findings:
        if not entry.effect.allows and not STANDARD.rule(entry.code).waivable:
            assert not after.outcome.allows


@QUICK
@given(situations(), WAIVERS)
def test_a_waiver_that_is_used_up_rejected_or_unapproved_relieves_nothing(of: Situation, waiver: Waiver) -> None:
    before = effects(of.judged(waivers=()).findings, ours=True)
    for spent in (
        replace(waiver, max_uses=2, uses=2),
        replace(waiver, rejected=True),
        replace(waiver, approved_by=None),
        replace(waiver, approved_by=waiver.requested_by),
        replace(waiver, ends_at=NOW),
    ):
        decision = of.judged(waivers=(spent,))
        assert effects(decision.findings, ours=True) == before
        assert not any(use.applied for use in decision.waivers)


@QUICK
@given(situations(), st.sampled_from(EVERYWHERE), unique(WAIVERS, by_ref))
def test_a_hold_in_force_always_refuses(of: Situation, on: tuple[HoldScope, str], waivers: tuple[Waiver, ...]) -> None:
    stop = hold(*on)
    decision = of.judged(holds=(stop,), waivers=waivers)
    assert decision.outcome is Outcome.DENY
    assert decision.holds == ("HLD-1",)


@QUICK
@given(PICTURES, PERMISSIONS)
def test_a_permission_that_is_not_verified_never_gives_leave(picture: InputFacts, asked: object) -> None:
    bare = replace(picture, permissions=())
    before = Situation(clean_model(inputs=(bare,))).judged().outcome
    for weak in (
        permission(verified=False),
        permission(evidence_count=0),
        replace(asked, verified=False),  # type: ignore[type-var]
        replace(asked, evidence_count=0),  # type: ignore[type-var]
    ):
        after = Situation(clean_model(inputs=(replace(bare, permissions=(weak,)),))).judged().outcome  # type: ignore[arg-type]
        assert after.allows == before.allows


@QUICK
@given(PICTURES)
def test_a_permission_never_makes_a_verdict_worse(picture: InputFacts) -> None:
    with_it = Situation(clean_model(inputs=(picture,))).judged().outcome
    without = Situation(clean_model(inputs=(replace(picture, permissions=()),))).judged().outcome
    assert with_it.rank <= without.rank


@QUICK
@given(situations())
def test_what_was_stored_replays_to_the_stored_decision(of: Situation) -> None:
    decision = of.judged()
    given_ = [of.facts, *of.grants, *of.waivers, *of.holds, decision]
    stored = iter(json.loads(json.dumps([entry.as_json() for entry in given_])))
    facts = Facts.from_json(next(stored))
    grants = [Grant.from_json(next(stored)) for _ in of.grants]
    waivers = [Waiver.from_json(next(stored)) for _ in of.waivers]
    holds = [Hold.from_json(next(stored)) for _ in of.holds]
    again = evaluate(facts, grants, STANDARD, waivers, holds, decision.at)
    assert again == decision == Decision.from_json(next(stored))


@QUICK
@given(situations())
def test_every_finding_explains_itself(of: Situation) -> None:
    decision = of.judged()
    assert decision.summary
    for entry in decision.findings:
        assert entry.got
        assert entry.required
        assert entry.message
        if entry.raw is not Tri.SATISFIED:
            assert entry.how_to_fix
            assert entry.clause
