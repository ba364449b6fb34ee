"""REL: may an output that exists go to this target?"""

from __future__ import annotations

from collections.abc import Iterable

from governance.policy.decision import Cure, CureKind, Layer, Tri
from governance.policy.phrases import day, word
from governance.policy.rule import Observation, Rule, Severity, Weighing
from governance.policy.words import Answer, Stage, UseClass


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
        "REL-002", "The output's record is verified", Layer.TECHNICAL, Severity.BLOCK,
        "Verify the record; an output without one may not leave.", record_verified, stages=_RELEASE,
    ),
    Rule(
        "REL-003", "No recall of the output is open", Layer.ORG_POLICY, Severity.BLOCK,
        "Close the recall first, with its reasons.", not_recalled, stages=_RELEASE,
    ),
    Rule(
        "REL-004", "The output keeps the purpose it was made for", Layer.THIRD_PARTY_RIGHT, Severity.REVIEW,
        "Make the cutout again under a right that covers this target.", purpose_kept, stages=_RELEASE,
        legal_reference="CC BY-NC 4.0, section 2(a)(1)",
    ),
)  # fmt: skip
