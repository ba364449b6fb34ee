"""Corrected facts of projects and targets."""

from __future__ import annotations

from typing import Any

from django import forms

from governance.models import DeploymentTarget, HostingMode, OutputDistribution, Project, Ternary, WeightsDistribution
from governance.web.forms.evidence import day_input, split_list

# Which field a refusal of the service belongs to, by its code.
FIELDS = {
    "territory.none": "territories",
    "territory.unknown": "territories",
    "channel.long": "channel",
    "fact.reason": "reason",
}


class _Restated(forms.Form):
    reason = forms.CharField(
        label="Why",
        widget=forms.Textarea(attrs={"rows": 3}),
        max_length=2000,
        help_text="What it rests on. It stays on record with your name, beside what the fact was before.",
    )

    def __init__(self, *values: Any, **options: Any) -> None:
        super().__init__(*values, label_suffix="", **options)
        self.order_fields([name for name in self.fields if name != "reason"])

    def facts(self) -> dict[str, Any]:
        """Every fact as it is to be; call after ``is_valid``."""
        return {name: value for name, value in self.cleaned_data.items() if name != "reason"}


class ProjectFactsForm(_Restated):
    billable = forms.ChoiceField(label="Billed to the client", choices=Ternary.choices, widget=forms.RadioSelect)
    for_profit = forms.ChoiceField(label="For-profit company", choices=Ternary.choices, widget=forms.RadioSelect)


class TargetFactsForm(_Restated):
    channel = forms.CharField(required=False, max_length=60)
    territories = forms.CharField(
        label="Territory", max_length=800, help_text="Country codes of two letters with commas (DE, AT, CH), or WORLD."
    )
    monetised = forms.ChoiceField(label="Earns money", choices=Ternary.choices, widget=forms.RadioSelect)
    output_distribution = forms.ChoiceField(
        label="Who sees the cutouts", choices=OutputDistribution.choices, widget=forms.RadioSelect
    )
    weights_distribution = forms.ChoiceField(
        label="Who gets the model file", choices=WeightsDistribution.choices, widget=forms.RadioSelect
    )
    hosting_mode = forms.ChoiceField(label="Where the model runs", choices=HostingMode.choices)
    valid_until = forms.DateField(label="In use until", required=False, widget=day_input(), help_text="Empty: open.")

    def facts(self) -> dict[str, Any]:
        return super().facts() | {"territories": split_list(self.cleaned_data["territories"])}


def project_facts(project: Project) -> dict[str, Any]:
    """The facts on record, as the form shows them."""
    return {"billable": project.billable, "for_profit": project.for_profit}


def target_facts(target: DeploymentTarget) -> dict[str, Any]:
    """The facts on record, as the form shows them."""
    same = ("channel", "monetised", "output_distribution", "weights_distribution", "hosting_mode", "valid_until")
    return {name: getattr(target, name) for name in same} | {"territories": ", ".join(target.territories)}
