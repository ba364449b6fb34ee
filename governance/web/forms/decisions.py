"""What the list of decisions can be narrowed to."""

from __future__ import annotations

from typing import Any

from django import forms

from governance.access import User, visible_clients
from governance.models import Decision
from governance.reports.decisions import DecisionFilter


class DecisionFilterForm(forms.Form):
    stage = forms.ChoiceField(choices=[("", "All"), *Decision.Stage.choices], required=False)
    outcome = forms.ChoiceField(choices=[("", "All"), *Decision.Outcome.choices], required=False, label="Verdict")
    client = forms.ModelChoiceField(queryset=None, required=False, empty_label="All")
    before = forms.IntegerField(min_value=1, max_value=2**63 - 1, required=False, widget=forms.HiddenInput)

    def __init__(self, data: Any, *, user: User) -> None:
        super().__init__(data, label_suffix="")
        self.fields["client"].queryset = visible_clients(user).order_by("name")  # type: ignore[attr-defined]

    def filter(self) -> DecisionFilter:
        """What was asked for; call after ``is_valid``."""
        chosen = self.cleaned_data
        client = chosen["client"]
        return DecisionFilter(chosen["stage"], chosen["outcome"], client.pk if client else None, chosen["before"])
