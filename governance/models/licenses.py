"""Our readings of licences and what they were read from. Append-only: another reading is another row."""

from __future__ import annotations

from django.db import models

from governance.models.catalogue import License, ModelVersion
from governance.models.fields import evidence_field, person, recorded_at, sha256_field


class LicenseText(models.Model):
    """The bytes of a licence as they stood at a source, at a revision, on a day. The bytes are in the blob store."""

    license = models.ForeignKey(License, on_delete=models.PROTECT, related_name="texts")
    sha256 = sha256_field()
    language = models.CharField(max_length=12, default="en")
    source = models.TextField()
    revision = models.CharField(max_length=120, blank=True)
    captured_on = models.DateField()
    recorded_by = person(null=True)
    recorded_at = recorded_at()

    class Meta:
        ordering = ["license_id", "-captured_on"]
        constraints = [
            models.UniqueConstraint(fields=["license", "sha256", "source"], name="license_text_once"),
        ]


class LicenseEncoding(models.Model):
    """One reading of one licence: terms as canonical JSON of ``licensing.terms.Encoding``. It binds once approved.

    ``catalogue`` encodings come with the catalogue, whose file names both people; they have no ``drafted_by``.
    """

    class Origin(models.TextChoices):
        CATALOGUE = "catalogue", "Shipped with the catalogue"
        ORGANISATION = "organisation", "Our own reading"

    license = models.ForeignKey(License, on_delete=models.PROTECT, related_name="encodings")
    origin = models.CharField(max_length=12, choices=Origin.choices)
    revision = models.PositiveIntegerField()
    text = models.ForeignKey(LicenseText, on_delete=models.PROTECT, null=True, related_name="encodings")
    body = models.TextField()
    body_sha256 = sha256_field()
    rationale = models.TextField(blank=True)
    drafted_by = person(null=True)
    drafted_at = recorded_at()

    class Meta:
        ordering = ["license_id", "origin", "revision"]
        constraints = [
            models.UniqueConstraint(fields=["license", "origin", "revision"], name="license_encoding_once"),
            models.CheckConstraint(
                condition=models.Q(origin="catalogue", drafted_by=None)
                | models.Q(origin="organisation", drafted_by__isnull=False),
                name="license_encoding_has_author",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.license_id}, {self.get_origin_display().lower()}, revision {self.revision}"


class EncodingApproval(models.Model):
    """Another person stands behind the reading. The database refuses the one who drafted it."""

    encoding = models.OneToOneField(LicenseEncoding, on_delete=models.PROTECT, related_name="approval")
    approved_by = person()
    approved_at = recorded_at()


class EncodingRetirement(models.Model):
    """The reading is not relied upon any more. Decisions made under it keep it."""

    encoding = models.OneToOneField(LicenseEncoding, on_delete=models.PROTECT, related_name="retirement")
    reason = models.TextField()
    retired_by = person()
    retired_at = recorded_at()


class DeclarationResolution(models.Model):
    """What we make of conflicting declarations for an artefact: the licence taken, with the paper it rests on.

    It counts once another person approved it, and stands beside the declarations: those are never removed.
    """

    model = models.ForeignKey(ModelVersion, on_delete=models.PROTECT, related_name="declaration_resolutions")
    subject = models.CharField(max_length=12, default="weights")
    license = models.ForeignKey(License, on_delete=models.PROTECT, related_name="+")
    reason = models.TextField()
    evidence_sha256s = evidence_field()
    recorded_by = person()
    recorded_at = recorded_at()

    class Meta:
        get_latest_by = "id"
        constraints = [
            models.CheckConstraint(condition=~models.Q(evidence_sha256s=[]), name="resolution_has_evidence"),
        ]


class ResolutionApproval(models.Model):
    """A second person agrees with the resolution. The database refuses the first."""

    resolution = models.OneToOneField(DeclarationResolution, on_delete=models.PROTECT, related_name="approval")
    approved_by = person()
    approved_at = recorded_at()
