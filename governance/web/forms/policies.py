"""Drafting a policy revision, withdrawing one, and asking what would be different."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms
from django.utils import timezone

from governance.licensing.catalogue_words import EvidenceLevel
from governance.models import Entitlement, LineageClaim, PolicySet
from governance.models.work import TargetKind
from governance.policy import words
from governance.policy.decision import Layer
from governance.policy.facts import LineageDemand, OrganisationPolicy, RuleSetting
from governance.policy.hypothesis import ClaimContradicted, EntitlementEnds, HoldPlaced, Hypothesis, OtherPolicy
from governance.policy.phrases import word
from governance.policy.relief import Hold, HoldScope
from governance.policy.ruleset import STANDARD
from governance.reports.policies import RESEARCH_DATA, SEVERITIES
from governance.rights.organisation import as_policy
from governance.services.policies import PolicyDraft


class PolicyForm(forms.Form):
    """The organisation's settings as fields, starting from a revision."""

    mode = forms.ChoiceField(
        choices=PolicySet.Mode.choices,
        widget=forms.RadioSelect,
        label="Effect",
        initial=PolicySet.Mode.ENFORCE,
        help_text="A revision that is only tried is evaluated beside the one in force; what it says changes nothing.",
    )
    effective_from = forms.DateTimeField(
        label="From (UTC)", widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
    )
    note = forms.CharField(widget=forms.Textarea(attrs={"rows": 3}), label="What changes, and why")
    research_only_data = forms.ChoiceField(
        choices=[(each.value, RESEARCH_DATA[each]) for each in words.ResearchDataPolicy],
        label="Training data with research-only terms",
        help_text="What such terms mean for weights is disputed; this says how careful we are.",
    )
    warn_days_before_end = forms.IntegerField(min_value=0, max_value=365, label="Days of warning before a right ends")
    agent_silent_days = forms.IntegerField(min_value=1, max_value=365, label="Days until an agent counts as silent")
    decision_max_age_days = forms.IntegerField(
        min_value=1, max_value=3650, required=False, label="Days a decision carries a release", help_text="Optional"
    )

    def __init__(self, *values: Any, policy: OrganisationPolicy, **options: Any) -> None:
        self._policy = policy
        options.setdefault("initial", {}).update(_initial(policy), effective_from=timezone.now())
        super().__init__(*values, label_suffix="", **options)
        levels = [("", "None"), *((each.value, word(each).capitalize()) for each in EvidenceLevel)]
        for kind in TargetKind:
            self.fields[f"demand_{kind.value}"] = forms.ChoiceField(choices=levels, required=False, label=kind.label)
        for rule in STANDARD.rules:
            if rule.layer is Layer.ORG_POLICY and not rule.set_by:
                self.fields[f"rule_{rule.code}"] = _severity(rule.code, rule.title, rule.severity)

    def demands(self) -> list[forms.BoundField]:
        return [self[name] for name in self.fields if name.startswith("demand_")]

    def settings(self) -> list[forms.BoundField]:
        return [self[name] for name in self.fields if name.startswith("rule_")]

    def general(self) -> list[forms.BoundField]:
        return [self[name] for name in self.fields if not name.startswith(("demand_", "rule_"))]

    def draft(self) -> PolicyDraft:
        """What was asked for, as the service takes it; call after ``is_valid``."""
        said = self.cleaned_data
        policy = OrganisationPolicy(
            revision=self._policy.revision,
            lineage_demands=tuple(
                LineageDemand(words.TargetKind(kind.value), EvidenceLevel(said[f"demand_{kind.value}"]))
                for kind in TargetKind
                if said[f"demand_{kind.value}"]
            ),
            research_only_data=words.ResearchDataPolicy(said["research_only_data"]),
            warn_days_before_end=said["warn_days_before_end"],
            overrides=tuple(
                RuleSetting(name.removeprefix("rule_"), words.Severity(value))
                for name, value in said.items()
                if name.startswith("rule_") and value
            ),
            decision_max_age_days=said["decision_max_age_days"],
            agent_silent_days=said["agent_silent_days"],
        )
        return PolicyDraft(said["effective_from"], said["note"], policy, said["mode"])


class WithdrawalForm(forms.Form):
    reason = forms.CharField(widget=forms.Textarea(attrs={"rows": 2}), label="Why it is taken back")

    def __init__(self, *values: Any, **options: Any) -> None:
        super().__init__(*values, label_suffix="", **options)


class WhatIfForm(forms.Form):
    """One hypothesis and the moment it is asked for."""

    suppose = forms.ChoiceField(
        label="Suppose that",
        choices=(
            ("entitlement", "an entitlement ended"),
            ("policy", "a policy revision were in force"),
            ("claim", "a claim about training data were contradicted"),
            ("hold", "something were put on hold"),
        ),
    )
    entitlement = forms.ChoiceField(required=False)
    policy = forms.ModelChoiceField(
        queryset=PolicySet.objects.order_by("-revision"), required=False, empty_label="Choose a revision"
    )
    claim = forms.ModelChoiceField(
        queryset=LineageClaim.objects.order_by("model", "slug"), required=False, empty_label="Choose a claim"
    )
    hold_scope = forms.ChoiceField(
        required=False, label="Hold on", choices=[(each.value, word(each).capitalize()) for each in HoldScope]
    )
    hold_ref = forms.CharField(
        required=False, max_length=80, label="Which one", help_text="Such as rmbg-2.0, CLI-3, TGT-7"
    )
    at = forms.DateTimeField(
        required=False,
        label="At (UTC)",
        help_text="Empty: now",
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )
    then = forms.BooleanField(required=False, label="Judge each decision at its own time instead")

    def __init__(self, *values: Any, **options: Any) -> None:
        super().__init__(*values, label_suffix="", **options)
        refs = Entitlement.objects.order_by("ref").values_list("ref", flat=True).distinct()
        self.fields["entitlement"].choices = [("", "Choose an entitlement"), *((ref, ref) for ref in refs)]  # type: ignore[attr-defined]
        self.fields["claim"].label_from_instance = _claim_label  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        said: dict[str, Any] = super().clean() or {}
        # One moment for the supposition and for the judging: read twice, "now" would be two of them.
        said["at"] = said.get("at") or timezone.now()
        kind = said.get("suppose")
        if kind in ("entitlement", "policy", "claim") and not said.get(kind):
            self.add_error(kind, "Choose one.")
        if kind == "hold" and not said.get("hold_scope"):
            self.add_error("hold_scope", "Choose one.")
        elif kind == "hold" and said["hold_scope"] == HoldScope.EVERYTHING:
            said["hold_ref"] = ""
        elif kind == "hold" and not said.get("hold_ref"):
            self.add_error("hold_ref", "Name what is held.")
        return said

    def by_supposition(self) -> list[tuple[str, list[forms.BoundField]]]:
        """The fields that each supposition needs."""
        return [
            ("entitlement", [self["entitlement"]]),
            ("policy", [self["policy"]]),
            ("claim", [self["claim"]]),
            ("hold", [self["hold_scope"], self["hold_ref"]]),
        ]

    def moments(self) -> list[forms.BoundField]:
        return [self["at"], self["then"]]

    def scope_held(self) -> HoldScope:
        return HoldScope(self.cleaned_data["hold_scope"])

    def hold_on(self, ref: str) -> None:
        """Take the reference as the evaluator knows it."""
        self.cleaned_data["hold_ref"] = ref

    def moment(self) -> datetime:
        """The moment asked for; call after ``is_valid``."""
        moment: datetime = self.cleaned_data["at"]
        return moment

    def hypothesis(self) -> Hypothesis:
        """What is supposed; call after ``is_valid``."""
        said, at = self.cleaned_data, self.moment()
        match said["suppose"]:
            case "entitlement":
                return EntitlementEnds(said["entitlement"], at)
            case "policy":
                return OtherPolicy(as_policy(said["policy"]).policy)
            case "claim":
                claim = said["claim"]
                return ClaimContradicted(claim.model_id, f"{claim.claimant}: {claim.value}", "Supposed to be wrong")
        return HoldPlaced(Hold("HLD-SUPPOSED", self.scope_held(), said["hold_ref"], "supposed", "USR-0", at))


def _initial(policy: OrganisationPolicy) -> dict[str, Any]:
    return {
        "research_only_data": policy.research_only_data.value,
        "warn_days_before_end": policy.warn_days_before_end,
        "agent_silent_days": policy.agent_silent_days,
        "decision_max_age_days": policy.decision_max_age_days,
        **{f"demand_{each.target_kind.value}": each.minimum.value for each in policy.lineage_demands},
        **{f"rule_{each.code}": each.severity.value for each in policy.overrides},
    }


def _severity(code: str, title: str, usual: words.Severity) -> forms.ChoiceField:
    each_in_words = ((each.value, SEVERITIES[each]) for each in words.Severity)
    choices = [("", f"As the rule says: {SEVERITIES[usual].lower()}"), *each_in_words]
    return forms.ChoiceField(choices=choices, required=False, label=f"{code} {title}")


def _claim_label(claim: LineageClaim) -> str:
    return f"{claim.model_id}: {claim.value[:90]}"
