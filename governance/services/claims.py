"""What speaks against a claim about training data, and what our people make of it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from django.db import transaction
from django.utils import timezone

from governance.access import User, require
from governance.errors import RequestError
from governance.models import ClaimContradiction, ClaimReview, LineageClaim
from governance.services.entries import record_event
from governance.services.papers import check_papers, keep_papers
from governance.services.reasons import check_reason
from governance.services.words import check_words


def contradict(
    actor: User, claim: LineageClaim, counter: str, source: str, evidence: Sequence[bytes] = ()
) -> ClaimContradiction:
    """Record counter-evidence. Work that rests on the model waits (LIN-002) until somebody has reviewed it.

    Raises NotAllowed, or RequestError ``claim.counter``, ``claim.source`` or ``claim.no_evidence`` (an empty file).
    """
    require(actor, "claim.contradict")
    counter = check_reason("claim.counter", "A contradiction", counter)
    if not source.strip():
        raise RequestError(
            "No source given; counter-evidence says where it was read.",
            how_to_fix="Give the document, page or thread.",
            code="claim.source",
        )
    with transaction.atomic():
        row = ClaimContradiction.objects.create(
            claim=claim,
            counter=counter,
            source=source.strip(),
            evidence_sha256s=_kept(evidence),
            recorded_by_id=actor.pk,
        )
        record_event("claim", "contradicted", row)
    return row


def review_claim(
    actor: User,
    claim: LineageClaim,
    conclusion: str,
    rationale: str,
    review_on: date | None = None,
    evidence: Sequence[bytes] = (),
) -> ClaimReview:
    """Say what follows from a claim and all that was recorded against it until now. The finding stays visible.

    ``review_on``: the day to look again; once it has passed LIN-003 says so. Raises NotAllowed, or RequestError
    ``conclusion.unknown``, ``claim.rationale``, ``claim.review_on`` or ``claim.no_evidence`` (an empty file).
    """
    require(actor, "claim.review")
    check_words("conclusion", [conclusion], ClaimReview.Conclusion.values)
    rationale = check_reason("claim.rationale", "A review", rationale)
    if review_on is not None and review_on <= timezone.now().date():
        raise RequestError(
            f"The day to look at it again ({review_on}) has come already.",
            how_to_fix="Give a day after today, or none.",
            code="claim.review_on",
        )
    with transaction.atomic():
        row = ClaimReview.objects.create(
            claim=claim,
            conclusion=conclusion,
            rationale=rationale,
            evidence_sha256s=_kept(evidence),
            review_on=review_on,
            reviewed_by_id=actor.pk,
        )
        record_event("claim", "reviewed", row, details={"conclusion": conclusion})
    return row


def _kept(evidence: Sequence[bytes]) -> list[str]:
    if evidence:
        check_papers("claim", evidence)
    return keep_papers(evidence)
