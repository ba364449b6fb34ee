"""Every rule, complete and exercised: what it rests on, how to fix it, and a case on either side of it."""

from __future__ import annotations

import pytest

from governance.policy.decision import Layer, Tri
from governance.policy.rule import Rule
from governance.policy.ruleset import STANDARD
from governance.policy.words import Severity
from tests.policy.factories import troubled
from tests.policy.rule_examples import EXAMPLES

RULES = pytest.mark.parametrize("rule", STANDARD.rules, ids=lambda rule: rule.code)


def test_every_rule_has_its_examples_and_every_example_its_rule() -> None:
    assert sorted(EXAMPLES) == [rule.code for rule in STANDARD.rules]


@RULES
def test_the_rule_says_what_it_is_and_what_it_rests_on(rule: Rule) -> None:
    assert all((rule.title, rule.how_to_fix, rule.legal_reference))
    assert isinstance(rule.layer, Layer)
    assert isinstance(rule.severity, Severity)
    assert not rule.waivable or rule.layer is Layer.ORG_POLICY
    assert rule.code in rule.tests


@RULES
def test_the_rule_speaks_when_it_is_not_met(rule: Rule) -> None:
    findings = [entry for entry in EXAMPLES[rule.code].unmet().concerns if entry.code == rule.code]
    assert findings
    assert all(entry.raw in (Tri.UNSATISFIED, Tri.UNKNOWN) for entry in findings)
    assert all((entry.message, entry.got, entry.required, entry.how_to_fix, entry.clause) for entry in findings)
    if rule.severity is not Severity.WARN and rule.code != "INP-006":
        assert not EXAMPLES[rule.code].unmet().outcome.allows


@RULES
def test_the_rule_objects_to_nothing_when_it_is_met(rule: Rule) -> None:
    assert rule.code not in troubled(EXAMPLES[rule.code].met())
