"""The rule set: every rule, and a digest that changes whenever what they say or do changes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from governance.errors import RequestError
from governance.policy.decision import Layer
from governance.policy.digests import sha256_of
from governance.policy.rule import Rule
from governance.policy.rules import (
    artefact,
    declarations,
    entitlement,
    hold,
    inputs,
    license,
    lineage,
    release,
    suitability,
    use,
)

EVALUATOR_VERSION = "1.1"


class RuleSetRefused(RequestError):
    """A rule set contradicts itself or promises what cannot be promised."""

    code = "policy.rule_set"


@dataclass(frozen=True, slots=True)
class RuleSet:
    """Rules with unique codes, kept in the order of their codes: the order they are given in never matters.
    ``digest``: SHA-256 over the metadata of all rules and the evaluator's version.

    Raises RuleSetRefused for a code used twice, for a waivable rule that is not the organisation's own, and for one
    that does not say what it rests on and how to fix it.
    """

    rules: tuple[Rule, ...]
    digest: str = field(init=False, compare=False)
    _by_code: Mapping[str, Rule] = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        codes = [rule.code for rule in self.rules]
        for code in codes:
            if codes.count(code) > 1:
                raise RuleSetRefused(f"Found two rules {code}; expected one.", how_to_fix="Rename one of them.")
        for rule in self.rules:
            if rule.waivable and rule.layer is not Layer.ORG_POLICY:
                raise RuleSetRefused(
                    f"Rule {rule.code} is waivable but of layer {rule.layer.value}; expected org_policy.",
                    how_to_fix="A third party's right can only be cured by a grant: make the rule not waivable.",
                )
            if not (rule.title and rule.legal_reference and rule.how_to_fix):
                raise RuleSetRefused(
                    f"Rule {rule.code} lacks its title, its legal reference or how to fix it; expected all three.",
                    how_to_fix="State them: whoever is stopped by the rule reads them.",
                )
        ordered = tuple(sorted(self.rules, key=lambda rule: rule.code))
        covered = {"evaluator": EVALUATOR_VERSION, "rules": [rule.metadata() for rule in ordered]}
        object.__setattr__(self, "rules", ordered)
        object.__setattr__(self, "digest", sha256_of(covered))
        object.__setattr__(self, "_by_code", MappingProxyType({rule.code: rule for rule in ordered}))

    def rule(self, code: str) -> Rule:
        """The rule with this code. Raises RuleSetRefused when there is none."""
        found = self._by_code.get(code)
        if found is not None:
            return found
        known = ", ".join(rule.code for rule in self.rules)
        raise RuleSetRefused(f"Found no rule {code!r}; expected one of {known}.", how_to_fix="Check the code.")


STANDARD = RuleSet(
    declarations.RULES
    + license.RULES
    + entitlement.RULES
    + artefact.RULES
    + lineage.RULES
    + use.RULES
    + suitability.RULES
    + inputs.RULES
    + hold.RULES
    + release.RULES
)
