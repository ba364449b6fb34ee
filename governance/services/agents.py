"""Signs of life of licensors' attribution agents: recorded by a person, or by the machine the agent runs on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone

from governance.access import User, require
from governance.errors import RequestError
from governance.models import AgentAcknowledgement, Entitlement

AGENT = "attribution agent"


@dataclass(frozen=True, slots=True)
class Sign:
    """The licensor took a report of the agent of an entitlement ``at`` a time. ``detail``: what it said."""

    ref: str
    at: datetime
    detail: str = ""
    agent: str = AGENT


def record_acknowledgement(actor: User, sign: Sign) -> AgentAcknowledgement:
    """A licence admin saw the licensor's acknowledgement. Raises NotAllowed or RequestError."""
    require(actor, "agent.acknowledge")
    return _keep(sign, actor)


def take_acknowledgement(sign: Sign) -> AgentAcknowledgement:
    """The machine the agent runs on says so itself: whoever may run commands there may call it. Raises RequestError."""
    return _keep(sign, None)


def _keep(sign: Sign, actor: User | None) -> AgentAcknowledgement:
    _check_entitlement(sign.ref)
    if sign.at.tzinfo is None or sign.at > timezone.now():
        found = "a time without a zone" if sign.at.tzinfo is None else "a time to come"
        raise RequestError(
            f"Found {found} ({sign.at.isoformat()}); expected when the licensor acknowledged, with its zone.",
            how_to_fix="Write it as 2027-01-31T09:30:00+01:00.",
            code="agent.at",
        )
    if not 0 < len(sign.agent.strip()) <= 120:
        raise RequestError(
            f"Got {len(sign.agent.strip())} characters for the agent; expected 1 to 120.",
            how_to_fix="Name the agent, and its version if it says one.",
            code="agent.agent",
        )
    return AgentAcknowledgement.objects.create(
        entitlement_ref=sign.ref,
        agent=sign.agent.strip(),
        acknowledged_at=sign.at,
        detail=sign.detail.strip(),
        recorded_by_id=actor.pk if actor is not None else None,
    )


def _check_entitlement(ref: str) -> None:
    demanded = list(Entitlement.objects.filter(ref=ref).values_list("agent_required", flat=True))
    if not demanded:
        raise RequestError(f"There is no entitlement {ref}.", code="entitlement.unknown")
    if not any(demanded):
        raise RequestError(
            f"{ref} asks for no attribution agent.",
            how_to_fix="Check the reference; if its contract does, record it in the next version of the entitlement.",
            code="agent.not_required",
        )
