"""LIN: what the model was trained on, and what our own policy makes of it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from governance.licensing.catalogue_words import Standing, TermsClass
from governance.licensing.terms import DutyKind
from governance.policy.cures import waiver_cure
from governance.policy.decision import Cure, CureKind, Duty, Layer, Outcome, Tri
from governance.policy.facts_lineage import ClaimReview, TrainingUse
from governance.policy.lineage import PARTIAL, grade_of, lineage_grade, training
from governance.policy.phrases import day, listed, sentence, word
from governance.policy.rule import Observation, Rule, Weighing
from governance.policy.words import ResearchDataPolicy, Severity

_GRADE_TITLE = "Training data is documented as this kind of target demands"
_RESEARCH_TITLE = "No training data with research-only terms"
_PARTIAL = "the list of data sets is not complete"
_REVIEW_TITLE = "No review of a claim about training data is overdue"
_CLAIM_TITLE = "No claim about training data is contradicted"


def grade_suffices(weighing: Weighing) -> Iterable[Observation]:
    """LIN-001. The organisation may demand a grade for a kind of target."""
    facts = weighing.case.facts
    demands = [entry.minimum for entry in facts.policy.lineage_demands if entry.target_kind is facts.target.kind]
    if not demands:
        return
    minimum = max(demands, key=lambda level: level.strength)
    grade = lineage_grade(facts.lineage)
    met = grade.strength >= minimum.strength
    weak = [_described(use) for use in training(facts.lineage) if grade_of(use).strength < minimum.strength]
    if facts.lineage.completeness in PARTIAL:
        weak.append(_PARTIAL)
    names = listed(weak) or "nothing is known of the training data"
    yield Observation(
        result=Tri.SATISFIED if met else Tri.UNSATISFIED,
        got=f"Lineage grade: {word(grade)}." if met else f"Lineage grade: {word(grade)} ({names}).",
        required=f"At least {word(minimum)}, for {word(facts.target.kind)}.",
        clause=f"Organisation policy, revision {facts.policy.revision}",
        message=f"The lineage of {facts.route.title} is {word(grade)}, as demanded."
        if met
        else f"Your policy asks for lineage {word(minimum)} on {word(facts.target.kind)}; here {names}.",
        cures=() if met else (_documented_model(weighing), waiver_cure(_GRADE_TITLE)),
    )


def _documented_model(weighing: Weighing) -> Cure:
    passing = [
        entry.title
        for entry in weighing.case.facts.route.alternatives
        if Outcome(entry.outcome).allows and entry.model != weighing.case.facts.route.model
    ]
    consequence = f"Would pass here: {listed(passing, 'or')}." if passing else "None that was checked here passes yet."
    return Cure(CureKind.OTHER_MODEL, "Use a model with documented lineage", consequence)


def claims_stand(weighing: Weighing) -> Iterable[Observation]:
    """LIN-002. Counter-evidence holds work until somebody has looked at it, and stays visible afterwards."""
    for entry in weighing.case.facts.lineage.contradictions:
        yield Observation(
            result=Tri.UNSATISFIED,
            subject=entry.source,
            got=f"Claimed: {entry.claim} Against it: {entry.counter}",
            required="No contradiction, or one that somebody has reviewed.",
            message=f"A claim about the training data of {weighing.case.facts.route.title} is contradicted."
            + (" It has been reviewed." if entry.reviewed else " Nobody has reviewed that yet."),
            severity=Severity.WARN if entry.reviewed else None,
            cures=()
            if entry.reviewed
            else (
                Cure(CureKind.RECORD_FACT, "Have legal review the contradicted claim", "The finding stays visible."),
                waiver_cure(_CLAIM_TITLE),
            ),
        )


def reviews_current(weighing: Weighing) -> Iterable[Observation]:
    """LIN-003. A claim somebody promised to look at again, and nobody has."""
    today = weighing.case.at.date()
    latest = {entry.claim: entry for entry in sorted(weighing.case.facts.lineage.reviews, key=_reviewed)}
    for claim, entry in sorted(latest.items()):
        overdue = entry.review_on is not None and entry.review_on < today
        due = f"due again on {day(entry.review_on)}" if entry.review_on else "not due again"
        found = f"{sentence(claim)} Reviewed on {day(entry.reviewed_at)}, {due}."
        again = Cure(CureKind.RECORD_FACT, "Have legal review the claim again", "The finding ends with the review.")
        yield Observation(
            result=Tri.UNSATISFIED if overdue else Tri.SATISFIED,
            subject=claim,
            got=found,
            required="A review that is not overdue.",
            message=f"A review of a claim about {weighing.case.facts.route.title} is overdue: {found}"
            if overdue
            else found,
            cures=(again, waiver_cure(_REVIEW_TITLE)) if overdue else (),
        )


def _reviewed(entry: ClaimReview) -> tuple[datetime, str]:
    return (entry.reviewed_at, entry.review_on.isoformat() if entry.review_on else "")


def no_research_data(weighing: Weighing) -> Iterable[Observation]:
    """LIN-004. Data sets whose terms allow research only; what that means for weights is disputed."""
    facts = weighing.case.facts
    found = [
        use
        for use in training(facts.lineage)
        if use.terms is TermsClass.RESEARCH_ONLY and use.standing is Standing.STATED
    ]
    setting = facts.policy.research_only_data
    severity = {
        ResearchDataPolicy.BLOCK: Severity.BLOCK,
        ResearchDataPolicy.REVIEW: Severity.REVIEW,
        ResearchDataPolicy.ALLOW: Severity.WARN,
    }[setting]
    if not found:
        return
    names = listed(_named(use) for use in found)
    waive = setting is not ResearchDataPolicy.ALLOW
    yield Observation(
        result=Tri.UNSATISFIED,
        got=f"Trained on {names}: research only.",
        required="Training data whose terms allow the use, or a person's decision to accept the risk.",
        clause=f"Organisation policy, revision {facts.policy.revision}: research-only data, {setting.value}",
        message=f"{facts.route.title} was trained on {names}, whose terms allow research only. "
        "Whether such terms reach the weights is disputed; it is for a person to decide, not for us to pass over.",
        severity=severity,
        cures=(_documented_model(weighing), waiver_cure(_RESEARCH_TITLE)) if waive else (),
        duties=(_record(names, "research-only terms", "LIN-004"),),
    )


def terms_known(weighing: Weighing) -> Iterable[Observation]:
    """LIN-005. Open data terms stop nothing by themselves; they are recorded with the output, so that nobody
    can say later that the question was not seen."""
    facts = weighing.case.facts
    uses = training(facts.lineage)
    unclear = [_described(use) for use in uses if _is_open(use)]
    if facts.lineage.completeness in PARTIAL:
        unclear.append(_PARTIAL)
    if uses and not unclear:
        text = "The terms of all training data that is known are stated."
        yield Observation(Tri.SATISFIED, text, "Stated terms for all training data.", text)
        return
    names = listed(unclear) or "nothing is known of the training data"
    yield Observation(
        result=Tri.UNSATISFIED,
        got=f"{names[0].upper()}{names[1:]}.",
        required="Stated terms for all training data.",
        message=f"The data terms behind {facts.route.title} are open: {names}. Nothing forbids this use today.",
        duties=(_record(names, "open data terms", "LIN-005"),),
    )


def _is_open(use: TrainingUse) -> bool:
    return use.terms in (TermsClass.NONE_STATED, TermsClass.UNKNOWN) or use.standing is Standing.INFERRED


def _record(names: str, what: str, code: str) -> Duty:
    text = f"Keep the warning on {what} with the output's record, and tell the client when asked: {names}."
    return Duty(DutyKind.KEEP_RECORDS, text, code, "Organisation policy: open questions travel with the output")


def _named(use: TrainingUse) -> str:
    return f"{use.dataset} ({word(use.evidence)})"


def _described(use: TrainingUse) -> str:
    if use.standing is Standing.INFERRED:
        return f"{use.dataset} is only inferred, nobody states it"
    reasons = {TermsClass.NONE_STATED: "states no terms", TermsClass.UNKNOWN: "has unknown terms"}
    return f"{use.dataset} {reasons.get(use.terms, f'is {word(use.evidence)} only')}"


_OWN = Layer.ORG_POLICY
RULES = (
    Rule(
        "LIN-001", _GRADE_TITLE, _OWN, Severity.REVIEW,
        "Use a model with documented lineage, or ask for a waiver.", grade_suffices, waivable=True,
        legal_reference="Organisation policy: evidence of training data by kind of target",
    ),
    Rule(
        "LIN-002", _CLAIM_TITLE, _OWN, Severity.REVIEW,
        "Review the counter-evidence and record what follows from it.", claims_stand, waivable=True,
        legal_reference="Organisation policy: claims about training data and what speaks against them",
    ),
    Rule(
        "LIN-003", _REVIEW_TITLE, _OWN, Severity.WARN,
        "Review the claim again and record what follows.", reviews_current, waivable=True,
        legal_reference="ISO/IEC 42001:2023, Annex A.7.5",
    ),
    Rule(
        "LIN-004", _RESEARCH_TITLE, _OWN, Severity.REVIEW,
        "Use a model trained on data with clear terms, or ask for a waiver.", no_research_data, waivable=True,
        legal_reference="Data set terms, for example DIS5K section 2", set_by="research_only_data",
    ),
    Rule(
        "LIN-005", "The terms of the training data are stated", _OWN, Severity.WARN,
        "Nothing to do now; a model with stated data terms would not carry this warning.", terms_known,
        legal_reference="Organisation policy: open questions travel with the output",
    ),
)  # fmt: skip
