"""Policy sets and what they changed. Append-only: a revision binds once another person approved it."""

from __future__ import annotations

from django.db import models

from governance.models.fields import person, recorded_at, sha256_field
from governance.models.rights import Decision


class PolicySet(models.Model):
    """One revision of the organisation's own settings: canonical JSON of ``policy.facts.OrganisationPolicy``.

    Approved ``log_only`` revisions are evaluated beside the one in force; their verdicts are kept and change nothing.
    """

    class Mode(models.TextChoices):
        ENFORCE = "enforce", "In force"
        LOG_ONLY = "log_only", "Tried, without effect"

    revision = models.PositiveIntegerField(unique=True)
    body = models.TextField()
    digest = sha256_field()
    mode = models.CharField(max_length=10, choices=Mode.choices, default=Mode.ENFORCE)
    effective_from = models.DateTimeField()
    note = models.TextField()
    drafted_by = person()
    drafted_at = recorded_at()

    class Meta:
        ordering = ["-revision"]
        get_latest_by = "revision"

    def __str__(self) -> str:
        return f"Policy revision {self.revision}"


class PolicySetApproval(models.Model):
    """Another person stands behind the revision. The database refuses the one who drafted it."""

    policy_set = models.OneToOneField(PolicySet, on_delete=models.PROTECT, related_name="approval")
    approved_by = person()
    approved_at = recorded_at()


class PolicySetWithdrawal(models.Model):
    """The revision is taken back: an earlier one is in force again, or a trial is over."""

    policy_set = models.OneToOneField(PolicySet, on_delete=models.PROTECT, related_name="withdrawal")
    reason = models.TextField()
    withdrawn_by = person()
    withdrawn_at = recorded_at()


class TrialVerdict(models.Model):
    """What a ``log_only`` revision would have said where a decision was made."""

    decision = models.ForeignKey(Decision, on_delete=models.PROTECT, related_name="trials")
    policy_set = models.ForeignKey(PolicySet, on_delete=models.PROTECT, related_name="trials")
    outcome = models.CharField(max_length=8, choices=Decision.Outcome.choices)
    summary = models.TextField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["decision", "policy_set"], name="trial_once_per_decision")]


class Sweep(models.Model):
    """One pass over everything that is waiting or in use, judged again. ``digest`` covers the list of changes."""

    started_at = models.DateTimeField()
    examined = models.PositiveIntegerField()
    changed = models.PositiveIntegerField()
    digest = sha256_field()
    finished_at = recorded_at()

    class Meta:
        ordering = ["-pk"]
        get_latest_by = "id"


class SweepChange(models.Model):
    """One verdict that is not what it was: the new decision names what changed."""

    sweep = models.ForeignKey(Sweep, on_delete=models.PROTECT, related_name="changes")
    decision = models.OneToOneField(Decision, on_delete=models.PROTECT, related_name="sweep_change")
    before = models.CharField(max_length=8, choices=Decision.Outcome.choices)
    after = models.CharField(max_length=8, choices=Decision.Outcome.choices)

    class Meta:
        ordering = ["pk"]
