"""Claims about training data: what speaks against each, who looked at it, and what waits for a review."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import QuerySet

from governance.models import ClaimReview, LineageClaim, ModelVersion
from governance.policy.lineage import lineage_grade
from governance.policy.phrases import word
from governance.reports.catalogue import claim_line
from governance.reports.catalogue_shapes import ClaimLine, State
from governance.rights.lineage import contradictions_of, lineage_facts

CHOICES = [("waiting", "Waiting for somebody"), ("all", "All claims")]
_SHADES = ("waits", "overdue", "due", "reviewed", "quiet")


@dataclass(frozen=True, slots=True)
class CounterLine:
    """Something our own people recorded against a claim."""

    counter: str
    source: str
    by: str
    at: datetime
    evidence: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ReviewLine:
    conclusion: str
    rationale: str
    review_on: date | None
    by: str
    at: datetime
    evidence: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ClaimRow:
    """One claim at a time. ``shade``: waits (for a review), overdue, due, reviewed or quiet; ``standing`` in words."""

    slug: str
    model: str
    model_slug: str
    line: ClaimLine
    shade: str
    standing: State
    contradictions: tuple[CounterLine, ...]
    reviews: tuple[ReviewLine, ...]

    @property
    def waiting(self) -> bool:
        return self.shade in ("waits", "overdue")


@dataclass(frozen=True, slots=True)
class Lineage:
    """How well a model's training data is known: the computed grade and whether the list is whole."""

    grade: str
    completeness: str


def claim_list(at: datetime, show: str = "waiting") -> tuple[ClaimRow, ...]:
    """Claims, those that wait first. The number of queries does not depend on how many there are."""
    rows = [_row(claim, at) for claim in _claims()]
    found = [row for row in rows if row.waiting or show == "all"]
    return tuple(sorted(found, key=lambda row: (_SHADES.index(row.shade), row.model, row.slug)))


def claims_of(model: str, at: datetime) -> tuple[ClaimRow, ...]:
    """Every claim about a model."""
    return tuple(_row(claim, at) for claim in _claims().filter(model=model))


def claim_page(slug: str, at: datetime) -> ClaimRow | None:
    """One claim; None when there is none."""
    claim = _claims().filter(slug=slug).first()
    return _row(claim, at) if claim else None


def lineage_of(model: ModelVersion, at: datetime) -> Lineage:
    """As the evaluator grades it at this moment."""
    facts = lineage_facts(model, at)
    return Lineage(word(lineage_grade(facts)), word(facts.completeness))


def _claims() -> QuerySet[LineageClaim]:
    people = ("contradictions__recorded_by", "reviews__reviewed_by")
    return LineageClaim.objects.select_related("model").prefetch_related(*people).order_by("slug")


def _row(claim: LineageClaim, at: datetime) -> ClaimRow:
    reviews = sorted(claim.reviews.all(), key=lambda review: -review.pk)
    shade, standing = _standing(claim, reviews, at)
    return ClaimRow(
        slug=claim.slug,
        model=claim.model.title,
        model_slug=claim.model_id,
        line=claim_line(claim),
        shade=shade,
        standing=standing,
        contradictions=tuple(
            CounterLine(row.counter, row.source, row.recorded_by.get_username(), row.recorded_at,
                        tuple(row.evidence_sha256s))
            for row in sorted(claim.contradictions.all(), key=lambda row: -row.pk)
        ),
        reviews=tuple(_review(review) for review in reviews),
    )  # fmt: skip


def _review(row: ClaimReview) -> ReviewLine:
    return ReviewLine(
        conclusion=row.get_conclusion_display(),
        rationale=row.rationale,
        review_on=row.review_on,
        by=row.reviewed_by.get_username(),
        at=row.reviewed_at,
        evidence=tuple(row.evidence_sha256s),
    )


def _standing(claim: LineageClaim, reviews: list[ClaimReview], at: datetime) -> tuple[str, State]:
    if any(not found.reviewed for found in contradictions_of(claim, at)):
        return "waits", State("Contradicted, not reviewed: holds work", "deny")
    if not reviews:
        return "quiet", State("Nobody has reviewed it", "neutral")
    due = reviews[0].review_on
    if due is None:
        return "reviewed", State("Reviewed", "permit")
    if due < at.date():
        return "overdue", State(f"Review overdue since {due:%-d %b %Y}", "review")
    return "due", State(f"Reviewed, again on {due:%-d %b %Y}", "permit")
