"""Quotas entered with a right, row by row without a script, and corrections of what is booked."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, time
from typing import Any, ClassVar

from django import forms

from governance.licensing.time_zones import instant, time_zone
from governance.models import Quota
from governance.services.entitlement_terms import MOST, QuotaTerms
from governance.web.forms.evidence import day_input

_ROWS = 4
_FIELDS = ("unit", "period", "limit", "overage")


@dataclass(frozen=True, slots=True)
class Row:
    """The four fields of one quota."""

    number: int
    unit: forms.BoundField
    period: forms.BoundField
    limit: forms.BoundField
    overage: forms.BoundField


class QuotaRows(forms.Form):
    """A form with rows for quotas. A row without a limit is an empty one."""

    rows_of_quotas: ClassVar[int] = _ROWS

    def __init__(self, *values: Any, **options: Any) -> None:
        super().__init__(*values, **options)
        for number in range(1, self.rows_of_quotas + 1):
            self.fields[f"quota_{number}_unit"] = forms.ChoiceField(choices=Quota.Unit.choices, required=False)
            self.fields[f"quota_{number}_period"] = forms.ChoiceField(choices=Quota.Period.choices, required=False)
            self.fields[f"quota_{number}_limit"] = forms.IntegerField(required=False)
            self.fields[f"quota_{number}_overage"] = forms.ChoiceField(choices=Quota.Overage.choices, required=False)
            for field in _FIELDS:
                self.fields[f"quota_{number}_{field}"].label = f"Quota {number}: {field}"

    def quota_rows(self) -> list[Row]:
        """The rows, for the page's table."""
        return [
            Row(number, *(self[f"quota_{number}_{field}"] for field in _FIELDS))
            for number in range(1, self.rows_of_quotas + 1)
        ]

    def quotas(self) -> tuple[QuotaTerms, ...]:
        """What was filled in; call after ``is_valid``."""
        return tuple(terms for _, terms in self._filled())

    def refused_row(self, code: str) -> str:
        """The field that a refusal with this code is about; empty when it is not about a quota."""
        seen: set[tuple[str, str]] = set()
        for number, terms in self._filled():
            again = (terms.unit, terms.period) in seen
            if (code == "quota.limit" and not 0 < terms.limit <= MOST) or (code == "quota.twice" and again):
                return f"quota_{number}_limit"
            seen.add((terms.unit, terms.period))
        return ""

    def _filled(self) -> Iterable[tuple[int, QuotaTerms]]:
        for number in range(1, self.rows_of_quotas + 1):
            unit, period, limit, overage = (self.cleaned_data.get(f"quota_{number}_{field}") for field in _FIELDS)
            if limit is not None:
                first = (Quota.Unit.OUTPUT, Quota.Period.CALENDAR_MONTH, Quota.Overage.BLOCK)
                yield number, QuotaTerms(unit or first[0], period or first[1], limit, overage or first[2])

    @staticmethod
    def filled(quotas: Iterable[Quota]) -> dict[str, Any]:
        """The initial values that show these quotas."""
        return {
            f"quota_{number}_{field}": getattr(quota, field)
            for number, quota in enumerate(quotas, 1)
            for field in _FIELDS
        }


class CorrectionForm(forms.Form):
    """So many more, or with a minus fewer, in the period of a day."""

    day = forms.DateField(label="A day in the period", widget=day_input())
    amount = forms.IntegerField(help_text="How many to add; with a minus, to take off")
    note = forms.CharField(
        label="Reason",
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Where the figure comes from, such as the licensor's statement",
    )

    def __init__(self, *values: Any, **options: Any) -> None:
        super().__init__(*values, **({"label_suffix": ""} | options))

    def at(self, quota: Quota) -> datetime:
        """Noon of that day where the contract counts its days: no change of clocks moves it to another."""
        return instant(datetime.combine(self.cleaned_data["day"], time(12)), time_zone(quota.entitlement.time_zone))
