"""Weighs the grants: between grants "or", inside one "and", across the artefacts of a run "and".

Public declarations of one artefact are not alternatives to each other. When several places state a licence,
the conservative reading holds: every accepted one must permit; an open one can only take away.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from governance.licensing.catalogue_words import DeclarationRank, DeclarationStatus
from governance.licensing.expression import NOASSERTION
from governance.licensing.terms import Action, DutyKind, Encoding, LeftOperand
from governance.policy.actions import Request
from governance.policy.case import Case
from governance.policy.choosing import choose, finish
from governance.policy.conditions import all_of, any_of
from governance.policy.decision import Duty, GrantReport, Stop, Tri
from governance.policy.entitled import HOSTED, evaluation_stops, over_quota, quota_stops, scope_stops
from governance.policy.entitled_term import standing_stops
from governance.policy.facts_artefact import ArtefactFacts
from governance.policy.grants import Grant, GrantKind, Overage
from governance.policy.phrases import sentence, words
from governance.policy.readings import reading_duties, reading_stops, stop_text
from governance.policy.relief import HoldScope
from governance.policy.weighed import GRANTING, ArtefactVerdict, Weighed, bought, declaration_result, is_granting
from governance.policy.words import ArtefactRole

_CODE_ACTIONS = (Action.RUN_INFERENCE, Action.OFFER_AS_SERVICE, Action.DISTRIBUTE_WEIGHTS)


def weigh(artefact: ArtefactFacts, grants: Sequence[Grant], case: Case) -> ArtefactVerdict:
    """The verdict for one artefact. Order of grants does not matter."""
    heard = _Heard(case, _requests_for(artefact, case))
    weighed = [_weigh_one(grant, artefact, heard) for grant in grants if _speaks_of(grant, artefact)]
    weighed.sort(key=lambda entry: entry.grant.ref)
    hosted = case.facts.route.hosting_mode in HOSTED
    public = Tri.UNSATISFIED if hosted else _public_result(artefact, weighed)
    result = any_of([public, *[entry.report.result for entry in weighed if bought(entry)]])
    relied = choose(weighed, public, artefact, case) if result is Tri.SATISFIED else None
    final = tuple([finish(entry, relied, public, artefact) for entry in weighed])
    chosen = next((entry for entry in final if entry.report.relied_upon), None)
    return ArtefactVerdict(artefact, result, public, final, chosen, _stopped(final))


def _stopped(weighed: Iterable[Weighed]) -> dict[str, list[Weighed]]:
    found: dict[str, list[Weighed]] = {}
    for entry in weighed:
        if entry.report.stops and bought(entry):
            for code in {stop.code for stop in entry.report.stops}:
                found.setdefault(code, []).append(entry)
    return found


def _public_result(artefact: ArtefactFacts, weighed: Sequence[Weighed]) -> Tri:
    """The conservative reading of every place that states a licence and has not been set aside."""
    read = {entry.grant.declaration for entry in weighed}
    results: list[Tri] = []
    granting = False
    for index, declaration in enumerate(artefact.declarations):
        if declaration.expression.strip() == NOASSERTION:
            continue
        result = declaration_result(index, artefact, weighed)
        if is_granting(declaration):
            granting = True
            results.append(result)
        elif declaration.status is DeclarationStatus.OPEN:
            # An open question can refuse only where somebody who may grant is known to say no.
            known = index in read and declaration.rank in (*GRANTING, DeclarationRank.GATE_TERMS)
            results.append(result if known else any_of((result, Tri.UNKNOWN)))
        elif declaration.status is DeclarationStatus.ACCEPTED:
            results.append(result)
    if not results:
        return Tri.UNSATISFIED
    # With nothing but remarks and re-hosters' labels the question stays open at best.
    return all_of(results if granting else [*results, Tri.UNKNOWN])


class _Heard:
    """What each reading says of this case. Many grants rest on one reading, so it is worked out once."""

    def __init__(self, case: Case, requests: tuple[Request, ...]) -> None:
        self.case, self.requests = case, requests
        self._stops: dict[int, tuple[Stop, ...]] = {}
        self._names: dict[int, str] = {}

    def named(self, readings: tuple[Encoding, ...]) -> str:
        """The readings as a report names them."""
        if len(readings) != 1:
            return ", ".join([_named(reading) for reading in readings])
        found = self._names.get(id(readings[0]))
        if found is None:
            found = self._names[id(readings[0])] = _named(readings[0])
        return found

    def stops(self, reading: Encoding) -> tuple[Stop, ...]:
        """Where the reading stops. The grants hold on to their readings, so an identity stays one reading's."""
        found = self._stops.get(id(reading))
        if found is None:
            found = self._stops[id(reading)] = reading_stops(reading, self.requests, self.case)
        return found


def _named(reading: Encoding) -> str:
    return f"{reading.license_id} revision {reading.revision}"


def _weigh_one(grant: Grant, artefact: ArtefactFacts, heard: _Heard) -> Weighed:
    case = heard.case
    stops = _hold_stops(grant, case)
    if grant.scope is not None:
        stops.extend(scope_stops(grant.scope, case))
    if grant.kind is GrantKind.PUBLIC_LICENSE:
        stops.extend(_hosted_stops(case))
    else:
        stops.extend(_bought_stops(grant, case))
    if not grant.readings:
        stops.append(Stop("LIC-001", "terms", "terms that were read", "none", Tri.UNSATISFIED))
    if grant.kind is not GrantKind.PUBLIC_LICENSE or case.facts.route.hosting_mode not in HOSTED:
        for reading in grant.readings:
            stops.extend(heard.stops(reading))
    result = all_of([stop.result for stop in stops])
    report = GrantReport(
        grant=grant.ref,
        title=grant.title,
        kind=grant.kind,
        artefact=artefact.ref,
        result=result,
        where_it_stops=" ".join([sentence(stop_text(stop)) for stop in stops]),
        stops=tuple(stops),
        reading=heard.named(grant.readings),
    )
    # Duties come with relying on a grant, and only one that permits is ever relied on.
    return Weighed(grant, report, _duties(grant, heard) if result is Tri.SATISFIED else ())


def _bought_stops(grant: Grant, case: Case) -> list[Stop]:
    if grant.standing is None or grant.scope is None:
        return [Stop("ENT-006", "evidence", "a recorded contract", "none", Tri.UNSATISFIED)]
    trial = evaluation_stops(case) if grant.kind is GrantKind.EVALUATION else ()
    return [*standing_stops(grant, grant.standing, case), *quota_stops(grant, case), *trial]


def _hosted_stops(case: Case) -> Iterable[Stop]:
    # The public licence of the weights is no leave to use somebody else's service.
    mode = case.facts.route.hosting_mode
    if mode in HOSTED:
        required = "machines that hold the weights themselves"
        yield Stop("LIC-010", LeftOperand.HOSTING_MODE.value, required, words(mode), Tri.UNSATISFIED)


def _hold_stops(grant: Grant, case: Case) -> list[Stop]:
    return [
        Stop("HOLD-001", "hold", "none in force", f"{hold.ref}: {hold.reason}", Tri.UNSATISFIED)
        for hold in case.holds
        if hold.scope is HoldScope.GRANT and hold.scope_ref == grant.ref
    ]


def _duties(grant: Grant, heard: _Heard) -> tuple[Duty, ...]:
    case = heard.case
    duties = [duty for reading in grant.readings for duty in reading_duties(reading, heard.requests, case, grant.ref)]
    for quota in grant.quotas:
        if not case.releasing and quota.overage is Overage.ALLOW_AND_REPORT and over_quota(quota, case):
            text = f"Report the outputs beyond the quota of {quota.limit} to the licensor."
            duties.append(Duty(DutyKind.REPORT_USAGE, text, grant.ref))
    return tuple(duties)


def _requests_for(artefact: ArtefactFacts, case: Case) -> tuple[Request, ...]:
    if artefact.role is not ArtefactRole.CODE:
        return case.requests
    return tuple(request for request in case.requests if request.action in _CODE_ACTIONS)


def _speaks_of(grant: Grant, artefact: ArtefactFacts) -> bool:
    if grant.kind is GrantKind.PUBLIC_LICENSE:
        return grant.artefact == artefact.ref
    if grant.artefact is not None:
        return grant.artefact == artefact.ref
    # A licence for a model covers what the vendor built into it, not code from elsewhere.
    return artefact.role is not ArtefactRole.CODE
