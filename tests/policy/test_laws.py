"""Laws that must hold for every case, not only for those somebody thought of."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from governance.licensing.catalogue_words import DeclarationRank, DeclarationStatus, HostingMode
from governance.licensing.terms import Action, Constraint, LeftOperand, Operator, Term, TermKind
from governance.policy.decision import Decision, Outcome, Tri
from governance.policy.engine import evaluate
from governance.policy.facts import Facts
from governance.policy.grants import Grant, ModelScope, Scope, Survival
from governance.policy.public import public_grants
from governance.policy.ruleset import STANDARD, RuleSet
from governance.policy.words import Answer, OutputDistribution, Stage, TargetKind, UseClass, WeightsDistribution
from tests.policy.factories import (
    CLEAN,
    DIS5K,
    DUTS,
    NOW,
    RMBG_2_SCOPE,
    RMBG_LINEAGE,
    declared,
    determined,
    encodings,
    entitlement,
    facts,
    quota,
    standing,
    target,
    weights,
)

ANSWERS = st.sampled_from(list(Answer))
LICENSES = ("MIT", "Apache-2.0", "CC-BY-NC-4.0", "LicenseRef-bria-rmbg-1.4", "NOASSERTION", "MIT OR CC-BY-NC-4.0")
QUICK = settings(max_examples=30, deadline=None)


@st.composite
def targets(draw: st.DrawFn):  # type: ignore[no-untyped-def]
    drawn = target(
        kind=draw(st.sampled_from(list(TargetKind))),
        monetised=draw(ANSWERS),
        billable=draw(ANSWERS),
        for_profit_internal=draw(ANSWERS),
        territories=draw(st.sampled_from([("DE",), ("FR",), ("WORLD",), (), ("DE", "AT")])),
        output_distribution=draw(st.sampled_from(list(OutputDistribution))),
        weights_distribution=draw(st.sampled_from(list(WeightsDistribution))),
    )
    if draw(st.booleans()):
        return determined(drawn, draw(st.sampled_from(list(UseClass))), draw(st.sampled_from(["legal", "producer"])))
    return drawn


@st.composite
def cases(draw: st.DrawFn) -> Facts:
    declarations = draw(
        st.lists(
            st.builds(
                declared,
                st.sampled_from(LICENSES),
                st.sampled_from(list(DeclarationRank)),
                st.sampled_from(list(DeclarationStatus)),
            ),
            max_size=3,
        )
    )
    return facts(
        draw(targets()),
        of=weights("RMBG-2.0", *declarations),
        lineage=draw(st.sampled_from([CLEAN, DUTS, DIS5K, RMBG_LINEAGE])),
        stage=draw(st.sampled_from([Stage.PREVIEW, Stage.SUBMIT, Stage.DISPATCH])),
    )


@st.composite
def entitlements(draw: st.DrawFn, ref: str = "ENT-1") -> Grant:
    scope = replace(
        RMBG_2_SCOPE,
        models=draw(st.sampled_from([RMBG_2_SCOPE.models, (ModelScope("rmbg-3.0"),)])),
        territories=draw(st.sampled_from([None, ("DE", "AT", "CH"), ("FR",), ("WORLD",)])),
        clients=draw(st.sampled_from([None, ("CLI-1",), ("CLI-2",)])),
    )
    in_force = standing(
        verified=draw(st.booleans()),
        evidence_count=draw(st.integers(0, 2)),
        ends_at=draw(st.sampled_from([None, NOW + timedelta(days=90), NOW - timedelta(days=1)])),
    )
    quotas = draw(st.sampled_from([(), (quota(0),), (quota(5),)]))
    survival = draw(st.sampled_from(list(Survival)))
    reading = encodings()[draw(st.sampled_from(["LicenseRef-bria-selfhost", "MIT"]))]
    return entitlement(ref, scope, in_force, quotas=quotas, survival=survival, readings=(reading,))


def public(of: Facts) -> tuple[Grant, ...]:
    return tuple(grant for artefact in of.artefacts for grant in public_grants(artefact, encodings()))


def decide(of: Facts, *grants: Grant, rules: RuleSet = STANDARD) -> Decision:
    return evaluate(of, grants, rules, (), (), NOW)


@QUICK
@given(cases(), entitlements(), st.sampled_from(list(Action)))
def test_adding_a_prohibition_never_raises_a_verdict(of: Facts, bought: Grant, action: Action) -> None:
    prohibition = Term(TermKind.PROHIBITION, action, "section 1", "Not allowed.")
    narrowed = replace(bought.readings[0], terms=(*bought.readings[0].terms, prohibition))
    before = decide(of, *public(of), bought)
    after = decide(of, *public(of), replace(bought, readings=(narrowed,)))
    assert after.outcome.allows <= before.outcome.allows
    if before.outcome is Outcome.DENY:
        assert after.outcome is Outcome.DENY


@QUICK
@given(cases(), entitlements())
def test_taking_evidence_away_never_turns_a_stop_into_leave(of: Facts, bought: Grant) -> None:
    assert bought.standing is not None
    before = decide(of, *public(of), bought)
    for less in (
        replace(bought, standing=replace(bought.standing, verified=False)),
        replace(bought, standing=replace(bought.standing, evidence_count=0)),
        replace(bought, standing=None),
        replace(bought, readings=()),
    ):
        assert decide(of, *public(of), less).outcome.rank >= before.outcome.rank
    assert decide(of, *public(of)).outcome.allows <= before.outcome.allows


@QUICK
@given(cases(), entitlements(), st.sampled_from(["monetised", "billable", "for_profit_internal"]))
def test_forgetting_a_fact_never_turns_a_stop_into_leave(of: Facts, bought: Grant, fact: str) -> None:
    before = decide(of, *public(of), bought)
    forgotten = replace(of, target=replace(of.target, **{fact: Answer.UNKNOWN}))
    assert decide(forgotten, *public(of), bought).outcome.allows <= before.outcome.allows


@QUICK
@given(cases())
def test_losing_a_determination_of_non_commercial_use_never_gives_leave(of: Facts) -> None:
    signed = replace(of, target=determined(replace(of.target, determination=None)))
    unsigned = replace(of, target=replace(of.target, determination=None))
    assert decide(unsigned, *public(of)).outcome.allows <= decide(signed, *public(of)).outcome.allows


@QUICK
@given(cases(), entitlements())
def test_unknown_never_gives_leave(of: Facts, bought: Grant) -> None:
    decision = decide(of, *public(of), bought)
    if Answer.UNKNOWN in (of.target.monetised, of.target.billable) and of.target.determination is None:
        assert not decision.outcome.allows
    if decision.outcome.allows:
        relied = [report for report in decision.grants if report.relied_upon]
        assert relied
        assert all(report.result is Tri.SATISFIED for report in relied)
        assert not any(entry.effective is Tri.UNKNOWN and not entry.effect.allows for entry in decision.findings)


@QUICK
@given(cases(), entitlements(), st.randoms(use_true_random=False))
def test_the_order_of_rules_and_grants_never_matters(of: Facts, bought: Grant, random) -> None:  # type: ignore[no-untyped-def]
    grants = [*public(of), bought]
    expected = decide(of, *grants)
    rules = list(STANDARD.rules)
    random.shuffle(rules)
    random.shuffle(grants)
    assert decide(of, *grants, rules=RuleSet(tuple(rules))) == expected


@QUICK
@given(cases(), entitlements())
def test_stored_facts_and_grants_replay_to_the_stored_decision(of: Facts, bought: Grant) -> None:
    grants = [*public(of), bought]
    decision = decide(of, *grants)
    stored = json.loads(json.dumps([of.as_json(), [grant.as_json() for grant in grants], decision.as_json()]))
    again = decide(Facts.from_json(stored[0]), *[Grant.from_json(grant) for grant in stored[1]])
    assert again == Decision.from_json(stored[2]) == decision


@QUICK
@given(cases(), entitlements("ENT-1"), entitlements("ENT-2"))
def test_two_grants_never_permit_what_neither_permits_alone(of: Facts, one: Grant, two: Grant) -> None:
    together = decide(of, *public(of), one, two)
    if together.outcome.allows:
        assert decide(of, *public(of), one).outcome.allows or decide(of, *public(of), two).outcome.allows


@QUICK
@given(cases(), entitlements("ENT-1"), entitlements("ENT-2"))
def test_another_right_never_harms(of: Facts, one: Grant, two: Grant) -> None:
    alone = decide(of, *public(of), one)
    assert decide(of, *public(of), one, two).outcome.allows >= alone.outcome.allows


@QUICK
@given(cases(), entitlements())
def test_a_hosted_route_never_runs_on_the_public_licence_of_the_weights(of: Facts, bought: Grant) -> None:
    hosted = replace(of, route=replace(of.route, hosting_mode=HostingMode.VENDOR_API, provider="bria"))
    assert decide(hosted, *public(of), bought).outcome is Outcome.DENY


def test_a_scope_that_covers_nothing_permits_nothing() -> None:
    nothing = Scope(models=(), hosting_modes=())
    assert decide(facts(), entitlement(scope=nothing)).outcome is Outcome.DENY


def test_a_prohibition_that_may_apply_leaves_the_answer_open() -> None:
    perhaps = Constraint(LeftOperand.TERRITORY, Operator.IS_ANY_OF, ("FR",))
    term = Term(TermKind.PROHIBITION, Action.RUN_INFERENCE, "section 1", "Not in France.", (perhaps,))
    reading = encodings()["MIT"]
    bought = entitlement(
        scope=replace(RMBG_2_SCOPE, territories=None), readings=(replace(reading, terms=(*reading.terms, term)),)
    )
    assert decide(facts(target(territories=())), bought).outcome is Outcome.REVIEW
