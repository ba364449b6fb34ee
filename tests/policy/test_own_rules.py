"""The organisation's own side: use determinations, waivers, lineage, input rights, release."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from governance.licensing.catalogue_words import EvidenceLevel, Standing, TermsClass
from governance.policy.decision import CureKind, Layer, Outcome
from governance.policy.difference import difference
from governance.policy.engine import evaluate
from governance.policy.facts_lineage import Contradiction, LineageFacts
from governance.policy.facts_picture import InputFacts, OutputFacts, RightsSignal
from governance.policy.facts_policy import OrganisationPolicy
from governance.policy.lineage import lineage_grade
from governance.policy.public import public_grants
from governance.policy.ruleset import STANDARD, RuleSet, RuleSetRefused
from governance.policy.words import Answer, ResearchDataPolicy, Stage, UseClass
from tests.policy.factories import (
    DIS5K,
    NOW,
    clean_model,
    cure_titles,
    declared,
    determined,
    encodings,
    entitlement,
    facts,
    hobby,
    judge,
    target,
    trained,
    troubled,
    waiver,
    weights,
)
from tests.policy.scenarios import v09_facts


def test_a_hobby_without_a_determination_is_reviewed_under_a_non_commercial_licence() -> None:
    decision = judge(facts(hobby()))
    assert decision.outcome is Outcome.REVIEW
    assert "Ask legal to determine the use" in cure_titles(decision)


def test_a_hobby_needs_no_determination_under_a_permissive_licence() -> None:
    assert judge(clean_model(hobby())).outcome is Outcome.PERMIT


def test_a_determination_dies_with_the_facts_it_rests_on() -> None:
    changed = replace(determined(hobby()), billable=Answer.YES)
    decision = judge(facts(changed))
    assert decision.outcome is Outcome.DENY
    assert {"LIC-011", "USE-002"} <= troubled(decision)


def test_non_commercial_needs_the_signature_of_legal() -> None:
    decision = judge(facts(determined(hobby(), role="producer")))
    assert decision.outcome is Outcome.REVIEW
    finding = next(entry for entry in decision.findings if entry.code == "USE-002")
    assert finding.message == "Determination DET-1 says non-commercial but was signed by producer, not by legal."


def test_a_determination_cannot_stand_on_facts_nobody_stated() -> None:
    assert judge(facts(determined(hobby(monetised=Answer.UNKNOWN)))).outcome is Outcome.REVIEW


def test_a_commercial_determination_settles_unknown_facts() -> None:
    settled = determined(hobby(monetised=Answer.UNKNOWN), UseClass.COMMERCIAL, "producer")
    assert judge(clean_model(settled)).outcome is Outcome.PERMIT


def test_it_refuses_a_licence_nobody_has_read() -> None:
    decision = judge(facts(of=weights("Odd", declared("GPL-3.0-only"))))
    assert decision.outcome is Outcome.DENY
    assert "The licence GPL-3.0-only of Odd has not been read and encoded." in decision.summary


def test_it_refuses_weights_without_any_licence() -> None:
    decision = judge(facts(of=weights("Odd", declared("NOASSERTION"))))
    assert decision.outcome is Outcome.DENY
    assert decision.summary == "Nobody states a licence for Odd."


def test_either_side_of_an_or_may_be_chosen() -> None:
    assert judge(clean_model(artefacts=(weights("Plain", declared("CC-BY-NC-4.0 OR MIT")),))).outcome is Outcome.PERMIT


def test_both_sides_of_an_and_must_permit() -> None:
    both = clean_model(artefacts=(weights("Plain", declared("CC-BY-NC-4.0 AND MIT")),))
    assert judge(both).outcome is Outcome.DENY


def test_every_artefact_needs_its_own_right() -> None:
    plain = clean_model().artefacts[0]
    backbone = replace(weights("Backbone", declared("CC-BY-NC-4.0")), ref="backbone")
    assert judge(clean_model(artefacts=(plain, backbone))).outcome is Outcome.DENY


def test_an_approved_waiver_in_time_relaxes_our_own_rule_visibly() -> None:
    decision = judge(v09_facts(), waivers=[waiver("LIN-001")])
    finding = next(entry for entry in decision.findings if entry.code == "LIN-001")
    assert decision.outcome is Outcome.DUTIES
    assert (finding.raw.value, finding.effective.value, finding.waiver) == ("unsatisfied", "satisfied", "W-9")


@pytest.mark.parametrize(
    ("change", "note"),
    [
        ({"approved_by": None}, "is not approved"),
        ({"approved_by": "USR-1"}, "the same person asked for it and approved it"),
        ({"revoked_at": NOW - timedelta(days=1)}, "was revoked one day ago"),
        ({"starts_at": NOW + timedelta(days=1)}, "starts on 23 November 2026"),
        ({"ends_at": NOW}, "expired today"),
    ],
)
def test_a_waiver_that_does_not_hold_is_shown_with_the_reason(change: dict[str, object], note: str) -> None:
    decision = judge(v09_facts(), waivers=[waiver("LIN-001", **change)])
    assert decision.outcome is Outcome.REVIEW
    assert note in decision.waivers[0].note


@pytest.mark.parametrize(
    "change", [{"target_ref": "TGT-2"}, {"target_ref": None}, {"model": "rmbg-2.0"}, {"weights_sha256": "00" * 32}]
)
def test_a_waiver_for_something_else_does_not_apply(change: dict[str, object]) -> None:
    decision = judge(v09_facts(), waivers=[waiver("LIN-001", **change)])
    assert decision.outcome is Outcome.REVIEW
    assert decision.waivers == ()


def test_a_waiver_is_advised_only_where_nothing_else_stands_in_the_way() -> None:
    blocked = v09_facts()
    blocked = replace(blocked, target=replace(blocked.target, monetised=Answer.UNKNOWN))
    assert all(cure.kind is not CureKind.REQUEST_WAIVER for cure in judge(blocked).cures)


@pytest.mark.parametrize(
    ("setting", "outcome"),
    [
        (ResearchDataPolicy.ALLOW, Outcome.DUTIES),
        (ResearchDataPolicy.REVIEW, Outcome.REVIEW),
        (ResearchDataPolicy.BLOCK, Outcome.DENY),
    ],
)
def test_research_only_data_follows_the_organisations_setting(setting: ResearchDataPolicy, outcome: Outcome) -> None:
    policy = OrganisationPolicy(revision=1, research_only_data=setting)
    assert judge(clean_model(lineage=DIS5K, policy=policy)).outcome is outcome


def test_research_only_data_that_is_only_inferred_does_not_hold_work() -> None:
    inferred = trained("ImageNet", TermsClass.RESEARCH_ONLY, EvidenceLevel.NONE, Standing.INFERRED)
    decision = judge(clean_model(lineage=LineageFacts((inferred,))))
    assert decision.outcome is Outcome.DUTIES
    assert troubled(decision) == {"LIN-005"}


def test_a_contradiction_holds_work_until_it_is_reviewed() -> None:
    doubt = Contradiction("All images are licensed.", "A partner says otherwise.", "SRC-1")
    lineage = clean_model().lineage
    assert judge(clean_model(lineage=replace(lineage, contradictions=(doubt,)))).outcome is Outcome.REVIEW
    seen = replace(lineage, contradictions=(replace(doubt, reviewed=True),))
    assert judge(clean_model(lineage=seen)).outcome is Outcome.PERMIT


def test_the_lineage_grade_is_that_of_the_weakest_part() -> None:
    good = trained("A", TermsClass.PERMISSIVE, EvidenceLevel.CONTRACT_INSPECTED)
    open_terms = trained("B", TermsClass.NONE_STATED, EvidenceLevel.CONTRACT_INSPECTED)
    assert lineage_grade(LineageFacts((good,))) is EvidenceLevel.CONTRACT_INSPECTED
    assert lineage_grade(LineageFacts((good, open_terms))) is EvidenceLevel.VENDOR_ASSERTED
    assert lineage_grade(LineageFacts()) is EvidenceLevel.NONE


@pytest.mark.parametrize(
    ("name", "value", "info", "outcome"),
    [
        ("cawg.ai_inference", "allowed", "", Outcome.PERMIT),
        ("cawg.ai_inference", "constrained", "", Outcome.DENY),
        ("cawg.ai_inference", "constrained", "ask us", Outcome.REVIEW),
        ("c2pa.ai_inference", "notAllowed", "", Outcome.DENY),
        ("cawg.ai_inference", "perhaps", "", Outcome.REVIEW),
        ("cawg.ai_generative_training", "notAllowed", "", Outcome.PERMIT),
        ("plus:ImageAlterationConstraints", "AL-MRG", "", Outcome.REVIEW),
        ("plus:ImageAlterationConstraints", "AL-CLR", "", Outcome.PERMIT),
        ("plus:ImageAlterationConstraints", "AL-XYZ", "", Outcome.REVIEW),
        ("plus:ModelReleaseStatus", "MR-LMR", "", Outcome.REVIEW),
        ("plus:ModelReleaseStatus", "MR-UMR", "", Outcome.PERMIT),
    ],
)
def test_a_signal_in_the_file_is_heeded(name: str, value: str, info: str, outcome: Outcome) -> None:
    picture = InputFacts("AST-1", (RightsSignal("the file", name, value, info),))
    assert judge(clean_model(inputs=(picture,))).outcome is outcome


def test_a_picture_whose_licence_ended_is_refused() -> None:
    ended = InputFacts("AST-1", licensed_until=date(2026, 11, 21))
    assert judge(clean_model(inputs=(ended,))).outcome is Outcome.DENY
    last_day = InputFacts("AST-1", licensed_until=date(2026, 11, 22))
    assert judge(clean_model(inputs=(last_day,))).outcome is Outcome.PERMIT


def test_a_right_bought_later_does_not_carry_an_output_made_for_another_purpose() -> None:
    output = OutputFacts("OUT-1", NOW - timedelta(days=9), UseClass.NON_COMMERCIAL, ("public",), "TGT-0", Answer.YES)
    decision = judge(facts(stage=Stage.RELEASE, output=output), entitlement())
    assert decision.outcome is Outcome.REVIEW
    assert "Make the cutout again for this target" in cure_titles(decision)


@pytest.mark.parametrize(("answer", "outcome"), [(Answer.NO, Outcome.DENY), (Answer.UNKNOWN, Outcome.REVIEW)])
def test_an_output_without_a_verified_record_stays(answer: Answer, outcome: Outcome) -> None:
    output = OutputFacts("OUT-1", NOW, UseClass.COMMERCIAL, ("public",), "TGT-0", answer)
    assert judge(clean_model(stage=Stage.RELEASE, output=output)).outcome is outcome


def test_policy_that_nobody_approved_puts_work_under_review() -> None:
    assert judge(clean_model(policy=OrganisationPolicy(revision=2, approved=False))).outcome is Outcome.REVIEW


def test_facts_and_rule_set_are_cited_by_digest() -> None:
    of = clean_model(target())
    decision = judge(of)
    assert decision.facts_sha256 == of.digest()
    assert decision.rule_set_digest == STANDARD.digest


def test_it_refuses_a_waivable_rule_over_somebody_elses_right() -> None:
    rule = replace(STANDARD.rule("LIC-010"), waivable=True)
    with pytest.raises(RuleSetRefused, match="LIC-010 is waivable but of layer third_party_right"):
        RuleSet((rule,))


def test_it_refuses_two_rules_of_one_code() -> None:
    with pytest.raises(RuleSetRefused, match="two rules LIC-010"):
        RuleSet((STANDARD.rule("LIC-010"), STANDARD.rule("LIC-010")))


def test_only_our_own_rules_are_waivable() -> None:
    assert {rule.layer for rule in STANDARD.rules if rule.waivable} == {Layer.ORG_POLICY}


def test_the_digest_changes_with_what_a_rule_says() -> None:
    changed = [replace(rule, severity=rule.severity, title=f"{rule.title}!") for rule in STANDARD.rules]
    assert RuleSet(tuple(changed)).digest != STANDARD.digest


def test_no_selection_of_rules_can_permit_what_no_grant_permits() -> None:
    of = facts()
    decision = evaluate(of, public_grants(of.artefacts[0], encodings()), RuleSet(()), (), (), NOW)
    assert decision.outcome is Outcome.DENY


def test_naming_the_changes_leaves_the_rest_of_a_decision_alone() -> None:
    before = judge(facts(), entitlement())
    after = judge(facts(), entitlement(), previous=before)
    assert after == before
    changes = difference(before, before, {"target": {"billable": "no"}}, {"target": {"billable": "yes"}})
    assert [change.message for change in changes] == ["target.billable: no before, yes now."]
