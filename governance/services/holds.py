"""Holds: an emergency stop on anything. One person places it, two different people lift it.

A hold is temporary by nature: what it alone stops waits and goes on by itself when the hold is lifted.
"""

from __future__ import annotations

import re
from datetime import date

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone

from governance.access import User, require, require_about, visible_clients
from governance.errors import RequestError
from governance.models import (
    Asset,
    Client,
    DeploymentTarget,
    Entitlement,
    Hold,
    HoldLift,
    ModelVersion,
    Output,
    Project,
    WeightsArtifact,
)
from governance.policy.relief import HoldScope
from governance.services.constraints import broken_constraint
from governance.services.entries import record_event
from governance.services.numbering import next_ref
from governance.services.reasons import check_reason
from governance.services.words import check_words

LIFTS = 2
# Prefix, rows, and how a row leads to its client.
_NUMBERED: dict[HoldScope, tuple[str, type[Client | Project | DeploymentTarget | Asset | Output], str]] = {
    HoldScope.CLIENT: ("CLI", Client, "pk"),
    HoldScope.PROJECT: ("PRJ", Project, "client_id"),
    HoldScope.TARGET: ("TGT", DeploymentTarget, "project__client_id"),
    HoldScope.ASSET: ("AST", Asset, "client_id"),
    HoldScope.OUTPUT: ("OUT", Output, "cutout__job__target__project__client_id"),
}
_NAMED = {
    HoldScope.MODEL: "the name of a model in the catalogue, such as rmbg-2.0",
    HoldScope.WEIGHTS: "the SHA-256 of a weights file on record",
    HoldScope.GRANT: "the reference of an entitlement, such as ENT-0001",
}


def place_hold(actor: User, scope: str, scope_ref: str, reason: str, review_on: date | None = None) -> Hold:
    """Stop everything that ``scope_ref`` touches at its next gate, from now until two people lift the hold.

    Raises NotAllowed, or RequestError naming the field: unknown scope, nothing of that name, no reason, a past date.
    """
    require(actor, "hold.place")
    check_words("hold_scope", [scope], list(HoldScope))
    found, client_id = resolve_subject(actor, HoldScope(scope), scope_ref.strip())
    require_about(actor, "hold.place", client_id)
    why = check_reason("hold.no_reason", "A hold", reason)
    if review_on is not None and review_on < timezone.now().date():
        raise RequestError(f"The day to look at it again ({review_on}) has passed.", code="hold.review_on")
    with transaction.atomic():
        hold = Hold.objects.create(
            ref=next_ref("HLD", Hold),
            scope=scope,
            scope_ref=found,
            reason=why,
            review_on=review_on,
            placed_by_id=actor.pk,
        )
        record_event("hold", "placed", hold, client_id=client_id, details={"scope": scope})
    return hold


def lift_hold(actor: User, hold: Hold, reason: str) -> HoldLift:
    """Say, with the reason, that the hold may go. The second person who says so lifts it; work goes on by itself."""
    client_id = client_of_hold(hold)
    require_about(actor, "hold.lift", client_id)
    why = check_reason("hold.no_reason", "A lift", reason)
    lifters = set(hold.lifts.values_list("lifted_by_id", flat=True))
    if len(lifters) >= LIFTS:
        raise RequestError(f"{hold} was lifted already.", code="hold.lifted")
    try:
        with transaction.atomic():
            lift = HoldLift.objects.create(hold=hold, reason=why, lifted_by_id=actor.pk)
            record_event("hold", "lifted", hold, lift, client_id=client_id, details={"scope": hold.scope})
    except IntegrityError as problem:
        if broken_constraint(problem) != "hold_lifted_once_per_person":
            raise
        raise RequestError(
            f"You have lifted {hold} already; it takes another person.",
            how_to_fix="Ask a colleague with the legal or licence admin role.",
            code="hold.same_person",
        ) from problem
    return lift


def client_of_hold(hold: Hold) -> int | None:
    """The client whose work is stopped; None for what is nobody's own: a model, weights, a grant, everything."""
    scope = HoldScope(hold.scope)
    if scope not in _NUMBERED:
        return None
    _, rows, client = _NUMBERED[scope]
    number = int(hold.scope_ref.partition("-")[2])
    found: int | None = rows._default_manager.filter(pk=number).values_list(client, flat=True).first()
    return found


def resolve_subject(actor: User, scope: HoldScope, ref: str) -> tuple[str, int | None]:
    """The reference as the evaluator knows it, and the client it belongs to. Raises RequestError ``hold.scope_ref``."""
    if scope is HoldScope.EVERYTHING:
        if ref:
            raise RequestError(
                f"Got {ref!r} for a hold on everything; expected nothing.",
                how_to_fix="Leave the reference empty, or choose what the hold is on.",
                code="hold.scope_ref",
            )
        return "", None
    if scope in _NUMBERED:
        return _numbered(actor, scope, ref)
    named = {
        HoldScope.MODEL: ModelVersion.objects.filter(slug=ref.lower()).values_list("slug", flat=True),
        HoldScope.WEIGHTS: WeightsArtifact.objects.filter(sha256=ref.lower()).values_list("sha256", flat=True),
        HoldScope.GRANT: Entitlement.objects.filter(ref=ref.upper()).values_list("ref", flat=True),
    }
    found = named[scope].first()
    if found is None:
        raise _unknown(scope, ref, _NAMED[scope])
    return str(found), None


def _numbered(actor: User, scope: HoldScope, ref: str) -> tuple[str, int]:
    prefix, rows, client = _NUMBERED[scope]
    expected = f"{prefix}- and the number of one that exists"
    match = re.fullmatch(rf"(?:{prefix}-)?([0-9]{{1,18}})", ref, re.IGNORECASE)
    if match is None:
        raise _unknown(scope, ref, expected)
    number = int(match[1])
    # What the actor may not see does not exist for them.
    known: QuerySet[Client] = visible_clients(actor)
    found = rows._default_manager.filter(pk=number, **{f"{client.removesuffix('_id')}__in": known})
    owner = found.values_list(client, flat=True).first()
    if owner is None:
        raise _unknown(scope, ref, expected)
    return f"{prefix}-{number}", int(owner)


def _unknown(scope: HoldScope, ref: str, expected: str) -> RequestError:
    got = f"There is no {scope} {ref!r}" if ref else f"No {scope} named"
    return RequestError(
        f"{got}; expected {expected}.", how_to_fix="Take the reference from its page.", code="hold.scope_ref"
    )
