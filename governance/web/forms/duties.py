"""Narrowing the list of duties, saying what was done about one, and what an attribution agent was told."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils import timezone

from governance.access import User, visible_clients
from governance.models import Client, DutyAct
from governance.reports.duties import CHOICES, DutyFilter
from governance.services.agents import AGENT, Sign
from governance.services.duties import MAX_NOTE
from governance.web.forms.evidence import EvidenceField, ZonedForm, day_input

# Which field a refusal of the service belongs to, by its code.
FIELDS = {
    "duty.note": "note",
    "duty.no_evidence": "evidence",
    "duty.state": "state",
    "duty_state.unknown": "state",
    "agent.at": "on",
    "agent.agent": "agent",
}
_STATES = {
    DutyAct.State.FULFILLED: "Done: it was met, and here is the proof",
    DutyAct.State.ESCALATED: "Escalated: somebody has to decide or to help",
    DutyAct.State.NOT_APPLICABLE: "Does not apply: there is nothing to do",
    DutyAct.State.REOPENED: "Open again: what was said of it does not hold",
}


class DutyFilterForm(forms.Form):
    show = forms.ChoiceField(choices=CHOICES, required=False, initial="mine")
    client = forms.ModelChoiceField(Client.objects.none(), required=False, empty_label="Any client")
    entitlement = forms.CharField(required=False, max_length=20, widget=forms.TextInput(attrs={"size": 10}))

    def __init__(self, data: Any, *, user: User) -> None:
        super().__init__(data, label_suffix="")
        self.fields["client"].queryset = visible_clients(user).order_by("name")  # type: ignore[attr-defined]

    def filter(self) -> DutyFilter:
        """What is asked for; call after ``is_valid``."""
        given, client = self.cleaned_data, self.cleaned_data["client"]
        return DutyFilter(given["show"] or "mine", client.pk if client else None, given["entitlement"].strip())


class ProofField(EvidenceField):
    """Papers where some acts need none."""

    def clean(self, data: Any, initial: Any = None) -> list[UploadedFile]:
        return super().clean(data, initial) if data else []


class ActForm(forms.Form):
    """``states``: what can be said of the duty now."""

    state = forms.ChoiceField(label="What is true of it", widget=forms.RadioSelect)
    note = forms.CharField(
        label="What was done, or why not", max_length=MAX_NOTE, widget=forms.Textarea(attrs={"rows": 3})
    )
    evidence = ProofField(
        label="Proof", required=False, help_text="A screenshot, the report sent, a protocol; up to 5 files of 10 MB"
    )

    def __init__(self, *values: Any, states: Sequence[str]) -> None:
        super().__init__(*values, label_suffix="")
        choices = [(state, words) for state, words in _STATES.items() if state in states]
        self.fields["state"].choices = choices  # type: ignore[attr-defined]
        self.fields["state"].initial = choices[0][0] if choices else None

    def proofs(self) -> tuple[bytes, ...]:
        """The files themselves; call after ``is_valid``."""
        return tuple(file.read() for file in self.cleaned_data["evidence"])


class AcknowledgementForm(ZonedForm):
    agent = forms.CharField(max_length=120, initial=AGENT, help_text="Its name, and its version if it says one")
    on = forms.DateField(label="Day", widget=day_input())
    at = forms.TimeField(label="Time", widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"))
    detail = forms.CharField(
        label="What the licensor answered", required=False, max_length=2000, widget=forms.Textarea(attrs={"rows": 3})
    )

    field_order = ("agent", "on", "at", "zone", "detail")

    def __init__(self, data: Any = None) -> None:
        now = timezone.now()
        super().__init__(data, initial={"on": now.date(), "at": now.time()})

    def sign(self, ref: str) -> Sign:
        """What was acknowledged; call after ``is_valid``."""
        given = self.cleaned_data
        return Sign(ref, self.moment(given["on"], given["at"]), given["detail"], given["agent"])
