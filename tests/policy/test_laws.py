"""Laws that must hold for every case, not only for those somebody thought of."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta

from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis import strategies as st

from governance.licensing.catalogue_words import EvidenceLevel, HostingMode
from governance.licensing.terms import Action, Constraint, LeftOperand, Operator, Term, TermKind
from governance.policy.decision import Outcome, Tri
from governance.policy.engine import evaluate
from governance.policy.facts import Facts
from governance.policy.grants import Grant, Scope
from governance.policy.ruleset import STANDARD, RuleSet
from governance.policy.words import Answer
from tests.policy.factories import NOW, RMBG_2_SCOPE, determined, encodings, entitlement, facts, judge, target
from tests.policy.strategies import Situation, entitlements, situations
from tests.policy.strategies_facts import cases

QUICK = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
PERHAPS = Constraint(LeftOperand.TERRITORY, Operator.IS_ANY_OF, ("DE", "FR"))


def forbidding(grant: Grant, term: Term) -> Grant:
    return replace(grant, readings=tuple(replace(reading, terms=(*reading.terms, term)) for reading in grant.readings))


@QUICK
@given(
    situations(), st.sampled_from(list(Action)), st.sampled_from([(), (PERHAPS,)]), st.randoms(use_true_random=False)
)
def test_adding_a_prohibition_never_raises_a_verdict(
    of: Situation, action: Action, constraints: tuple[Constraint, ...], chance: random.Random
) -> None:
    term = Term(TermKind.PROHIBITION, action, "section 1", "Not allowed.", constraints)
    grants = [forbidding(grant, term) if chance.random() < 0.5 else grant for grant in of.grants]
    before = of.judged()
    after = evaluate(of.facts, grants, STANDARD, of.waivers, of.holds, NOW)
    assert after.outcome.allows <= before.outcome.allows
    assert before.outcome is not Outcome.DENY or after.outcome is Outcome.DENY


def with_less_evidence(of: Situation) -> Iterable[Situation]:
    for index, grant in enumerate(of.bought):
        others = (*of.bought[:index], *of.bought[index + 1 :])
        yield replace(of, bought=others)
        yield replace(of, bought=(*others, replace(grant, standing=None)))
        yield replace(of, bought=(*others, replace(grant, readings=())))
        if grant.standing:
            yield replace(of, bought=(*others, replace(grant, standing=replace(grant.standing, verified=False))))
            yield replace(of, bought=(*others, replace(grant, standing=replace(grant.standing, evidence_count=0))))
    for less in facts_with_less_evidence(of.facts):
        yield replace(of, facts=less)


def facts_with_less_evidence(of: Facts) -> Iterable[Facts]:
    # What speaks against an output is no evidence for it: only a verified record and a recent decision are.
    if of.output is not None and of.output.record_verified is Answer.YES:
        yield replace(of, output=replace(of.output, record_verified=Answer.UNKNOWN))
    if of.output is not None and of.output.decided_at is not None and NOW - of.output.decided_at < timedelta(days=30):
        yield replace(of, output=replace(of.output, decided_at=None))
    uses = tuple(replace(use, evidence=EvidenceLevel.NONE) for use in of.lineage.uses)
    doubts = tuple(replace(entry, reviewed=False) for entry in of.lineage.contradictions)
    yield replace(of, lineage=replace(of.lineage, uses=uses))
    yield replace(of, lineage=replace(of.lineage, contradictions=doubts))
    yield replace(of, inputs=tuple(replace(picture, permissions=()) for picture in of.inputs))
    yield replace(of, inputs=tuple(replace(picture, read=False) for picture in of.inputs))
    yield replace(of, route=replace(of.route, weights_known=False))


@QUICK
@given(situations())
def test_taking_evidence_away_never_raises_a_verdict(of: Situation) -> None:
    before = of.judged().outcome
    for less in with_less_evidence(of):
        assert less.judged().outcome.rank >= before.rank


def with_something_forgotten(of: Facts) -> Iterable[Facts]:
    for fact in ("monetised", "billable", "for_profit_internal"):
        yield replace(of, target=replace(of.target, **{fact: Answer.UNKNOWN}))
    yield replace(of, target=replace(of.target, territories=()))
    yield replace(of, target=replace(of.target, channel=""))
    yield replace(of, target=replace(of.target, valid_until=None))
    yield replace(of, target=replace(of.target, determination=None))
    yield replace(of, route=replace(of.route, version=""))
    yield replace(of, route=replace(of.route, weights_sha256=None))
    yield replace(of, inputs=tuple(replace(picture, read=False) for picture in of.inputs))


@QUICK
@given(situations())
def test_forgetting_a_fact_never_turns_a_stop_into_leave(of: Situation) -> None:
    # A void determination is no knowledge: taking it away may end the question it raised.
    assume("USE-002" not in {entry.code for entry in of.judged().concerns})
    before = of.judged().outcome.allows
    for forgotten in with_something_forgotten(of.facts):
        assert of.judged(facts=forgotten).outcome.allows <= before


@QUICK
@given(situations())
def test_unknown_never_gives_leave(of: Situation) -> None:
    decision = of.judged()
    if (
        Answer.UNKNOWN in (of.facts.target.monetised, of.facts.target.billable)
        and of.facts.target.determination is None
    ):
        assert not decision.outcome.allows
    if decision.outcome.allows:
        relied = [report for report in decision.grants if report.relied_upon]
        assert {report.artefact for report in relied} == {artefact.ref for artefact in of.facts.artefacts}
        assert all(report.result is Tri.SATISFIED for report in relied)
        assert all(entry.effect.allows for entry in decision.findings)


@QUICK
@given(cases())
def test_losing_a_determination_of_non_commercial_use_never_gives_leave(of: Facts) -> None:
    signed = replace(of, target=determined(replace(of.target, determination=None)))
    unsigned = replace(of, target=replace(of.target, determination=None))
    assert Situation(unsigned).judged().outcome.allows <= Situation(signed).judged().outcome.allows


@QUICK
@given(situations(), st.randoms(use_true_random=False))
def test_no_order_ever_matters(of: Situation, chance: random.Random) -> None:
    lists = [list(entries) for entries in (STANDARD.rules, of.grants, of.waivers, of.holds)]
    for entries in lists:
        chance.shuffle(entries)
    rules, grants, waivers, holds = lists
    shuffled = evaluate(of.facts, grants, RuleSet(tuple(rules)), waivers, holds, NOW)  # type: ignore[arg-type]
    assert shuffled == of.judged()


@QUICK
@given(cases(), entitlements("ENT-1"), entitlements("ENT-2"))
def test_two_grants_permit_exactly_what_one_of_them_permits(of: Facts, one: Grant, two: Grant) -> None:
    together = Situation(of, (one, two)).judged().outcome
    alone = [Situation(of, (grant,)).judged().outcome for grant in (one, two)]
    assert together.rank == min(outcome.rank for outcome in alone)


@QUICK
@given(situations())
def test_a_hosted_route_never_runs_on_the_public_licence_of_the_weights(of: Situation) -> None:
    hosted = replace(of.facts.route, hosting_mode=HostingMode.VENDOR_API)
    assert not of.judged(facts=replace(of.facts, route=hosted), bought=()).outcome.allows


def test_the_cases_drawn_are_of_every_kind() -> None:
    seen: Counter[Outcome] = Counter()

    @settings(max_examples=200, deadline=None, derandomize=True, database=None, phases=[Phase.generate])
    @given(situations())
    def count(of: Situation) -> None:
        seen[of.judged().outcome] += 1

    count()
    assert all(seen[outcome] >= 10 for outcome in Outcome), seen


def test_a_scope_that_covers_nothing_permits_nothing() -> None:
    nothing = Scope(models=(), hosting_modes=())
    assert judge(facts(), entitlement(scope=nothing)).outcome is Outcome.DENY


def test_a_prohibition_that_may_apply_leaves_the_answer_open() -> None:
    term = Term(TermKind.PROHIBITION, Action.RUN_INFERENCE, "section 1", "Not in Germany or France.", (PERHAPS,))
    bought = forbidding(
        entitlement(scope=replace(RMBG_2_SCOPE, territories=None), readings=(encodings()["MIT"],)), term
    )
    assert judge(facts(target(territories=())), bought).outcome is Outcome.REVIEW
