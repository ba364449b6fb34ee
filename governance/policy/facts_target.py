"""Facts about where the outputs go, and what somebody determined about that use."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from governance.licensing.catalogue_words import HostingMode
from governance.licensing.jsonshape import to_plain
from governance.policy.digests import sha256_of
from governance.policy.words import Answer, OutputDistribution, TargetKind, UseClass, WeightsDistribution


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
    unknown. ``client_group``: the companies the client belongs to, by reference, nearest first."""

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
    client_group: tuple[str, ...] = ()

    def use_digest(self) -> str:
        """SHA-256 of every target fact a determination rests on: not itself, and not who owns the client."""
        plain: dict[str, Any] = to_plain(self)
        del plain["determination"], plain["client_group"]
        return sha256_of(plain)
