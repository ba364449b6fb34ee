"""Which of the grants that permit the work is relied upon, and what the others are told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from governance.licensing.catalogue_words import DeclarationStatus
from governance.licensing.terms import DutyKind
from governance.policy.case import Case
from governance.policy.decision import Duty, Tri
from governance.policy.entitled_term import placement_covered, silent_since
from governance.policy.facts_artefact import ArtefactFacts
from governance.policy.weighed import Weighed, bought, is_granting
from governance.policy.words import TargetKind

_NO_ROOM = (TargetKind.PACKAGING_POS, TargetKind.OOH, TargetKind.BROADCAST_TV)


def choose(weighed: Sequence[Weighed], public: Tri, artefact: ArtefactFacts, case: Case) -> Weighed | None:
    """The grant relied upon: the one with least left open, then with fewest duties, then a public licence
    (it uses up nothing), then by reference."""
    candidates = [
        entry
        for entry in weighed
        if entry.report.result is Tri.SATISFIED
        and (bought(entry) or (public is Tri.SATISFIED and _counts(entry, artefact)))
    ]

    def preference(entry: Weighed) -> tuple[int, int, bool, str]:
        return (_open_matters(entry, case), len(entry.duties), bought(entry), entry.grant.ref)

    return min(candidates, key=preference, default=None)


def _open_matters(entry: Weighed, case: Case) -> int:
    standing = entry.grant.standing
    neglected = standing is not None and (bool(standing.overdue_duties) or silent_since(standing, case) is not None)
    outlived = placement_covered(entry.grant, case) is not Tri.SATISFIED
    return int(neglected) + int(outlived) + int(bool(unplaceable(entry.duties, case)))


def unplaceable(duties: Sequence[Duty], case: Case) -> tuple[Duty, ...]:
    """Attributions that are owed where there is hardly room for one."""
    if case.facts.target.kind not in _NO_ROOM:
        return ()
    return tuple(duty for duty in duties if duty.kind is DutyKind.ATTRIBUTE)


def _counts(entry: Weighed, artefact: ArtefactFacts) -> bool:
    index = entry.grant.declaration
    return index is not None and index < len(artefact.declarations) and is_granting(artefact.declarations[index])


def finish(entry: Weighed, relied: Weighed | None, public: Tri, artefact: ArtefactFacts) -> Weighed:
    report = entry.report
    if relied is not None and entry.grant.ref == relied.grant.ref:
        return replace(entry, report=replace(report, relied_upon=True))
    if entry.grant.status in (DeclarationStatus.SUPERSEDED, DeclarationStatus.SET_ASIDE):
        return _outranked(entry, "Not relied on: this declaration has been superseded or set aside.")
    permits = not bought(entry) and report.result is Tri.SATISFIED
    if permits and (public is not Tri.SATISFIED or not _counts(entry, artefact)):
        return _outranked(
            entry, "It would permit this, but it cannot be relied on: it is open, or a stricter one stands."
        )
    return entry


def _outranked(entry: Weighed, text: str) -> Weighed:
    return replace(entry, report=replace(entry.report, outranked=True, where_it_stops=text))
