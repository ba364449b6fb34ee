"""Deployment targets and the determination of their use. Every fact says in plain words what follows from it."""

from __future__ import annotations

from django import forms

from governance.models import DeploymentTarget, UseDetermination
from governance.models.work import TargetKind, Ternary
from governance.services.work import TargetDescription

# Where the licences that exist know it: only our own workers make cutouts, the target says where weights may live.
_HELP = {
    "name": "What colleagues call it, e.g. Web shop DE/AT/CH.",
    "kind": "Licences and purchased rights are limited by kind of use.",
    "channel": "Optional, in your own words: web, social, point of sale.",
    "monetised": "Does the place itself earn money: a shop, advertising, a paid product? "
    "A yes makes the use commercial; not known keeps non-commercial licences out.",
    "hosting_mode": "Where the model runs for this target. Cutouts made here run on our own workers.",
    "output_distribution": "What leaves us has to be covered by the licence and by the rights in the picture.",
    "weights_distribution": "Whether the model file itself leaves us. Handing it on needs a right of its own.",
    "valid_until": "Optional. The last day the pictures are in use; a right that ends earlier is pointed out.",
}


class TargetForm(forms.ModelForm):  # type: ignore[type-arg]
    # Not the model's own field: what a territory is, the service says.
    territory = forms.CharField(
        label="Territory",
        max_length=400,
        help_text="Country codes of two letters with commas (DE, AT, CH), or WORLD for everywhere. "
        "Online without a limit is WORLD.",
    )

    field_order = ("name", "kind", "territory")

    class Meta:
        model = DeploymentTarget
        fields = (
            "name",
            "kind",
            "channel",
            "monetised",
            "output_distribution",
            "weights_distribution",
            "hosting_mode",
            "valid_until",
        )
        labels = {
            "kind": "Where the cutouts go",
            "monetised": "Does the target earn money?",
            "hosting_mode": "Where the model runs",
            "output_distribution": "Who sees the cutouts",
            "weights_distribution": "Who gets the model file",
            "valid_until": "In use until",
        }
        help_texts = _HELP
        widgets = {
            "monetised": forms.RadioSelect,
            "output_distribution": forms.RadioSelect,
            "weights_distribution": forms.RadioSelect,
            "valid_until": forms.DateInput(attrs={"type": "date"}),
        }

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.fields["monetised"].choices = Ternary.choices  # type: ignore[attr-defined]
        self.fields["kind"].choices = [("", "Choose one"), *TargetKind.choices]  # type: ignore[attr-defined]

    def description(self) -> TargetDescription:
        """The cleaned form as the service takes it."""
        said = dict(self.cleaned_data)
        said["territories"] = tuple(said.pop("territory").replace(";", ",").split(","))
        return TargetDescription(**said)


class DeterminationForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = UseDetermination
        fields = ("result", "rationale")
        labels = {"result": "The use of this target is", "rationale": "Reasons"}
        help_texts = {
            "result": "Non-commercial counts only while no fact speaks against it; "
            "changed facts void the determination.",
            "rationale": "Which facts you rely on and why. It stays on record with your name and role.",
        }
        widgets = {"result": forms.RadioSelect}

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.fields["result"].choices = UseDetermination.Result.choices  # type: ignore[attr-defined]
