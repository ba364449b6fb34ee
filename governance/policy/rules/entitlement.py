"""ENT: purchased rights, each with the place where it stops."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from governance.policy.conditions import all_of
from governance.policy.cures import entitlement_cures
from governance.policy.decision import Cure, CureKind, Layer, Stop, Tri
from governance.policy.entitled_term import end_of, in_zone, last_day_of_use, placement_covered, silent_since
from governance.policy.phrases import count_of, day, listed, sentence
from governance.policy.readings import stop_text
from governance.policy.rule import Check, Observation, Rule, Weighing
from governance.policy.weighed import ArtefactVerdict, Weighed, bought
from governance.policy.words import Severity

_MESSAGES = {
    "ENT-001": "{grant} is not in force.",
    "ENT-002": "{grant} does not cover this work.",
    "ENT-003": "{grant} has too little of its quota left.",
    "ENT-006": "The evidence for {grant} is not verified.",
    "ENT-007": "The right to use outputs made under {grant} has ended.",
}

_HOLDING = {
    "ENT-001": "{grant} is in force.",
    "ENT-002": "{grant} covers this model, route, target, territory and client.",
    "ENT-003": "The quota of {grant} suffices.",
    "ENT-006": "A second person verified the evidence for {grant}.",
    "ENT-007": "Outputs made under {grant} may be used.",
}
_REQUIRED = {
    "ENT-001": "A right in force at this moment.",
    "ENT-002": "A scope that covers this work.",
    "ENT-003": "Enough left for every output asked for.",
    "ENT-006": "A document, checked by another person than the one who entered it.",
    "ENT-007": "A right to outputs that survives the end of the entitlement.",
}


def _stopping(code: str) -> Check:
    def check(weighing: Weighing) -> Iterable[Observation]:
        for verdict in weighing.verdicts:
            if verdict.relied is not None and bought(verdict.relied):
                yield _holding(code, verdict.relied)
            for entry in verdict.stopped.get(code, ()):
                stops = [stop for stop in entry.report.stops if stop.code == code]
                yield _stopped(code, entry, stops, verdict, weighing)

    return check


def _stopped(
    code: str, entry: Weighed, stops: Sequence[Stop], verdict: ArtefactVerdict, weighing: Weighing
) -> Observation:
    worst = all_of([stop.result for stop in stops])
    message = _MESSAGES[code].format(grant=entry.grant.ref)
    whole = entry.report
    same = len(stops) == len(whole.stops)
    where = whole.where_it_stops if same else " ".join([sentence(stop_text(stop)) for stop in stops])
    sides = [stop.left.replace("_", " ") for stop in stops]
    moot = verdict.relied is not None
    return Observation(
        # One right that fails refuses nothing while another may carry the work.
        result=worst if worst.rank >= verdict.result.rank or moot else verdict.result,
        subject=entry.grant.ref,
        got=sentence("; ".join([f"{side}: {stop.got}" for side, stop in zip(sides, stops, strict=True)])),
        required=sentence("; ".join([f"{side}: {stop.required}" for side, stop in zip(sides, stops, strict=True)])),
        clause=f"{entry.grant.ref} version {entry.grant.version}, {entry.grant.title}",
        message=f"{message} {where}" + (" Another grant carries the work." if moot else ""),
        severity=Severity.WARN if moot else None,
        cures=() if moot else entitlement_cures(entry, weighing.case.facts),
    )


def _holding(code: str, entry: Weighed) -> Observation:
    text = _HOLDING[code].format(grant=entry.grant.ref)
    return Observation(Tri.SATISFIED, text, _REQUIRED[code], text, subject=entry.grant.ref)


def ends_soon(weighing: Weighing) -> Iterable[Observation]:
    """ENT-004. Visible in good time, without stopping anything."""
    days_ahead = weighing.case.facts.policy.warn_days_before_end
    for entry in _relied(weighing):
        standing = entry.grant.standing
        if standing is None or (end := end_of(standing)) is None or end <= weighing.case.at:
            continue
        last = day(in_zone(end, standing))
        left = (end - weighing.case.at).days
        soon = left < days_ahead
        yield Observation(
            result=Tri.UNSATISFIED if soon else Tri.SATISFIED,
            subject=entry.grant.ref,
            got=f"It ends on {last}, in {count_of(left, 'day')}.",
            required=f"More than {count_of(days_ahead, 'day')} left.",
            message=f"{entry.grant.ref} ends on {last}." + (" Renew it in time." if soon else ""),
        )


def placement_survives(weighing: Weighing) -> Iterable[Observation]:
    """ENT-005. Outputs that stay in use after the right has ended need a right that outlives it."""
    for entry in _relied(weighing):
        if entry.grant.standing is None or (end := end_of(entry.grant.standing)) is None:
            continue
        result = placement_covered(entry.grant, weighing.case)
        until = weighing.case.facts.target.valid_until
        placed = f"until {day(until)}" if until else "with no end date"
        last = day(last_day_of_use(entry.grant, entry.grant.standing, end))
        survival = entry.grant.survival.value.replace("_", " ")
        met = result is Tri.SATISFIED
        yield Observation(
            result=result,
            subject=entry.grant.ref,
            got=f"The outputs stay in use {placed}; under {entry.grant.ref} they survive {survival}, last day {last}.",
            required="A right to the outputs for as long as they are used.",
            message=f"The outputs may stay in use for as long as the target says, under {entry.grant.ref}."
            if met
            else f"The outputs might stay in use after {last}, the last day {entry.grant.ref} carries them.",
            cures=()
            if met
            else (
                Cure(
                    CureKind.CHANGE_TARGET,
                    f"Give the target an end by {last}",
                    f"{entry.grant.ref} then covers it.",
                ),
                Cure(
                    CureKind.FIX_ENTITLEMENT,
                    f"Agree that outputs outlive {entry.grant.ref}",
                    "Licence admin records the amendment with its document; a second person verifies it.",
                ),
            ),
        )


def duties_kept(weighing: Weighing) -> Iterable[Observation]:
    """DUT-001. A right whose duties are overdue may be lost."""
    for entry in _relied(weighing):
        overdue = entry.grant.standing.overdue_duties if entry.grant.standing else ()
        yield Observation(
            result=Tri.UNSATISFIED if overdue else Tri.SATISFIED,
            subject=entry.grant.ref,
            got=f"Overdue: {listed(overdue)}." if overdue else "No duty is overdue.",
            required="Every duty of the grant relied upon fulfilled in time.",
            message=f"Duties of {entry.grant.ref} are overdue: {listed(overdue)}."
            if overdue
            else f"The duties of {entry.grant.ref} are kept.",
            cures=(
                Cure(CureKind.RECORD_FACT, f"Fulfil the overdue duties of {entry.grant.ref}", "Record the evidence."),
            )
            if overdue
            else (),
        )


def agent_reports(weighing: Weighing) -> Iterable[Observation]:
    """DUT-002. A licence on condition of a reporting agent is at risk while the agent is silent."""
    most = count_of(weighing.case.facts.policy.agent_silent_days, "day")
    for entry in _relied(weighing):
        standing = entry.grant.standing
        if standing is None or standing.agent is None:
            continue
        silent = silent_since(standing, weighing.case)
        heard = standing.agent.last_acknowledged_at
        last = f"last acknowledged on {day(in_zone(heard, standing))}" if heard else "nothing acknowledged yet"
        yield Observation(
            result=Tri.UNSATISFIED if silent else Tri.SATISFIED,
            subject=entry.grant.ref,
            got=f"Attribution agent: {last}.",
            required=f"A report acknowledged by the licensor within {most}.",
            message=f"The attribution agent that {entry.grant.ref} demands has been silent for more than {most}."
            if silent
            else f"The attribution agent that {entry.grant.ref} demands reports.",
            cures=(
                Cure(
                    CureKind.OPERATE,
                    f"Get the attribution agent of {entry.grant.ref} to report again",
                    "Its next acknowledgement is recorded; held work then runs by itself.",
                ),
            )
            if silent
            else (),
        )


def _relied(weighing: Weighing) -> Iterable[Weighed]:
    for verdict in weighing.verdicts:
        if verdict.relied is not None and bought(verdict.relied):
            yield verdict.relied


_RIGHT = Layer.THIRD_PARTY_RIGHT
RULES = (
    Rule(
        "ENT-001", "The entitlement is in force", _RIGHT, Severity.BLOCK,
        "Renew it, or use another right.", _stopping("ENT-001"),
        legal_reference="The contract, its term",
    ),
    Rule(
        "ENT-002", "The entitlement covers this work", _RIGHT, Severity.BLOCK,
        "Extend it, change the target, or take a route it covers.", _stopping("ENT-002"),
        legal_reference="The contract, its grant and what it leaves out",
    ),
    Rule(
        "ENT-003", "The entitlement's quota suffices", _RIGHT, Severity.BLOCK,
        "Raise the quota, submit fewer pictures, or wait for the next period.", _stopping("ENT-003"),
        legal_reference="The contract, its quota",
    ),
    Rule(
        "ENT-004", "The entitlement does not end soon", _RIGHT, Severity.WARN,
        "Renew it before it ends.", ends_soon,
        legal_reference="The contract, its term",
    ),
    Rule(
        "ENT-005", "Outputs do not outlive the entitlement", _RIGHT, Severity.REVIEW,
        "Give the target an end date, or agree that outputs survive.", placement_survives,
        legal_reference="The contract, what becomes of outputs at its end",
    ),
    Rule(
        "ENT-006", "The entitlement's evidence is verified", _RIGHT, Severity.BLOCK,
        "Attach the document and have a second person verify it.", _stopping("ENT-006"),
        legal_reference="The contract itself, as evidence",
    ),
    Rule(
        "ENT-007", "Outputs may be used after the entitlement's end", _RIGHT, Severity.BLOCK,
        "Renew the entitlement, or agree that outputs survive it.", _stopping("ENT-007"),
        legal_reference="The contract, what becomes of outputs at its end",
    ),
    Rule(
        "DUT-001", "No duty of the grant is overdue", _RIGHT, Severity.REVIEW,
        "Fulfil the duty and record the evidence.", duties_kept,
        legal_reference="The contract, its duties; CC BY-NC 4.0, section 6(a): rights end with a breach",
    ),
    Rule(
        "DUT-002", "The attribution agent reports", _RIGHT, Severity.REVIEW,
        "Get the agent to report again; until then the licence and its indemnity are at risk.", agent_reports,
        legal_reference="Bria documentation, attribution: running the agent is a condition of the commercial licence",
    ),
)  # fmt: skip
