"""A submission of pictures, and the filters of the list of jobs."""

from __future__ import annotations

import uuid
from typing import Any

from django import forms
from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.db.models import QuerySet

from governance.models import Client, DeploymentTarget, ModelVersion
from governance.reports.jobs import STATES

ACCEPT = "image/jpeg,image/png,image/webp,image/tiff,image/bmp,image/avif,image/heic"


class PicturesInput(forms.ClearableFileInput):
    allow_multiple_selected = True


class PicturesField(forms.FileField):
    """Several files under one name. Whether each is a picture is the service's to say, file by file."""

    widget = PicturesInput

    def clean(self, data: Any, initial: Any = None) -> list[UploadedFile]:
        # An empty file is one bad picture among others, not a mistake of the form: FileField would refuse them all.
        files = [file for file in (data or []) if file]
        if not files:
            raise forms.ValidationError("No pictures chosen. Choose at least one.", code="required")
        if len(files) > settings.MAX_FILES_PER_REQUEST:
            raise forms.ValidationError(
                f"{len(files)} files chosen; at most {settings.MAX_FILES_PER_REQUEST} fit into one job. "
                "Submit the rest as another job.",
                code="max_files",
            )
        return files


class TargetChoice(forms.ModelChoiceField):
    def label_from_instance(self, obj: DeploymentTarget) -> str:  # type: ignore[override]
        return f"{obj.project.client.name}: {obj.project.name}, {obj.name}"


class JobForm(forms.Form):
    """What the page posts. ``targets`` are those the user may see."""

    target = TargetChoice(DeploymentTarget.objects.none(), empty_label="Choose where the pictures go")
    model = forms.ModelChoiceField(
        ModelVersion.objects.all(),
        error_messages={"required": "No route chosen. Choose one from the table."},
    )
    pictures = PicturesField()
    key = forms.UUIDField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, targets: QuerySet[DeploymentTarget], **kwargs: Any) -> None:
        kwargs.setdefault("initial", {})
        kwargs["initial"].setdefault("key", uuid.uuid4())
        super().__init__(*args, **kwargs)
        self.fields["target"].queryset = targets  # type: ignore[attr-defined]


class RoutesForm(forms.Form):
    """Which target the routes are asked for, with how many pictures."""

    target = forms.ModelChoiceField(DeploymentTarget.objects.none())
    pictures = forms.IntegerField(min_value=0, max_value=10_000, required=False)

    def __init__(self, *args: Any, targets: QuerySet[DeploymentTarget], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["target"].queryset = targets  # type: ignore[attr-defined]


class JobFilterForm(forms.Form):
    """Filters of the list; ``clients`` are those the user may see."""

    state = forms.ChoiceField(choices=[("", "Any state"), *STATES], required=False)
    client = forms.ModelChoiceField(Client.objects.none(), required=False, empty_label="Any client")
    before = forms.IntegerField(min_value=1, max_value=2**63 - 1, required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, clients: QuerySet[Client], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["client"].queryset = clients.order_by("name")  # type: ignore[attr-defined]
