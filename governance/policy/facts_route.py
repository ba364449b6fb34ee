"""Facts about how the cutout would be made, and what else could be had."""

from __future__ import annotations

from dataclasses import dataclass

from governance.licensing.catalogue_words import HostingMode


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
