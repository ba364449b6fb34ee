"""LIC-010 and following: do the grants, public or bought, permit what is asked for?"""

from __future__ import annotations

from collections.abc import Iterable

from governance.licensing.terms import Action
from governance.policy.choosing import unplaceable
from governance.policy.cures import alternative_cures, determination_cures, entitlement_cures, purchase_cures
from governance.policy.decision import Cure, CureKind, Layer, Stop, Tri
from governance.policy.phrases import ACTION, count_of, listed, sentence, word
from governance.policy.rule import Observation, Rule, Weighing
from governance.policy.weighed import ArtefactVerdict
from governance.policy.words import Severity, UseClass

_NO_WAIVER = "A waiver cannot help: a third party's right is not ours to waive."


def grants_permit(weighing: Weighing) -> Iterable[Observation]:
    """LIC-010. For every artefact one grant must permit everything that is asked for."""
    asked = listed(ACTION[request.action] for request in weighing.case.requests)
    for verdict in weighing.verdicts:
        title = verdict.artefact.title
        considered = [entry.report for entry in verdict.weighed]
        if verdict.relied is not None:
            relied = verdict.relied.report
            yield Observation(
                result=Tri.SATISFIED,
                subject=verdict.artefact.ref,
                got=f"{relied.title} ({relied.grant}) permits it.",
                required=f"A grant that allows us to {asked}.",
                message=f"{relied.title} allows us to {asked} with {title}.",
            )
            continue
        certain = verdict.result is Tri.UNSATISFIED
        verb = "No grant allows us" if certain else "No grant is known to allow us"
        yield Observation(
            result=verdict.result,
            subject=verdict.artefact.ref,
            got=f"{count_of(len(considered), 'grant').capitalize()} considered for {title}. {verb} to do this."
            if considered
            else f"There is no grant for {title}.",
            required=f"One grant that allows us to {asked}.",
            clause=_first_clause(verdict),
            message=f"{verb} to {asked} with {title}. {_NO_WAIVER if certain else ''}".strip(),
            how_to_fix="" if certain else "Settle what is not known about the grant that comes closest.",
            cures=_grant_cures(weighing, verdict),
        )


def _first_clause(verdict: ArtefactVerdict) -> str:
    return next((stop.clause for stop in _stops(verdict) if stop.clause), "")


def _stops(verdict: ArtefactVerdict) -> list[Stop]:
    return [stop for entry in verdict.weighed if not entry.report.outranked for stop in entry.report.stops]


def _grant_cures(weighing: Weighing, verdict: ArtefactVerdict) -> tuple[Cure, ...]:
    facts = weighing.case.facts
    cures = [cure for entry in verdict.entitlements() for cure in entitlement_cures(entry, facts)]
    reserved = any(stop.code == "LIC-011" for stop in _stops(verdict))
    cures += purchase_cures(facts, weighing.grants, reserved)
    cures += alternative_cures(facts)
    if reserved:
        cures += determination_cures(weighing.case.use, facts)
    return tuple(cures)


def commercial_use_permitted(weighing: Weighing) -> Iterable[Observation]:
    """LIC-011. A non-commercial licence cannot carry a commercial use, nor one that nobody has determined."""
    use = weighing.case.use
    for verdict in weighing.verdicts:
        stops = [
            stop
            for entry in verdict.licenses()
            for stop in entry.report.stops
            if stop.code == "LIC-011" and verdict.relied is None
        ]
        if not stops:
            continue
        worst = min((stop.result for stop in stops), key=lambda result: result.rank)
        titles = listed(
            dict.fromkeys(
                entry.report.title.removeprefix("Public licence ")
                for entry in verdict.licenses()
                if any(stop.code == "LIC-011" for stop in entry.report.stops)
            )
        )
        found = f"The public licence of {verdict.artefact.title} is {titles}."
        known = use.use_class is UseClass.COMMERCIAL
        purpose = (
            f"The use is commercial: {listed(use.grounds) or 'so determined'}."
            if known
            else ("Whether the use is commercial has not been determined.")
        )
        yield Observation(
            result=_capped(worst, verdict),
            subject=verdict.artefact.ref,
            got=f"{found} {purpose}",
            required="A grant for a commercial purpose."
            if known
            else "A use known to be non-commercial, or such a grant.",
            clause=next((stop.clause for stop in stops if stop.clause), ""),
            message=f"{found} {purpose} It permits non-commercial purposes only.",
            severity=_explaining(verdict),
        )


def weights_stay(weighing: Weighing) -> Iterable[Observation]:
    """LIC-020. Weights go to others only where a grant says so."""
    if not any(request.action is Action.DISTRIBUTE_WEIGHTS for request in weighing.case.requests):
        return
    for verdict in weighing.verdicts:
        stops = [stop for stop in _stops(verdict) if stop.left == Action.DISTRIBUTE_WEIGHTS or stop.code == "LIC-020"]
        if verdict.relied is not None or not stops:
            continue
        level = weighing.case.facts.target.weights_distribution
        yield Observation(
            result=_capped(min((stop.result for stop in stops), key=lambda result: result.rank), verdict),
            subject=verdict.artefact.ref,
            got=f"The target distributes the weights ({word(level)}). No grant allows that.",
            required="A grant that permits distributing the weights to whoever receives them.",
            clause=next((stop.clause for stop in stops if stop.clause), ""),
            message=f"The weights of {verdict.artefact.title} would be passed on without permission.",
            severity=_explaining(verdict),
            cures=(
                Cure(
                    CureKind.CHANGE_TARGET,
                    "Leave the weights out of what is delivered",
                    "Then only the outputs are judged.",
                ),
            ),
        )


def _capped(result: Tri, verdict: ArtefactVerdict) -> Tri:
    # The reason given may not be graver than the verdict it explains.
    return result if result.rank >= verdict.result.rank else verdict.result


def _explaining(verdict: ArtefactVerdict) -> Severity | None:
    return Severity.WARN if verdict.relied is not None else None


def duties_can_be_met(weighing: Weighing) -> Iterable[Observation]:
    """LIC-030. An attribution duty on a target with no room for it needs a person's look."""
    kind = weighing.case.facts.target.kind
    for verdict in weighing.verdicts:
        for duty in unplaceable(verdict.relied.duties, weighing.case) if verdict.relied else ():
            yield Observation(
                result=Tri.UNKNOWN,
                subject=duty.source,
                got=f"{sentence(duty.text)} The target is {word(kind)}.",
                required="A place where the attribution can reasonably be given.",
                clause=duty.clause,
                message=f"It is not clear that the attribution can be given on {word(kind)}.",
            )


RULES = (
    Rule(
        "LIC-010", "A grant permits what is asked for", Layer.THIRD_PARTY_RIGHT, Severity.BLOCK,
        "Obtain a right that covers it, take another route or model, or change the target.", grants_permit,
        legal_reference="Berne Convention, articles 9(1) and 12: what nobody licenses stays reserved",
    ),
    Rule(
        "LIC-011", "A non-commercial licence cannot carry a commercial use", Layer.THIRD_PARTY_RIGHT, Severity.BLOCK,
        "Obtain a commercial licence, or use a model whose licence permits commercial use.",
        commercial_use_permitted, legal_reference="CC BY-NC 4.0, sections 1(i) and 2(a)(1)",
    ),
    Rule(
        "LIC-020", "Weights are distributed only with permission", Layer.THIRD_PARTY_RIGHT, Severity.BLOCK,
        "Leave the weights out, or use weights whose licence permits passing them on.", weights_stay,
        legal_reference="Berne Convention, article 9(1): copies need leave",
    ),
    Rule(
        "LIC-030", "Duties can be met on this target", Layer.THIRD_PARTY_RIGHT, Severity.REVIEW,
        "Say where the attribution will stand, or choose another grant.", duties_can_be_met,
        legal_reference="CC BY-NC 4.0, section 3(a)(2)",
    ),
)  # fmt: skip
