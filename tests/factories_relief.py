"""Plain functions that make waivers, holds and review cases through the real services."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib.auth.models import User
from django.utils import timezone

from governance.models import DeploymentTarget, Hold, Job, ReviewCase, Waiver
from governance.services.holds import lift_hold, place_hold
from governance.services.reviews import open_case
from governance.services.waiver_terms import WaiverRequest
from governance.services.waivers import answer_waiver, request_waiver
from tests.conftest import Cast
from tests.factories import acquire_weights, make_job, make_target

# BiRefNet is held for these two, both rules of our own.
OBSTACLES = ("LIN-002", "LIN-004")


def waiver_request(cast: Cast, **changes: Any) -> WaiverRequest:
    """LIN-004 for a target of the client, for thirty days from now."""
    now = timezone.now()
    asked: dict[str, Any] = {
        "rule_code": "LIN-004",
        "place": changes.get("place") or make_target(cast),
        "reason": "The licensor confirmed the terms by e-mail.",
        "starts_at": now,
        "ends_at": now + timedelta(days=30),
    }
    return WaiverRequest(**(asked | changes))


def make_waiver(cast: Cast, *, approved: bool | None = True, actor: User | None = None, **changes: Any) -> Waiver:
    """A waiver asked for by the owner, answered by legal; ``approved`` None leaves it waiting."""
    waiver = request_waiver(actor or cast.owner, waiver_request(cast, **changes))
    if approved is not None:
        answer_waiver(cast.legal, waiver, approved=approved, note="Read.")
    return Waiver.objects.get(pk=waiver.pk)


def make_hold(cast: Cast, scope: str = "everything", ref: str = "", *, lifted: int = 0, **changes: Any) -> Hold:
    """A hold placed by legal, lifted by so many people."""
    hold = place_hold(cast.legal, scope, ref, changes.pop("reason", "A licensor complained."), **changes)
    for person in (cast.legal, cast.admin)[:lifted]:
        lift_hold(person, hold, "Dealt with.")
    return hold


def held_job(cast: Cast, *, target: DeploymentTarget | None = None, pictures: int = 1) -> Job:
    """A job that waits for a person: two rules of our own stand in its way, and its weights are here."""
    acquire_weights("birefnet-general")
    return make_job(cast, slug="birefnet-general", target=target, pictures=pictures)


def make_case(cast: Cast, job: Job | None = None) -> ReviewCase:
    job = job or held_job(cast)
    case = open_case(job.decisions.latest("id"), job)
    assert case is not None
    return case
