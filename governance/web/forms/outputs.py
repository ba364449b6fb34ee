"""The filters of the list of outputs, and the release of one."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import QuerySet

from governance.models import Client, DeploymentTarget
from governance.web.forms.jobs import TargetChoice


class OutputFilterForm(forms.Form):
    client = forms.ModelChoiceField(Client.objects.none(), required=False, empty_label="Any client")
    job = forms.IntegerField(min_value=1, max_value=2**63 - 1, required=False, widget=forms.HiddenInput)
    before = forms.IntegerField(min_value=1, max_value=2**63 - 1, required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, clients: QuerySet[Client], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["client"].queryset = clients.order_by("name")  # type: ignore[attr-defined]


class ReleaseForm(forms.Form):
    """For which target, and that its duties are taken on. Duties that the verdict names have to be accepted."""

    target = TargetChoice(DeploymentTarget.objects.none(), label="Release for", empty_label="Choose a target")
    accept = forms.BooleanField(required=False, label="I have read these duties and they will be met")

    def __init__(self, *args: Any, targets: QuerySet[DeploymentTarget], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["target"].queryset = targets  # type: ignore[attr-defined]
