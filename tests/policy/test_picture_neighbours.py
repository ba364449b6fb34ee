"""Cases next to the acceptance cases, about pictures: permissions, statements that cannot be trusted, training."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from governance.policy.decision import Finding, Outcome
from governance.policy.difference import changed_inputs
from governance.policy.facts_picture import InputFacts, InputPermission, RightsSignal
from governance.policy.words import Stage, TargetKind
from tests.policy.factories import clean_model, cure_titles, determined, hobby, judge, target, troubled
from tests.policy.rule_examples import made, permission, picture

FORBIDDEN = ("cawg.ai_inference", "notAllowed")
NO_RETOUCHING = ("plus:ImageAlterationConstraints", "http://ns.useplus.org/ldf/vocab/AL-RET")
LIMITED_RELEASE = ("plus:ModelReleaseStatus", "MR-LMR")
BROKEN = ("c2pa.validation_state", "Invalid")


def with_permission(said: tuple[str, str], *permissions: InputPermission) -> Outcome:
    return judge(clean_model(inputs=(picture(*said, permissions=permissions),))).outcome


def finding(code: str, *pictures: InputFacts) -> Finding:
    return next(entry for entry in judge(clean_model(inputs=pictures)).findings if entry.code == code)


@pytest.mark.parametrize(
    ("said", "name"),
    [
        (FORBIDDEN, "cawg.ai_inference"),
        (FORBIDDEN, "c2pa.ai_inference"),
        (FORBIDDEN, ""),
        (NO_RETOUCHING, "XMP-plus:ImageAlterationConstraints"),
        (NO_RETOUCHING, ""),
        (LIMITED_RELEASE, "plus:ModelReleaseStatus"),
        (BROKEN, ""),
    ],
)
def test_a_verified_permission_answers_what_the_file_says(said: tuple[str, str], name: str) -> None:
    assert not with_permission(said).allows
    assert with_permission(said, permission(name)) is Outcome.PERMIT


@pytest.mark.parametrize(
    ("said", "name"),
    [
        (FORBIDDEN, "plus:ImageAlterationConstraints"),
        (NO_RETOUCHING, "cawg.ai_inference"),
        (LIMITED_RELEASE, ""),
        (LIMITED_RELEASE, "plus:PropertyReleaseStatus"),
        (BROKEN, "cawg.ai_inference"),
    ],
)
def test_a_permission_for_something_else_changes_nothing(said: tuple[str, str], name: str) -> None:
    assert with_permission(said, permission(name)) is with_permission(said)


def test_an_answered_finding_stays_visible_and_names_the_permission() -> None:
    entry = finding("INP-001", picture(*FORBIDDEN, permissions=(permission("cawg.ai_inference"),)))
    assert entry.message == (
        "The file of AST-1 says that it may not be the input of an AI model."
        " Permission PRM-3 by the photographer allows it."
    )


@pytest.mark.parametrize(
    ("change", "outcome", "note"),
    [
        ({"verified": False}, Outcome.REVIEW, "no second person has verified it yet"),
        ({"evidence_count": 0}, Outcome.DENY, "has no document and counts for nothing"),
        ({"evidence_count": 0, "verified": False}, Outcome.DENY, "has no document"),
        ({"valid_until": date(2026, 11, 21)}, Outcome.DENY, "ended on 21 November 2026"),
        ({"valid_until": date(2026, 11, 22)}, Outcome.PERMIT, "allows it until 22 November 2026"),
    ],
)
def test_a_permission_counts_with_evidence_verified_and_in_time(
    change: dict[str, object], outcome: Outcome, note: str
) -> None:
    asked = permission("cawg.ai_inference", **change)
    assert with_permission(FORBIDDEN, asked) is outcome
    assert note in finding("INP-001", picture(*FORBIDDEN, permissions=(asked,))).message


def test_one_good_permission_is_enough() -> None:
    ended = permission("cawg.ai_inference", ref="PRM-1", valid_until=date(2026, 1, 1))
    assert with_permission(FORBIDDEN, ended, permission()) is Outcome.PERMIT


def test_a_permission_for_one_picture_says_nothing_of_the_next() -> None:
    allowed = picture(*FORBIDDEN, permissions=(permission(),))
    other = picture(*FORBIDDEN, ref="AST-2")
    decision = judge(clean_model(inputs=(allowed, other)))
    assert decision.outcome is Outcome.DENY
    assert "Leave AST-2 out" in cure_titles(decision)
    assert "Leave AST-1 out" not in cure_titles(decision)


def test_the_owner_may_extend_the_right_to_a_picture() -> None:
    ended = InputFacts("AST-1", licensed_until=date(2026, 11, 21))
    assert judge(clean_model(inputs=(ended,))).outcome is Outcome.DENY
    assert judge(clean_model(inputs=(replace(ended, permissions=(permission(),)),))).outcome is Outcome.PERMIT


def test_a_picture_that_the_target_outlives_is_visible_and_stops_nothing() -> None:
    decision = judge(clean_model(inputs=(InputFacts("AST-1", licensed_until=date(2027, 3, 30)),)))
    assert decision.outcome is Outcome.PERMIT
    assert troubled(decision) == {"INP-004"}


def test_a_picture_nobody_has_read_is_unknown() -> None:
    decision = judge(clean_model(inputs=(InputFacts("AST-1", read=False),)))
    assert decision.outcome is Outcome.REVIEW
    assert "Nobody has read what the file says about its use" in decision.summary


@pytest.mark.parametrize(
    ("signal", "outcome"),
    [
        (RightsSignal("xmp", "unreadable", "unreadable"), Outcome.REVIEW),
        (RightsSignal("c2pa", "unreadable", "The manifest is cut short."), Outcome.REVIEW),
        (RightsSignal("c2pa", "c2pa.validation_state", "Invalid", "assertion.dataHash.mismatch"), Outcome.REVIEW),
        (RightsSignal("c2pa", "c2pa.validation_state", ""), Outcome.REVIEW),
        (RightsSignal("c2pa", "c2pa.validation_state", "Valid"), Outcome.PERMIT),
        (RightsSignal("c2pa", "c2pa.validation_state", "Trusted"), Outcome.PERMIT),
    ],
)
def test_statements_that_cannot_be_trusted_are_no_silence(signal: RightsSignal, outcome: Outcome) -> None:
    assert judge(clean_model(inputs=(InputFacts("AST-1", (signal,)),))).outcome is outcome


def test_a_broken_manifest_may_forbid_but_not_allow() -> None:
    broken = RightsSignal("c2pa", *BROKEN)
    for value, outcome in (("allowed", Outcome.REVIEW), ("notAllowed", Outcome.DENY)):
        said = RightsSignal("cawg", "cawg.ai_inference", value)
        assert judge(clean_model(inputs=(InputFacts("AST-1", (broken, said)),))).outcome is outcome


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("plus:DataMining", "http://ns.useplus.org/ldf/vocab/DMI-PROHIBITED"),
        ("plus:DataMining", "DMI-PROHIBITED-AIMLTRAINING"),
        ("plus:DataMining", "DMI-PROHIBITED-SEECONSTRAINT"),
        ("cawg.data_mining", "notAllowed"),
        ("cawg.ai_training", "notAllowed"),
    ],
)
def test_a_reservation_against_training_is_noted_and_stops_a_training_set_only(name: str, value: str) -> None:
    said = (picture(name, value),)
    listing = judge(clean_model(inputs=said))
    assert listing.outcome is Outcome.PERMIT
    assert troubled(listing) == {"INP-006"}
    publication = judge(clean_model(target(kind=TargetKind.DATASET_PUBLICATION), inputs=said))
    assert publication.outcome is Outcome.DENY


def test_a_limited_release_does_not_matter_where_nothing_is_earned() -> None:
    limited = (picture(*LIMITED_RELEASE),)
    assert judge(clean_model(determined(hobby()), inputs=limited)).outcome is Outcome.PERMIT


def test_what_changed_about_a_picture_is_named_at_release() -> None:
    before = (InputFacts("AST-1", licensed_until=date(2027, 6, 30)), InputFacts("AST-2"))
    now = (picture(*NO_RETOUCHING, licensed_until=date(2026, 12, 31)),)
    assert changed_inputs(before, before) == ()
    changes = changed_inputs(before, now)
    assert "AST-1.licensed_until: 2027-06-30 before, 2026-12-31 now." in changes
    assert any("nothing before, xmp plus:ImageAlterationConstraints" in change for change in changes)
    decision = judge(clean_model(stage=Stage.RELEASE, output=made(changed_inputs=changes)))
    assert decision.outcome is Outcome.REVIEW
    assert "AST-1.licensed_until: 2027-06-30 before" in decision.summary
