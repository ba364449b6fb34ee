"""Weighs the grants: between grants "or", inside one "and", across the artefacts of a run "and".

Public declarations of one artefact are not alternatives to each other. When several places state a licence,
the conservative reading holds: every accepted one must permit; an open one can only take away.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from governance.licensing.catalogue_words import DeclarationRank, DeclarationStatus
from governance.licensing.expression import NOASSERTION
from governance.licensing.terms import Action, DutyKind, LeftOperand
from governance.policy.actions import Request
from governance.policy.case import Case
from governance.policy.conditions import all_of, any_of
from governance.policy.decision import Duty, GrantReport, Stop, Tri
from governance.policy.entitled import HOSTED, blemishes, over_quota, quota_stops, scope_stops, standing_stops
from governance.policy.facts import ArtefactFacts, LicenseDeclaration
from governance.policy.grants import Grant, GrantKind, Overage
from governance.policy.phrases import sentence, words
from governance.policy.readings import reading_duties, reading_stops, stop_text
from governance.policy.relief import HoldScope
from governance.policy.words import ArtefactRole

GRANTING = (
    DeclarationRank.LICENSE_FILE,
    DeclarationRank.MODEL_CARD,
    DeclarationRank.LINKED_AGREEMENT,
    DeclarationRank.VENDOR_DOCUMENTATION,
    DeclarationRank.AUTHOR_STATEMENT,
)
_CODE_ACTIONS = (Action.RUN_INFERENCE, Action.OFFER_AS_SERVICE, Action.DISTRIBUTE_WEIGHTS)


@dataclass(frozen=True, slots=True)
class Weighed:
    """One grant with its report and the duties that come with relying on it."""

    grant: Grant
    report: GrantReport
    duties: tuple[Duty, ...]


@dataclass(frozen=True, slots=True)
class ArtefactVerdict:
    """What all grants together say for one artefact. ``public`` is the public licences' own answer."""

    artefact: ArtefactFacts
    result: Tri
    public: Tri
    weighed: tuple[Weighed, ...]
    relied: Weighed | None

    def entitlements(self) -> tuple[Weighed, ...]:
        """The purchased rights among the grants considered."""
        return tuple(entry for entry in self.weighed if entry.grant.kind is not GrantKind.PUBLIC_LICENSE)

    def licenses(self) -> tuple[Weighed, ...]:
        """The public licences that count: neither outranked nor set aside."""
        return tuple(
            entry
            for entry in self.weighed
            if entry.grant.kind is GrantKind.PUBLIC_LICENSE and not entry.report.outranked
        )


def weigh(artefact: ArtefactFacts, grants: Sequence[Grant], case: Case) -> ArtefactVerdict:
    """The verdict for one artefact. Order of grants does not matter."""
    relevant = sorted((grant for grant in grants if _speaks_of(grant, artefact)), key=lambda grant: grant.ref)
    weighed = [_weigh_one(grant, artefact, case) for grant in relevant]
    hosted = case.facts.route.hosting_mode in HOSTED
    public = Tri.UNSATISFIED if hosted else _public_result(artefact, weighed)
    bought = any_of(entry.report.result for entry in weighed if _bought(entry))
    result = any_of((public, bought))
    relied = _choose(weighed, public, artefact, case) if result is Tri.SATISFIED else None
    final = tuple(_finish(entry, relied, public, artefact) for entry in weighed)
    chosen = next((entry for entry in final if entry.report.relied_upon), None)
    return ArtefactVerdict(artefact, result, public, final, chosen)


def declaration_result(index: int, artefact: ArtefactFacts, weighed: Iterable[Weighed]) -> Tri:
    """What one declaration's licence says: the best of its alternatives; a licence nobody has read permits
    nothing."""
    return any_of(entry.report.result for entry in weighed if entry.grant.declaration == index)


def is_granting(declaration: LicenseDeclaration) -> bool:
    """Accepted, and weighty enough to rely on: a remark or a re-hoster's label is neither."""
    return declaration.status is DeclarationStatus.ACCEPTED and declaration.rank in GRANTING


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


def _weigh_one(grant: Grant, artefact: ArtefactFacts, case: Case) -> Weighed:
    requests = _requests_for(artefact, case)
    stops = list(_hold_stops(grant, case))
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
            stops.extend(reading_stops(reading, requests, case))
    report = GrantReport(
        grant=grant.ref,
        title=grant.title,
        kind=grant.kind.value,
        artefact=artefact.ref,
        result=all_of(stop.result for stop in stops),
        where_it_stops=" ".join(sentence(stop_text(stop)) for stop in stops),
        stops=tuple(stops),
        reading=", ".join(f"{reading.license_id} revision {reading.revision}" for reading in grant.readings),
    )
    return Weighed(grant, report, _duties(grant, requests, case))


def _bought_stops(grant: Grant, case: Case) -> list[Stop]:
    if grant.standing is None or grant.scope is None:
        return [Stop("ENT-006", "evidence", "a recorded contract", "none", Tri.UNSATISFIED)]
    return [*standing_stops(grant, grant.standing, case), *quota_stops(grant, case)]


def _hosted_stops(case: Case) -> Iterable[Stop]:
    # The public licence of the weights is no leave to use somebody else's service.
    mode = case.facts.route.hosting_mode
    if mode in HOSTED:
        required = "machines that hold the weights themselves"
        yield Stop("LIC-010", LeftOperand.HOSTING_MODE.value, required, words(mode), Tri.UNSATISFIED)


def _hold_stops(grant: Grant, case: Case) -> Iterable[Stop]:
    for hold in case.holds:
        if hold.scope is HoldScope.GRANT and hold.scope_ref == grant.ref:
            yield Stop("HOLD-001", "hold", "none in force", f"{hold.ref}: {hold.reason}", Tri.UNSATISFIED)


def _duties(grant: Grant, requests: tuple[Request, ...], case: Case) -> tuple[Duty, ...]:
    duties = [duty for reading in grant.readings for duty in reading_duties(reading, requests, case, grant.ref)]
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


def _bought(entry: Weighed) -> bool:
    return entry.grant.kind is not GrantKind.PUBLIC_LICENSE


def _choose(weighed: Sequence[Weighed], public: Tri, artefact: ArtefactFacts, case: Case) -> Weighed | None:
    """The grant relied upon: the one with least left open, then with fewest duties, then a public licence
    (it uses up nothing), then by reference."""
    candidates = [
        entry
        for entry in weighed
        if entry.report.result is Tri.SATISFIED
        and (_bought(entry) or (public is Tri.SATISFIED and _counts(entry, artefact)))
    ]

    def preference(entry: Weighed) -> tuple[int, int, bool, str]:
        return (blemishes(entry.grant, case), len(entry.duties), _bought(entry), entry.grant.ref)

    return min(candidates, key=preference, default=None)


def _counts(entry: Weighed, artefact: ArtefactFacts) -> bool:
    index = entry.grant.declaration
    return index is not None and index < len(artefact.declarations) and is_granting(artefact.declarations[index])


def _finish(entry: Weighed, relied: Weighed | None, public: Tri, artefact: ArtefactFacts) -> Weighed:
    report = entry.report
    if relied is not None and entry.grant.ref == relied.grant.ref:
        return replace(entry, report=replace(report, relied_upon=True))
    if entry.grant.status in (DeclarationStatus.SUPERSEDED, DeclarationStatus.SET_ASIDE):
        return _outranked(entry, "Not relied on: this declaration has been superseded or set aside.")
    permits = not _bought(entry) and report.result is Tri.SATISFIED
    if permits and (public is not Tri.SATISFIED or not _counts(entry, artefact)):
        return _outranked(
            entry, "It would permit this, but it cannot be relied on: it is open, or a stricter one stands."
        )
    return entry


def _outranked(entry: Weighed, text: str) -> Weighed:
    return replace(entry, report=replace(entry.report, outranked=True, where_it_stops=text))
