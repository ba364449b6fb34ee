"""INP: what the picture itself says about being put through a model, retouched, merged or used
commercially."""

from __future__ import annotations

from collections.abc import Iterable

from governance.policy.decision import Cure, CureKind, Layer, Tri
from governance.policy.facts import InputFacts, RightsSignal
from governance.policy.phrases import day
from governance.policy.rule import Observation, Rule, Severity, Weighing
from governance.policy.words import UseClass

_INFERENCE = ("cawg.ai_inference", "c2pa.ai_inference")
_ALTERATION = "ImageAlterationConstraints"
_RELEASES = ("ModelReleaseStatus", "PropertyReleaseStatus")

# PLUS controlled vocabulary, useplus.org: the alterations a cutout makes or prepares.
_ALTERATIONS = {
    "AL-RET": "no retouching",
    "AL-MRG": "no merging",
    "AL-CRP": "no cropping",
}
_OTHER_ALTERATIONS = ("AL-CLR", "AL-DCL", "AL-FLP")
_LIMITED = {"MR-LMR": "model release limited or incomplete", "PR-LPR": "property release limited or incomplete"}
_CLEAR_RELEASES = ("MR-NAP", "MR-UMR", "PR-NAP", "PR-UPR")


def inference_allowed(weighing: Weighing) -> Iterable[Observation]:
    """INP-001. CAWG training and data mining assertion: ``constrained`` without information counts as not
    allowed."""
    for picture, signal in _signals(weighing):
        if _key(signal.property) not in _INFERENCE:
            continue
        result = _inference(signal)
        yield Observation(
            result=result,
            subject=picture.ref,
            got=_found(picture, signal),
            required="A picture whose own statement allows AI inference, or silence.",
            clause=f"{signal.source}: {signal.property}",
            message="The file allows AI inference."
            if result is Tri.SATISFIED
            else f"The file of {picture.ref} says that it may not be the input of an AI model."
            if result is Tri.UNSATISFIED
            else f"The file of {picture.ref} allows AI inference only under conditions that a person has to read.",
            cures=() if result is Tri.SATISFIED else _owner_cures(picture),
        )


def _inference(signal: RightsSignal) -> Tri:
    value = signal.value.strip().lower()
    if value == "allowed":
        return Tri.SATISFIED
    if value == "notallowed" or (value == "constrained" and not signal.constraint_info.strip()):
        return Tri.UNSATISFIED
    return Tri.UNKNOWN


def alteration_allowed(weighing: Weighing) -> Iterable[Observation]:
    """INP-002. PLUS image alteration constraints speak directly to a cutout."""
    for picture, signal in _signals(weighing):
        if _key(signal.property) != _ALTERATION.lower():
            continue
        code = _code(signal.value)
        if code in _OTHER_ALTERATIONS:
            continue
        meaning = _ALTERATIONS.get(code, "a constraint we do not know")
        yield Observation(
            result=Tri.UNSATISFIED if code in _ALTERATIONS else Tri.UNKNOWN,
            subject=picture.ref,
            got=_found(picture, signal),
            required="No constraint on the alterations a cutout makes.",
            clause=f"PLUS {_ALTERATION}: {code}",
            message=f"The file of {picture.ref} carries {code} ({meaning}). A cutout may go against it.",
            cures=_owner_cures(picture),
        )


def releases_suffice(weighing: Weighing) -> Iterable[Observation]:
    """INP-003. A limited release and a use that is commercial, or may be."""
    if weighing.case.use.use_class is UseClass.NON_COMMERCIAL:
        return
    for picture, signal in _signals(weighing):
        code = _code(signal.value)
        if _key(signal.property) not in [name.lower() for name in _RELEASES] or code in _CLEAR_RELEASES:
            continue
        meaning = _LIMITED.get(code, "no complete release is stated")
        yield Observation(
            result=Tri.UNSATISFIED if code in _LIMITED else Tri.UNKNOWN,
            subject=picture.ref,
            got=_found(picture, signal),
            required="Complete releases for commercial use.",
            clause=f"PLUS {signal.property}: {code}",
            message=f"The file of {picture.ref} carries {code} ({meaning}), and the use may be commercial.",
            cures=(Cure(CureKind.RECORD_FACT, f"Record the full release for {picture.ref}", "With its document."),),
        )


def input_licensed(weighing: Weighing) -> Iterable[Observation]:
    """INP-004. The right to the picture itself may have ended, or end before the target does."""
    for picture in weighing.case.facts.inputs:
        if picture.licensed_until is None:
            continue
        ended = picture.licensed_until < weighing.case.at.date()
        until = day(picture.licensed_until)
        yield Observation(
            result=Tri.UNSATISFIED if ended else Tri.SATISFIED,
            subject=picture.ref,
            got=f"{picture.ref} may be used until {until}.",
            required="A picture we may still use.",
            message=f"The right to use {picture.ref} ended on {until}." if ended else f"{picture.ref} may be used.",
            cures=_owner_cures(picture) if ended else (),
        )


def _signals(weighing: Weighing) -> Iterable[tuple[InputFacts, RightsSignal]]:
    for picture in weighing.case.facts.inputs:
        for signal in picture.signals:
            yield picture, signal


def _key(name: str) -> str:
    # Readers write plus:ImageAlterationConstraints, XMP-plus:…, or the bare name.
    cleaned = name.strip().lower()
    return cleaned if cleaned in _INFERENCE else cleaned.rsplit(":", 1)[-1]


def _code(value: str) -> str:
    # PLUS values come bare or as the URI of the vocabulary: …/ldf/vocab/AL-RET.
    return value.strip().rstrip("/").rsplit("/", 1)[-1].upper()


def _found(picture: InputFacts, signal: RightsSignal) -> str:
    info = f" ({signal.constraint_info})" if signal.constraint_info else ""
    return f"{picture.ref}: {signal.property} = {signal.value}{info}, read from {signal.source}."


def _owner_cures(picture: InputFacts) -> tuple[Cure, ...]:
    return (
        Cure(CureKind.OPERATE, f"Leave {picture.ref} out", "The other pictures are judged without it."),
        Cure(
            CureKind.RECORD_FACT,
            f"Ask the owner of {picture.ref} for permission",
            "In writing. Record it, and have the picture supplied with a corrected statement.",
        ),
    )


_INPUT = Layer.INPUT_RIGHT
RULES = (
    Rule(
        "INP-001", "The picture may be put through an AI model", _INPUT, Severity.BLOCK,
        "Leave the picture out, or obtain the owner's permission.", inference_allowed,
        legal_reference="CAWG training and data mining assertion 1.1",
    ),
    Rule(
        "INP-002", "The picture may be altered as a cutout does", _INPUT, Severity.REVIEW,
        "Ask the owner whether a cutout is meant.", alteration_allowed,
        legal_reference="PLUS image alteration constraints",
    ),
    Rule(
        "INP-003", "The releases of the picture suffice", _INPUT, Severity.REVIEW,
        "Record the complete release with its document.", releases_suffice,
        legal_reference="PLUS model and property release status",
    ),
    Rule(
        "INP-004", "The right to the picture has not ended", _INPUT, Severity.BLOCK,
        "Renew the right to the picture, or leave it out.", input_licensed,
    ),
)  # fmt: skip
