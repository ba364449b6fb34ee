"""Grants: the rights the evaluator may rely on, whether published for everyone or bought."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from governance.licensing.catalogue_words import DeclarationRank, DeclarationStatus, HostingMode
from governance.licensing.jsonread import often_read
from governance.licensing.jsonshape import from_plain, to_plain
from governance.licensing.jsontext import Remembering
from governance.licensing.terms import Encoding
from governance.policy.words import TargetKind, WeightsDistribution


class GrantKind(StrEnum):
    """Where a right comes from."""

    PUBLIC_LICENSE = "public_license"
    SELF_HOST = "self_host"
    VENDOR_API = "vendor_api"
    RESELLER_API = "reseller_api"
    OEM = "oem"
    EVALUATION = "evaluation"


class Overage(StrEnum):
    """What the contract says about going past a quota."""

    BLOCK = "block"
    ALLOW_AND_REPORT = "allow_and_report"
    ASK = "ask"


class Survival(StrEnum):
    """What happens to outputs made during the term once it has ended."""

    PERPETUAL = "perpetual"
    UNTIL_END = "until_end"
    WIND_DOWN = "wind_down"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class ModelScope:
    """A model the grant names. Empty ``versions`` means every version; non-empty ``digests`` wins over
    versions."""

    slug: str
    versions: tuple[str, ...] = ()
    digests: tuple[str, ...] = ()
    title: str = ""


@dataclass(frozen=True, slots=True)
class Scope:
    """What an entitlement covers. None means the paper sets no limit; an empty tuple means it covers
    nothing. ``affiliates``: a client named stands for the companies of its group as well. ``weights_distribution``:
    the furthest the weights may go under it."""

    models: tuple[ModelScope, ...]
    hosting_modes: tuple[HostingMode, ...]
    providers: tuple[str, ...] | None = None
    target_kinds: tuple[TargetKind, ...] | None = None
    channels: tuple[str, ...] | None = None
    territories: tuple[str, ...] | None = None
    clients: tuple[str, ...] | None = None
    projects: tuple[str, ...] | None = None
    affiliates: bool = False
    weights_distribution: WeightsDistribution | None = None


@dataclass(frozen=True, slots=True)
class Quota:
    """How much is left in the current period. ``remaining`` already excludes what is reserved or
    committed."""

    unit: str
    period: str
    limit: int
    remaining: int
    overage: Overage = Overage.BLOCK


@dataclass(frozen=True, slots=True)
class AgentReporting:
    """The attribution agent a right demands: since when, and when the licensor last acknowledged a report."""

    required_since: datetime
    last_acknowledged_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """Whether a purchased right is in force: facts from which the status at a time is derived.

    ``starts_at`` inclusive, ``ends_at`` exclusive; None means no end is agreed. ``ended_at`` is an early end
    (termination, suspension, supersession) with its reason. ``zone``: the IANA time zone the paper counts its days
    in. ``agent``: None where no attribution agent is demanded.
    """

    verified: bool
    evidence_count: int
    starts_at: datetime
    ends_at: datetime | None
    ended_at: datetime | None = None
    ended_reason: str = ""
    overdue_duties: tuple[str, ...] = ()
    zone: str = "UTC"
    agent: AgentReporting | None = None


@often_read
@dataclass(frozen=True, slots=True)
class Grant(Remembering):
    """One right, seen by the evaluator.

    ``readings``: all of them must permit (an SPDX "AND" has several, an entitlement one). A public licence
    names its ``artefact`` and the ``rank``, ``status`` and ``source`` of the declaration it comes from; an
    entitlement has ``scope`` and ``standing`` and covers the model's weights.
    """

    ref: str
    kind: GrantKind
    title: str
    readings: tuple[Encoding, ...]
    version: int = 1
    artefact: str | None = None
    declaration: int | None = None
    rank: DeclarationRank | None = None
    status: DeclarationStatus | None = None
    source: str = ""
    scope: Scope | None = None
    standing: Standing | None = None
    quotas: tuple[Quota, ...] = ()
    survival: Survival = Survival.UNKNOWN
    wind_down_days: int = 0

    def as_json(self) -> dict[str, Any]:
        """Plain JSON without floats, ready for RFC 8785."""
        plain: dict[str, Any] = to_plain(self)
        return plain

    @staticmethod
    def from_json(data: object) -> Grant:
        """The grant stored by ``as_json``. Raises ShapeError naming the key that does not fit."""
        return from_plain(Grant, data)
