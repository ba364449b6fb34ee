"""What the evaluator is given: plain, frozen facts, complete enough to replay the decision years later.

Nothing here is looked up: the caller gathers every fact. ``unknown`` is a value of its own and never means
"no". Facts hold opaque references only (``ENT-0017``, ``CLI-3``), no names and no prices. Each noun has a
module of its own (``facts_target`` …); whoever gathers facts finds them all here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from governance.licensing.jsonshape import from_plain, to_plain
from governance.licensing.terms import Action
from governance.policy.digests import record_sha256
from governance.policy.facts_artefact import ArtefactFacts, DerivedFrom, LicenseDeclaration
from governance.policy.facts_lineage import ClaimReview, Contradiction, LineageFacts, TrainingUse
from governance.policy.facts_picture import InputFacts, InputPermission, OutputFacts, RightsSignal
from governance.policy.facts_policy import LineageDemand, OrganisationPolicy, RuleSetting
from governance.policy.facts_route import Alternative, Offer, RouteFacts
from governance.policy.facts_target import Determination, TargetFacts
from governance.policy.words import Content, Stage

__all__ = [
    "Alternative",
    "ArtefactFacts",
    "ClaimReview",
    "Contradiction",
    "DerivedFrom",
    "Determination",
    "Facts",
    "InputFacts",
    "InputPermission",
    "LicenseDeclaration",
    "LineageDemand",
    "LineageFacts",
    "Offer",
    "OrganisationPolicy",
    "OutputFacts",
    "RightsSignal",
    "RouteFacts",
    "RuleSetting",
    "TargetFacts",
    "TrainingUse",
]


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything one evaluation rests on, apart from grants, rules, waivers, holds and the clock.

    ``requested_outputs`` counts the outputs this decision is for: all pictures at submission, one at
    dispatch. ``output`` is the existing output being judged: required at release and re-delivery, possible in
    a sweep and a preview, None where a run is judged. ``further_actions`` adds actions
    that target and route do not imply by themselves (``fine_tune``, ``modify_weights`` …). ``content``: what
    somebody says the pictures show; empty means nobody said.
    """

    stage: Stage
    target: TargetFacts
    route: RouteFacts
    artefacts: tuple[ArtefactFacts, ...]
    lineage: LineageFacts
    policy: OrganisationPolicy
    inputs: tuple[InputFacts, ...] = ()
    requested_outputs: int = 1
    output: OutputFacts | None = None
    further_actions: tuple[Action, ...] = ()
    content: tuple[Content, ...] = ()

    @property
    def releasing(self) -> bool:
        """True when an existing output is judged, not a run."""
        return self.output is not None or self.stage in (Stage.RELEASE, Stage.REDELIVER)

    @property
    def gate(self) -> Stage:
        """The stage whose rules apply: an output is judged as at release, a sweep of work as at submission."""
        if self.releasing:
            return Stage.RELEASE
        return Stage.SUBMIT if self.stage is Stage.SWEEP else self.stage

    def as_json(self) -> dict[str, Any]:
        """Plain JSON without floats, ready for RFC 8785."""
        plain: dict[str, Any] = to_plain(self)
        return plain

    @staticmethod
    def from_json(data: object) -> Facts:
        """The facts stored by ``as_json``. Raises ShapeError naming the key that does not fit."""
        return from_plain(Facts, data)

    def digest(self) -> str:
        """SHA-256 of the canonical JSON."""
        return record_sha256(self)
