"""Waivers and holds: what relaxes our own rules, and what stops everything."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from governance.licensing.jsonshape import from_plain, to_plain


@dataclass(frozen=True, slots=True)
class Waiver:
    """A time-boxed relaxation of one of the organisation's own rules.

    Every scope field that is not None must match; at least one of target, project and client is required for
    it to match anything. ``starts_at`` inclusive, ``ends_at`` exclusive. ``uses``: how often it has been used;
    with ``max_uses`` it is used up by then. ``renews``: the waiver this one follows, by reference.
    """

    ref: str
    rule_code: str
    reason: str
    requested_by: str
    approved_by: str | None
    starts_at: datetime
    ends_at: datetime
    target_ref: str | None = None
    project_ref: str | None = None
    client_ref: str | None = None
    model: str | None = None
    weights_sha256: str | None = None
    revoked_at: datetime | None = None
    max_uses: int | None = None
    uses: int = 0
    renews: str = ""
    rejected: bool = False

    def as_json(self) -> dict[str, Any]:
        """Plain JSON, ready for RFC 8785."""
        plain: dict[str, Any] = to_plain(self)
        return plain

    @staticmethod
    def from_json(data: object) -> Waiver:
        """The waiver stored by ``as_json``."""
        return from_plain(Waiver, data)


class HoldScope(StrEnum):
    """What a hold stops."""

    EVERYTHING = "everything"
    MODEL = "model"
    WEIGHTS = "weights"
    TARGET = "target"
    PROJECT = "project"
    CLIENT = "client"
    GRANT = "grant"
    ASSET = "asset"
    OUTPUT = "output"


@dataclass(frozen=True, slots=True)
class Hold:
    """An emergency stop. One person may place it; it ends only when two different people have lifted it."""

    ref: str
    scope: HoldScope
    scope_ref: str
    reason: str
    placed_by: str
    placed_at: datetime
    lifted_by: tuple[str, ...] = ()
    lifted_at: datetime | None = None

    def in_force(self, at: datetime) -> bool:
        """Whether the hold stops work at this moment."""
        lifted = self.lifted_at is not None and self.lifted_at <= at and len(set(self.lifted_by)) >= 2
        return self.placed_at <= at and not lifted

    def as_json(self) -> dict[str, Any]:
        """Plain JSON, ready for RFC 8785."""
        plain: dict[str, Any] = to_plain(self)
        return plain

    @staticmethod
    def from_json(data: object) -> Hold:
        """The hold stored by ``as_json``."""
        return from_plain(Hold, data)
