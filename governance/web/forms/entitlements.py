"""Entering a purchased right, and ending one."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from django import forms
from django.core.files.uploadedfile import UploadedFile

from governance.access import User, visible_clients
from governance.errors import RequestError
from governance.licensing.territories import territories
from governance.models import Entitlement, ModelVersion
from governance.models.work import HostingMode, TargetKind
from governance.reports.entitlements import GRANT_KINDS, contract_templates
from governance.services.entitlements import Grant

MAX_EVIDENCE_BYTES = 10_000_000
MAX_EVIDENCE_FILES = 5
# Which field a refusal of the service belongs to, by its code.
_FIELD = {
    "territory.none": "territories",
    "territory.unknown": "territories",
    "entitlement.dates": "valid_until",
    "entitlement.no_evidence": "evidence",
    "entitlement.no_hosting_mode": "hosting_modes",
    "entitlement.no_reason": "reason",
    "model.unknown": "model",
}


def _day_input() -> forms.DateInput:
    # Browsers take this format only, whatever the locale.
    return forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


def time_zones() -> list[tuple[str, str]]:
    """UTC first, then every region and city."""
    cities = sorted(name for name in available_timezones() if "/" in name and not name.startswith(("Etc/", "posix")))
    return [("UTC", "UTC"), *((name, name.replace("_", " ")) for name in cities)]


def show_refusal(form: forms.Form, problem: RequestError) -> None:
    """Put a service's refusal beside the field it is about."""
    field = _FIELD.get(problem.code)
    text = f"{problem.message} {problem.how_to_fix}".strip()
    form.add_error(field if field in form.fields else None, text)


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


class ZonedForm(forms.Form):
    """A form whose dates and times are meant in a zone the person names."""

    zone = forms.ChoiceField(label="Time zone of these dates", choices=time_zones, initial="UTC")

    def __init__(self, *values: Any, **options: Any) -> None:
        super().__init__(*values, label_suffix="", **options)

    def moment(self, day: date, at: time = time.min) -> datetime:
        return datetime.combine(day, at, ZoneInfo(self.cleaned_data["zone"]))


class EntitlementForm(ZonedForm):
    title = forms.CharField(max_length=160, label="Name", help_text="As people speak of it: Bria self-host licence")
    licensor = forms.CharField(max_length=120, help_text="Who grants it")
    contract_reference = forms.CharField(max_length=120, label="Contract or order reference")
    grant_kind = forms.ChoiceField(label="Kind", choices=list(GRANT_KINDS.items()))
    template = forms.ChoiceField(label="Read as", choices=contract_templates)
    model = forms.ModelChoiceField(
        queryset=ModelVersion.objects.order_by("title"),
        help_text="Exactly this version: a right to one version does not cover the next",
    )
    valid_from = forms.DateField(label="First day", widget=_day_input())
    valid_until = forms.DateField(
        label="Last day",
        help_text="The right covers this day to its end",
        widget=_day_input(),
    )
    territories = forms.CharField(label="Territory", help_text="Two-letter codes such as DE, AT, CH; or WORLD")
    hosting_modes = forms.MultipleChoiceField(
        label="Where the model may run", choices=HostingMode.choices, widget=forms.CheckboxSelectMultiple
    )
    providers = forms.CharField(
        required=False, max_length=200, help_text="For an API: which providers. Empty sets no limit"
    )
    target_kinds = forms.MultipleChoiceField(
        label="Kinds of target",
        choices=TargetKind.choices,
        widget=forms.CheckboxSelectMultiple,
        required=False,
        help_text="None ticked: the contract sets no limit",
    )
    clients = forms.ModelMultipleChoiceField(
        queryset=None,
        widget=forms.CheckboxSelectMultiple,
        required=False,
        help_text="None ticked: the contract names no clients",
    )
    output_survival = forms.ChoiceField(
        label="After the end", choices=Entitlement.Survival.choices, initial=Entitlement.Survival.UNKNOWN
    )
    evidence = EvidenceField(help_text="The signed contract or the order confirmation; up to 5 files of 10 MB")

    field_order = ("title", "licensor", "contract_reference", "grant_kind", "template", "model", "valid_from")
    field_order += ("valid_until", "zone", "territories")

    def __init__(self, *values: Any, user: User, **options: Any) -> None:
        super().__init__(*values, **options)
        self.fields["clients"].queryset = visible_clients(user).order_by("name")  # type: ignore[attr-defined]

    def clean_territories(self) -> tuple[str, ...]:
        try:
            return territories(self.cleaned_data["territories"].replace(";", ",").split(","))
        except RequestError as problem:
            raise forms.ValidationError(f"{problem.message} {problem.how_to_fix}") from problem

    def clean_providers(self) -> tuple[str, ...]:
        return tuple(part.strip() for part in self.cleaned_data["providers"].split(",") if part.strip())

    def grant(self) -> Grant:
        """What the paper says; call after ``is_valid``. The last day counts to its end, in the zone given."""
        given = self.cleaned_data
        return Grant(
            title=given["title"],
            licensor=given["licensor"],
            contract_reference=given["contract_reference"],
            model=given["model"].slug,
            valid_from=self.moment(given["valid_from"]),
            valid_until=self.moment(given["valid_until"] + timedelta(days=1)),
            territories=given["territories"],
            hosting_modes=tuple(given["hosting_modes"]),
            grant_kind=given["grant_kind"],
            template=given["template"],
            target_kinds=tuple(given["target_kinds"]),
            clients=tuple(client.pk for client in given["clients"]),
            providers=given["providers"],
            output_survival=given["output_survival"],
        )

    def papers(self) -> tuple[bytes, ...]:
        """The papers themselves; call after ``is_valid``."""
        return tuple(file.read() for file in self.cleaned_data["evidence"])


class EndForm(ZonedForm):
    """When and why a right ended."""

    on = forms.DateField(label="Day", widget=_day_input())
    at = forms.TimeField(label="Time", initial="00:00", widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"))
    reason = forms.CharField(widget=forms.Textarea(attrs={"rows": 3}), max_length=2000)

    field_order = ("on", "at", "zone", "reason")

    def ended_at(self) -> datetime:
        return self.moment(self.cleaned_data["on"], self.cleaned_data["at"])
