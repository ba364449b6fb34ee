"""Clients and projects."""

from __future__ import annotations

from django import forms

from governance.models import Client, Project
from governance.models.work import Ternary


class ClientForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = Client
        fields = ("name",)
        help_texts = {"name": "As it should read on pages. Public records hold an opaque number instead of it."}
        error_messages = {"name": {"unique": "There is a client of this name already."}}


class ProjectForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = Project
        fields = ("name", "billable", "for_profit")
        labels = {
            "billable": "Is the work billed to the client?",
            "for_profit": "Is the work for a for-profit company?",
        }
        help_texts = {
            "billable": "A yes makes every use in this project commercial. "
            "Not known keeps non-commercial licences out.",
            "for_profit": "Even unpaid or internal work counts as commercial when a company uses it for profit.",
        }
        widgets = {"billable": forms.RadioSelect, "for_profit": forms.RadioSelect}

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        for name in ("billable", "for_profit"):
            self.fields[name].choices = Ternary.choices  # type: ignore[attr-defined]
