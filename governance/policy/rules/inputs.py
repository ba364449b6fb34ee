"""INP: what the picture itself says about being put through a model, retouched, merged or used
commercially, and what its owner has allowed besides."""

from __future__ import annotations

from collections.abc import Iterable

from governance.licensing.terms import Action
from governance.policy import signals
from governance.policy.decision import Cure, CureKind, Layer, Tri
from governance.policy.facts_picture import InputFacts, RightsSignal
from governance.policy.permissions import answered
from governance.policy.phrases import day
from governance.policy.rule import Observation, Rule, Weighing
from governance.policy.words import Severity, UseClass


def inference_allowed(weighing: Weighing) -> Iterable[Observation]:
    """INP-001. CAWG training and data mining assertion: ``constrained`` without information counts as not
    allowed."""
    texts = {
        Tri.SATISFIED: "The file allows AI inference.",
        Tri.UNSATISFIED: "The file of {ref} says that it may not be the input of an AI model.",
        Tri.UNKNOWN: "The file of {ref} allows AI inference only under conditions that a person has to read.",
    }
    for picture, signal in _signals(weighing):
        if signals.statement(signal.property) != signals.AI_INFERENCE:
            continue
        said = signals.allows(signal)
        answer = answered(said, picture, signal.property, weighing.case.at)
        yield Observation(
            result=answer.result,
            subject=picture.ref,
            got=_found(picture, signal),
            required="A picture whose own statement allows AI inference, or silence, or the owner's permission.",
            clause=f"{signal.source}: {signal.property}",
            message=answer.after(texts[said].format(ref=picture.ref)),
            cures=() if answer.result is Tri.SATISFIED else _owner_cures(picture),
        )


def alteration_allowed(weighing: Weighing) -> Iterable[Observation]:
    """INP-002. PLUS image alteration constraints speak directly to a cutout."""
    for picture, signal in _signals(weighing):
        code = signals.value_code(signal.value)
        if signals.statement(signal.property) != signals.ALTERATION or code in signals.OTHER_ALTERATIONS:
            continue
        meaning = signals.ALTERATIONS.get(code, "a constraint we do not know")
        said = Tri.UNSATISFIED if code in signals.ALTERATIONS else Tri.UNKNOWN
        answer = answered(said, picture, signal.property, weighing.case.at)
        yield Observation(
            result=answer.result,
            subject=picture.ref,
            got=_found(picture, signal),
            required="No constraint on the alterations a cutout makes, or the owner's permission.",
            clause=f"PLUS ImageAlterationConstraints: {code}",
            message=answer.after(f"The file of {picture.ref} carries {code} ({meaning}). A cutout may go against it."),
            cures=() if answer.result is Tri.SATISFIED else _owner_cures(picture),
        )


def releases_suffice(weighing: Weighing) -> Iterable[Observation]:
    """INP-003. A limited release and a use that is commercial, or may be. Whoever is shown has a right of their own:
    the owner's permission for the picture as a whole does not stand in for it."""
    if weighing.case.use.use_class is UseClass.NON_COMMERCIAL:
        return
    for picture, signal in _signals(weighing):
        code = signals.value_code(signal.value)
        if signals.statement(signal.property) not in signals.RELEASES or code in signals.CLEAR_RELEASES:
            continue
        meaning = signals.LIMITED.get(code, "no complete release is stated")
        carried = f"The file of {picture.ref} carries {code} ({meaning}), and the use may be commercial."
        said = Tri.UNSATISFIED if code in signals.LIMITED else Tri.UNKNOWN
        answer = answered(said, picture, signal.property, weighing.case.at, whole=False)
        record = Cure(CureKind.RECORD_FACT, f"Record the full release for {picture.ref}", "With its document.")
        yield Observation(
            result=answer.result,
            subject=picture.ref,
            got=_found(picture, signal),
            required="Complete releases for commercial use.",
            clause=f"PLUS {signal.property}: {code}",
            message=answer.after(carried),
            cures=() if answer.result is Tri.SATISFIED else (record,),
        )


def input_licensed(weighing: Weighing) -> Iterable[Observation]:
    """INP-004. The right to the picture itself may have ended; that it ends before the target does stays visible."""
    target_ends = weighing.case.facts.target.valid_until
    for picture in weighing.case.facts.inputs:
        if picture.licensed_until is None:
            continue
        until = day(picture.licensed_until)
        running = picture.licensed_until >= weighing.case.at.date()
        answer = answered(Tri.SATISFIED if running else Tri.UNSATISFIED, picture, "", weighing.case.at)
        outlived = running and (target_ends is None or picture.licensed_until < target_ends)
        if outlived:
            message = f"The right to use {picture.ref} ends on {until}, before the target does."
        else:
            message = f"{picture.ref} may be used." if running else f"The right to use {picture.ref} ended on {until}."
        yield Observation(
            result=Tri.UNSATISFIED if outlived else answer.result,
            subject=picture.ref,
            got=f"{picture.ref} may be used until {until}.",
            required="A picture we may still use, for as long as the target is in use.",
            message=answer.after(message),
            severity=Severity.WARN if outlived else None,
            cures=() if running or answer.result is Tri.SATISFIED else _owner_cures(picture),
        )


def statements_readable(weighing: Weighing) -> Iterable[Observation]:
    """INP-005. A file whose statements nobody has read, or could read, or that do not check out, is not silent: what
    it says is unknown."""
    for picture in weighing.case.facts.inputs:
        reasons = [(signal.source, signals.doubt(signal)) for signal in picture.signals]
        doubts = [f"The statements of {source} {reason}" for source, reason in reasons if reason]
        if not picture.read:
            doubts.insert(0, "Nobody has read what the file says about its use")
        found = f"{picture.ref}: {'; '.join(doubts)}." if doubts else f"{picture.ref}: its statements were read."
        answer = answered(Tri.UNKNOWN if doubts else Tri.SATISFIED, picture, "", weighing.case.at)
        yield Observation(
            result=answer.result,
            subject=picture.ref,
            got=found,
            required="A file whose rights statements were read and check out, or the owner's permission.",
            message=answer.after(found),
            cures=() if answer.result is Tri.SATISFIED else _owner_cures(picture),
        )


def training_reserved(weighing: Weighing) -> Iterable[Observation]:
    """INP-006. Statements on training and mining do not speak of inference: a cutout trains nothing. They are noted,
    and stop work only where others are meant to train on its outputs."""
    asked = {request.action for request in weighing.case.requests} & {Action.TRAIN_ON_OUTPUT, Action.FINE_TUNE}
    for picture, signal in _signals(weighing):
        if signals.statement(signal.property) not in signals.TRAINING:
            continue
        said = signals.allows_training(signal)
        answer = answered(said, picture, signal.property, weighing.case.at, whole=False)
        effect = (
            "Models are to be trained on the outputs, which are made from it."
            if asked
            else "That is no word on running a model on it, so it stops nothing here; it is noted."
        )
        speaks = "allows" if said is Tri.SATISFIED else "reserves"
        yield Observation(
            result=answer.result,
            subject=picture.ref,
            got=_found(picture, signal),
            required="No reservation against training where models are trained on what is made from the picture.",
            clause=f"{signal.source}: {signal.property}",
            message=answer.after(f"The file of {picture.ref} {speaks} training and data mining. {effect}"),
            severity=None if asked else Severity.WARN,
            cures=_owner_cures(picture) if asked and answer.result is not Tri.SATISFIED else (),
        )


def _signals(weighing: Weighing) -> Iterable[tuple[InputFacts, RightsSignal]]:
    for picture in weighing.case.facts.inputs:
        for signal in picture.signals:
            yield picture, signal


def _found(picture: InputFacts, signal: RightsSignal) -> str:
    info = f" ({signal.constraint_info})" if signal.constraint_info else ""
    return f"{picture.ref}: {signal.property} = {signal.value}{info}, read from {signal.source}."


def _owner_cures(picture: InputFacts) -> tuple[Cure, ...]:
    return (
        Cure(CureKind.OPERATE, f"Leave {picture.ref} out", "The other pictures are judged without it."),
        Cure(
            CureKind.RECORD_FACT,
            f"Ask the owner of {picture.ref} for permission",
            "In writing. Record it with its document; a second person verifies it.",
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
        legal_reference="The picture's own licence",
    ),
    Rule(
        "INP-005", "The picture's rights statements were read and check out", _INPUT, Severity.REVIEW,
        "Have the file read again, or ask the owner for one whose statements are whole.", statements_readable,
        legal_reference="C2PA specification, validation; CAWG training and data mining assertion 1.1",
    ),
    Rule(
        "INP-006", "Nobody trains on a picture that reserves training", _INPUT, Severity.BLOCK,
        "Leave the picture out of what models are trained on, or obtain the owner's permission.", training_reserved,
        legal_reference="Directive (EU) 2019/790, article 4(3); PLUS data mining",
    ),
)  # fmt: skip
