"""Review cases: the work behind a verdict that needs a person. The verdict itself stays a decision. Append-only."""

from __future__ import annotations

from django.db import models

from governance.models.fields import person, recorded_at
from governance.models.jobs import Job
from governance.models.rights import Decision


class ReviewCase(models.Model):
    """Somebody has to look at this. Opened with the decision that asks for it, closed by an outcome."""

    ref = models.CharField(max_length=20, unique=True)
    decision = models.OneToOneField(Decision, on_delete=models.PROTECT, related_name="review_case")
    job = models.ForeignKey(Job, on_delete=models.PROTECT, related_name="review_cases")
    due_on = models.DateField()
    opened_at = recorded_at()

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return self.ref


class ReviewAssignment(models.Model):
    """Who looks at it; the newest assignment counts."""

    case = models.ForeignKey(ReviewCase, on_delete=models.PROTECT, related_name="assignments")
    assignee = person()
    assigned_by = person()
    assigned_at = recorded_at()

    class Meta:
        get_latest_by = "id"


class ReviewOutcome(models.Model):
    """How the case ended. It never overrules the evaluator: a fact was recorded, or the work is refused."""

    class Result(models.TextChoices):
        RESOLVED = "resolved", "A fact was recorded that settles it"
        REFUSED = "refused", "The work is not to be done"
        MOOT = "moot", "No longer needed"

    case = models.OneToOneField(ReviewCase, on_delete=models.PROTECT, related_name="outcome")
    result = models.CharField(max_length=10, choices=Result.choices)
    note = models.TextField()
    decided_by = person(null=True)
    decided_at = recorded_at()
