"""Review cases: which to list, who looks at one, how it ends."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms

from governance.access import User
from governance.models import ReviewOutcome
from governance.reports.reviews import CHOICES

# Which field a refusal of the service belongs to, by its code.
FIELDS = {"review.no_note": "note", "review.assignee": "assignee", "review_result.unknown": "result"}
_RESULTS = {
    ReviewOutcome.Result.RESOLVED: "Resolved: a fact is recorded that settles it; ask the evaluator again",
    ReviewOutcome.Result.REFUSED: "Refused: the work is not to be done",
    ReviewOutcome.Result.MOOT: "No longer needed: nothing waits for it",
}


class ReviewFilterForm(forms.Form):
    show = forms.ChoiceField(choices=CHOICES, required=False, initial="open")

    def __init__(self, data: Any) -> None:
        super().__init__(data, label_suffix="")


class AssignForm(forms.Form):
    assignee = forms.TypedChoiceField(label="Give it to", coerce=int)

    def __init__(self, data: Any = None, *, people: Sequence[User], chosen: int | None = None) -> None:
        super().__init__(data, label_suffix="", initial={"assignee": chosen})
        choices = [("", "Choose a person"), *((person.pk, person.get_username()) for person in people)]
        self.fields["assignee"].choices = choices  # type: ignore[attr-defined]


class OutcomeForm(forms.Form):
    result = forms.ChoiceField(choices=list(_RESULTS.items()), widget=forms.RadioSelect, label="How it ends")
    note = forms.CharField(
        label="Reasons",
        widget=forms.Textarea(attrs={"rows": 3}),
        max_length=2000,
        help_text="They stay on record with your name.",
    )

    def __init__(self, data: Any = None) -> None:
        super().__init__(data, label_suffix="")
