"""Cases next to the acceptance cases, about our own side: waivers, holds, settings, declarations, determinations."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from governance.licensing.catalogue_words import (
    Completeness,
    DeclarationRank,
    DeclarationStatus,
    EvidenceLevel,
)
from governance.policy.decision import CureKind, Outcome
from governance.policy.facts_lineage import Contradiction
from governance.policy.facts_policy import LineageDemand, OrganisationPolicy, RuleSetting
from governance.policy.lineage import lineage_grade
from governance.policy.relief import HoldScope
from governance.policy.settings import SettingRefused
from governance.policy.words import Answer, Severity, Stage, TargetKind, UseClass
from tests.policy.factories import (
    CLEAN,
    DIS5K,
    NOW,
    OTHER_FILE,
    RMBG_2,
    RMBG_LINEAGE,
    clean_model,
    declared,
    determined,
    entitlement,
    facts,
    hobby,
    hold,
    judge,
    target,
    troubled,
    waiver,
    weights,
)
from tests.policy.rule_examples import release
from tests.policy.scenarios import v09_facts

ACCEPTED = DeclarationStatus.ACCEPTED
OPEN = DeclarationStatus.OPEN


def settings(code: str, severity: Severity) -> OrganisationPolicy:
    return OrganisationPolicy(14, overrides=(RuleSetting(code, severity),))


@pytest.mark.parametrize(
    ("change", "note"),
    [
        ({"rejected": True}, "was rejected"),
        ({"max_uses": 3, "uses": 3}, "is used up (3 of 3)"),
        ({"max_uses": 1, "uses": 4}, "is used up (4 of 1)"),
        ({"ends_at": NOW}, "expired today"),
    ],
)
def test_a_waiver_that_is_over_relieves_nothing(change: dict[str, object], note: str) -> None:
    decision = judge(v09_facts(), waivers=[waiver("LIN-001", **change)])
    assert decision.outcome is Outcome.REVIEW
    assert note in decision.waivers[0].note


@pytest.mark.parametrize(
    "change",
    [
        {"max_uses": 3, "uses": 2},
        {"target_ref": None, "project_ref": "PRJ-1"},
        {"target_ref": None, "client_ref": "CLI-1", "model": "u2netp"},
        {"weights_sha256": RMBG_2},
        {"ends_at": NOW + timedelta(microseconds=1)},
        {"starts_at": NOW},
        {"renews": "W-8"},
    ],
)
def test_a_waiver_relieves_within_its_scope_and_time(change: dict[str, object]) -> None:
    assert judge(v09_facts(), waivers=[waiver("LIN-001", **change)]).outcome is Outcome.DUTIES


@pytest.mark.parametrize("change", [{"weights_sha256": OTHER_FILE}, {"client_ref": "CLI-2"}, {"model": "u2net"}])
def test_a_waiver_does_not_reach_what_it_does_not_name(change: dict[str, object]) -> None:
    assert judge(v09_facts(), waivers=[waiver("LIN-001", **change)]).outcome is Outcome.REVIEW


def test_a_waiver_that_is_over_does_not_hide_one_that_holds() -> None:
    over = waiver("LIN-001", ref="W-1", ends_at=NOW - timedelta(days=1))
    assert judge(v09_facts(), waivers=[over, waiver("LIN-001")]).outcome is Outcome.DUTIES


@pytest.mark.parametrize("code", ["USE-001", "GOV-001"])
def test_some_of_our_own_rules_cannot_be_waived_either(code: str) -> None:
    asked = clean_model(target(billable=Answer.UNKNOWN), policy=OrganisationPolicy(1, approved=False))
    decision = judge(asked, waivers=[waiver(code)])
    assert decision.outcome is Outcome.REVIEW
    assert decision.waivers[0].note == "Waiver W-9 cannot help: this rule cannot be waived."


def test_a_hold_cannot_be_waived() -> None:
    held = judge(clean_model(), waivers=[waiver("HOLD-001")], holds=[hold(HoldScope.TARGET, "TGT-1")])
    assert held.outcome is Outcome.DENY


def test_a_waiver_of_our_rule_leaves_a_third_party_s_refusal() -> None:
    decision = judge(facts(lineage=DIS5K), waivers=[waiver("LIN-004")])
    assert decision.outcome is Outcome.DENY
    assert "LIC-010" in troubled(decision)
    assert not decision.waiver_can_help
    assert all(cure.kind is not CureKind.REQUEST_WAIVER for cure in decision.cures)


@pytest.mark.parametrize(
    ("change", "outcome"),
    [
        ({"lifted_by": ("USR-2",), "lifted_at": NOW}, Outcome.DENY),
        ({"lifted_by": ("USR-2", "USR-2"), "lifted_at": NOW}, Outcome.DENY),
        ({"lifted_by": ("USR-2", "USR-3"), "lifted_at": NOW + timedelta(seconds=1)}, Outcome.DENY),
        ({"lifted_by": ("USR-2", "USR-3"), "lifted_at": NOW}, Outcome.PERMIT),
        ({"placed_at": NOW + timedelta(seconds=1)}, Outcome.PERMIT),
        ({"placed_at": NOW}, Outcome.DENY),
    ],
)
def test_a_hold_lasts_until_two_people_have_lifted_it(change: dict[str, object], outcome: Outcome) -> None:
    assert judge(clean_model(), holds=[hold(HoldScope.PROJECT, "PRJ-1", **change)]).outcome is outcome


def test_a_hold_on_the_right_stops_a_release_that_rests_on_it() -> None:
    out = facts(stage=Stage.RELEASE, output=release().output)
    assert judge(out, entitlement()).outcome is Outcome.PERMIT
    assert judge(out, entitlement(), holds=[hold(HoldScope.GRANT, "ENT-0017")]).outcome is Outcome.DENY
    assert judge(out, entitlement(), holds=[hold(HoldScope.OUTPUT, "OUT-1")]).outcome is Outcome.DENY


@pytest.mark.parametrize(
    ("expression", "outcome"),
    [
        ("MIT OR CC-BY-NC-4.0", Outcome.PERMIT),
        ("GPL-3.0-only OR MIT", Outcome.PERMIT),
        ("mit", Outcome.PERMIT),
        ("MIT AND CC0-1.0", Outcome.PERMIT),
        ("(MIT OR CC-BY-NC-4.0) AND CC0-1.0", Outcome.PERMIT),
        ("MIT AND CC-BY-NC-4.0", Outcome.DENY),
        ("(MIT AND CC-BY-NC-4.0) OR CC-BY-NC-4.0", Outcome.DENY),
        ("MIT AND GPL-3.0-only", Outcome.DENY),
        ("MIT-ish", Outcome.DENY),
        ("MIT AND", Outcome.DENY),
    ],
)
def test_declarations_joined_by_and_and_or(expression: str, outcome: Outcome) -> None:
    assert judge(clean_model(artefacts=(weights("Plain", declared(expression)),))).outcome is outcome


@pytest.mark.parametrize(
    ("rank", "status", "outcome"),
    [
        (DeclarationRank.MODEL_CARD, ACCEPTED, Outcome.DENY),
        (DeclarationRank.GATE_TERMS, ACCEPTED, Outcome.DENY),
        (DeclarationRank.FORUM_REMARK, ACCEPTED, Outcome.DENY),
        (DeclarationRank.MODEL_CARD, OPEN, Outcome.DENY),
        (DeclarationRank.REDISTRIBUTOR_DECLARATION, OPEN, Outcome.REVIEW),
        (DeclarationRank.MODEL_CARD, DeclarationStatus.SUPERSEDED, Outcome.PERMIT),
        (DeclarationRank.MODEL_CARD, DeclarationStatus.SET_ASIDE, Outcome.PERMIT),
    ],
)
def test_beside_a_permissive_licence_file_a_narrower_declaration(
    rank: DeclarationRank, status: DeclarationStatus, outcome: Outcome
) -> None:
    both = weights("Plain", declared("MIT"), declared("CC-BY-NC-4.0", rank, status))
    assert judge(clean_model(artefacts=(both,))).outcome is outcome


def test_an_undetermined_determination_leaves_the_question_open() -> None:
    assert judge(facts(determined(hobby(), UseClass.UNDETERMINED))).outcome is Outcome.REVIEW


def test_a_purchased_right_does_not_answer_for_the_training_data() -> None:
    doubt = Contradiction("All images are licensed.", "A partner says otherwise.", "SRC-1")
    asked = facts(lineage=replace(RMBG_LINEAGE, contradictions=(doubt,)))
    decision = judge(asked, entitlement())
    assert decision.outcome is Outcome.REVIEW
    assert {entry.code for entry in decision.concerns if not entry.effect.allows} == {"LIN-002"}


def test_a_partial_list_of_training_data_is_a_vendor_s_word_at_most() -> None:
    partial = replace(CLEAN, completeness=Completeness.INCOMPLETE)
    assert lineage_grade(CLEAN) is EvidenceLevel.PUBLIC_DOCUMENTATION
    assert lineage_grade(partial) is EvidenceLevel.VENDOR_ASSERTED
    demands = OrganisationPolicy(
        1, lineage_demands=(LineageDemand(TargetKind.ECOMMERCE_LISTING, EvidenceLevel.PUBLIC_DOCUMENTATION),)
    )
    assert judge(clean_model(policy=demands)).outcome is Outcome.PERMIT
    decision = judge(clean_model(lineage=partial, policy=demands))
    assert decision.outcome is Outcome.REVIEW
    assert "the list of data sets is not complete" in decision.summary


@pytest.mark.parametrize(
    ("code", "severity", "outcome"),
    [
        ("LIN-001", Severity.BLOCK, Outcome.DENY),
        ("LIN-001", Severity.WARN, Outcome.DUTIES),
        ("LIN-005", Severity.REVIEW, Outcome.REVIEW),
        ("LIN-003", Severity.BLOCK, Outcome.REVIEW),
    ],
)
def test_the_organisation_may_set_its_own_rules(code: str, severity: Severity, outcome: Outcome) -> None:
    asked = v09_facts()
    setting = replace(asked.policy, overrides=(RuleSetting(code, severity),))
    assert judge(replace(asked, policy=setting)).outcome is outcome


@pytest.mark.parametrize(
    ("policy", "message"),
    [
        (settings("LIC-010", Severity.WARN), "LIC-010, a rule of layer third_party_right"),
        (settings("INP-001", Severity.REVIEW), "INP-001, a rule of layer input_right"),
        (settings("HOLD-001", Severity.REVIEW), "HOLD-001 set to review; expected block or stricter"),
        (settings("USE-001", Severity.WARN), "USE-001 set to warn; expected review or stricter"),
        (settings("LIN-004", Severity.BLOCK), "LIN-004, whose severity follows research_only_data"),
        (settings("LIN-999", Severity.BLOCK), "'LIN-999', which is no rule"),
        (OrganisationPolicy(1, overrides=settings("LIN-001", Severity.WARN).overrides * 2), "two settings of LIN-001"),
        (OrganisationPolicy(1, decision_max_age_days=0), "decision_max_age_days = 0; expected 1 or more"),
        (OrganisationPolicy(1, agent_silent_days=-1), "agent_silent_days = -1"),
        (OrganisationPolicy(1, warn_days_before_end=-1), "warn_days_before_end = -1"),
    ],
)
def test_it_refuses_a_policy_that_sets_what_is_not_its_own(policy: OrganisationPolicy, message: str) -> None:
    with pytest.raises(SettingRefused, match=message) as refused:
        judge(clean_model(policy=policy))
    assert refused.value.code == "policy.setting"
    assert refused.value.how_to_fix


@pytest.mark.parametrize(
    ("age", "outcome"),
    [
        (timedelta(days=30), Outcome.PERMIT),
        (timedelta(days=30, microseconds=1), Outcome.REVIEW),
        (None, Outcome.REVIEW),
    ],
)
def test_an_output_rests_on_a_decision_that_is_recent_enough(age: timedelta | None, outcome: Outcome) -> None:
    asked = release(decided_at=None if age is None else NOW - age)
    monthly = replace(asked, policy=OrganisationPolicy(1, decision_max_age_days=30))
    assert judge(monthly).outcome is outcome
    assert judge(asked).outcome is Outcome.PERMIT
    assert judge(monthly, waivers=[waiver("REL-001")]).outcome is Outcome.PERMIT
