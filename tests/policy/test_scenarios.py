"""The acceptance cases: outcome, layers that speak, cures offered, duties imposed."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from tests.policy.factories import cure_titles, troubled
from tests.policy.scenarios import BUILDERS

CASES: dict[str, dict[str, Any]] = {
    case["id"]: case
    for case in tomllib.loads((Path(__file__).parent / "verdicts.toml").read_text(encoding="utf-8"))["case"]
}

# How the prose of a case's cures and duties reads in a decision.
READS = {
    "self-host license for RMBG-2.0": "self-host licence for RMBG-2.0",
    "hosted route with a subscription": "hosted route with a subscription",
    "another model that would pass": "another model that would pass: U²-Netp",
    "waiver by another person with an end date": "Ask legal for a waiver",
    "a model with documented lineage": "Use a model with documented lineage",
    "route through Bria's API": "Route through Bria's API",
    "subscription at fal.ai": "subscription at fal.ai",
    "attribution agent running and reporting (condition of the commercial license)": "Attribution agent running and"
    " reporting: it is a condition of the commercial licence",
    "attribution: creator, licence notice, link, indication of changes": "Attribution when shared: name the creator",
}


def test_every_case_has_a_builder() -> None:
    assert sorted(BUILDERS) == sorted(CASES)


@pytest.mark.parametrize("case_id", sorted(CASES))
def test_the_case_gets_its_verdict(case_id: str) -> None:
    case = CASES[case_id]
    decision = BUILDERS[case_id]()
    assert decision.outcome.value == case["outcome"], decision.summary
    for layer in case.get("rules", ()):
        assert any(code.startswith(layer) for code in troubled(decision)), (layer, troubled(decision))


@pytest.mark.parametrize("case_id", sorted(name for name, case in CASES.items() if "cure" in case))
def test_the_case_offers_its_cures(case_id: str) -> None:
    titles = cure_titles(BUILDERS[case_id]())
    for cure in CASES[case_id]["cure"]:
        assert READS[cure] in titles


@pytest.mark.parametrize("case_id", sorted(name for name, case in CASES.items() if "duties" in case))
def test_the_case_imposes_its_duties(case_id: str) -> None:
    texts = "\n".join(duty.text for duty in BUILDERS[case_id]().duties)
    for duty in CASES[case_id]["duties"]:
        assert READS[duty] in texts


def test_a_refusal_by_a_third_party_says_that_no_waiver_helps() -> None:
    decision = BUILDERS["V01"]()
    assert not decision.waiver_can_help
    message = next(entry.message for entry in decision.findings if entry.code == "LIC-010")
    assert "A waiver cannot help: a third party's right is not ours to waive." in message


def test_a_refusal_quotes_the_clause_it_rests_on() -> None:
    finding = next(entry for entry in BUILDERS["V01"]().findings if entry.code == "LIC-011")
    assert finding.clause.startswith("CC BY-NC 4.0, section")
    assert finding.got == (
        "The public licence of RMBG-2.0 is CC BY-NC 4.0."
        " The use is commercial: the work is billed to the client and the target earns money."
    )


def test_a_missing_territory_can_be_cured_by_extending_or_narrowing() -> None:
    titles = cure_titles(BUILDERS["V17"]())
    assert "Extend ENT-0017 to FR" in titles
    assert "Narrow the target to DE, AT, CH" in titles


def test_an_entitlement_for_another_version_is_reported_with_both_names() -> None:
    report = next(entry for entry in BUILDERS["V03"]().grants if entry.grant == "ENT-0017")
    assert report.where_it_stops == "Model: RMBG-2.0; found RMBG-3.0."


def test_conflicting_declarations_are_listed_with_rank_and_date() -> None:
    finding = next(entry for entry in BUILDERS["V11"]().findings if entry.code == "LIC-002")
    assert "LicenseRef-bria-rmbg-1.4 (linked agreement, the model's repository, 30 August 2024)" in finding.got
    assert "MIT (forum remark, a forum, 21 May 2026, open)" in finding.got


def test_a_forum_remark_never_outranks_an_agreement() -> None:
    reports = {entry.grant: entry for entry in BUILDERS["V11"]().grants}
    assert reports["public/RMBG-1.4 weights/4/MIT"].outranked
    assert not any(entry.relied_upon for entry in reports.values())


def test_open_data_terms_stay_visible_and_travel_with_the_output() -> None:
    decision = BUILDERS["V08"]()
    assert "LIN-005" in troubled(decision)
    assert [duty.source for duty in decision.duties] == ["LIN-005"]
    assert "DUTS states no terms" in decision.duties[0].text


def test_an_expired_waiver_is_named_with_its_age() -> None:
    decision = BUILDERS["V23"]()
    finding = next(entry for entry in decision.findings if entry.code == "LIN-001")
    assert "Waiver W-9 expired three days ago." in finding.message
    assert [use.applied for use in decision.waivers] == [False]


def test_a_waiver_of_a_prohibition_is_shown_and_ignored() -> None:
    decision = BUILDERS["V22"]()
    assert {use.rule_code: use.applied for use in decision.waivers} == {"LIC-010": False, "LIC-011": False}
    assert "a third party's right is not ours to waive" in decision.waivers[0].note


def test_the_gate_at_dispatch_names_what_changed_since_submission() -> None:
    changes = {change.kind: change for change in BUILDERS["V25"]().changes if change.kind != "finding"}
    assert changes["outcome"].before == "duties"
    assert "ENT-0017 permitted this before. Now: Ended early" in changes["grant"].message
    assert "terminated by the licensor" in changes["grant"].message
