"""What left the house as a report: its digest and scope, so that a copy can be recognised. Append-only."""

from __future__ import annotations

from django.db import models

from governance.models.fields import person, recorded_at, sha256_field
from governance.models.work import Client


class Report(models.Model):
    """A report as it was handed out. ``scope`` is canonical JSON of what was asked for."""

    class Kind(models.TextChoices):
        AUDIT_CSV = "audit-csv", "Audit export (CSV)"
        AUDIT_JSON = "audit-json", "Audit export (JSON)"

    kind = models.CharField(max_length=20, choices=Kind.choices)
    client = models.ForeignKey(Client, on_delete=models.PROTECT, null=True, related_name="+")
    scope = models.TextField()
    sha256 = sha256_field()
    size = models.PositiveBigIntegerField()
    made_by = person()
    made_at = recorded_at()

    class Meta:
        ordering = ["-pk"]
