"""Placing a hold and lifting it."""

from __future__ import annotations

from typing import Any

from django import forms

from governance.policy.relief import HoldScope
from governance.reports.holds import SCOPES

# Which field a refusal of the service belongs to, by its code.
FIELDS = {
    "hold_scope.unknown": "scope",
    "hold.scope_ref": "scope_ref",
    "hold.no_reason": "reason",
    "hold.review_on": "review_on",
}


class HoldForm(forms.Form):
    scope = forms.ChoiceField(
        label="What to stop", choices=[("", "Choose what to stop"), *((s.value, words) for s, words in SCOPES.items())]
    )
    scope_ref = forms.CharField(
        label="Which",
        required=False,
        max_length=80,
        help_text="CLI-3, PRJ-3, TGT-3, AST-3 or OUT-3, the name of a model, the SHA-256 of weights, ENT-0003. "
        "Empty for everything.",
    )
    reason = forms.CharField(
        widget=forms.Textarea(attrs={"rows": 3}),
        max_length=2000,
        help_text="Shown to everybody whose work it stops.",
    )
    review_on = forms.DateField(
        label="Look at it again on",
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )

    def __init__(self, data: Any = None, **options: Any) -> None:
        super().__init__(data, label_suffix="", **options)


class AskedForm(forms.Form):
    """What another page wants stopped: it fills the form, nothing more."""

    scope = forms.ChoiceField(choices=[(scope.value, scope.value) for scope in HoldScope], required=False)
    ref = forms.CharField(required=False, max_length=80)

    def asked(self) -> dict[str, str]:
        """The first values of the form; what does not fit is left out."""
        self.is_valid()
        return {"scope": self.cleaned_data.get("scope", ""), "scope_ref": self.cleaned_data.get("ref", "")}


class LiftForm(forms.Form):
    reason = forms.CharField(label="Why it may go on", widget=forms.Textarea(attrs={"rows": 3}), max_length=2000)

    def __init__(self, data: Any = None) -> None:
        super().__init__(data, label_suffix="")
