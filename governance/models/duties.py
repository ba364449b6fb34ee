"""What has to be done because a right was relied upon, and the proof that it was. Append-only."""

from __future__ import annotations

from django.db import models

from governance.models.fields import evidence_field, person, recorded_at
from governance.models.outputs import Release
from governance.models.rights import Entitlement
from governance.models.work import Client


class Duty(models.Model):
    """One thing to do, by when, and for whom. Its state at a time follows from the acts; it is not stored.

    ``source`` is the grant or rule it comes from; ``subject`` what it is about (``OUT-7``, ``ENT-0017``, ``CLI-3``).
    """

    kind = models.CharField(max_length=28)
    text = models.TextField()
    clause = models.TextField(blank=True)
    source = models.CharField(max_length=120)
    subject = models.CharField(max_length=60)
    period_key = models.CharField(max_length=40, blank=True)
    entitlement = models.ForeignKey(Entitlement, on_delete=models.PROTECT, null=True, related_name="duties")
    release = models.ForeignKey(Release, on_delete=models.PROTECT, null=True, related_name="duties")
    client = models.ForeignKey(Client, on_delete=models.PROTECT, null=True, related_name="+")
    due_at = models.DateTimeField(null=True)
    opened_at = recorded_at()

    class Meta:
        ordering = ["due_at", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["source", "kind", "subject", "period_key"], name="duty_once"),
        ]


class DutyAct(models.Model):
    """Somebody did it, or says why it need not be done. The newest act counts."""

    class State(models.TextChoices):
        FULFILLED = "fulfilled", "Done"
        NOT_APPLICABLE = "not_applicable", "Does not apply"
        ESCALATED = "escalated", "Escalated"
        REOPENED = "reopened", "Open again"

    duty = models.ForeignKey(Duty, on_delete=models.PROTECT, related_name="acts")
    state = models.CharField(max_length=16, choices=State.choices)
    note = models.TextField()
    evidence_sha256s = evidence_field(default=list, blank=True)
    acted_by = person()
    acted_at = recorded_at()

    class Meta:
        get_latest_by = "id"
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(state="fulfilled", evidence_sha256s=[]), name="fulfilled_duty_has_evidence"
            ),
        ]


class AgentAcknowledgement(models.Model):
    """The licensor's attribution agent answered: the last sign that reporting works."""

    entitlement_ref = models.CharField(max_length=20)
    agent = models.CharField(max_length=120)
    acknowledged_at = models.DateTimeField()
    detail = models.TextField(blank=True)
    recorded_by = person(null=True)
    recorded_at = recorded_at()

    class Meta:
        get_latest_by = "acknowledged_at"
        indexes = [models.Index(fields=["entitlement_ref", "-acknowledged_at"], name="agent_latest")]
