"""Rows → what is known of a model's training data, what contradicts it, and who looked at that."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from governance.licensing import catalogue_words as words
from governance.models import ClaimReview, LineageClaim, ModelVersion
from governance.policy import facts as policy


def lineage_facts(model: ModelVersion, at: datetime) -> policy.LineageFacts:
    """What is known ``at``, from the catalogue and from our own people (four queries)."""
    uses = model.training_uses.select_related("dataset")
    claims = model.claims.prefetch_related("contradictions", "reviews")
    return policy.LineageFacts(
        uses=tuple(
            policy.TrainingUse(
                dataset=use.dataset.name,
                role=words.TrainingRole(use.role),
                terms=words.TermsClass(use.dataset.terms),
                evidence=words.EvidenceLevel(use.evidence_level),
                standing=words.Standing(use.standing),
                source="; ".join(source["title"] for source in use.sources),
            )
            for use in uses
        ),
        contradictions=tuple(found for claim in claims for found in contradictions_of(claim, at)),
        completeness=words.Completeness(model.lineage_completeness),
        reviews=tuple(found for claim in claims for found in latest_review(claim, at)),
    )


def contradictions_of(claim: LineageClaim, at: datetime) -> Iterable[policy.Contradiction]:
    """The catalogue's counter-evidence and our own. The newest review counts, for what was on record when it was made,
    and only if it accepts the risk: that a claim does not stand, or was taken back, lets nothing through."""
    accepted = _accepted(claim, at)
    said = f"{claim.claimant}: {claim.value}"
    if claim.weighs:
        counter = "; ".join(claim.counter) or claim.reason
        source = "; ".join(source["title"] for source in claim.sources)
        seen = accepted is not None and (claim.restated_at is None or accepted > claim.restated_at)
        yield policy.Contradiction(said, counter, source, reviewed=seen)
    for row in claim.contradictions.all():
        if row.recorded_at <= at:
            reviewed = accepted is not None and accepted > row.recorded_at
            yield policy.Contradiction(said, row.counter, row.source, reviewed=reviewed)


def _accepted(claim: LineageClaim, at: datetime) -> datetime | None:
    """When the newest review accepted the risk; None when it did not, or there is none."""
    newest = _newest(claim, at)
    accepts = newest is not None and newest.conclusion == ClaimReview.Conclusion.ACCEPTED
    return newest.reviewed_at if newest is not None and accepts else None


def _newest(claim: LineageClaim, at: datetime) -> ClaimReview | None:
    known = [review for review in claim.reviews.all() if review.reviewed_at <= at]
    return max(known, key=lambda review: review.pk, default=None)


def latest_review(claim: LineageClaim, at: datetime) -> Iterable[policy.ClaimReview]:
    """The newest review of the claim, if there is any."""
    newest = _newest(claim, at)
    if newest is not None:
        yield policy.ClaimReview(f"{claim.claimant}: {claim.value}", newest.reviewed_at, newest.review_on)
