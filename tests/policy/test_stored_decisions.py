"""Decisions that evaluator 1.0 stored are read, explained and judged again as they were made."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from governance.policy.decision import Decision
from governance.policy.engine import EVALUATOR_VERSION, evaluate
from governance.policy.facts import Facts
from governance.policy.grants import Grant
from governance.policy.relief import Hold, Waiver
from governance.policy.ruleset import STANDARD

STORED: list[dict[str, Any]] = json.loads(Path(__file__).with_name("stored_by_1_0.json").read_text(encoding="utf-8"))
EACH = pytest.mark.parametrize("stored", STORED, ids=lambda stored: stored["case"])


@EACH
def test_it_is_read_as_it_was_written(stored: dict[str, Any]) -> None:
    decision = Decision.from_json(stored["decision"])
    assert decision.evaluator_version == "1.0" != EVALUATOR_VERSION
    assert decision.as_json() == stored["decision"]


@EACH
def test_it_is_judged_again_as_it_was(stored: dict[str, Any]) -> None:
    said = Decision.from_json(stored["decision"])
    again = evaluate(
        Facts.from_json(stored["facts"]),
        [Grant.from_json(entry) for entry in stored["grants"]],
        STANDARD,
        [Waiver.from_json(entry) for entry in stored["waivers"]],
        [Hold.from_json(entry) for entry in stored["holds"]],
        said.at,
    )
    assert (again.outcome, again.relied_upon, again.duties) == (said.outcome, said.relied_upon, said.duties)
    assert {(entry.code, entry.subject, entry.raw, entry.effective) for entry in again.findings} >= {
        (entry.code, entry.subject, entry.raw, entry.effective) for entry in said.findings
    }
