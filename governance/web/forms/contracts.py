"""Entering a contract, or an amendment of one."""

from __future__ import annotations

from typing import Any

from django import forms

from governance.errors import RequestError
from governance.models import Contract
from governance.services.contracts import ContractTerms
from governance.web.forms.evidence import PaperForm, day_input, refuse

_RENEWAL = {"": None, "yes": True, "no": False}


def show_refusal(form: forms.Form, problem: RequestError) -> None:
    """Put a service's refusal beside the field it is about."""
    refuse(form, problem, {"contract.no_evidence": "evidence"})


class ContractForm(PaperForm):
    title = forms.CharField(max_length=160, label="Name", help_text="As people speak of it: Bria frame agreement")
    reference = forms.CharField(max_length=120, help_text="The paper's own number")
    licensor = forms.CharField(max_length=120, help_text="Who grants the rights")
    licensee = forms.CharField(max_length=120, help_text="Who is granted them")
    affiliates = forms.CharField(
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="Companies of the licensee's group that the paper names, one per line",
    )
    signed_on = forms.DateField(label="Signed on", widget=day_input(), help_text="The last signature")
    governing_law = forms.CharField(required=False, max_length=80, help_text="Empty: not stated")
    notice_days = forms.IntegerField(required=False, label="Notice in days", help_text="Empty: not stated")
    auto_renews = forms.ChoiceField(
        required=False,
        label="At the end of the term",
        choices=[("", "Not stated"), ("yes", "Renews by itself"), ("no", "Ends by itself")],
    )
    field_order = ("title", "reference", "licensor", "licensee", "affiliates", "signed_on", "governing_law")
    field_order += ("notice_days", "auto_renews", "evidence")

    def terms(self) -> ContractTerms:
        """What the paper says of itself; call after ``is_valid``."""
        given = self.cleaned_data
        same = ("title", "reference", "licensor", "licensee", "signed_on", "governing_law", "notice_days")
        return ContractTerms(
            **{name: given[name] for name in same},
            # Not by commas: they belong to names such as "Harbour, Inc."
            affiliates=tuple(line.strip() for line in given["affiliates"].splitlines() if line.strip()),
            auto_renews=_RENEWAL[given["auto_renews"]],
        )


def amended(row: Contract) -> dict[str, Any]:
    """What the form for the next version starts from: the version before, without its date."""
    same = ("title", "reference", "licensor", "licensee", "governing_law", "notice_days")
    said = next(word for word, value in _RENEWAL.items() if value is row.auto_renews)
    return {name: getattr(row, name) for name in same} | {
        "affiliates": "\n".join(row.affiliates),
        "auto_renews": said,
    }
