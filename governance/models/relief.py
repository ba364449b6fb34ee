"""Waivers of our own rules and holds on anything. Append-only: an answer, a use, a lifting is a row of its own."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from governance.models.catalogue import ModelVersion
from governance.models.fields import person, recorded_at, sha256_field
from governance.models.work import Client, DeploymentTarget, Project


class Waiver(models.Model):
    """A relaxation asked for: one rule of ours, a scope, a reason and an end. Renewing is asking anew."""

    ref = models.CharField(max_length=20, unique=True)
    rule_code = models.CharField(max_length=12)
    reason = models.TextField()
    safeguards = models.TextField(blank=True)
    client = models.ForeignKey(Client, on_delete=models.PROTECT, null=True, related_name="waivers")
    project = models.ForeignKey(Project, on_delete=models.PROTECT, null=True, related_name="waivers")
    target = models.ForeignKey(DeploymentTarget, on_delete=models.PROTECT, null=True, related_name="waivers")
    model = models.ForeignKey(ModelVersion, on_delete=models.PROTECT, null=True, related_name="+")
    weights_sha256 = sha256_field(blank=True)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    max_uses = models.PositiveIntegerField(null=True)
    renews = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="renewals")
    requested_by = person()
    requested_at = recorded_at()

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="waiver_ends_after_start"),
            models.CheckConstraint(condition=Q(max_uses=None) | Q(max_uses__gt=0), name="waiver_uses_above_zero"),
            models.CheckConstraint(
                condition=Q(client__isnull=False) | Q(project__isnull=False) | Q(target__isnull=False),
                name="waiver_has_scope",
            ),
            models.CheckConstraint(condition=~Q(reason=""), name="waiver_has_reason"),
        ]

    def __str__(self) -> str:
        return self.ref


class WaiverAnswer(models.Model):
    """Another person approves or declines. The database refuses the one who asked."""

    waiver = models.OneToOneField(Waiver, on_delete=models.PROTECT, related_name="answer")
    approved = models.BooleanField()
    note = models.TextField(blank=True)
    answered_by = person()
    answered_at = recorded_at()


class WaiverRevocation(models.Model):
    """The waiver ended before its end."""

    waiver = models.OneToOneField(Waiver, on_delete=models.PROTECT, related_name="revocation")
    reason = models.TextField()
    revoked_by = person()
    revoked_at = recorded_at()


class WaiverUse(models.Model):
    """One picture was run or handed out under the waiver. Counted by the database against ``max_uses``."""

    waiver = models.ForeignKey(Waiver, on_delete=models.PROTECT, related_name="uses")
    cutout = models.ForeignKey("governance.Cutout", on_delete=models.PROTECT, related_name="waiver_uses")
    used_at = recorded_at()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["waiver", "cutout"], name="waiver_used_once_per_cutout")]


class Hold(models.Model):
    """An emergency stop. ``scope_ref`` names what is stopped as the evaluator knows it: ``CLI-3``, ``rmbg-2.0``, …"""

    ref = models.CharField(max_length=20, unique=True)
    scope = models.CharField(max_length=12)
    scope_ref = models.CharField(max_length=80, blank=True)
    reason = models.TextField()
    review_on = models.DateField(null=True)
    placed_by = person()
    placed_at = recorded_at()

    class Meta:
        ordering = ["-pk"]
        constraints = [models.CheckConstraint(condition=~Q(reason=""), name="hold_has_reason")]

    def __str__(self) -> str:
        return self.ref


class HoldLift(models.Model):
    """One of the two people it takes to lift a hold."""

    hold = models.ForeignKey(Hold, on_delete=models.PROTECT, related_name="lifts")
    reason = models.TextField()
    lifted_by = person()
    lifted_at = recorded_at()

    class Meta:
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["hold", "lifted_by"], name="hold_lifted_once_per_person")]
