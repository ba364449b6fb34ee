"""The scope of an audit export."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

from django import forms
from django.utils import timezone

from governance.access import User, may, may_everywhere, visible_clients
from governance.provenance.canonical import parse_timestamp, timestamp
from governance.provenance.errors import BadTimestamp
from governance.reports.audit_shapes import AuditScope

_EARLIEST = date(2020, 1, 1)


class AuditScopeForm(forms.Form):
    """``from`` and ``to`` are days in UTC, both included; ``as_of`` fixes what was on record."""

    client = forms.ModelChoiceField(queryset=None, required=False, empty_label="Every client")
    as_of = forms.CharField(required=False, widget=forms.HiddenInput)
    format = forms.ChoiceField(choices=[("json", "JSON"), ("csv", "CSV")], required=False, widget=forms.HiddenInput)

    def __init__(self, data: Any, *, user: User) -> None:
        today = timezone.now().date()
        # "from" is a Python keyword, so both days are added by name.
        given = {"from": (today - timedelta(days=29)).isoformat(), "to": today.isoformat()}
        super().__init__(given | {key: value for key, value in data.items() if value}, label_suffix="")
        day = {"widget": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")}
        self.fields = {
            "client": self.fields["client"],
            "from": forms.DateField(label="From (day in UTC)", **day),
            "to": forms.DateField(label="To, included", **day),
            "as_of": self.fields["as_of"],
            "format": self.fields["format"],
        }
        clients = visible_clients(user).order_by("name")
        if not may_everywhere(user, "audit.export"):
            # Whoever audits single clients names one: "every client" is more than they may see.
            self.fields["client"].required = True
            clients = clients.filter(pk__in=[each.pk for each in clients if may(user, "audit.export", each.pk)])
        self.fields["client"].queryset = clients  # type: ignore[attr-defined]

    def clean_as_of(self) -> datetime:
        given, now = self.cleaned_data["as_of"], timezone.now()
        if not given:
            return now
        try:
            as_of = parse_timestamp(given)
        except BadTimestamp as problem:
            raise forms.ValidationError(problem.message) from problem
        if as_of > now:
            raise forms.ValidationError(f"Got {given}, which has not come yet; expected a moment in the past.")
        return as_of

    def clean(self) -> dict[str, Any]:
        chosen = super().clean() or {}
        first, last = chosen.get("from"), chosen.get("to")
        if first and first < _EARLIEST:
            self.add_error("from", f"Got {first:%-d %B %Y}; nothing can be on record before {_EARLIEST:%-d %B %Y}.")
        if last and last > datetime.now(UTC).date() + timedelta(days=1):
            self.add_error("to", f"Got {last:%-d %B %Y}, which has not come yet; expected today or earlier.")
        if first and last and last < first:
            self.add_error("to", f"The last day ({last:%-d %B %Y}) is before the first ({first:%-d %B %Y}).")
        return chosen

    def scope(self) -> AuditScope:
        """What was asked for; call after ``is_valid``."""
        chosen = self.cleaned_data
        client = chosen["client"]
        return AuditScope(
            client=client.pk if client else None,
            client_name=client.name if client else "every client",
            first=chosen["from"],
            last=chosen["to"],
            as_of=chosen["as_of"],
        )

    def query(self, scope: AuditScope) -> dict[str, str]:
        """The parameters that ask for exactly ``scope`` again."""
        return {
            "client": str(scope.client or ""),
            "from": scope.first.isoformat(),
            "to": scope.last.isoformat(),
            "as_of": timestamp(scope.as_of),
        }
