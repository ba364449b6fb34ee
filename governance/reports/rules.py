"""The rules in force, read from the rule set and the policy in force: what is shown is what is applied."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from governance.policy.engine import EVALUATOR_VERSION
from governance.policy.facts import OrganisationPolicy
from governance.policy.phrases import listed, word
from governance.policy.rule import Rule
from governance.policy.ruleset import STANDARD
from governance.reports.explanation_parts import LAYER
from governance.rights.organisation import policies_at

_FAMILY = {
    "LIC": "Licences",
    "ENT": "Purchased rights",
    "ART": "Weights and other files",
    "LIN": "Training data",
    "INP": "Rights in the pictures",
    "USE": "Commercial or not",
    "REL": "Release",
    "DUT": "Duties",
    "HOLD": "Holds",
    "GOV": "Our own governance",
    "SUIT": "Suitability",
}
_SEVERITY = {
    "block": ("Refuses", "deny"),
    "review": ("Needs review", "review"),
    "warn": ("Warns", "duties"),
    "allow": ("Notes it", "neutral"),
}


@dataclass(frozen=True, slots=True)
class RuleLine:
    """One rule. ``severity``: what it does when it is not met, under the policy in force; ``tone`` that of its chip.

    ``set_by`` says in words what set it, where it is not the rule's own. ``stages`` in words; ``tests``: what runs its
    examples.
    """

    code: str
    title: str
    layer: str
    severity: str
    tone: str
    set_by: str
    waivable: bool
    legal_reference: str
    how_to_fix: str
    stages: str
    tests: str


@dataclass(frozen=True, slots=True)
class RuleFamily:
    title: str
    rules: tuple[RuleLine, ...]


@dataclass(frozen=True, slots=True)
class RuleBook:
    """Every rule under one policy revision. ``policy_recorded``: it is one of our own, not the one that ships."""

    policy_revision: int
    policy_digest: str
    policy_recorded: bool
    digest: str
    evaluator_version: str
    count: int
    families: tuple[RuleFamily, ...]


def rule_book(at: datetime) -> RuleBook:
    """All rules as they apply ``at``, grouped by what they are about, in the order of their codes."""
    in_force = policies_at(at).enforced
    overrides = {setting.code: setting.severity.value for setting in in_force.policy.overrides}
    families: dict[str, list[RuleLine]] = {}
    for rule in sorted(STANDARD.rules, key=lambda rule: rule.code):
        families.setdefault(rule.code.partition("-")[0], []).append(_line(rule, in_force.policy, overrides))
    order = list(_FAMILY)
    known = sorted(families, key=lambda prefix: order.index(prefix) if prefix in order else len(order))
    return RuleBook(
        policy_revision=in_force.policy.revision,
        policy_digest=in_force.digest,
        policy_recorded=in_force.pk is not None,
        digest=STANDARD.digest,
        evaluator_version=EVALUATOR_VERSION,
        count=len(STANDARD.rules),
        families=tuple(RuleFamily(_FAMILY.get(prefix, prefix), tuple(families[prefix])) for prefix in known),
    )


def _line(rule: Rule, policy: OrganisationPolicy, overrides: Mapping[str, str]) -> RuleLine:
    effect, set_by = rule.severity.value, ""
    if rule.set_by:
        effect = str(getattr(policy, rule.set_by).value)
        set_by = f"follows the setting {rule.set_by.replace('_', ' ')}"
    elif rule.code in overrides:
        effect = overrides[rule.code]
        set_by = f"set by our policy; {_SEVERITY[rule.severity.value][0].lower()} otherwise"
    severity, tone = _SEVERITY[effect]
    return RuleLine(
        code=rule.code,
        title=rule.title,
        layer=LAYER[rule.layer.value],
        severity=severity,
        tone=tone,
        set_by=set_by,
        waivable=rule.waivable,
        legal_reference=rule.legal_reference,
        how_to_fix=rule.how_to_fix,
        stages=listed([word(stage) for stage in rule.stages]) or "every gate",
        tests=rule.tests,
    )
