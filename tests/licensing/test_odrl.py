"""A reading as ODRL: nothing lost, every word of ours tied to one of ODRL's."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import rfc8785

from governance.licensing.encodings import EncodingRefused, parse_encodings
from governance.licensing.odrl import PROFILE, as_odrl
from governance.licensing.terms import Action, Constraint, DutyKind, Encoding, LeftOperand, Operator, Term, TermKind

ENCODINGS = Path(__file__).parents[2] / "governance" / "catalogue" / "encodings"
READINGS = parse_encodings({path.name: path.read_bytes() for path in ENCODINGS.glob("*.toml")})
TARGET = "urn:sha256:" + "ab" * 32


def reading(*terms: Term) -> Encoding:
    return Encoding("MIT", "MIT", 3, date(2026, 11, 22), "editor", "reviewer", "Not legal advice.", terms)


def permission(*constraints: Constraint, action: Action = Action.RUN_INFERENCE) -> Term:
    return Term(TermKind.PERMISSION, action, "section 1", "May be run.", constraints)


def duty(action: Action) -> Term:
    return Term(TermKind.DUTY, action, "section 2", "Say so.", duty=DutyKind.DISCLOSE_AI)


def rules(policy: dict[str, Any]) -> list[dict[str, Any]]:
    found = [rule for name in ("permission", "prohibition", "obligation") for rule in policy.get(name, [])]
    return found + [hanging for rule in found for hanging in rule.get("duty", [])]


@pytest.mark.parametrize("name", sorted(READINGS))
def test_every_term_of_a_shipped_reading_is_a_rule(name: str) -> None:
    policy = as_odrl(READINGS[name], TARGET)
    numbers = {int(rule["uid"].rpartition("-")[2]) for rule in rules(policy)}
    assert numbers == set(range(len(READINGS[name].terms)))
    assert "obligation" not in policy  # every duty hangs on a permission
    assert json.loads(rfc8785.dumps(policy)) == policy


def test_it_says_that_it_is_a_reading_and_whose() -> None:
    policy = as_odrl(READINGS["CC-BY-NC-4.0"], TARGET)
    assert (policy["@type"], policy["profile"], policy["conflict"]) == ("Set", PROFILE, "prohibit")
    assert policy["uid"] == "urn:clearcut:reading:CC-BY-NC-4.0:2"
    assert "not legal advice" in policy["dct:description"]
    assert policy["clearcut:approvedBy"] == "Clearcut catalogue, reviewer"
    assert policy["clearcut:textSha256"] == READINGS["CC-BY-NC-4.0"].text_sha256
    assert len(policy["clearcut:openQuestion"]) == 4


def test_a_rule_names_clause_words_and_what_it_narrows() -> None:
    (found,) = as_odrl(READINGS["MIT"], TARGET)["permission"][:1]
    assert found == {
        "uid": "urn:clearcut:reading:MIT:2#term-0",
        "target": TARGET,
        "action": {"@id": "clearcut:run_inference", "includedIn": "odrl:use"},
        "clearcut:clause": "first paragraph",
        "clearcut:quote": "to deal in the Software without restriction",
        "dct:description": "Use, copy, modify, publish, distribute, sublicense and sell are permitted.",
    }


@pytest.mark.parametrize(
    ("constraint", "expected"),
    [
        (
            Constraint(LeftOperand.USE_CLASS, Operator.EQ, "non_commercial"),
            {"leftOperand": "clearcut:use_class", "operator": "eq", "rightOperand": "non_commercial"},
        ),
        (
            Constraint(LeftOperand.TERRITORY, Operator.IS_PART_OF, ("AT", "DE")),
            {"leftOperand": "spatial", "operator": "isPartOf", "rightOperand": {"@list": ["AT", "DE"]}},
        ),
        (
            Constraint(LeftOperand.DATE, Operator.LTEQ, "2027-03-31"),
            {
                "leftOperand": "dateTime",
                "operator": "lteq",
                "rightOperand": {"@type": "xsd:date", "@value": "2027-03-31"},
            },
        ),
        (
            Constraint(LeftOperand.OUTPUT_COUNT, Operator.LT, 100),
            {"leftOperand": "count", "operator": "lt", "rightOperand": 100},
        ),
    ],
)
def test_a_constraint_keeps_its_operator(constraint: Constraint, expected: dict[str, Any]) -> None:
    assert as_odrl(reading(permission(constraint)), TARGET)["permission"][0]["constraint"] == [expected]


def test_a_duty_hangs_on_the_permission_of_its_action() -> None:
    policy = as_odrl(reading(permission(), duty(Action.RUN_INFERENCE)), TARGET)
    (hanging,) = policy["permission"][0]["duty"]
    assert hanging["action"] == {"@id": "clearcut:disclose_ai", "includedIn": "odrl:inform"}
    assert "obligation" not in policy


def test_a_duty_without_a_permission_says_what_brings_it_about() -> None:
    policy = as_odrl(reading(permission(), duty(Action.DISTRIBUTE_OUTPUT)), TARGET)
    (owed,) = policy["obligation"]
    assert owed["clearcut:arisesWith"] == {"@id": "clearcut:distribute_output", "includedIn": "odrl:distribute"}
    assert "duty" not in policy["permission"][0]


@pytest.mark.parametrize("action", Action)
def test_every_action_narrows_one_of_odrls(action: Action) -> None:
    (found,) = as_odrl(reading(permission(action=action)), TARGET)["permission"]
    assert found["action"]["includedIn"].startswith(("odrl:", "cc:"))


@pytest.mark.parametrize("kind", DutyKind)
def test_every_duty_narrows_one_of_odrls(kind: DutyKind) -> None:
    owed = replace(duty(Action.RUN_INFERENCE), duty=kind)
    (found,) = as_odrl(reading(permission(), owed), TARGET)["permission"]
    assert found["duty"][0]["action"]["includedIn"].startswith(("odrl:", "cc:"))


def test_refuses_a_duty_without_its_kind() -> None:
    with pytest.raises(EncodingRefused, match="section 2: duty: found nothing"):
        as_odrl(reading(permission(), replace(duty(Action.RUN_INFERENCE), duty=None)), TARGET)
