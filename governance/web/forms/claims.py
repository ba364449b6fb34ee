"""Claims about training data: which to list, what speaks against one, what follows from it."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile

from governance.models import ClaimReview
from governance.reports.claims import CHOICES
from governance.web.forms.evidence import EvidenceField, PaperForm, day_input

FIELDS = {"conclusion.unknown": "conclusion", "claim.no_evidence": "evidence"}


class MaybePapersField(EvidenceField):
    """Papers where there are any."""

    def __init__(self) -> None:
        super().__init__(label="Papers", required=False, help_text="Optional; up to 5 files of 10 MB.")

    def clean(self, data: Any, initial: Any = None) -> list[UploadedFile]:
        return super().clean(data, initial) if data else []


class ClaimFilterForm(forms.Form):
    show = forms.ChoiceField(choices=CHOICES, required=False)

    def __init__(self, data: Any) -> None:
        super().__init__(data, label_suffix="")


class ContradictionForm(PaperForm):
    field_order = ("counter", "source", "evidence")

    counter = forms.CharField(label="What speaks against it", widget=forms.Textarea(attrs={"rows": 3}), max_length=4000)
    source = forms.CharField(label="Where it was read", max_length=2000)
    evidence = MaybePapersField()


class ReviewForm(PaperForm):
    field_order = ("conclusion", "rationale", "review_on", "evidence")

    conclusion = forms.ChoiceField(choices=ClaimReview.Conclusion.choices, widget=forms.RadioSelect)
    rationale = forms.CharField(
        label="Reasons",
        widget=forms.Textarea(attrs={"rows": 3}),
        max_length=4000,
        help_text="The finding stays visible in every decision, with the claim and what speaks against it.",
    )
    review_on = forms.DateField(label="To be looked at again on", required=False, widget=day_input())
    evidence = MaybePapersField()
