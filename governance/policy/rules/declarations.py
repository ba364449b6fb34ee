"""LIC-001, LIC-002: is a licence stated, have we read it, and do the places that state one agree?"""

from __future__ import annotations

from collections.abc import Iterable

from governance.licensing.catalogue_words import DeclarationRank, DeclarationStatus, ResolutionStatus
from governance.licensing.expression import NOASSERTION
from governance.policy.decision import Cure, CureKind, Layer, Tri
from governance.policy.entitled import HOSTED
from governance.policy.facts_artefact import ArtefactFacts, LicenseDeclaration
from governance.policy.phrases import day, listed, sentence, word
from governance.policy.rule import Observation, Rule, Weighing
from governance.policy.weighed import ArtefactVerdict, bought, declaration_result, is_granting
from governance.policy.words import Severity

# What a missing licence does depends on whether something else carries, or may carry, the work.
_EXPLAINING = {Tri.SATISFIED: Severity.WARN, Tri.UNKNOWN: Severity.REVIEW}
_RANKS = {rank: place for place, rank in enumerate(DeclarationRank)}
_AUTHORITIES = (DeclarationRank.LICENSE_FILE, DeclarationRank.MODEL_CARD)


def license_known(weighing: Weighing) -> Iterable[Observation]:
    """LIC-001. The public licence has to be stated, readable and read by us, unless a purchased right carries
    it."""
    if weighing.case.facts.route.hosting_mode in HOSTED:
        return
    for verdict in weighing.verdicts:
        problem, result = _unknown_license(verdict)
        severity = _EXPLAINING.get(verdict.result)
        yield Observation(
            result=result,
            subject=verdict.artefact.ref,
            got=problem or _declared(verdict.artefact),
            required="A licence that is stated, and that we have read and encoded.",
            message=problem or f"The licence of {verdict.artefact.title} is stated and has been read.",
            severity=severity,
        )


def _unknown_license(verdict: ArtefactVerdict) -> tuple[str, Tri]:
    artefact = verdict.artefact
    if all(entry.expression.strip() in ("", NOASSERTION) for entry in artefact.declarations):
        return f"Nobody states a licence for {artefact.title}.", Tri.UNSATISFIED
    read = {entry.grant.declaration for entry in verdict.weighed}
    accepted = [(index, entry) for index, entry in enumerate(artefact.declarations) if is_granting(entry)]
    unread = sorted({entry.expression for index, entry in accepted if index not in read})
    if unread:
        return f"The licence {listed(unread)} of {artefact.title} has not been read and encoded.", Tri.UNSATISFIED
    if not accepted:
        text = f"The licence of {artefact.title} is stated only where it cannot be relied on: {_declared(artefact)}."
        return text, Tri.UNKNOWN
    return "", Tri.SATISFIED


def declarations_agree(weighing: Weighing) -> Iterable[Observation]:
    """LIC-002. Several places, several licences: the conservative reading rules, and every place is
    listed."""
    if weighing.case.facts.route.hosting_mode in HOSTED:
        return
    for verdict in weighing.verdicts:
        artefact = verdict.artefact
        if not artefact.declarations:
            continue
        agree = len({entry.expression for entry in artefact.declarations}) == 1
        carried = verdict.relied is not None and bought(verdict.relied)
        settled = carried or _settled(verdict)
        outcome = (
            "For this use they come to the same." if settled else "The strictest one rules until somebody settles it."
        )
        disagreement = f"The places that state a licence for {artefact.title} disagree. {outcome}"
        yield Observation(
            result=Tri.SATISFIED if agree and settled else Tri.UNSATISFIED,
            subject=artefact.ref,
            got=sentence(_declared(artefact)),
            required="One licence, stated by whoever may grant it.",
            message="Every place states the same licence." if agree and settled else disagreement,
            severity=Severity.WARN if settled else None,
            cures=() if settled else (_settle_cure(artefact),),
        )


def _settled(verdict: ArtefactVerdict) -> bool:
    artefact = verdict.artefact
    if artefact.resolution is ResolutionStatus.UNRESOLVED:
        return False
    live = [
        (index, entry)
        for index, entry in enumerate(artefact.declarations)
        if entry.status in (DeclarationStatus.ACCEPTED, DeclarationStatus.OPEN)
    ]
    if len({entry.expression for _, entry in live}) < 2:
        return True
    accepted = [(index, entry) for index, entry in live if is_granting(entry)]
    if len({entry.expression for _, entry in accepted}) != 1:
        return False
    if not any(entry.rank in _AUTHORITIES for _, entry in accepted):
        return False
    # A weaker place that says something narrower keeps the question open; a looser one changes nothing.
    relied = declaration_result(accepted[0][0], artefact, verdict.weighed)
    return all(declaration_result(index, artefact, verdict.weighed).rank >= relied.rank for index, _ in live)


def _settle_cure(artefact: ArtefactFacts) -> Cure:
    title = f"Have legal settle which licence of {artefact.title} holds"
    return Cure(
        CureKind.RECORD_FACT, title, "Ask whoever may grant it, in writing, and record the answer with its source."
    )


def _declared(artefact: ArtefactFacts) -> str:
    ordered = sorted(artefact.declarations, key=lambda entry: (_RANKS[entry.rank], entry.expression, entry.source))
    return "; ".join(_one_declaration(entry) for entry in ordered) or "no declaration"


def _one_declaration(entry: LicenseDeclaration) -> str:
    dated = f", {day(entry.dated)}" if entry.dated else ", undated"
    status = "" if entry.status is DeclarationStatus.ACCEPTED else f", {word(entry.status)}"
    note = f": {entry.note}" if entry.note else ""
    return f"{entry.expression} ({word(entry.rank)}, {entry.source}{dated}{status}{note})"


RULES = (
    Rule(
        "LIC-001",
        "The licence is stated and has been read",
        Layer.THIRD_PARTY_RIGHT,
        Severity.BLOCK,
        "Find the licence text that came with the file, keep it, and have its encoding approved.",
        license_known,
        legal_reference="Berne Convention, article 9(1): what nobody licenses stays reserved",
    ),
    Rule(
        "LIC-002",
        "The places that state a licence agree",
        Layer.THIRD_PARTY_RIGHT,
        Severity.REVIEW,
        "Have legal settle which declaration holds, and record the answer with its source.",
        declarations_agree,
        legal_reference="Berne Convention, article 9(1): only whoever holds the right can grant it",
    ),
)
