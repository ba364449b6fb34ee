"""What a picture's owner allows, and until when we may use it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms

from governance.services.permissions import Permitted
from governance.web.forms.evidence import EvidenceField, PaperForm, day_input

PERMISSION_FIELDS = {"permission.no_evidence": "evidence"}
_WHOLE = "The picture as a whole"


class PermissionForm(PaperForm):
    field_order = ("property", "granted_by", "statement", "valid_until", "evidence")

    property = forms.ChoiceField(
        label="What it answers",
        required=False,
        help_text="As a whole: use by a model, alteration, the end of its licence. Releases of people and places, and "
        "training, are answered one by one.",
    )
    granted_by = forms.CharField(label="Who allows it", max_length=160, help_text="The owner of the right.")
    statement = forms.CharField(label="In their words", widget=forms.Textarea(attrs={"rows": 3}), max_length=4000)
    valid_until = forms.DateField(label="Until", required=False, widget=day_input(), help_text="Empty: without an end.")
    evidence = EvidenceField(label="Papers", help_text="The owner's letter or e-mail; up to 5 files of 10 MB.")

    def __init__(self, *values: Any, properties: Iterable[str] = (), **options: Any) -> None:
        super().__init__(*values, **options)
        choices = [("", _WHOLE), *((name, f"The statement {name}") for name in properties)]
        self.fields["property"].choices = choices  # type: ignore[attr-defined]

    def permitted(self) -> Permitted:
        """The owner's words; call after ``is_valid``."""
        given = self.cleaned_data
        return Permitted(given["granted_by"], given["statement"], given["property"], given["valid_until"])


class TermForm(forms.Form):
    licensed_until = forms.DateField(
        label="Last day we may use it", required=False, widget=day_input(), help_text="Empty: without an end."
    )
    source = forms.CharField(max_length=2000, label="According to", help_text="Invoice, order, stock licence.")

    def __init__(self, data: Any = None) -> None:
        super().__init__(data, label_suffix="")
