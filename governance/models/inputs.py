"""What a picture's own file says about its use, and what its owner told us besides. Append-only."""

from __future__ import annotations

from django.db import models

from governance.models.fields import evidence_field, person, recorded_at
from governance.models.jobs import Asset


class RightsReading(models.Model):
    """One reading of a picture's rights statements. A picture without one is unknown, never clear."""

    asset = models.OneToOneField(Asset, on_delete=models.PROTECT, related_name="rights_reading")
    reader = models.CharField(max_length=60)
    reader_version = models.CharField(max_length=120)
    problems = models.JSONField(default=list)
    read_at = recorded_at()


class RightsSignal(models.Model):
    """One statement as it stands in the file: raw, whether we know its meaning or not."""

    reading = models.ForeignKey(RightsReading, on_delete=models.PROTECT, related_name="signals")
    source = models.CharField(max_length=12)
    property = models.CharField(max_length=120)
    value = models.TextField()
    constraint_info = models.TextField(blank=True)

    class Meta:
        ordering = ["pk"]


class InputPermission(models.Model):
    """The owner of a picture allows what the file does not say, or forbids. It counts once a second person verified it.

    ``property`` is the statement it answers, as in the signal.
    """

    asset = models.ForeignKey(Asset, on_delete=models.PROTECT, related_name="permissions")
    property = models.CharField(max_length=120)
    granted_by = models.CharField(max_length=160)
    statement = models.TextField()
    evidence_sha256s = evidence_field()
    valid_until = models.DateField(null=True)
    recorded_by = person()
    recorded_at = recorded_at()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~models.Q(evidence_sha256s=[]), name="permission_has_evidence"),
        ]


class PermissionVerification(models.Model):
    """A second person read the owner's words. The database refuses the first."""

    permission = models.OneToOneField(InputPermission, on_delete=models.PROTECT, related_name="verification")
    verified_by = person()
    verified_at = recorded_at()


class AssetTerm(models.Model):
    """Until when we may use a picture, as its supplier says. The newest one counts."""

    asset = models.ForeignKey(Asset, on_delete=models.PROTECT, related_name="terms")
    licensed_until = models.DateField(null=True)
    source = models.TextField()
    recorded_by = person()
    recorded_at = recorded_at()

    class Meta:
        get_latest_by = "id"
