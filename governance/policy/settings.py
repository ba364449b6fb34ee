"""Which of the rules an organisation may set otherwise, and how far.

Its own rules only. Stricter always; milder only where a waiver could relax the rule too: a setting must not be a
waiver for everybody of what nobody may be waived.
"""

from __future__ import annotations

from governance.errors import RequestError
from governance.policy.decision import Layer
from governance.policy.facts_policy import OrganisationPolicy
from governance.policy.rule import Rule
from governance.policy.ruleset import RuleSet
from governance.policy.words import Severity


class SettingRefused(RequestError):
    """An organisation's policy sets what is not its own to set."""

    code = "policy.setting"


def check_policy(policy: OrganisationPolicy, rules: RuleSet) -> None:
    """Raises SettingRefused, naming the setting, for one the organisation may not make."""
    _check_numbers(policy)
    codes = [setting.code for setting in policy.overrides]
    for setting in policy.overrides:
        if codes.count(setting.code) > 1:
            raise SettingRefused(f"Found two settings of {setting.code}; expected one.", how_to_fix="Remove one.")
        rule = next((entry for entry in rules.rules if entry.code == setting.code), None)
        if rule is None:
            known = ", ".join(entry.code for entry in rules.rules if entry.layer is Layer.ORG_POLICY)
            raise SettingRefused(
                f"Found a setting of {setting.code!r}, which is no rule; expected one of {known}.",
                how_to_fix="Check the code against the list of rules.",
            )
        _check_setting(rule, setting.severity)


def _check_setting(rule: Rule, severity: Severity) -> None:
    if rule.layer is not Layer.ORG_POLICY:
        raise SettingRefused(
            f"Found a setting of {rule.code}, a rule of layer {rule.layer.value}; expected one of our own rules.",
            how_to_fix="What others may forbid is not ours to set. Remove it.",
        )
    if rule.set_by:
        raise SettingRefused(
            f"Found a setting of {rule.code}, whose severity follows {rule.set_by}; expected that to be set.",
            how_to_fix=f"Remove it and set {rule.set_by}.",
        )
    if severity.rank < rule.severity.rank and not rule.waivable:
        raise SettingRefused(
            f"Found {rule.code} set to {severity.value}; expected {rule.severity.value} or stricter.",
            how_to_fix="It may be made stricter, not milder: nobody may be waived this rule.",
        )


def _check_numbers(policy: OrganisationPolicy) -> None:
    least = {
        "warn_days_before_end": (policy.warn_days_before_end, 0),
        "agent_silent_days": (policy.agent_silent_days, 1),
        "decision_max_age_days": (policy.decision_max_age_days, 1),
    }
    for name, (value, minimum) in least.items():
        if value is not None and value < minimum:
            raise SettingRefused(
                f"Found {name} = {value}; expected {minimum} or more.", how_to_fix="Give a number of days."
            )
