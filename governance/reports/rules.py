"""The rules in force, read from the rule set itself: what is shown is what is applied."""

from __future__ import annotations

from dataclasses import dataclass

from governance.policy.engine import EVALUATOR_VERSION
from governance.policy.phrases import listed, word
from governance.policy.rule import Rule
from governance.policy.ruleset import STANDARD
from governance.reports.explanation import LAYER

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
}


@dataclass(frozen=True, slots=True)
class RuleLine:
    """One rule. ``stages`` in words; ``tone`` that of the chip its severity is shown in."""

    code: str
    title: str
    layer: str
    severity: str
    tone: str
    waivable: bool
    legal_reference: str
    how_to_fix: str
    stages: str


@dataclass(frozen=True, slots=True)
class RuleFamily:
    title: str
    rules: tuple[RuleLine, ...]


@dataclass(frozen=True, slots=True)
class RuleBook:
    digest: str
    evaluator_version: str
    count: int
    families: tuple[RuleFamily, ...]


def rule_book() -> RuleBook:
    """All rules, grouped by what they are about, in the order of their codes."""
    families: dict[str, list[RuleLine]] = {}
    for rule in sorted(STANDARD.rules, key=lambda rule: rule.code):
        families.setdefault(rule.code.partition("-")[0], []).append(_line(rule))
    order = list(_FAMILY)
    known = sorted(families, key=lambda prefix: order.index(prefix) if prefix in order else len(order))
    return RuleBook(
        digest=STANDARD.digest,
        evaluator_version=EVALUATOR_VERSION,
        count=len(STANDARD.rules),
        families=tuple(RuleFamily(_FAMILY.get(prefix, prefix), tuple(families[prefix])) for prefix in known),
    )


def _line(rule: Rule) -> RuleLine:
    severity, tone = _SEVERITY[rule.severity.value]
    return RuleLine(
        code=rule.code,
        title=rule.title,
        layer=LAYER[rule.layer.value],
        severity=severity,
        tone=tone,
        waivable=rule.waivable,
        legal_reference=rule.legal_reference,
        how_to_fix=rule.how_to_fix,
        stages=listed([word(stage) for stage in rule.stages]) or "every gate",
    )
