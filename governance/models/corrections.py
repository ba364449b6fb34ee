"""Why a record in the log is wrong: the record stays, a correction points at it. Append-only."""

from __future__ import annotations

from django.db import models

from governance.models.fields import person, recorded_at
from governance.models.outputs import ProvenanceRecord


class RecordCorrection(models.Model):
    """What is wrong with a record, in words that the log holds only as a commitment. A record may have several."""

    record = models.ForeignKey(ProvenanceRecord, on_delete=models.PROTECT, related_name="explained_by")
    reason = models.TextField()
    corrected_by = person()
    corrected_at = recorded_at()

    class Meta:
        ordering = ["pk"]
        constraints = [models.CheckConstraint(condition=~models.Q(reason=""), name="correction_has_reason")]
