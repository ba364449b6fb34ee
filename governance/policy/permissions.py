"""What the owner of a picture allowed, set against what the picture's own file says.

A permission counts with a document, verified by a second person, and not past its end. With a document that nobody
has verified the answer is open; without one it is no permission.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from governance.policy.conditions import any_of
from governance.policy.decision import Tri
from governance.policy.facts_picture import InputFacts, InputPermission
from governance.policy.phrases import day
from governance.policy.signals import statement


@dataclass(frozen=True, slots=True)
class Answered:
    """A question after the permissions were heard: what remains of it, and which permission said what."""

    result: Tri
    note: str

    def after(self, text: str) -> str:
        """The text with the note behind it."""
        return f"{text} {self.note}".strip()


def answered(unaided: Tri, picture: InputFacts, name: str, at: datetime, *, whole: bool = True) -> Answered:
    """``unaided``: what holds without permission. ``name``: the statement in question, as the signal names it; empty
    for the picture as a whole. ``whole``: a permission for the picture as a whole answers it too."""
    if unaided is Tri.SATISFIED:
        return Answered(unaided, "")
    wanted = {statement(name), *(("",) if whole else ())}
    speaking = sorted(_speaking(picture.permissions, wanted), key=lambda permission: permission.ref)
    heard = [_heard(permission, at) for permission in speaking]
    result = any_of((unaided, *(result for result, _ in heard)))
    return Answered(result, " ".join(note for _, note in heard))


def _speaking(permissions: Iterable[InputPermission], wanted: set[str]) -> Iterable[InputPermission]:
    return (permission for permission in permissions if statement(permission.property) in wanted)


def _heard(permission: InputPermission, at: datetime) -> tuple[Tri, str]:
    name = f"Permission {permission.ref} by {permission.granted_by}"
    until = permission.valid_until
    if permission.evidence_count < 1:
        return Tri.UNSATISFIED, f"{name} has no document and counts for nothing."
    if until is not None and until < at.date():
        return Tri.UNSATISFIED, f"{name} ended on {day(until)}."
    if not permission.verified:
        return Tri.UNKNOWN, f"{name} would allow it; no second person has verified it yet."
    return Tri.SATISFIED, f"{name} allows it{f' until {day(until)}' if until else ''}."
