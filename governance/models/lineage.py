"""What our people found out about training data: reviews of claims, and what speaks against them. Append-only."""

from __future__ import annotations

from django.db import models

from governance.models.catalogue import LineageClaim
from governance.models.fields import evidence_field, person, recorded_at


class ClaimContradiction(models.Model):
    """Counter-evidence to a claim, recorded here rather than by the catalogue. It holds work until it is reviewed."""

    claim = models.ForeignKey(LineageClaim, on_delete=models.PROTECT, related_name="contradictions")
    counter = models.TextField()
    source = models.TextField()
    evidence_sha256s = evidence_field(default=list, blank=True)
    recorded_by = person()
    recorded_at = recorded_at()


class ClaimReview(models.Model):
    """Somebody read a claim with what speaks against it, and says what follows. The claim and the finding stay visible.

    A review covers the contradictions recorded before it; a later one asks for another review.
    """

    class Conclusion(models.TextChoices):
        ACCEPTED = "accepted", "The risk is accepted"
        CONTRADICTED = "contradicted", "The claim does not stand"
        WITHDRAWN = "withdrawn", "The claimant withdrew it"

    claim = models.ForeignKey(LineageClaim, on_delete=models.PROTECT, related_name="reviews")
    conclusion = models.CharField(max_length=12, choices=Conclusion.choices)
    rationale = models.TextField()
    evidence_sha256s = evidence_field(default=list, blank=True)
    review_on = models.DateField("to be reviewed again on", null=True)
    reviewed_by = person()
    reviewed_at = recorded_at()

    class Meta:
        get_latest_by = "id"
