"""What was made, its one record, and where it went. All append-only."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Func, Q

from governance.models.fields import recorded_at, sha256_field
from governance.models.jobs import Cutout
from governance.models.rights import Decision
from governance.models.work import Client, DeploymentTarget


class Output(models.Model):
    """The file made. ``record`` is a deferred foreign key, so the database refuses at COMMIT an output without one."""

    cutout = models.OneToOneField(Cutout, on_delete=models.PROTECT, related_name="output")
    record = models.OneToOneField(
        "governance.ProvenanceRecord", on_delete=models.PROTECT, related_name="recorded_output"
    )
    sha256 = sha256_field(db_index=True)
    media_type = models.CharField(max_length=40)
    size = models.PositiveBigIntegerField()
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    run = models.TextField()
    created_at = recorded_at()


CUTOUT, CORRECTION = "cutout", "correction"


class ProvenanceRecordQuerySet(models.QuerySet["ProvenanceRecord"]):
    def of_outputs(self) -> ProvenanceRecordQuerySet:
        """The records of cutouts; the others are of events."""
        return self.filter(kind=CUTOUT)

    def about(self, thing: str) -> ProvenanceRecordQuerySet:
        """The events about one of our rows ("entitlement:17"), the oldest first."""
        return self.filter(about=thing).order_by("created_at")


class ProvenanceRecord(models.Model):
    """One entry of the log: the signed statement about an output or an event. Bytes fixed once, never serialised again.

    A cutout's has its output; an event's says which of our rows it is ``about``, and a correction which record it
    ``corrects``.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    output = models.OneToOneField(Output, on_delete=models.PROTECT, null=True, related_name="provenance")
    client = models.ForeignKey(Client, on_delete=models.PROTECT, null=True, related_name="+")
    kind = models.CharField(max_length=40)
    about = models.CharField(max_length=80, blank=True)
    corrects = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="corrections")
    payload = models.BinaryField()
    signature = models.BinaryField()
    key_id = models.CharField(max_length=64)
    leaf = models.BinaryField()
    # Salts and values behind the commitments in the statement: what we can open to someone entitled to see it.
    openings = models.TextField()
    created_at = recorded_at()

    objects = ProvenanceRecordQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["about"], name="record_about", condition=~Q(about=""))]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind=CUTOUT, output__isnull=False, client__isnull=False, about="")
                | (~Q(kind=CUTOUT) & Q(output__isnull=True) & ~Q(about="")),
                name="record_of_output_or_event",
            ),
            models.CheckConstraint(
                condition=Q(kind=CORRECTION, corrects__isnull=False) | (~Q(kind=CORRECTION) & Q(corrects__isnull=True)),
                name="record_corrects_if_correction",
            ),
            # The same entry a second time would be a replay: the log holds each once.
            models.UniqueConstraint(Func("leaf", function="sha256"), name="record_leaf_once"),
        ]


class Release(models.Model):
    """An output cleared for a target by a decision at that moment."""

    output = models.ForeignKey(Output, on_delete=models.PROTECT, related_name="releases")
    target = models.ForeignKey(DeploymentTarget, on_delete=models.PROTECT, related_name="releases")
    decision = models.ForeignKey(Decision, on_delete=models.PROTECT, related_name="+")
    released_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    released_at = recorded_at()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["output", "target"], name="release_once_per_target"),
        ]


class Delivery(models.Model):
    """A released file was handed over: who took it, when, and the digest of the bytes that left."""

    release = models.ForeignKey(Release, on_delete=models.PROTECT, related_name="deliveries")
    sha256 = sha256_field()
    delivered_to = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    delivered_at = recorded_at()
