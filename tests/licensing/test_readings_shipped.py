"""What the shipped readings say, licence by licence: the points a lawyer would look for first."""

from __future__ import annotations

import string
from collections.abc import Iterable
from pathlib import Path

import pytest

from governance.licensing.encodings import parse_encodings
from governance.licensing.terms import Action, DutyKind, Encoding, LeftOperand, Term, TermKind

ENCODINGS = Path(__file__).parents[2] / "governance" / "catalogue" / "encodings"
READINGS = parse_encodings({path.name: path.read_bytes() for path in ENCODINGS.glob("*.toml")})
OUTPUTS = {Action.USE_OUTPUT_INTERNALLY, Action.USE_OUTPUT_COMMERCIALLY, Action.DISTRIBUTE_OUTPUT}


def of(reading: Encoding, kind: TermKind) -> list[Term]:
    return [term for term in reading.terms if term.kind is kind]


def actions(terms: Iterable[Term]) -> set[Action]:
    return {term.action for term in terms}


def duties(name: str, action: Action) -> set[tuple[DutyKind | None, str]]:
    return {(term.duty, term.clause_ref) for term in of(READINGS[name], TermKind.DUTY) if term.action is action}


@pytest.mark.parametrize("name", sorted(READINGS))
def test_a_duty_comes_with_something_permitted(name: str) -> None:
    assert actions(of(READINGS[name], TermKind.DUTY)) <= actions(of(READINGS[name], TermKind.PERMISSION))


@pytest.mark.parametrize("name", ["MIT", "Apache-2.0", "CC0-1.0", "CC-BY-4.0"])
def test_a_permissive_licence_permits_every_action_without_condition(name: str) -> None:
    permissions = of(READINGS[name], TermKind.PERMISSION)
    assert actions(permissions) == set(Action)
    assert not any(term.constraints for term in permissions)
    assert not of(READINGS[name], TermKind.PROHIBITION)


@pytest.mark.parametrize("name", ["MIT", "Apache-2.0", "AGPL-3.0-only"])
def test_a_software_licence_asks_nothing_for_its_outputs(name: str) -> None:
    assert not actions(of(READINGS[name], TermKind.DUTY)) & {Action.RUN_INFERENCE, *OUTPUTS}


def test_apache_asks_to_mark_changes_only_when_files_are_passed_on() -> None:
    assert duties("Apache-2.0", Action.MODIFY_WEIGHTS) == set()
    assert (DutyKind.INCLUDE_NOTICE, "section 4(b)") in duties("Apache-2.0", Action.DISTRIBUTE_WEIGHTS)


def test_the_agpl_has_separate_duties_for_conveying_and_for_the_network() -> None:
    assert duties("AGPL-3.0-only", Action.OFFER_AS_SERVICE) == {(DutyKind.SHARE_ALIKE, "section 13")}
    assert {kind for kind, _ in duties("AGPL-3.0-only", Action.DISTRIBUTE_WEIGHTS)} == {
        DutyKind.INCLUDE_NOTICE,
        DutyKind.SHARE_ALIKE,
        DutyKind.PASS_THROUGH_TERMS,
    }


@pytest.mark.parametrize("name", ["CC-BY-4.0", "CC-BY-NC-4.0"])
def test_creative_commons_asks_for_attribution_and_adds_no_terms(name: str) -> None:
    assert duties(name, Action.DISTRIBUTE_WEIGHTS) == {
        (DutyKind.ATTRIBUTE, "section 3(a)(1)"),
        (DutyKind.PASS_THROUGH_TERMS, "section 2(a)(5)"),
        (DutyKind.PASS_THROUGH_TERMS, "section 3(a)(4)"),
    }


def test_open_rail_m_prohibits_each_use_of_attachment_a() -> None:
    prohibited = of(READINGS["LicenseRef-OpenRAIL-M"], TermKind.PROHIBITION)
    runs = [term.clause_ref for term in prohibited if term.action is Action.RUN_INFERENCE]
    assert runs == [f"paragraph 5 with Attachment A({letter})" for letter in string.ascii_lowercase[:13]]


def test_open_rail_m_carries_every_restricted_use_over_to_outputs() -> None:
    prohibited = of(READINGS["LicenseRef-OpenRAIL-M"], TermKind.PROHIBITION)
    by_action = {
        action: {word for term in prohibited if term.action is action for word in _channels(term)}
        for action in (Action.RUN_INFERENCE, Action.USE_OUTPUT_INTERNALLY, Action.DISTRIBUTE_OUTPUT)
    }
    assert by_action[Action.USE_OUTPUT_INTERNALLY] == by_action[Action.DISTRIBUTE_OUTPUT]
    assert by_action[Action.DISTRIBUTE_OUTPUT] == by_action[Action.RUN_INFERENCE]


def _channels(term: Term) -> tuple[str, ...]:
    (constraint,) = term.constraints
    assert constraint.left_operand is LeftOperand.CHANNEL
    assert isinstance(constraint.right_operand, tuple)
    return constraint.right_operand


@pytest.mark.parametrize("action", [Action.DISTRIBUTE_WEIGHTS, Action.OFFER_AS_SERVICE])
def test_open_rail_m_goes_with_the_model(action: Action) -> None:
    assert {(DutyKind.PASS_THROUGH_TERMS, "paragraph 4(a)"), (DutyKind.INCLUDE_NOTICE, "paragraph 4(b)")} <= duties(
        "LicenseRef-OpenRAIL-M", action
    )


def test_the_gate_of_rmbg_2_is_evidence_of_its_own() -> None:
    gate = "Personal use / Academy / Non profit (direct or indirect)"
    quoting = {name for name, reading in READINGS.items() if gate in {term.quote for term in reading.terms}}
    assert quoting == {"LicenseRef-bria-gate-non-commercial"}


def test_the_evaluation_licence_lets_nothing_out_of_the_house() -> None:
    reading = READINGS["LicenseRef-bria-rmbg-1.4"]
    assert actions(of(reading, TermKind.PERMISSION)) == {Action.RUN_INFERENCE, Action.USE_OUTPUT_INTERNALLY}
    assert all(term.constraints for term in of(reading, TermKind.PERMISSION))


def test_no_licence_stated_permits_nothing() -> None:
    assert READINGS["NOASSERTION"].terms == ()
