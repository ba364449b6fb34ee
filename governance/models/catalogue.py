"""The catalogue as rows: models, weights, licences and what is said of them, as the dated TOML files had it.

``sync_catalogue`` writes these; ``CatalogueSync`` keeps which edition was taken in when. ``sources`` holds, for each
fact, where it was read: a list of ``{"title", "url", "revision", "dated"}``; ``hosting`` the ways to reach
a model: ``{"mode", "provider", "endpoint", "summary"}``, ``provider`` empty when anybody with the weights can do it.
"""

from __future__ import annotations

from django.db import models

from governance.models.fields import recorded_at, sha256_field


class Sourced(models.Model):
    mark = models.CharField(max_length=12)
    sources = models.JSONField(default=list)

    class Meta:
        abstract = True


class CatalogueSync(models.Model):
    """One edition of the catalogue taken in. Append-only."""

    digest = sha256_field()
    as_of = models.DateField()
    synced_at = recorded_at()

    class Meta:
        get_latest_by = "id"


class License(Sourced):
    """The identity of a licence: an SPDX id, a ``LicenseRef-…`` or ``NOASSERTION``."""

    slug = models.CharField(max_length=80, primary_key=True)
    name = models.CharField(max_length=200)
    category = models.CharField(max_length=20)
    steward = models.CharField(max_length=120, blank=True)
    text_url = models.TextField(blank=True)
    note = models.TextField(blank=True)

    def __str__(self) -> str:
        return self.name


class ModelVersion(Sourced):
    """A release of a model, e.g. ``rmbg-2.0``. Entitlements name exactly this."""

    slug = models.SlugField(max_length=60, primary_key=True, allow_unicode=False)
    title = models.CharField(max_length=80)
    family = models.CharField(max_length=60)
    version = models.CharField(max_length=40)
    provider = models.CharField(max_length=120)
    architecture = models.CharField(max_length=120)
    homepage = models.TextField(blank=True)
    released_on = models.DateField(null=True)
    intended_use = models.TextField(blank=True)
    limitations = models.JSONField(default=list)
    hosting = models.JSONField(default=list)
    lineage_completeness = models.CharField(max_length=40)
    lineage_note = models.TextField(blank=True)
    runnable_here = models.BooleanField()
    obtain_command = models.TextField(blank=True)
    obtain_note = models.TextField(blank=True)

    class Meta:
        ordering = ["title"]

    def __str__(self) -> str:
        return self.title


class WeightsArtifact(Sourced):
    """A weights file, identified by its SHA-256 and by nothing else: names and sizes lie."""

    sha256 = models.CharField(max_length=64, primary_key=True)
    model = models.ForeignKey(ModelVersion, on_delete=models.PROTECT, related_name="weights")
    file_name = models.CharField(max_length=200)
    format = models.CharField(max_length=20)
    precision = models.CharField(max_length=20)
    size = models.PositiveBigIntegerField(null=True)
    note = models.TextField(blank=True)
    derived_from = models.CharField(max_length=64, blank=True)
    occurrences = models.JSONField(default=list)


class WeightsAcquisition(models.Model):
    """These bytes came into our store: from where, under which texts, by which conversion. Append-only."""

    artifact = models.ForeignKey(WeightsArtifact, on_delete=models.PROTECT, related_name="acquisitions")
    method = models.CharField(max_length=20)
    source = models.TextField()
    source_sha256 = sha256_field()
    converter = models.CharField(max_length=80, blank=True)
    converter_version = models.CharField(max_length=40, blank=True)
    license_texts = models.JSONField(default=list)
    acquired_at = recorded_at()

    class Meta:
        get_latest_by = "id"


class LicenseDeclaration(Sourced):
    """Somebody says, somewhere, on some date, what licence applies. Conflicting ones stand side by side."""

    slug = models.CharField(max_length=120, primary_key=True)
    model = models.ForeignKey(ModelVersion, on_delete=models.PROTECT, related_name="declarations")
    subject = models.CharField(max_length=12)
    license = models.ForeignKey(License, on_delete=models.PROTECT, related_name="+")
    declared_by = models.CharField(max_length=120)
    rank = models.CharField(max_length=40)
    rank_position = models.PositiveSmallIntegerField()
    statement = models.TextField()
    revision = models.CharField(max_length=120, blank=True)
    stated_on = models.DateField(null=True)
    status = models.CharField(max_length=12)
    reason = models.TextField(blank=True)

    class Meta:
        ordering = ["rank_position", "-stated_on", "slug"]


class LicenseResolution(Sourced):
    """The reading taken of a model version's declarations: the conservative one, with its reason."""

    slug = models.CharField(max_length=120, primary_key=True)
    model = models.ForeignKey(ModelVersion, on_delete=models.PROTECT, related_name="resolutions")
    subject = models.CharField(max_length=12)
    license = models.ForeignKey(License, on_delete=models.PROTECT, related_name="+")
    status = models.CharField(max_length=12)
    reason = models.TextField()


class Dataset(Sourced):
    """Training data and the terms it comes under."""

    slug = models.CharField(max_length=80, primary_key=True)
    name = models.CharField(max_length=160)
    steward = models.CharField(max_length=120, blank=True)
    terms = models.CharField(max_length=20)
    summary = models.TextField(blank=True)
    size_note = models.TextField(blank=True)
    homepage = models.TextField(blank=True)

    def __str__(self) -> str:
        return self.name


class TrainingUse(Sourced):
    """A model version was trained on a data set: in which role, and how well that is evidenced."""

    slug = models.CharField(max_length=120, primary_key=True)
    model = models.ForeignKey(ModelVersion, on_delete=models.PROTECT, related_name="training_uses")
    dataset = models.ForeignKey(Dataset, on_delete=models.PROTECT, related_name="+")
    subset = models.CharField(max_length=120, blank=True)
    role = models.CharField(max_length=20)
    standing = models.CharField(max_length=12)
    evidence_level = models.CharField(max_length=24)
    note = models.TextField(blank=True)

    class Meta:
        ordering = ["slug"]


class LineageClaim(Sourced):
    """One statement about training data, with who made it, how well it is evidenced and what contradicts it."""

    slug = models.CharField(max_length=120, primary_key=True)
    model = models.ForeignKey(ModelVersion, on_delete=models.PROTECT, related_name="claims")
    predicate = models.CharField(max_length=40)
    value = models.TextField()
    claimant = models.CharField(max_length=120)
    stated_on = models.DateField(null=True)
    evidence_level = models.CharField(max_length=24)
    status = models.CharField(max_length=14)
    reason = models.TextField(blank=True)
    # The provider's own contradicted claim about its right to the training data: this one the evaluator hears of.
    weighs = models.BooleanField(default=False)
    counter = models.JSONField(default=list)
    # When the catalogue last said something else of it: a review made before has not seen that.
    restated_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        ordering = ["slug"]
