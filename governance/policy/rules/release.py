"""REL: may an output that exists go to this target?"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from governance.policy.cures import waiver_cure
from governance.policy.decision import Cure, CureKind, Layer, Tri
from governance.policy.facts_picture import OutputFacts
from governance.policy.phrases import count_of, day, word
from governance.policy.rule import Observation, Rule, Weighing
from governance.policy.words import Answer, Severity, Stage, UseClass

_FRESH_TITLE = "The output rests on what is known today"


def decision_fresh(weighing: Weighing) -> Iterable[Observation]:
    """REL-001. An output rests on a decision that may be old, and on a picture that is known otherwise by now."""
    output = weighing.case.facts.output
    if output is None:
        return
    most = weighing.case.facts.policy.decision_max_age_days
    stale = _age_problem(output, most, weighing.case.at)
    changed = [f"What is known of its picture has changed since it was made: {text}" for text in output.changed_inputs]
    unknown = stale is not None and output.decided_at is None and not changed
    problems = [*changed, *((stale,) if stale else ())]
    result = Tri.UNKNOWN if unknown else Tri.UNSATISFIED if problems else Tri.SATISFIED
    limit = f" no more than {count_of(most, 'day')} old" if most is not None else ""
    found = f"{output.ref}: {' '.join(problems)}" if problems else f"{output.ref} rests on what is known today."
    again = Cure(CureKind.OTHER_ROUTE, "Make the cutout again", "Its new record rests on what is known today.")
    yield Observation(
        result=result,
        subject=output.ref,
        got=found,
        required=f"A decision{limit} on what is still known of the picture.",
        clause=f"Organisation policy, revision {weighing.case.facts.policy.revision}",
        message=found,
        cures=(again, waiver_cure(_FRESH_TITLE)) if problems else (),
    )


def _age_problem(output: OutputFacts, most: int | None, at: datetime) -> str | None:
    if most is None:
        return None
    if output.decided_at is None:
        return "When the decision it rests on was made is not known."
    age = at - output.decided_at
    if age <= timedelta(days=most):
        return None
    return f"The decision it rests on, of {day(output.decided_at)}, is {count_of(age.days, 'day')} old."


def record_verified(weighing: Weighing) -> Iterable[Observation]:
    """REL-002. No output leaves without its provenance record, verified."""
    output = weighing.case.facts.output
    answer = output.record_verified if output else Answer.NO
    result = {Answer.YES: Tri.SATISFIED, Answer.NO: Tri.UNSATISFIED, Answer.UNKNOWN: Tri.UNKNOWN}[answer]
    states = {
        Answer.YES: "The output's provenance record was verified.",
        Answer.NO: "The output has no provenance record that can be verified.",
        Answer.UNKNOWN: "The output's provenance record has not been verified yet.",
    }
    yield Observation(
        result=result,
        subject=output.ref if output else "",
        got=states[answer],
        required="One provenance record whose digest, signature and place in the ledger were checked.",
        message=states[answer],
    )


def not_recalled(weighing: Weighing) -> Iterable[Observation]:
    """REL-003. A recalled output stays where it is."""
    output = weighing.case.facts.output
    if output is None:
        return
    text = f"A recall of {output.ref} is open." if output.recall_open else f"No recall of {output.ref} is open."
    result = Tri.UNSATISFIED if output.recall_open else Tri.SATISFIED
    yield Observation(result, text, "No open recall.", text, subject=output.ref)


def purpose_kept(weighing: Weighing) -> Iterable[Observation]:
    """REL-004. An output carries the purpose it was made for; a right bought later did not carry the run."""
    output = weighing.case.facts.output
    if output is None:
        return
    now = weighing.case.use.use_class
    widened = output.made_for is not UseClass.COMMERCIAL and now is not UseClass.NON_COMMERCIAL
    made = f"{output.ref} was made on {day(output.made_at)} for {_class(output.made_for)}"
    yield Observation(
        result=Tri.UNSATISFIED if widened else Tri.SATISFIED,
        subject=output.ref,
        got=f"{made}, for target {output.target_ref}.",
        required="An output made for this class of use.",
        message=f"{made}; this target is {_class(now)}. A right to the one is no right to the other."
        if widened
        else "The output goes to a use of the class it was made for.",
        cures=(
            Cure(
                CureKind.OTHER_ROUTE,
                "Make the cutout again for this target",
                "Under a right that covers it; the new output has its own record.",
            ),
        )
        if widened
        else (),
    )


def _class(use_class: UseClass) -> str:
    return "a use nobody determined" if use_class is UseClass.UNDETERMINED else f"a {word(use_class)} use"


_RELEASE = (Stage.RELEASE,)
RULES = (
    Rule(
        "REL-001", _FRESH_TITLE, Layer.ORG_POLICY, Severity.REVIEW,
        "Look at what has changed and clear it again, or make the cutout again.", decision_fresh, waivable=True,
        stages=_RELEASE, legal_reference="Organisation policy: how long a decision carries an output",
    ),
    Rule(
        "REL-002", "The output's record is verified", Layer.TECHNICAL, Severity.BLOCK,
        "Verify the record; an output without one may not leave.", record_verified, stages=_RELEASE,
        legal_reference="ISO/IEC 42001:2023, Annex A.6.2.8: every output has its record",
    ),
    Rule(
        "REL-003", "No recall of the output is open", Layer.ORG_POLICY, Severity.BLOCK,
        "Close the recall first, with its reasons.", not_recalled, stages=_RELEASE,
        legal_reference="Organisation policy: recalls",
    ),
    Rule(
        "REL-004", "The output keeps the purpose it was made for", Layer.THIRD_PARTY_RIGHT, Severity.REVIEW,
        "Make the cutout again under a right that covers this target.", purpose_kept, stages=_RELEASE,
        legal_reference="CC BY-NC 4.0, section 2(a)(1)",
    ),
)  # fmt: skip
