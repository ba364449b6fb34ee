"""Entering a purchased right, and ending one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django import forms

from governance.access import User, visible_clients
from governance.errors import RequestError
from governance.licensing.territories import territories
from governance.licensing.time_zones import last_day, time_zone
from governance.models import Contract, Entitlement, ModelVersion, Project, WeightsArtifact
from governance.models.work import HostingMode, TargetKind, WeightsDistribution
from governance.reports.contracts import visible_contracts
from governance.reports.entitlements import GRANT_KINDS, EntitlementLine, contract_templates
from governance.services.entitlement_entry import field_of
from governance.services.entitlements import Grant
from governance.web.forms.evidence import EvidenceField, PaperForm, ZonedForm, day_input, refuse, split_list
from governance.web.forms.quotas import QuotaRows

# Which field a refusal belongs to, where the page has others than the right itself.
_FIELD = {
    "entitlement.no_reason": "reason",
    "entitlement.version_unknown": "version",
    "time_zone.unknown": "zone",
}
_GROUPS = (
    ("The paper", ("contract", "title", "licensor", "contract_reference", "grant_kind", "template", "evidence")),
    ("What it covers", ("model", "weights_sha256s", "hosting_modes", "providers", "weights_distribution")),
    ("For whom and where", ("territories", "target_kinds", "channels", "clients", "affiliates_included", "projects")),
    ("When", ("valid_from", "valid_until", "zone")),
    ("After the end", ("output_survival", "wind_down_days", "weights_survival")),
    ("Reporting", ("agent_required",)),
)


def show_refusal(form: forms.Form, problem: RequestError) -> None:
    """Put a service's refusal beside the field it is about."""
    row = form.refused_row(problem.code) if isinstance(form, QuotaRows) else ""
    refuse(form, problem, {problem.code: row or _FIELD.get(problem.code) or field_of(problem)})


@dataclass(frozen=True, slots=True)
class Group:
    """Fields that belong together, under a heading."""

    title: str
    fields: tuple[forms.BoundField, ...]


class _Projects(forms.ModelMultipleChoiceField):
    def label_from_instance(self, obj: Project) -> str:
        return f"{obj.name} ({obj.client.name})"


class _Models(forms.ModelChoiceField):
    def label_from_instance(self, obj: ModelVersion) -> str:
        return obj.title


class _Templates(forms.ChoiceField):
    def valid_value(self, value: Any) -> bool:
        """The service says what is wrong with another one, in the words of every other way in."""
        return True


class _Contracts(forms.ModelChoiceField):
    def label_from_instance(self, obj: Contract) -> str:
        return f"{obj}: {obj.title}, {obj.licensor} ({obj.reference})"


def _files() -> list[tuple[str, list[tuple[str, str]]]]:
    """Every weights file on record, model by model."""
    found: dict[str, list[tuple[str, str]]] = {}
    for row in WeightsArtifact.objects.select_related("model").order_by("model__title", "file_name", "sha256"):
        found.setdefault(row.model.title, []).append((row.sha256, f"{row.file_name}, {row.sha256[:12]}…"))
    return list(found.items())


def _ticks(label: str, choices: Any, none: str) -> forms.MultipleChoiceField:
    return forms.MultipleChoiceField(
        label=label, choices=choices, widget=forms.CheckboxSelectMultiple, required=False, help_text=none
    )


class EntitlementForm(QuotaRows, ZonedForm, PaperForm):
    contract = _Contracts(
        queryset=None, required=False, empty_label="None on record", help_text="Its newest version is meant"
    )
    title = forms.CharField(max_length=160, label="Name", help_text="As people speak of it: Bria self-host licence")
    licensor = forms.CharField(max_length=120, help_text="Who grants it; the contract's if left empty", required=False)
    contract_reference = forms.CharField(
        max_length=120, label="Contract or order reference", help_text="The contract's if left empty", required=False
    )
    grant_kind = forms.ChoiceField(label="Kind", choices=list(GRANT_KINDS.items()))
    template = _Templates(label="Read as", choices=contract_templates, initial="LicenseRef-bria-selfhost")
    model = _Models(
        queryset=ModelVersion.objects.order_by("title"),
        help_text="Exactly this version: a right to one version does not cover the next",
    )
    weights_sha256s = _ticks("Named files", _files, "None ticked: every file of the version. Ticked: these files only")
    valid_from = forms.DateField(label="First day", widget=day_input())
    valid_until = forms.DateField(
        label="Last day", help_text="The right covers this day to its end", widget=day_input()
    )
    territories = forms.CharField(label="Territory", help_text="Two-letter codes such as DE, AT, CH; or WORLD")
    hosting_modes = forms.MultipleChoiceField(
        label="Where the model may run", choices=HostingMode.choices, widget=forms.CheckboxSelectMultiple
    )
    providers = forms.CharField(
        required=False, max_length=200, help_text="For an API: which providers. Empty sets no limit"
    )
    weights_distribution = forms.ChoiceField(
        label="How far the weights may go", choices=WeightsDistribution.choices, initial=WeightsDistribution.NONE
    )
    target_kinds = _ticks("Kinds of target", TargetKind.choices, "None ticked: the contract sets no limit")
    channels = forms.CharField(
        required=False, max_length=400, help_text="As targets name them, such as web, social. Empty sets no limit"
    )
    clients = forms.ModelMultipleChoiceField(
        queryset=None,
        widget=forms.CheckboxSelectMultiple,
        required=False,
        help_text="None ticked: the contract names no clients",
    )
    affiliates_included = forms.BooleanField(
        required=False, label="Companies of a named client's group are covered as well"
    )
    projects = _Projects(
        queryset=None,
        widget=forms.CheckboxSelectMultiple,
        required=False,
        help_text="None ticked: every project. With clients named, a project has to be one of theirs",
    )
    output_survival = forms.ChoiceField(
        label="Outputs", choices=Entitlement.Survival.choices, initial=Entitlement.Survival.UNKNOWN
    )
    wind_down_days = forms.IntegerField(
        required=False, label="Days to wind down", help_text="Only where outputs may be used for some days"
    )
    weights_survival = forms.ChoiceField(
        label="Weights", choices=Entitlement.WeightsSurvival.choices, initial=Entitlement.WeightsSurvival.UNKNOWN
    )
    agent_required = forms.BooleanField(required=False, label="The licensor's attribution agent has to run and report")
    evidence = EvidenceField(
        label="Papers", help_text="The signed contract or the order confirmation; up to 5 files of 10 MB"
    )

    def __init__(self, *values: Any, user: User, **options: Any) -> None:
        super().__init__(*values, **options)
        clients = visible_clients(user)
        newest = visible_contracts(user).filter(pk__in=Contract.objects.latest_versions().values("pk"))
        offered = {
            "clients": clients.order_by("name"),
            "projects": Project.objects.filter(client__in=clients).select_related("client").order_by("client__name"),
            "contract": newest.order_by("ref"),
        }
        for name, rows in offered.items():
            self.fields[name].queryset = rows  # type: ignore[attr-defined]

    def groups(self) -> Iterable[Group]:
        """The fields under their headings; the quotas have a table of their own."""
        return [Group(title, tuple(self[name] for name in names)) for title, names in _GROUPS]

    def clean_territories(self) -> tuple[str, ...]:
        try:
            return territories(split_list(self.cleaned_data["territories"]))
        except RequestError as problem:
            raise forms.ValidationError(f"{problem.message} {problem.how_to_fix}", code=problem.code) from problem

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or self.cleaned_data
        contract = given.get("contract")
        for field, stated in (("licensor", "licensor"), ("contract_reference", "reference")):
            if not given.get(field):
                given[field] = getattr(contract, stated, "")
            if not given[field] and field not in self.errors:
                self.add_error(field, "Write it here, or choose the contract that says it.")
        return given

    def grant(self) -> Grant:
        """What the paper says; call after ``is_valid``. The last day counts to its end, in the zone given."""
        given = self.cleaned_data
        same = ("title", "licensor", "contract_reference", "grant_kind", "template", "territories")
        same += ("output_survival", "weights_survival", "weights_distribution", "affiliates_included", "agent_required")
        return Grant(
            **{name: given[name] for name in same},
            model=given["model"].slug,
            contract=given["contract"].ref if given["contract"] else "",
            weights_sha256s=tuple(given["weights_sha256s"]),
            valid_from=self.moment(given["valid_from"]),
            valid_until=self.end_of(given["valid_until"]),
            time_zone=given["zone"],
            hosting_modes=tuple(given["hosting_modes"]),
            providers=split_list(given["providers"]),
            target_kinds=tuple(given["target_kinds"]),
            channels=split_list(given["channels"]),
            clients=tuple(client.pk for client in given["clients"]),
            projects=tuple(project.pk for project in given["projects"]),
            wind_down_days=given["wind_down_days"] or 0,
            quotas=self.quotas(),
        )


def amended(row: Entitlement) -> dict[str, Any]:
    """What the form for the next version starts from: the version before, beginning the day after it ends."""
    same = ("title", "licensor", "contract_reference", "grant_kind", "template", "hosting_modes", "target_kinds")
    same += ("weights_sha256s", "clients", "projects", "affiliates_included", "weights_distribution")
    same += ("output_survival", "wind_down_days", "weights_survival", "agent_required")
    copied = {name: getattr(row, name) for name in same}
    last = last_day(row.valid_until, time_zone(row.time_zone))
    newest = Contract.objects.filter(ref=row.contract.ref).order_by("-version").first() if row.contract else None
    copied |= {"model": row.model_id, "contract": newest, "zone": row.time_zone, "valid_from": last + timedelta(days=1)}
    copied |= {name: ", ".join(getattr(row, name)) for name in ("territories", "providers", "channels")}
    return copied | QuotaRows.filled(row.quotas.all())


class EndForm(ZonedForm):
    """When and why a right ended: the whole of it, or one version so that another may take over."""

    version = forms.TypedChoiceField(label="What ends", coerce=int, empty_value=None, required=False)
    on = forms.DateField(label="Day", widget=day_input())
    at = forms.TimeField(label="Time", initial="00:00", widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"))
    reason = forms.CharField(widget=forms.Textarea(attrs={"rows": 3}), max_length=2000)

    field_order = ("version", "on", "at", "zone", "reason")

    def __init__(self, *values: Any, versions: Iterable[EntitlementLine], **options: Any) -> None:
        super().__init__(*values, **options)
        self._begins = {line.version: line.first_day for line in versions}
        single = [(version, f"Version {version} only") for version in self._begins]
        self.fields["version"].choices = [("", "Every version, for good"), *single]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        said: dict[str, Any] = super().clean() or {}
        version = said.get("version")
        begins = self._begins.get(version) if version else min(self._begins.values(), default=None)
        if begins and said.get("on") and said["on"] < begins:
            self.add_error("on", f"The right begins on {begins:%-d %B %Y}; it cannot end before that.")
        return said

    def ended_at(self) -> Any:
        return self.moment(self.cleaned_data["on"], self.cleaned_data["at"])
