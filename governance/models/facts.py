"""Corrected facts of projects and targets: what it was, what it is, who says so and why. Append-only."""

from __future__ import annotations

from django.db import models

from governance.models.fields import person, recorded_at
from governance.models.work import DeploymentTarget, Project


class FactChange(models.Model):
    """One fact restated. The database refuses the change of a project or target that has no such row with it."""

    project = models.ForeignKey(Project, on_delete=models.PROTECT, null=True, related_name="fact_changes")
    target = models.ForeignKey(DeploymentTarget, on_delete=models.PROTECT, null=True, related_name="fact_changes")
    field = models.CharField(max_length=40)
    before = models.JSONField(null=True)
    after = models.JSONField(null=True)
    reason = models.TextField()
    changed_by = person()
    changed_at = recorded_at()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(project__isnull=False, target=None) | models.Q(project=None, target__isnull=False),
                name="fact_change_has_one_subject",
            ),
            models.CheckConstraint(condition=~models.Q(reason=""), name="fact_change_has_reason"),
        ]
