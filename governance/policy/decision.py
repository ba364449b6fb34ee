"""What the evaluator says: an outcome, and for every rule what was found, what was required and what would
help.

A decision is a fact once made: it is stored, never recomputed in place. ``as_json`` is what is stored and
signed.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from governance.licensing.catalogue_words import EvidenceLevel
from governance.licensing.jsonshape import from_plain, to_plain
from governance.licensing.terms import Action, DutyKind
from governance.policy.words import Stage, UseClass


class Outcome(StrEnum):
    """The verdict, best first."""

    PERMIT = "permit"
    DUTIES = "duties"
    REVIEW = "review"
    DENY = "deny"

    def __init__(self, _value: str) -> None:
        # 0 for permit up to 3 for deny: the worst effect of any finding is the outcome.
        self.rank = len(type(self).__members__)
        # True when work may go ahead: permit or duties.
        self.allows = self.rank < 2


class Tri(StrEnum):
    """Kleene's three values: false < unknown < true."""

    UNSATISFIED = "unsatisfied"
    UNKNOWN = "unknown"
    SATISFIED = "satisfied"

    def __init__(self, _value: str) -> None:
        # 0 unsatisfied, 1 unknown, 2 satisfied: "and" is the minimum, "or" the maximum.
        self.rank = len(type(self).__members__)


class Layer(StrEnum):
    """Whose rule it is. Only ``org_policy`` can ever be waived."""

    THIRD_PARTY_RIGHT = "third_party_right"
    ORG_POLICY = "org_policy"
    INPUT_RIGHT = "input_right"
    TECHNICAL = "technical"


class CureKind(StrEnum):
    """What kind of step would help, in the order they are offered."""

    FIX_ENTITLEMENT = "fix_entitlement"
    BUY_LICENSE = "buy_license"
    OTHER_ROUTE = "other_route"
    OTHER_MODEL = "other_model"
    CHANGE_TARGET = "change_target"
    RECORD_FACT = "record_fact"
    REQUEST_WAIVER = "request_waiver"
    OPERATE = "operate"


@dataclass(frozen=True, slots=True)
class Cure:
    """One step that would unblock the work, and what follows from taking it."""

    kind: CureKind
    title: str
    consequence: str


@dataclass(frozen=True, slots=True)
class Duty:
    """Something that has to be done because of this decision. ``source`` is a grant or a rule code."""

    kind: DutyKind
    text: str
    source: str
    clause: str = ""


@dataclass(frozen=True, slots=True)
class Finding:
    """One rule's report. ``raw`` is what the rule says, ``effective`` what remains after waivers; ``effect``
    is what it does to the outcome. ``subject`` names the grant, artefact or picture it speaks of, or is
    empty."""

    code: str
    title: str
    layer: Layer
    raw: Tri
    effective: Tri
    effect: Outcome
    subject: str
    got: str
    required: str
    clause: str
    message: str
    how_to_fix: str
    cures: tuple[Cure, ...] = ()
    duties: tuple[Duty, ...] = ()
    waiver: str | None = None


@dataclass(frozen=True, slots=True)
class Stop:
    """One condition a grant does not meet, in words a person can check: ``left`` is the ODRL left operand or
    the action; ``code`` the rule that reports it."""

    code: str
    left: str
    required: str
    got: str
    result: Tri
    clause: str = ""


@dataclass(frozen=True, slots=True)
class GrantReport:
    """How one grant was judged for one artefact. ``where_it_stops`` is empty when it permits. ``outranked``:
    it would permit, but a stricter or weightier declaration stands beside it."""

    grant: str
    title: str
    kind: str
    artefact: str
    result: Tri
    where_it_stops: str
    stops: tuple[Stop, ...] = ()
    relied_upon: bool = False
    outranked: bool = False
    reading: str = ""


@dataclass(frozen=True, slots=True)
class WaiverUse:
    """A waiver that names this work, applied or not, and why."""

    ref: str
    rule_code: str
    applied: bool
    note: str


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that is different from an earlier decision: ``kind`` is outcome, finding, grant or fact."""

    kind: str
    subject: str
    before: str
    after: str
    message: str


@dataclass(frozen=True, slots=True)
class Decision:
    """The verdict with everything needed to explain and to replay it."""

    outcome: Outcome
    stage: Stage
    at: datetime
    actions: tuple[Action, ...]
    use_class: UseClass
    lineage_grade: EvidenceLevel
    findings: tuple[Finding, ...]
    grants: tuple[GrantReport, ...]
    relied_upon: tuple[str, ...]
    duties: tuple[Duty, ...]
    cures: tuple[Cure, ...]
    waivers: tuple[WaiverUse, ...]
    holds: tuple[str, ...]
    summary: str
    rule_set_digest: str
    evaluator_version: str
    facts_sha256: str
    grants_sha256: str
    waiver_can_help: bool
    changes: tuple[Change, ...] = ()

    @property
    def concerns(self) -> tuple[Finding, ...]:
        """The findings that do not simply hold, worst first: what a page shows under "Why"."""
        return tuple(finding for finding in self.findings if finding.raw is not Tri.SATISFIED)

    def as_json(self) -> dict[str, Any]:
        """Plain JSON without floats, ready for RFC 8785."""
        plain: dict[str, Any] = to_plain(self)
        return plain

    @staticmethod
    def from_json(data: object) -> Decision:
        """The decision stored by ``as_json``. Raises ShapeError naming the key that does not fit."""
        return from_plain(Decision, data)
