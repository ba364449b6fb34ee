"""ART: the weights are what they are said to be. Size and name prove nothing; the digest does."""

from __future__ import annotations

from collections.abc import Iterable

from governance.licensing.catalogue_words import DerivationKind
from governance.policy.decision import Cure, CureKind, Layer, Tri
from governance.policy.entitled import HOSTED
from governance.policy.facts_artefact import DerivedFrom
from governance.policy.phrases import word
from governance.policy.rule import Observation, Rule, Weighing
from governance.policy.weighed import ArtefactVerdict
from governance.policy.words import Severity, Stage


def weights_known(weighing: Weighing) -> Iterable[Observation]:
    """ART-001. A file whose SHA-256 is in no record has no licence, no lineage and no name."""
    route = weighing.case.facts.route
    if route.hosting_mode in HOSTED:
        return
    digest = route.weights_sha256
    known = digest is not None and route.weights_known
    found = f"SHA-256 {_short(digest)}" if digest else "no digest"
    yield Observation(
        result=Tri.SATISFIED if known else Tri.UNSATISFIED,
        subject=digest or "",
        got=f"Weights with {found}, {'recorded' if known else 'in no record'}.",
        required="A weights file recorded by its SHA-256, with where it came from.",
        message=f"The weights are recorded: {found}."
        if known
        else f"Nobody knows these weights ({found}). Name and size prove nothing: other models' files share them.",
        cures=()
        if known
        else (
            Cure(CureKind.OPERATE, "Use a recorded weights file", "Or record this one with its source and licence."),
        ),
    )


def loaded_as_decided(weighing: Weighing) -> Iterable[Observation]:
    """ART-002. The bytes loaded are the bytes decided on."""
    route = weighing.case.facts.route
    if route.loaded_sha256 is None:
        return
    same = route.loaded_sha256 == route.weights_sha256
    yield Observation(
        result=Tri.SATISFIED if same else Tri.UNSATISFIED,
        subject=route.loaded_sha256,
        got=f"The file loaded has SHA-256 {_short(route.loaded_sha256)}.",
        required=f"The file decided on, SHA-256 {_short(route.weights_sha256)}.",
        message="The file loaded is the one decided on."
        if same
        else "The file loaded is not the one this decision was made for. No output is made from it.",
        cures=()
        if same
        else (Cure(CureKind.OPERATE, "Restore the decided weights file", "Find out who replaced it, and why."),),
    )


def nothing_widened(weighing: Weighing) -> Iterable[Observation]:
    """ART-003. What is converted, tuned or distilled from a file carries no wider licence than that file. Only a
    design that was drawn again from its description carries nothing along."""
    verdicts = {verdict.artefact.ref: verdict for verdict in weighing.verdicts}
    for verdict in weighing.verdicts:
        for origin in verdict.artefact.derived_from:
            if origin.kind is not DerivationKind.ARCHITECTURE_ONLY:
                yield _derived(verdict, origin, verdicts.get(origin.parent))


def _derived(verdict: ArtefactVerdict, origin: DerivedFrom, parent: ArtefactVerdict | None) -> Observation:
    child = verdict.artefact
    name = parent.artefact.title if parent else origin.title or origin.parent
    made = f"{child.title} was made from {name} ({word(origin.kind)})"
    if parent is None:
        result, found = Tri.UNKNOWN, f"{made}, whose licence nobody has looked at."
    elif parent.result.rank < verdict.result.rank:
        result, found = parent.result, f"{made}, whose licence is narrower."
    else:
        result, found = Tri.SATISFIED, f"{made}, which allows no less."
    cure = Cure(CureKind.FIX_ENTITLEMENT, f"Obtain a right that covers {name} as well", "Whatever the copy declares.")
    return Observation(
        result=result,
        subject=child.ref,
        got=found,
        required="A licence for the file it was made from that allows as much.",
        message=found if result is Tri.SATISFIED else f"{found} What the copy declares cannot widen it.",
        cures=() if result is Tri.SATISFIED else (cure,),
    )


def weights_present(weighing: Weighing) -> Iterable[Observation]:
    """ART-004. Not a matter of right, but better said now than by a worker."""
    route = weighing.case.facts.route
    if route.hosting_mode in HOSTED or not route.weights_known:
        return
    yield Observation(
        result=Tri.SATISFIED if route.weights_present else Tri.UNSATISFIED,
        subject=route.weights_sha256 or "",
        got=f"The weights file is {'in' if route.weights_present else 'not in'} the local store.",
        required="The file in the local store before a worker takes the work.",
        message="The weights file is at hand."
        if route.weights_present
        else "The weights file has to be obtained first.",
    )


def _short(digest: str | None) -> str:
    return f"{digest[:8]}…{digest[-4:]}" if digest else "none"


RULES = (
    Rule(
        "ART-001", "The weights file is known by its digest", Layer.TECHNICAL, Severity.BLOCK,
        "Use a recorded file, or record this one with its source and licence.", weights_known,
        legal_reference="ISO/IEC 42001:2023, Annex A.6.2.7: documentation of what is run",
    ),
    Rule(
        "ART-002", "The file loaded is the file decided on", Layer.TECHNICAL, Severity.BLOCK,
        "Restore the decided file, then submit again.", loaded_as_decided, stages=(Stage.DISPATCH,),
        legal_reference="ISO/IEC 42001:2023, Annex A.6.2.8: the log says what ran",
    ),
    Rule(
        "ART-003", "What is derived carries no wider licence", Layer.THIRD_PARTY_RIGHT, Severity.BLOCK,
        "Obtain a right to the file it was made from, or take one that was made from something else.", nothing_widened,
        legal_reference="Berne Convention, article 12: adaptations need the author's leave",
    ),
    Rule(
        "ART-004", "The weights file is at hand", Layer.TECHNICAL, Severity.WARN,
        "An operator obtains the weights into the local store.", weights_present,
        stages=(Stage.PREVIEW, Stage.SUBMIT, Stage.DISPATCH),
        legal_reference="None: a matter of operation",
    ),
)  # fmt: skip
