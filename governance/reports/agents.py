"""How the attribution agents of purchased rights stand: when the licensor last acknowledged a report of theirs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from governance.models import AgentAcknowledgement
from governance.rights.grants import effective_versions
from governance.rights.organisation import policies_at


@dataclass(frozen=True, slots=True)
class AgentSign:
    at: datetime
    agent: str
    detail: str
    recorded_by: str
    recorded_at: datetime


@dataclass(frozen=True, slots=True)
class AgentLine:
    """How the attribution agent of a right stands. ``signs``: its last acknowledgements, newest first."""

    silent: bool
    silent_days: int
    heard: datetime | None
    signs: tuple[AgentSign, ...]


def agent_of(ref: str, at: datetime) -> AgentLine | None:
    """How the attribution agent of an entitlement stands ``at``; None when the version that counts demands none."""
    demanding = [each.row for each in effective_versions(at, [ref]) if each.row.agent_required]
    if not demanding:
        return None
    since = demanding[0].valid_from
    heard = AgentAcknowledgement.objects.filter(entitlement_ref=ref, acknowledged_at__lte=at)
    signs = tuple(_sign(row) for row in heard.select_related("recorded_by").order_by("-acknowledged_at", "-pk")[:5])
    days = policies_at(at).enforced.policy.agent_silent_days
    last = max(since, signs[0].at) if signs else since
    return AgentLine(at - last > timedelta(days=days), days, signs[0].at if signs else None, signs)


def _sign(row: AgentAcknowledgement) -> AgentSign:
    by = row.recorded_by.get_username() if row.recorded_by else ""
    return AgentSign(row.acknowledged_at, row.agent, row.detail, by, row.recorded_at)
