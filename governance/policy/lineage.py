"""How well the training data is known: the weakest required part decides."""

from __future__ import annotations

from governance.licensing.catalogue_words import Completeness, EvidenceLevel, Standing, TermsClass, TrainingRole
from governance.policy.facts_lineage import LineageFacts, TrainingUse

PARTIAL = (Completeness.INCOMPLETE, Completeness.INCOMPLETE_FIRST_PARTY_ONLY)


def lineage_grade(lineage: LineageFacts) -> EvidenceLevel:
    """The lowest grade of anything the model was trained on; ``none`` when nothing is known.

    Evaluation sets do not count: the model learnt nothing from them. A list known to be partial is no better
    documented than a vendor's word, however well its entries are.
    """
    grades = [grade_of(use) for use in training(lineage)]
    if grades and lineage.completeness in PARTIAL:
        grades.append(EvidenceLevel.VENDOR_ASSERTED)
    return min(grades, key=lambda level: level.strength, default=EvidenceLevel.NONE)


def training(lineage: LineageFacts) -> tuple[TrainingUse, ...]:
    """The uses that shaped the weights."""
    return tuple(use for use in lineage.uses if use.role is not TrainingRole.EVALUATION)


def grade_of(use: TrainingUse) -> EvidenceLevel:
    """A set known by name whose terms nobody states is no better documented than a vendor's word; what is
    only inferred is not evidenced at all."""
    if use.standing is Standing.INFERRED:
        return EvidenceLevel.NONE
    open_terms = use.terms in (TermsClass.NONE_STATED, TermsClass.UNKNOWN)
    if open_terms and use.evidence.strength > EvidenceLevel.VENDOR_ASSERTED.strength:
        return EvidenceLevel.VENDOR_ASSERTED
    return use.evidence
