"""Papers handed in with a form, dates meant in a stated zone, and a service's refusal shown where it belongs."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time
from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.core.files.uploadedfile import UploadedFile

from governance.errors import RequestError
from governance.licensing.time_zones import end_of_day, instant, time_zone

MAX_EVIDENCE_BYTES = 10_000_000
MAX_EVIDENCE_FILES = 5


def day_input() -> forms.DateInput:
    """A date field. Browsers take this format only, whatever the locale."""
    return forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


def time_zones() -> list[tuple[str, str]]:
    """UTC first, then every region and city."""
    cities = sorted(name for name in available_timezones() if "/" in name and not name.startswith(("Etc/", "posix")))
    return [("UTC", "UTC"), *((name, name.replace("_", " ")) for name in cities)]


def refuse(form: forms.Form, problem: RequestError, fields: Mapping[str, str]) -> None:
    """Put a service's refusal beside the field it is about: the one named for its code, or the code's own last word."""
    field = fields.get(problem.code, problem.code.rpartition(".")[2])
    text = f"{problem.message} {problem.how_to_fix}".strip()
    form.add_error(field if field in form.fields else None, forms.ValidationError(text, code=problem.code))


def split_list(text: str) -> tuple[str, ...]:
    """What somebody wrote as a list: parts between commas, semicolons or line ends, each once, blank ones left out."""
    parts = text.replace(";", ",").replace("\n", ",").split(",")
    return tuple(dict.fromkeys(part.strip() for part in parts if part.strip()))


class FilesInput(forms.ClearableFileInput):
    allow_multiple_selected = True


class EvidenceField(forms.FileField):
    """One to five files, each at most 10 MB."""

    widget = FilesInput

    def clean(self, data: Any, initial: Any = None) -> list[UploadedFile]:
        files = [super(EvidenceField, self).clean(file, initial) for file in (data or [None])]
        if len(files) > MAX_EVIDENCE_FILES:
            raise forms.ValidationError(f"Got {len(files)} files; expected at most {MAX_EVIDENCE_FILES}.")
        for file in files:
            if file.size > MAX_EVIDENCE_BYTES:
                raise forms.ValidationError(
                    f"{file.name} has {file.size / 1_000_000:.1f} MB; expected at most 10 MB."
                    " Attach the signed pages only."
                )
        return files


class PaperForm(forms.Form):
    """A form with papers attached."""

    evidence = EvidenceField(
        label="Papers", help_text="The signed contract or the order confirmation; up to 5 files of 10 MB"
    )

    def __init__(self, *values: Any, **options: Any) -> None:
        super().__init__(*values, **({"label_suffix": ""} | options))

    def papers(self) -> tuple[bytes, ...]:
        """The papers themselves; call after ``is_valid``."""
        return tuple(file.read() for file in self.cleaned_data["evidence"])


class ZonedForm(forms.Form):
    """A form whose dates and times are meant in a zone the person names."""

    zone = forms.ChoiceField(label="Time zone of these dates", choices=time_zones, initial="UTC")

    def __init__(self, *values: Any, **options: Any) -> None:
        super().__init__(*values, **({"label_suffix": ""} | options))

    def moment(self, day: date, at: time = time.min) -> datetime:
        """The instant, in UTC, at which the clocks of the zone show this."""
        return instant(datetime.combine(day, at), time_zone(self.cleaned_data["zone"]))

    def end_of(self, day: date) -> datetime:
        """The exclusive end, in UTC, of something valid until ``day`` inclusive."""
        return end_of_day(day, time_zone(self.cleaned_data["zone"]))
