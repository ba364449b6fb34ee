"""USE, GOV: is the purpose known, is our own policy in order?"""

from __future__ import annotations

from collections.abc import Iterable

from governance.policy.cures import determination_cures
from governance.policy.decision import Cure, CureKind, Layer, Tri
from governance.policy.phrases import listed, sentence
from governance.policy.rule import Observation, Rule, Weighing
from governance.policy.words import Severity, UseClass


def facts_known(weighing: Weighing) -> Iterable[Observation]:
    """USE-001. A target whose facts nobody has stated is not permitted by default."""
    use = weighing.case.use
    settled = use.determined is not None and use.use_class is UseClass.COMMERCIAL
    unknown = () if settled else use.unknown
    missing = listed(unknown)
    yield Observation(
        result=Tri.UNKNOWN if unknown else Tri.SATISFIED,
        subject=weighing.case.facts.target.target_ref,
        got=f"Not stated: {missing}." if unknown else "Every fact the purpose depends on is stated.",
        required="Whether the work is billed, earns money, or is for-profit internal use.",
        message=f"The target does not say {missing}, so nobody can tell whether the use is commercial."
        if unknown
        else "The facts of the target are stated.",
        cures=(Cure(CureKind.RECORD_FACT, f"State on the target {missing}", "The check runs again at once."),)
        if unknown
        else (),
    )


def determination_stands(weighing: Weighing) -> Iterable[Observation]:
    """USE-002. A determination lives as long as the facts it rests on, and only with the right signature."""
    use = weighing.case.use
    if weighing.case.facts.target.determination is None:
        return
    commercial_anyway = use.presumed and not use.unknown
    yield Observation(
        result=Tri.UNSATISFIED if use.void else Tri.SATISFIED,
        subject=weighing.case.facts.target.target_ref,
        got=sentence(use.void) if use.void else "The determination rests on today's facts.",
        required="A determination of today's facts; non-commercial needs the signature of legal.",
        message=sentence(use.void) if use.void else "The recorded determination stands.",
        # Where facts presume a commercial use anyway, losing the determination changes nothing but must be seen.
        severity=Severity.WARN if commercial_anyway else None,
        cures=determination_cures(use, weighing.case.facts) if use.void else (),
    )


def presumption_unrebutted(weighing: Weighing) -> Iterable[Observation]:
    """USE-003. Says when a refusal turns on the presumption that the use is commercial, or on nobody having
    said."""
    case = weighing.case
    use = case.use
    stops = any(
        stop.code == "LIC-011"
        for verdict in weighing.verdicts
        if verdict.relied is None
        for entry in verdict.weighed
        for stop in entry.report.stops
    )
    if use.determined is not None and use.grounds and use.use_class is UseClass.NON_COMMERCIAL:
        yield _rebutted(weighing)
        return
    undetermined = use.use_class is UseClass.UNDETERMINED
    if not stops or not use.rebuttable or use.unknown:
        return
    grounds = listed(use.grounds)
    text = f"The use is presumed commercial: {grounds}. Nobody has determined otherwise."
    open_text = "No fact makes the use commercial, but nobody has determined that it is non-commercial either."
    yield Observation(
        result=Tri.UNKNOWN if undetermined else Tri.UNSATISFIED,
        subject=case.facts.target.target_ref,
        got=open_text if undetermined else text,
        required="A determination of non-commercial use, signed by legal.",
        message=open_text if undetermined else f"{text} Non-commercial needs legal's signature.",
        severity=Severity.REVIEW if undetermined else None,
        cures=determination_cures(use, case.facts),
    )


def _rebutted(weighing: Weighing) -> Observation:
    use = weighing.case.use
    ref = use.determined.ref if use.determined else ""
    text = f"Legal determined the use non-commercial ({ref}) although {listed(use.grounds)}."
    return Observation(
        result=Tri.UNSATISFIED,
        subject=weighing.case.facts.target.target_ref,
        got=text,
        required="A non-commercial use that no fact speaks against.",
        message=f"{text} The determination rules; the tension stays visible.",
    )


def policy_approved(weighing: Weighing) -> Iterable[Observation]:
    """GOV-001. Settings nobody approved bind nobody."""
    policy = weighing.case.facts.policy
    state = "approved" if policy.approved else "not approved"
    yield Observation(
        result=Tri.SATISFIED if policy.approved else Tri.UNSATISFIED,
        got=f"Organisation policy, revision {policy.revision}: {state}.",
        required="An approved policy.",
        message=f"The organisation's policy, revision {policy.revision}, is {state}.",
        cures=()
        if policy.approved
        else (Cure(CureKind.RECORD_FACT, f"Have policy revision {policy.revision} approved", "By another person."),),
    )


RULES = (
    Rule(
        "USE-001", "The facts that make a use commercial are known", Layer.ORG_POLICY, Severity.REVIEW,
        "State the missing facts on the target.", facts_known,
        legal_reference="CC BY-NC 4.0, section 1(i): what the use is primarily intended for",
    ),
    Rule(
        "USE-002", "The use determination stands", Layer.ORG_POLICY, Severity.REVIEW,
        "Have legal determine the use again.", determination_stands,
        legal_reference="CC BY-NC 4.0, section 1(i): what the use is primarily intended for",
    ),
    Rule(
        "USE-003", "A presumption of commercial use is rebutted only by legal", Layer.ORG_POLICY, Severity.WARN,
        "If the use really is non-commercial, ask legal to determine it.", presumption_unrebutted,
        legal_reference="CC BY-NC 4.0, section 1(i): what the use is primarily intended for",
    ),
    Rule(
        "GOV-001", "The organisation's policy is approved", Layer.ORG_POLICY, Severity.REVIEW,
        "Have the policy revision approved.", policy_approved,
        legal_reference="Organisation policy: another person approves each revision",
    ),
)  # fmt: skip
