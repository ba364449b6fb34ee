"""Commercial or not: a presumption from facts, rebutted or confirmed by an attributed determination.

A billed, monetised or for-profit internal use is presumed commercial. Non-commercial is never presumed: it
takes a determination signed by legal, resting on facts that are known and have not changed since.
"""

from __future__ import annotations

from dataclasses import dataclass

from governance.policy.facts_target import Determination, TargetFacts
from governance.policy.words import Answer, UseClass

LEGAL = "legal"
INTERNAL = "it is used inside a for-profit company"


@dataclass(frozen=True, slots=True)
class UseAssessment:
    """The class of use and what it rests on.

    ``grounds``: facts that presume a commercial use. ``unknown``: facts that nobody has stated. ``void``: why
    a recorded determination does not stand, or empty. ``determined``: the determination that does.
    """

    use_class: UseClass
    grounds: tuple[str, ...]
    unknown: tuple[str, ...]
    void: str
    determined: Determination | None

    @property
    def presumed(self) -> bool:
        """True when commercial follows from facts alone."""
        return self.use_class is UseClass.COMMERCIAL and self.determined is None

    @property
    def rebuttable(self) -> bool:
        """True when a determination could honestly find the use non-commercial: not for work that is billed
        or earns."""
        return self.use_class is UseClass.UNDETERMINED or (self.presumed and self.grounds == (INTERNAL,))


def assess_use(target: TargetFacts) -> UseAssessment:
    """The class of use of a target, conservatively: what is not known is undetermined."""
    flags = (
        (target.billable, "the work is billed to the client", "whether the work is billed"),
        (target.monetised, "the target earns money", "whether the target earns money"),
        (
            target.for_profit_internal,
            INTERNAL,
            "whether it is for-profit internal use",
        ),
    )
    grounds = tuple(text for answer, text, _ in flags if answer is Answer.YES)
    unknown = tuple(text for answer, _, text in flags if answer is Answer.UNKNOWN)
    void = _void(target)
    stands = target.determination if target.determination is not None and not void else None
    return UseAssessment(_class(stands, grounds, unknown), grounds, unknown, void, stands)


def _void(target: TargetFacts) -> str:
    determination = target.determination
    if determination is None:
        return ""
    if determination.facts_sha256 != target.use_digest():
        return f"determination {determination.ref} rests on facts that have changed since it was signed"
    if determination.result is UseClass.NON_COMMERCIAL and determination.signed_by_role != LEGAL:
        return (
            f"determination {determination.ref} says non-commercial but was signed by "
            f"{determination.signed_by_role or 'nobody'}, not by legal"
        )
    if determination.result is UseClass.UNDETERMINED:
        return f"determination {determination.ref} leaves the question open"
    return ""


def _class(stands: Determination | None, grounds: tuple[str, ...], unknown: tuple[str, ...]) -> UseClass:
    if stands is not None and stands.result is UseClass.COMMERCIAL:
        return UseClass.COMMERCIAL
    if stands is not None and not unknown:
        return UseClass.NON_COMMERCIAL
    if grounds and stands is None:
        return UseClass.COMMERCIAL
    return UseClass.UNDETERMINED
