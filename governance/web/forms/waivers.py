"""Asking for a waiver, answering, revoking, and narrowing the list."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django import forms
from django.utils import timezone

from governance.access import User, visible_clients
from governance.models import ModelVersion, Waiver
from governance.reports.waiver_places import grouped, key_of, places, weights_choices
from governance.reports.waivers import STATES, waivable_rules
from governance.services.waiver_terms import LONGEST, MOST_USES, WaiverRequest
from governance.web.forms.entitlements import ZonedForm

# Which field a refusal of the service belongs to, by its code.
FIELDS = {
    "waiver.not_waivable": "rule",
    "waiver.rule_unknown": "rule",
    "waiver.no_reason": "reason",
    "waiver.dates": "last_day",
    "waiver.over": "last_day",
    "waiver.too_long": "last_day",
    "waiver.starts_in_past": "first_day",
    "waiver.uses": "max_uses",
    "waiver.weights_unknown": "weights",
    "waiver.no_note": "note",
}
_USUAL = timedelta(days=30)


def _day(**options: Any) -> forms.DateField:
    # Browsers take this format only, whatever the locale.
    return forms.DateField(widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"), **options)


def _text(**options: Any) -> forms.CharField:
    return forms.CharField(widget=forms.Textarea(attrs={"rows": 3}), max_length=2000, **options)


class WaiverForm(ZonedForm):
    """What is asked for. A renewal keeps rule and scope: those two are shown and cannot be changed."""

    rule = forms.ChoiceField(
        label="Rule", help_text="Only rules of our own. A third party's right is cured by an entitlement instead."
    )
    place = forms.ChoiceField(label="Where it applies", help_text="The narrowest that does.")
    model = forms.ModelChoiceField(
        queryset=ModelVersion.objects.order_by("title"), required=False, empty_label="Any model"
    )
    weights = forms.ChoiceField(
        label="Weights file",
        required=False,
        help_text="Tied to one file, the waiver does not pass to a later release of the model.",
    )
    reason = _text(label="Reason", help_text="Why the rule may be relaxed here. It is shown in every decision.")
    safeguards = _text(label="Safeguards", required=False, help_text="Optional. What is done instead.")
    first_day = _day(label="First day")
    last_day = _day(label="Last day", help_text=f"Counts to its end. At most {LONGEST.days} days in all.")
    max_uses = forms.IntegerField(
        label="Most pictures",
        required=False,
        min_value=1,
        max_value=MOST_USES,
        help_text="Optional. Each picture that runs under the waiver counts once.",
    )

    field_order = (
        "rule", "place", "model", "weights", "reason", "safeguards", "first_day", "last_day", "zone", "max_uses",
    )  # fmt: skip

    def __init__(self, data: Any, *, user: User, asked: dict[str, Any], renews: Waiver | None = None) -> None:
        today = timezone.now().date()
        initial = {"first_day": today, "last_day": today + _USUAL} | (_former(renews) if renews else asked)
        super().__init__(data, initial=initial)
        self.renews = renews
        self._places = places(user)
        self._choose("rule", [("", "Choose a rule"), *waivable_rules()])
        self._choose("place", [("", "Choose a target, project or client"), *grouped(self._places)])
        self._choose("weights", [("", "Any file of the model"), *weights_choices()])
        for name in ("rule", "place") if renews else ():
            self.fields[name].disabled = True

    def _choose(self, name: str, choices: list[Any]) -> None:
        self.fields[name].choices = choices  # type: ignore[attr-defined]

    def request(self) -> WaiverRequest:
        """What is asked for; call after ``is_valid``. The last day counts to its end, in the zone given."""
        given = self.cleaned_data
        return WaiverRequest(
            rule_code=given["rule"],
            place=self._places[given["place"]],
            reason=given["reason"],
            starts_at=self.moment(given["first_day"]),
            ends_at=self.moment(given["last_day"] + timedelta(days=1)),
            safeguards=given["safeguards"],
            model=given["model"],
            weights_sha256=given["weights"],
            max_uses=given["max_uses"],
            renews=self.renews,
        )


def _former(waiver: Waiver) -> dict[str, Any]:
    """What a renewal begins with: all of the former waiver but its time."""
    place = waiver.target or waiver.project or waiver.client
    return {
        "rule": waiver.rule_code,
        "place": key_of(place) if place is not None else "",
        "model": waiver.model_id,
        "weights": waiver.weights_sha256,
        "reason": waiver.reason,
        "safeguards": waiver.safeguards,
        "max_uses": waiver.max_uses,
    }


class AskedForm(forms.Form):
    """What another page asks a waiver for: it fills the form, nothing more."""

    rule = forms.CharField(required=False, max_length=12)
    target = forms.IntegerField(required=False, min_value=1, max_value=2**63 - 1)
    model = forms.CharField(required=False, max_length=40)
    renews = forms.CharField(required=False, max_length=20)

    def asked(self) -> dict[str, Any]:
        """The first values of the form; what does not fit is left out."""
        self.is_valid()
        given = {name: value for name, value in self.cleaned_data.items() if value}
        target = given.pop("target", None)
        return given | ({"place": f"target-{target}"} if target else {})


class AnswerForm(forms.Form):
    """Approve or decline, by the button pressed."""

    note = _text(label="What you looked at and why", required=False, help_text="Needed when you decline.")
    approved = forms.TypedChoiceField(
        choices=[("yes", "Approve"), ("no", "Decline")], coerce=lambda word: word == "yes"
    )

    def __init__(self, data: Any = None) -> None:
        super().__init__(data, label_suffix="")


class RevocationForm(forms.Form):
    reason = _text(label="Reason")

    def __init__(self, data: Any = None) -> None:
        super().__init__(data, label_suffix="")


class WaiverFilterForm(forms.Form):
    state = forms.ChoiceField(
        choices=[("", "Any"), *((key, words) for key, (words, _) in STATES.items())], required=False
    )
    client = forms.ModelChoiceField(queryset=None, required=False, empty_label="Any client")

    def __init__(self, data: Any, *, user: User) -> None:
        super().__init__(data, label_suffix="")
        self.fields["client"].queryset = visible_clients(user).order_by("name")  # type: ignore[attr-defined]
