"""Readings of licences, the texts they are read from, and which declared licence holds."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.db.models import QuerySet

from governance.models import License
from governance.services.encodings import LONGEST_DRAFT
from governance.services.license_texts import LARGEST_TEXT, Captured
from governance.web.forms.evidence import EvidenceField, PaperForm, day_input

# Which field a refusal of the services belongs to, by its code; other codes end in the name of their field.
ENCODING_FIELDS = {"license.encoding": "toml"}
TEXT_FIELDS = {"license_text.exists": "content"}
RESOLUTION_FIELDS = {"resolution.outranked": "license", "resolution.no_evidence": "evidence"}


class EncodingForm(forms.Form):
    toml = forms.CharField(
        label="The reading, as TOML",
        max_length=LONGEST_DRAFT,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 26, "spellcheck": "false", "class": "mono"}),
        help_text="Each term names its clause and, where it can, quotes it word for word. "
        "Revision, date and who drafts and approves it are filled in when it is saved.",
    )
    rationale = forms.CharField(
        label="What changes, and why",
        widget=forms.Textarea(attrs={"rows": 4}),
        max_length=4000,
        help_text="For whoever approves it, and for the record.",
    )

    def __init__(self, data: Any = None, **options: Any) -> None:
        super().__init__(data, label_suffix="", **options)


class RetireForm(forms.Form):
    reason = forms.CharField(label="Why it is not relied upon any more", widget=forms.Textarea(attrs={"rows": 3}))

    def __init__(self, data: Any = None) -> None:
        super().__init__(data, label_suffix="")


class TextForm(forms.Form):
    content = forms.FileField(
        label="The text", help_text="A file of plain text in UTF-8, word for word as it was found."
    )
    source = forms.CharField(
        max_length=2000, label="Where it was found", help_text="The address or the file in a package."
    )
    revision = forms.CharField(max_length=120, required=False, help_text="Of that place: a commit, a version.")
    captured_on = forms.DateField(label="Read on", widget=day_input())
    language = forms.CharField(max_length=12, initial="en", help_text="As a code: en, de, pt-BR.")

    def __init__(self, *values: Any, **options: Any) -> None:
        super().__init__(*values, label_suffix="", **options)

    def clean_content(self) -> UploadedFile:
        file: UploadedFile = self.cleaned_data["content"]
        if (file.size or 0) > LARGEST_TEXT:
            raise forms.ValidationError(f"Got {file.size:,} bytes; expected at most {LARGEST_TEXT:,}.")
        return file

    def captured(self) -> Captured:
        """Where and when; call after ``is_valid``."""
        given = self.cleaned_data
        return Captured(given["source"], given["captured_on"], given["revision"], given["language"])


class ResolutionForm(PaperForm):
    field_order = ("license", "reason", "evidence")

    license = forms.ModelChoiceField(
        label="The licence that holds", queryset=License.objects.none(), empty_label="Choose a declared licence"
    )
    reason = forms.CharField(
        label="Why",
        widget=forms.Textarea(attrs={"rows": 4}),
        max_length=4000,
        help_text="Who said so, when, and why that settles it. It is shown in every decision it bears on.",
    )
    evidence = EvidenceField(label="Papers", help_text="What the rights holder wrote; up to 5 files of 10 MB.")

    def __init__(self, *values: Any, declared: QuerySet[License], **options: Any) -> None:
        super().__init__(*values, **options)
        self.fields["license"].queryset = declared  # type: ignore[attr-defined]
