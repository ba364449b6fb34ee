"""Facts about the pictures that go in and the output that comes out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from governance.policy.words import Answer, UseClass


@dataclass(frozen=True, slots=True)
class RightsSignal:
    """One rights statement found in a picture's own file, raw: property ``cawg.ai_inference``, value
    ``notAllowed``."""

    source: str
    property: str
    value: str
    constraint_info: str = ""


@dataclass(frozen=True, slots=True)
class InputPermission:
    """What somebody entitled to it has allowed for one picture, whatever the file says.

    ``property``: the statement in the file it answers, as the signal names it; empty means the picture as a whole:
    its use by a model, its alteration, and the end of its licence. ``valid_until``: its last day; None means no end.
    """

    ref: str
    property: str
    granted_by: str
    evidence_count: int
    verified: bool
    valid_until: date | None = None


@dataclass(frozen=True, slots=True)
class InputFacts:
    """One input picture: its signals, the last day we may use it, if its licence ends, and what its owner allowed.

    ``read`` false: nobody has read the file's own statements, so having no signals means nothing.
    """

    ref: str
    signals: tuple[RightsSignal, ...] = ()
    licensed_until: date | None = None
    permissions: tuple[InputPermission, ...] = ()
    read: bool = True


@dataclass(frozen=True, slots=True)
class OutputFacts:
    """The output being released: when, for which class of use and under which grants it was made.

    ``decided_at``: when the decision it rests on was made, that of its last release or else of its dispatch; None
    means not known. ``changed_inputs``: what has changed about its picture since it was made, in words.
    """

    ref: str
    made_at: datetime
    made_for: UseClass
    made_under: tuple[str, ...]
    target_ref: str
    record_verified: Answer = Answer.UNKNOWN
    recall_open: bool = False
    decided_at: datetime | None = None
    changed_inputs: tuple[str, ...] = ()
