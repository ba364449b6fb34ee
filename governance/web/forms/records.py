"""What is wrong with a record; what an alarm was; how files say what they are."""

from __future__ import annotations

from typing import Any

from django import forms

from governance.models import SourceTypeSetting
from governance.reports.record_subjects import KIND_CHOICES

CORRECTION_FIELDS = {"correction.reason": "reason"}
ALARM_FIELDS = {"alarm.note": "note"}
SOURCE_TYPE_FIELDS = {"source_type.reason": "reason", "source_type.unknown": "digital_source_type"}


class _Plain(forms.Form):
    def __init__(self, data: Any = None, **options: Any) -> None:
        super().__init__(data, label_suffix="", **options)


class CorrectionForm(_Plain):
    reason = forms.CharField(
        label="What is wrong with it",
        widget=forms.Textarea(attrs={"rows": 3}),
        max_length=4000,
        help_text="The record stays as it was signed. The log holds this as a commitment; it is read here.",
    )


class AcknowledgeForm(_Plain):
    note = forms.CharField(
        label="What it was",
        widget=forms.Textarea(attrs={"rows": 2}),
        max_length=4000,
        help_text="What you found, and what was done. It stays on record with your name.",
    )


class EntryFilterForm(_Plain):
    kind = forms.ChoiceField(label="Kind", choices=[("", "Any kind"), *KIND_CHOICES], required=False)
    before = forms.IntegerField(min_value=0, max_value=2**63 - 1, required=False, widget=forms.HiddenInput)


class SourceTypeForm(_Plain):
    act = forms.ChoiceField(label="What we do", choices=SourceTypeSetting.Act.choices)
    digital_source_type = forms.ChoiceField(
        label="What the files say they are", choices=SourceTypeSetting.Kind.choices, widget=forms.RadioSelect
    )
    reason = forms.CharField(
        label="Reasons",
        widget=forms.Textarea(attrs={"rows": 3}),
        max_length=4000,
        help_text="It holds for what is made from now on. Files made before keep what they say.",
    )
