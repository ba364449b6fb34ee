"""The organisation's own settings, as far as a verdict rests on them."""

from __future__ import annotations

from dataclasses import dataclass

from governance.licensing.catalogue_words import EvidenceLevel
from governance.policy.words import ResearchDataPolicy, Severity, TargetKind


@dataclass(frozen=True, slots=True)
class LineageDemand:
    """The organisation asks for at least this evidence level on this kind of target."""

    target_kind: TargetKind
    minimum: EvidenceLevel


@dataclass(frozen=True, slots=True)
class RuleSetting:
    """The organisation gives one of its own rules another severity. See ``governance.policy.settings``."""

    code: str
    severity: Severity


@dataclass(frozen=True, slots=True)
class OrganisationPolicy:
    """The organisation's own settings at one revision. ``approved`` false puts every verdict under review.

    ``decision_max_age_days``: an output rests on a decision no older than this; None sets no limit.
    ``agent_silent_days``: an attribution agent that has reported nothing for longer than this counts as silent.
    """

    revision: int
    approved: bool = True
    lineage_demands: tuple[LineageDemand, ...] = ()
    research_only_data: ResearchDataPolicy = ResearchDataPolicy.REVIEW
    warn_days_before_end: int = 30
    overrides: tuple[RuleSetting, ...] = ()
    decision_max_age_days: int | None = None
    agent_silent_days: int = 7
