"""What the evaluator is given: plain, frozen facts, complete enough to replay the decision years later.

Nothing here is looked up: the caller gathers every fact. ``unknown`` is a value of its own and never means
"no". Facts hold opaque references only (``ENT-0017``, ``CLI-3``), no names and no prices.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from governance.licensing.catalogue_words import (
    DeclarationRank,
    DeclarationStatus,
    EvidenceLevel,
    HostingMode,
    ResolutionStatus,
    Standing,
    TermsClass,
    TrainingRole,
)
from governance.licensing.jsonshape import from_plain, to_plain
from governance.licensing.terms import Action
from governance.policy.digests import sha256_of
from governance.policy.words import (
    Answer,
    ArtefactRole,
    OutputDistribution,
    ResearchDataPolicy,
    Stage,
    TargetKind,
    UseClass,
    WeightsDistribution,
)


@dataclass(frozen=True, slots=True)
class Determination:
    """A person's attributed judgement whether a target's use is commercial.

    ``facts_sha256`` is ``TargetFacts.use_digest()`` at the time of signing: when it no longer matches, the
    determination is void.
    """

    ref: str
    result: UseClass
    signed_by_role: str
    facts_sha256: str
    at: datetime


@dataclass(frozen=True, slots=True)
class TargetFacts:
    """The deployment target. ``territories`` are ISO 3166-1 alpha-2 codes or ``("WORLD",)``; empty means
    unknown."""

    target_ref: str
    project_ref: str
    client_ref: str
    kind: TargetKind
    channel: str
    monetised: Answer
    billable: Answer
    for_profit_internal: Answer
    territories: tuple[str, ...]
    output_distribution: OutputDistribution
    weights_distribution: WeightsDistribution = WeightsDistribution.NONE
    hosting_mode: HostingMode | None = None
    valid_until: date | None = None
    determination: Determination | None = None

    def use_digest(self) -> str:
        """SHA-256 of every target fact except the determination: what a determination rests on."""
        plain: dict[str, Any] = to_plain(self)
        del plain["determination"]
        return sha256_of(plain)


@dataclass(frozen=True, slots=True)
class Offer:
    """A right that can be bought for this model: ``kind`` is self_host or a hosting mode."""

    kind: str
    provider: str
    title: str


@dataclass(frozen=True, slots=True)
class Alternative:
    """Another route the caller already evaluated for the same target, with the outcome it got."""

    model: str
    title: str
    hosting_mode: HostingMode
    outcome: str
    provider: str | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class RouteFacts:
    """How the cutout would be made.

    ``weights_known``: a record exists for ``weights_sha256``. ``loaded_sha256``: of the bytes a worker
    actually read; None before loading. For hosted routes there is no weights file: leave ``weights_sha256``
    None.
    """

    model: str
    version: str
    title: str
    hosting_mode: HostingMode
    weights_sha256: str | None = None
    weights_known: bool = False
    weights_present: bool = False
    loaded_sha256: str | None = None
    provider: str | None = None
    offers: tuple[Offer, ...] = ()
    alternatives: tuple[Alternative, ...] = ()


@dataclass(frozen=True, slots=True)
class LicenseDeclaration:
    """One place that says under which licence the artefact stands. ``expression`` is SPDX (or NOASSERTION).

    ``status`` as in the catalogue: ``accepted`` declarations can grant, ``open`` ones can only take away, the
    others are listed and have no effect.
    """

    expression: str
    rank: DeclarationRank
    source: str
    status: DeclarationStatus = DeclarationStatus.ACCEPTED
    dated: date | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class ArtefactFacts:
    """One licensed thing the run rests on. ``sha256`` may be None for code taken by revision.

    ``resolution``: whether somebody has settled which declaration holds; None when there was nothing to
    settle.
    """

    ref: str
    role: ArtefactRole
    title: str
    sha256: str | None = None
    declarations: tuple[LicenseDeclaration, ...] = ()
    resolution: ResolutionStatus | None = None


@dataclass(frozen=True, slots=True)
class TrainingUse:
    """One data set in the model's training. ``standing``: somebody answerable states it, or it is only
    inferred."""

    dataset: str
    role: TrainingRole
    terms: TermsClass
    evidence: EvidenceLevel
    standing: Standing = Standing.STATED
    source: str = ""


@dataclass(frozen=True, slots=True)
class Contradiction:
    """Counter-evidence to a claim about training data: what is claimed, what speaks against it and where.

    ``reviewed``: somebody has looked at it and recorded what to make of it; it then stays visible without
    holding work.
    """

    claim: str
    counter: str
    source: str
    reviewed: bool = False


@dataclass(frozen=True, slots=True)
class LineageFacts:
    """What is known of the training data, and what contradicts it."""

    uses: tuple[TrainingUse, ...] = ()
    contradictions: tuple[Contradiction, ...] = ()


@dataclass(frozen=True, slots=True)
class LineageDemand:
    """The organisation asks for at least this evidence level on this kind of target."""

    target_kind: TargetKind
    minimum: EvidenceLevel


@dataclass(frozen=True, slots=True)
class OrganisationPolicy:
    """The organisation's own settings at one revision. ``approved`` false puts every verdict under review."""

    revision: int
    approved: bool = True
    lineage_demands: tuple[LineageDemand, ...] = ()
    research_only_data: ResearchDataPolicy = ResearchDataPolicy.REVIEW
    warn_days_before_end: int = 30


@dataclass(frozen=True, slots=True)
class RightsSignal:
    """One rights statement found in a picture's own file, raw: property ``cawg.ai_inference``, value
    ``notAllowed``."""

    source: str
    property: str
    value: str
    constraint_info: str = ""


@dataclass(frozen=True, slots=True)
class InputFacts:
    """One input picture: its signals, and the last day we may use it, if its licence ends."""

    ref: str
    signals: tuple[RightsSignal, ...] = ()
    licensed_until: date | None = None


@dataclass(frozen=True, slots=True)
class OutputFacts:
    """The output being released: when, for which class of use and under which grants it was made."""

    ref: str
    made_at: datetime
    made_for: UseClass
    made_under: tuple[str, ...]
    target_ref: str
    record_verified: Answer = Answer.UNKNOWN
    recall_open: bool = False


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything one evaluation rests on, apart from grants, rules, waivers, holds and the clock.

    ``requested_outputs`` counts the outputs this decision is for: all pictures at submission, one at
    dispatch. ``output`` is required at the release stage and None before. ``further_actions`` adds actions
    that target and route do not imply by themselves (``fine_tune``, ``modify_weights`` …).
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
        return sha256_of(self.as_json())
