"""Waivers of our own rules: asked for by one person, answered by another, ended by time, use or revocation.

A third party's right is never waived: what such a rule stops is cured by an entitlement.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from django.db import IntegrityError, transaction
from django.utils import timezone

from governance.access import User, require
from governance.errors import PlatformError, RequestError
from governance.models import (
    Client,
    Cutout,
    DeploymentTarget,
    Project,
    Waiver,
    WaiverAnswer,
    WaiverRevocation,
    WaiverUse,
)
from governance.rights.verdicts import Verdict
from governance.services.constraints import broken_constraint
from governance.services.entries import record_event
from governance.services.numbering import next_ref
from governance.services.reasons import check_reason
from governance.services.waiver_terms import WaiverRequest, check_renewal, check_terms, is_approved

ROUNDS = 5


class WaiverContended(PlatformError):
    """Others used up waivers time and again between the verdict and its use."""

    code = "waiver.contended"


def request_waiver(actor: User, asked: WaiverRequest) -> Waiver:
    """Put a waiver before legal. It relaxes nothing until another person approves it.

    Raises NotAllowed, or RequestError naming the field that does not fit.
    """
    client_id = _client_id(asked.place)
    require(actor, "waiver.request", client_id)
    reason = check_reason("waiver.no_reason", "A waiver", asked.reason)
    check_terms(asked, timezone.now())
    place = asked.place
    with transaction.atomic():
        ref = next_ref("WVR", Waiver)
        # Under the numbering lock, so that two people cannot both renew it.
        check_renewal(asked)
        waiver = Waiver.objects.create(
            ref=ref,
            rule_code=asked.rule_code,
            reason=reason,
            safeguards=asked.safeguards.strip(),
            target=place if isinstance(place, DeploymentTarget) else None,
            project=place if isinstance(place, Project) else None,
            client=place if isinstance(place, Client) else None,
            model=asked.model,
            weights_sha256=asked.weights_sha256,
            starts_at=asked.starts_at,
            ends_at=asked.ends_at,
            max_uses=asked.max_uses,
            renews=asked.renews,
            requested_by_id=actor.pk,
        )
        record_event("waiver", "requested", waiver, client_id=client_id, details={"rule": waiver.rule_code})
    return waiver


def answer_waiver(actor: User, waiver: Waiver, *, approved: bool, note: str = "") -> WaiverAnswer:
    """Approve or decline. Another person than the one who asked: the database refuses that one too."""
    client_id = client_of(waiver).pk
    require(actor, "waiver.answer", client_id)
    if waiver.requested_by_id == actor.pk:
        raise _same_person(waiver)
    if approved and waiver.ends_at <= timezone.now():
        raise RequestError(
            f"{waiver} was asked for until {waiver.ends_at:%Y-%m-%d %H:%M} UTC, which has passed.",
            how_to_fix="Decline it; a waiver that is still needed is asked for anew.",
            code="waiver.over",
        )
    said = note.strip() if approved else check_reason("waiver.no_note", "Declining", note)
    try:
        with transaction.atomic():
            answer = WaiverAnswer.objects.create(waiver=waiver, approved=approved, note=said, answered_by_id=actor.pk)
            act = "approved" if approved else "declined"
            record_event("waiver", act, waiver, answer, client_id=client_id, details={"rule": waiver.rule_code})
    except IntegrityError as problem:
        if broken_constraint(problem) == "two_people":
            raise _same_person(waiver) from problem
        raise RequestError(f"{waiver} has been answered already.", code="waiver.answered") from problem
    return answer


def revoke_waiver(actor: User, waiver: Waiver, reason: str) -> WaiverRevocation:
    """End an approved waiver now. Work that needs it stops at its next gate; what was done under it stays on record."""
    client_id = client_of(waiver).pk
    require(actor, "waiver.revoke", client_id)
    said = check_reason("waiver.no_reason", "A revocation", reason)
    if not is_approved(waiver):
        raise RequestError(
            f"{waiver} is not approved; only an approved waiver can be revoked.",
            how_to_fix="Decline it instead." if not hasattr(waiver, "answer") else "",
            code="waiver.not_approved",
        )
    if waiver.ends_at <= timezone.now():
        raise RequestError(f"{waiver} has ended already.", code="waiver.over")
    try:
        with transaction.atomic():
            revoked = WaiverRevocation.objects.create(waiver=waiver, reason=said, revoked_by_id=actor.pk)
            record_event("waiver", "revoked", waiver, revoked, client_id=client_id, details={"rule": waiver.rule_code})
    except IntegrityError as problem:
        raise RequestError(f"{waiver} was revoked already.", code="waiver.revoked") from problem
    return revoked


def count_use(refs: Iterable[str], cutout: Cutout) -> bool:
    """Record that ``cutout`` is about to run under these waivers, once each however often it is tried.

    False: one of them has been used up meanwhile and nothing was recorded, so the cutout has to be judged again.
    Call it in the transaction that claims the cutout. The database counts, so no race gets past ``max_uses``.
    """
    counted = WaiverUse.objects.filter(cutout=cutout).values("waiver")
    # In one order for everybody: the database locks each waiver it counts.
    waivers = Waiver.objects.filter(ref__in=list(refs)).exclude(pk__in=counted).order_by("pk")
    try:
        with transaction.atomic():
            for waiver in waivers:
                WaiverUse.objects.create(waiver=waiver, cutout=cutout)
    except IntegrityError as problem:
        if broken_constraint(problem) == "waiver_not_used_up":
            return False
        raise
    return True


def judge_and_count(cutout: Cutout, ask: Callable[[], Verdict]) -> Verdict:
    """The verdict on handing out what was made of ``cutout``, with every waiver it relies on counted as used.

    One that others used up meanwhile is judged anew. Raises WaiverContended when that was so ROUNDS times.
    """
    for _ in range(ROUNDS):
        verdict = ask()
        applied = [use.ref for use in verdict.decision.waivers if use.applied]
        if not verdict.decision.outcome.allows or count_use(applied, cutout):
            return verdict
    raise WaiverContended(
        f"Others used up a waiver {ROUNDS} times before picture {cutout.pk} could.", how_to_fix="Try it again."
    )


def client_of(waiver: Waiver) -> Client:
    """Whose work the waiver is about: its scope lies within one client."""
    if waiver.target is not None:
        return waiver.target.project.client
    if waiver.project is not None:
        return waiver.project.client
    if waiver.client is None:
        raise RequestError(f"{waiver} names no client, project or target.", code="waiver.no_scope")
    return waiver.client


def _client_id(place: DeploymentTarget | Project | Client) -> int:
    if isinstance(place, DeploymentTarget):
        return int(place.project.client_id)
    return int(place.client_id if isinstance(place, Project) else place.pk)


def _same_person(waiver: Waiver) -> RequestError:
    return RequestError(
        f"{waiver} was asked for by you; another person has to answer it.",
        how_to_fix="Ask a colleague with the legal role.",
        code="waiver.same_person",
    )
