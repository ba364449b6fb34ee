"""ENT: purchased rights, each with the place where it stops."""

from __future__ import annotations

from collections.abc import Iterable

from governance.policy.cures import entitlement_cures
from governance.policy.decision import Cure, CureKind, Layer, Stop, Tri
from governance.policy.entitled import end_of, last_day, placement_covered
from governance.policy.phrases import count_of, day, listed, sentence
from governance.policy.readings import stop_text
from governance.policy.rule import Check, Observation, Rule, Severity, Weighing
from governance.policy.weighing import ArtefactVerdict, Weighed

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
            for entry in verdict.entitlements():
                stops = tuple(stop for stop in entry.report.stops if stop.code == code)
                if stops:
                    yield _stopped(code, entry, stops, verdict, weighing)
                elif entry.report.relied_upon:
                    yield _holding(code, entry)

    return check


def _stopped(
    code: str, entry: Weighed, stops: tuple[Stop, ...], verdict: ArtefactVerdict, weighing: Weighing
) -> Observation:
    worst = min((stop.result for stop in stops), key=lambda result: result.rank)
    message = _MESSAGES[code].format(grant=entry.grant.ref)
    where = " ".join(sentence(stop_text(stop)) for stop in stops)
    moot = verdict.relied is not None
    return Observation(
        # One right that fails refuses nothing while another may carry the work.
        result=worst if worst.rank >= verdict.result.rank or moot else verdict.result,
        subject=entry.grant.ref,
        got=sentence("; ".join(f"{stop.left.replace('_', ' ')}: {stop.got}" for stop in stops)),
        required=sentence("; ".join(f"{stop.left.replace('_', ' ')}: {stop.required}" for stop in stops)),
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
        end = end_of(entry.grant.standing) if entry.grant.standing else None
        if end is None or end <= weighing.case.at:
            continue
        left = (end - weighing.case.at).days
        soon = left < days_ahead
        yield Observation(
            result=Tri.UNSATISFIED if soon else Tri.SATISFIED,
            subject=entry.grant.ref,
            got=f"It ends on {day(end)}, in {count_of(left, 'day')}.",
            required=f"More than {count_of(days_ahead, 'day')} left.",
            message=f"{entry.grant.ref} ends on {day(end)}." + (" Renew it in time." if soon else ""),
        )


def placement_survives(weighing: Weighing) -> Iterable[Observation]:
    """ENT-005. Outputs that stay in use after the right has ended need a right that outlives it."""
    for entry in _relied(weighing):
        if entry.grant.standing is None or (end := end_of(entry.grant.standing)) is None:
            continue
        result = placement_covered(entry.grant, weighing.case)
        until = weighing.case.facts.target.valid_until
        placed = f"until {day(until)}" if until else "with no end date"
        last = day(last_day(entry.grant, end))
        survival = entry.grant.survival.value.replace("_", " ")
        met = result is Tri.SATISFIED
        yield Observation(
            result=result,
            subject=entry.grant.ref,
            got=f"The outputs stay in use {placed}; under {entry.grant.ref} they survive {survival}, last day {last}.",
            required="A right to the outputs for as long as they are used.",
            message=f"The outputs may stay in use for as long as the target says, under {entry.grant.ref}."
            if met
            else f"The outputs might stay in use after {last}, when {entry.grant.ref} no longer carries them.",
            cures=()
            if met
            else (
                Cure(
                    CureKind.CHANGE_TARGET,
                    f"Give the target an end before {last}",
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


def _relied(weighing: Weighing) -> Iterable[Weighed]:
    for verdict in weighing.verdicts:
        if verdict.relied is not None and verdict.relied in verdict.entitlements():
            yield verdict.relied


_RIGHT = Layer.THIRD_PARTY_RIGHT
RULES = (
    Rule(
        "ENT-001", "The entitlement is in force", _RIGHT, Severity.BLOCK,
        "Renew it, or use another right.", _stopping("ENT-001"),
    ),
    Rule(
        "ENT-002", "The entitlement covers this work", _RIGHT, Severity.BLOCK,
        "Extend it, change the target, or take a route it covers.", _stopping("ENT-002"),
    ),
    Rule(
        "ENT-003", "The entitlement's quota suffices", _RIGHT, Severity.BLOCK,
        "Raise the quota, submit fewer pictures, or wait for the next period.", _stopping("ENT-003"),
    ),
    Rule(
        "ENT-004", "The entitlement does not end soon", _RIGHT, Severity.WARN,
        "Renew it before it ends.", ends_soon,
    ),
    Rule(
        "ENT-005", "Outputs do not outlive the entitlement", _RIGHT, Severity.REVIEW,
        "Give the target an end date, or agree that outputs survive.", placement_survives,
    ),
    Rule(
        "ENT-006", "The entitlement's evidence is verified", _RIGHT, Severity.BLOCK,
        "Attach the document and have a second person verify it.", _stopping("ENT-006"),
    ),
    Rule(
        "ENT-007", "Outputs may be used after the entitlement's end", _RIGHT, Severity.BLOCK,
        "Renew the entitlement, or agree that outputs survive it.", _stopping("ENT-007"),
    ),
    Rule(
        "DUT-001", "No duty of the grant is overdue", _RIGHT, Severity.REVIEW,
        "Fulfil the duty and record the evidence.", duties_kept,
    ),
)  # fmt: skip
