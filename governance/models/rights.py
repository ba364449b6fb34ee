"""What we bought and what the evaluator said. All append-only: a change is a new row."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from governance.models.contracts import Contract
from governance.models.fields import recorded_at, sha256_field
from governance.models.work import DeploymentTarget


class EntitlementQuerySet(models.QuerySet["Entitlement"]):
    def latest_versions(self) -> EntitlementQuerySet:
        """The newest version of each entitlement; earlier ones stay as history."""
        newest = Entitlement.objects.filter(ref=models.OuterRef("ref")).order_by("-version").values("pk")[:1]
        return self.filter(pk=models.Subquery(newest))


class Entitlement(models.Model):
    """One version of a purchased right. Empty lists of kinds, channels and clients mean "any"; hosting modes do not."""

    class Survival(models.TextChoices):
        PERPETUAL = "perpetual", "Outputs may be used for ever"
        UNTIL_END = "until_end", "Outputs only until the end"
        WIND_DOWN = "wind_down", "Outputs for some days after the end"
        UNKNOWN = "unknown", "The contract does not say"

    class WeightsSurvival(models.TextChoices):
        DELETE = "delete", "Weights are deleted at the end"
        RETURN = "return", "Weights are returned at the end"
        KEEP = "keep", "Weights may be kept"
        UNKNOWN = "unknown", "The contract does not say"

    opaque_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    ref = models.CharField(max_length=20)
    version = models.PositiveIntegerField()
    title = models.CharField(max_length=160)
    licensor = models.CharField(max_length=120)
    contract_reference = models.CharField(max_length=120)
    contract = models.ForeignKey(Contract, on_delete=models.PROTECT, null=True, related_name="entitlements")
    grant_kind = models.CharField(max_length=20)
    template = models.CharField("licence template", max_length=80)
    model = models.ForeignKey("governance.ModelVersion", on_delete=models.PROTECT, related_name="entitlements")
    weights_sha256s = ArrayField(models.CharField(max_length=64), default=list, blank=True)
    hosting_modes = ArrayField(models.CharField(max_length=20))
    providers = ArrayField(models.CharField(max_length=40), default=list, blank=True)
    target_kinds = ArrayField(models.CharField(max_length=32), default=list, blank=True)
    channels = ArrayField(models.CharField(max_length=60), default=list, blank=True)
    territories = ArrayField(models.CharField(max_length=5))
    clients = ArrayField(models.BigIntegerField(), default=list, blank=True)
    projects = ArrayField(models.BigIntegerField(), default=list, blank=True)
    affiliates_included = models.BooleanField(default=False)
    weights_distribution = models.CharField(max_length=10, default="none")
    valid_from = models.DateTimeField()
    valid_until = models.DateTimeField()
    time_zone = models.CharField(max_length=60, default="UTC")
    output_survival = models.CharField(max_length=12, choices=Survival.choices, default=Survival.UNKNOWN)
    wind_down_days = models.PositiveIntegerField(default=0)
    weights_survival = models.CharField(max_length=10, choices=WeightsSurvival.choices, default=WeightsSurvival.UNKNOWN)
    agent_required = models.BooleanField("an attribution agent has to report", default=False)
    evidence_sha256s = ArrayField(models.CharField(max_length=64))
    entered_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    entered_at = recorded_at()

    objects: ClassVar[models.Manager[Entitlement]] = EntitlementQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["ref", "version"], name="entitlement_version_once"),
            models.CheckConstraint(
                condition=Q(valid_until__gt=F("valid_from")),
                name="entitlement_ends_after_start",
            ),
            models.CheckConstraint(condition=~Q(territories=[]), name="entitlement_has_territory"),
            models.CheckConstraint(condition=~Q(hosting_modes=[]), name="entitlement_has_hosting_mode"),
            models.CheckConstraint(condition=~Q(evidence_sha256s=[]), name="entitlement_has_evidence"),
        ]

    def __str__(self) -> str:
        return f"{self.ref} v{self.version}"


class EntitlementVerification(models.Model):
    """A second person read the evidence. The database refuses the one who entered it (see the fence migration)."""

    entitlement = models.OneToOneField(Entitlement, on_delete=models.PROTECT, related_name="verification")
    verified_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    verified_at = recorded_at()


class EntitlementEnd(models.Model):
    """The entitlement ended before its date: terminated, suspended for good, withdrawn or replaced.

    ``version`` None ends every version of it; a number ends that one, so that another may take over.
    """

    ref = models.CharField(max_length=20)
    version = models.PositiveIntegerField(null=True)
    ended_at = models.DateTimeField()
    reason = models.TextField()
    ended_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    recorded_at = recorded_at()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["ref", "version"], nulls_distinct=False, name="entitlement_ended_once"),
        ]


class GrantSet(models.Model):
    """The grants decisions were given, as canonical JSON: kept once, however many of them were given the same."""

    sha256 = models.CharField(max_length=64, primary_key=True)
    body = models.TextField()
    recorded_at = recorded_at()


class Decision(models.Model):
    """What the evaluator was given and what it said, as the canonical bytes that were hashed.

    ``facts``, the grants, ``waivers``, ``holds`` and ``body`` are text, not ``jsonb``: that would reorder what the
    digests cover.
    """

    class Stage(models.TextChoices):
        SUBMIT = "submit", "At submission"
        DISPATCH = "dispatch", "When a worker took it"
        RELEASE = "release", "At release"
        REDELIVER = "redeliver", "When it was handed over again"
        SWEEP = "sweep", "When everything was judged again"

    class Outcome(models.TextChoices):
        PERMIT = "permit", "Allowed"
        DUTIES = "duties", "Allowed with duties"
        REVIEW = "review", "Needs review"
        DENY = "deny", "Not allowed"

    opaque_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    stage = models.CharField(max_length=10, choices=Stage.choices)
    outcome = models.CharField(max_length=8, choices=Outcome.choices)
    target = models.ForeignKey(DeploymentTarget, on_delete=models.PROTECT, related_name="decisions")
    model = models.ForeignKey("governance.ModelVersion", on_delete=models.PROTECT, related_name="+")
    job = models.ForeignKey("governance.Job", on_delete=models.PROTECT, null=True, related_name="decisions")
    cutout = models.ForeignKey("governance.Cutout", on_delete=models.PROTECT, null=True, related_name="decisions")
    facts = models.TextField()
    facts_sha256 = sha256_field()
    # Decisions of the first edition hold the text themselves; read ``grants_text``.
    grants = models.TextField(blank=True)
    grant_set = models.ForeignKey(GrantSet, on_delete=models.PROTECT, null=True, related_name="decisions")
    waivers = models.TextField(default="[]")
    holds = models.TextField(default="[]")
    encodings = models.TextField(blank=True)
    policy_revision = models.PositiveIntegerField(default=1)
    policy_digest = models.CharField(max_length=64, blank=True)
    body = models.TextField()
    body_sha256 = sha256_field()
    relied_upon = models.TextField(blank=True)
    rule_set_digest = sha256_field()
    evaluator_version = models.CharField(max_length=20)
    decided_at = models.DateTimeField()
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    previous = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="+")
    changes = models.TextField(blank=True)
    recorded_at = recorded_at()

    class Meta:
        get_latest_by = "id"
        constraints = [
            models.CheckConstraint(
                condition=Q(outcome__in=["permit", "duties", "review", "deny"]),
                name="decision_outcome_known",
            ),
            models.CheckConstraint(
                condition=Q(stage__in=["submit", "dispatch", "release", "redeliver", "sweep"]),
                name="decision_stage_known",
            ),
        ]

    @property
    def grants_text(self) -> str:
        """The grants given, as the canonical JSON that was hashed."""
        return self.grant_set.body if self.grant_set is not None else self.grants

    @property
    def allows(self) -> bool:
        return self.outcome in {self.Outcome.PERMIT, self.Outcome.DUTIES}
