"""How files we made say what they are: a mapping to IPTC's digital source types that legal decides on. Append-only."""

from __future__ import annotations

from django.db import models

from governance.models.fields import person, recorded_at


class SourceTypeSetting(models.Model):
    """From now on outputs of ``act`` declare ``digital_source_type``. The newest row holds; older ones are history."""

    class Act(models.TextChoices):
        CUTOUT = "cutout", "A cutout: only transparency was set"

    class Kind(models.TextChoices):
        """Names from IPTC's Digital Source Type vocabulary that can be true of what we make."""

        ENHANCED = "algorithmicallyEnhanced", "Corrected by an algorithm, main content unchanged"
        EDITS = "humanEdits", "Edited by a human with non-generative tools"
        COMPOSITE = "composite", "Composite of elements"
        COMPOSITE_CAPTURE = "compositeCapture", "Composite of captured elements"
        COMPOSITE_SYNTHETIC = "compositeSynthetic", "Composite with synthetic elements"
        COMPOSITE_TRAINED = "compositeWithTrainedAlgorithmicMedia", "Edited with generative tools"

    act = models.CharField(max_length=10, choices=Act.choices)
    digital_source_type = models.CharField(max_length=40, choices=Kind.choices)
    reason = models.TextField()
    set_by = person()
    set_at = recorded_at()

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"{self.act}: {self.digital_source_type}"
