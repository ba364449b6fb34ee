"""Facts about what a model was trained on, and what is claimed of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from governance.licensing.catalogue_words import Completeness, EvidenceLevel, Standing, TermsClass, TrainingRole


@dataclass(frozen=True, slots=True)
class TrainingUse:
    """One data set in the model's training. ``standing``: somebody answerable states it, or it is only
    inferred."""

    dataset: str
    role: TrainingRole
    terms: TermsClass
    evidence: EvidenceLevel
    standing: Standing = Standing.STATED
    source: str = ""


@dataclass(frozen=True, slots=True)
class Contradiction:
    """Counter-evidence to a claim about training data: what is claimed, what speaks against it and where.

    ``reviewed``: somebody has looked at it and recorded what to make of it; it then stays visible without
    holding work.
    """

    claim: str
    counter: str
    source: str
    reviewed: bool = False


@dataclass(frozen=True, slots=True)
class ClaimReview:
    """Somebody looked at a claim about training data. ``review_on``: the day to look again; None means never."""

    claim: str
    reviewed_at: datetime
    review_on: date | None = None


@dataclass(frozen=True, slots=True)
class LineageFacts:
    """What is known of the training data, what contradicts it, and when somebody last looked at it.

    ``completeness``: whether ``uses`` is the whole list, as far as anybody states.
    """

    uses: tuple[TrainingUse, ...] = ()
    contradictions: tuple[Contradiction, ...] = ()
    completeness: Completeness = Completeness.UNKNOWN
    reviews: tuple[ClaimReview, ...] = ()
