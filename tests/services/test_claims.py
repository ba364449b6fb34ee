"""Claims about training data: counter-evidence holds work, a review lets it go on, an overdue one is said."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from governance.errors import NotAllowed, RequestError
from governance.models import ClaimReview
from governance.policy.decision import Decision, Finding, Outcome
from governance.policy.words import Stage
from governance.rights.verdicts import Question, judge
from governance.services.claims import contradict, review_claim
from tests.conftest import Cast
from tests.factories import acquire_weights, make_target, model
from tests.factories_licenses import PAPER, claim, make_contradiction

pytestmark = pytest.mark.django_db


def decided(cast: Cast, days: int = 0) -> Decision:
    acquire_weights()
    at = timezone.now() + timedelta(days=days)
    return judge(Question(Stage.SUBMIT, make_target(cast), model()), at).decision


def findings(decision: Decision, code: str) -> list[Finding]:
    return [finding for finding in decision.findings if finding.code == code]


def test_counter_evidence_holds_work(cast: Cast) -> None:
    assert decided(cast).outcome is Outcome.DUTIES
    make_contradiction(cast)
    decision = decided(cast)
    assert decision.outcome is Outcome.REVIEW
    assert {finding.code for finding in decision.findings if finding.effect is Outcome.REVIEW} == {"LIN-002"}


def test_a_review_lets_work_go_on_and_the_finding_stays(cast: Cast) -> None:
    make_contradiction(cast)
    review_claim(cast.legal, claim(), "accepted", "The list was made for another version.")
    decision = decided(cast)
    assert decision.outcome is Outcome.DUTIES
    assert "It has been reviewed" in findings(decision, "LIN-002")[0].message


def test_a_later_contradiction_asks_for_another_review(cast: Cast) -> None:
    make_contradiction(cast)
    review_claim(cast.legal, claim(), "accepted", "Read.")
    contradict(cast.admin, claim(), "Another list names none of them either.", "Letter of 9 November")
    assert decided(cast).outcome is Outcome.REVIEW


def test_an_overdue_review_is_said(cast: Cast) -> None:
    due = timezone.now().date() + timedelta(days=30)
    review_claim(cast.legal, claim(), "accepted", "Look again when the paper is out.", due)
    assert not [found for found in findings(decided(cast, days=30), "LIN-003") if "overdue" in found.message]
    overdue = [found for found in findings(decided(cast, days=31), "LIN-003") if "is overdue" in found.message]
    assert [found.effect.allows for found in overdue] == [True]


def test_reviewing_again_ends_the_overdue_finding(cast: Cast) -> None:
    due = timezone.now().date() + timedelta(days=1)
    review_claim(cast.legal, claim(), "accepted", "Soon.", due)
    review_claim(cast.legal, claim(), "accepted", "It is out, and says the same.")
    assert not [found for found in findings(decided(cast, days=9), "LIN-003") if "is overdue" in found.message]


def test_it_keeps_the_papers(cast: Cast) -> None:
    row = contradict(cast.legal, claim(), "They say otherwise.", "Letter", (PAPER,))
    review = review_claim(cast.legal, claim(), "withdrawn", "Taken back.", None, (PAPER,))
    assert len(row.evidence_sha256s[0]) == 64
    assert review.evidence_sha256s == row.evidence_sha256s


@pytest.mark.parametrize(
    ("counter", "source", "evidence", "code"),
    [
        (" ", "Letter", (), "claim.counter"),
        ("No.", " ", (), "claim.source"),
        ("No.", "Letter", (b"",), "claim.no_evidence"),
    ],
)
def test_refuses_half_a_contradiction(
    cast: Cast, counter: str, source: str, evidence: tuple[bytes, ...], code: str
) -> None:
    with pytest.raises(RequestError) as caught:
        contradict(cast.admin, claim(), counter, source, evidence)
    assert caught.value.code == code


@pytest.mark.parametrize(
    ("conclusion", "rationale", "days", "code"),
    [
        ("doubtful", "Read.", None, "conclusion.unknown"),
        ("accepted", " ", None, "claim.rationale"),
        ("accepted", "Read.", 0, "claim.review_on"),
    ],
)
def test_refuses_half_a_review(cast: Cast, conclusion: str, rationale: str, days: int | None, code: str) -> None:
    due = None if days is None else timezone.now().date() + timedelta(days=days)
    with pytest.raises(RequestError) as caught:
        review_claim(cast.legal, claim(), conclusion, rationale, due)
    assert caught.value.code == code
    assert not ClaimReview.objects.exists()


def test_only_legal_reviews(cast: Cast) -> None:
    with pytest.raises(NotAllowed, match="needs legal"):
        review_claim(cast.admin, claim(), "accepted", "Read.")


def test_a_requester_contradicts_nothing(cast: Cast) -> None:
    with pytest.raises(NotAllowed, match="needs legal or licence admin"):
        contradict(cast.owner, claim(), "No.", "Letter")
