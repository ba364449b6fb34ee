"""Purchased rights: entered by one person, verified by another, ended by a dated act. Nothing is edited."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import IntegrityError, connection, transaction

from governance.access import User, require
from governance.adapters import blobs
from governance.errors import RequestError
from governance.licensing.territories import territories
from governance.models import (
    Client,
    Entitlement,
    EntitlementEnd,
    EntitlementVerification,
    HostingMode,
    ModelVersion,
    TargetKind,
)
from governance.policy.grants import GrantKind
from governance.rights.readings import encodings
from governance.services.words import check_words

_NUMBERING_LOCK = 0x454E5449


@dataclass(frozen=True, slots=True)
class Grant:
    """What the paper says. ``evidence`` is the file itself; empty ``target_kinds`` and ``clients`` set no limit."""

    title: str
    licensor: str
    contract_reference: str
    model: str
    valid_from: datetime
    valid_until: datetime
    territories: tuple[str, ...]
    hosting_modes: tuple[str, ...]
    grant_kind: str = "self_host"
    template: str = "LicenseRef-bria-selfhost"
    target_kinds: tuple[str, ...] = ()
    clients: tuple[int, ...] = ()
    providers: tuple[str, ...] = ()
    output_survival: str = "unknown"


def enter_entitlement(actor: User, grant: Grant, evidence: tuple[bytes, ...], ref: str = "") -> Entitlement:
    """Record a new entitlement, or with ``ref`` its next version. Gives no right until another person verifies it.

    Raises NotAllowed or RequestError naming the field that does not fit.
    """
    require(actor, "entitlement.enter")
    _check(grant, evidence)
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_NUMBERING_LOCK])
        ref, version = _number(ref)
        return Entitlement.objects.create(
            ref=ref,
            version=version,
            title=grant.title,
            licensor=grant.licensor,
            contract_reference=grant.contract_reference,
            grant_kind=grant.grant_kind,
            template=grant.template,
            model=_model(grant.model),
            hosting_modes=list(grant.hosting_modes),
            providers=list(grant.providers),
            target_kinds=list(grant.target_kinds),
            territories=list(territories(grant.territories)),
            clients=list(grant.clients),
            valid_from=grant.valid_from,
            valid_until=grant.valid_until,
            output_survival=grant.output_survival,
            evidence_sha256s=[blobs.put(file) for file in evidence],
            entered_by_id=actor.pk,
        )


def verify_entitlement(actor: User, entitlement: Entitlement) -> EntitlementVerification:
    """A second person confirms that the evidence says what was entered. The database refuses the first person too."""
    require(actor, "entitlement.verify")
    if entitlement.entered_by_id == actor.pk:
        raise RequestError(
            f"{entitlement} was entered by you; another person has to verify it.",
            how_to_fix="Ask a colleague with the licence admin or legal role.",
            code="entitlement.same_person",
        )
    try:
        with transaction.atomic():
            return EntitlementVerification.objects.create(entitlement=entitlement, verified_by_id=actor.pk)
    except IntegrityError as problem:
        raise RequestError(f"{entitlement} is verified already.", code="entitlement.verified") from problem


def end_entitlement(actor: User, ref: str, ended_at: datetime, reason: str) -> EntitlementEnd:
    """End an entitlement, every version of it, at a time. Work that relies on it stops at its next gate."""
    require(actor, "entitlement.end")
    if not reason.strip():
        raise RequestError("An end needs its reason; got none.", code="entitlement.no_reason")
    if not Entitlement.objects.filter(ref=ref).exists():
        raise RequestError(f"There is no entitlement {ref}.", code="entitlement.unknown")
    try:
        with transaction.atomic():
            return EntitlementEnd.objects.create(
                ref=ref, ended_at=ended_at, reason=reason.strip(), ended_by_id=actor.pk
            )
    except IntegrityError as problem:
        raise RequestError(f"{ref} has ended already.", code="entitlement.ended") from problem


def _check(grant: Grant, evidence: tuple[bytes, ...]) -> None:
    if grant.valid_until <= grant.valid_from:
        raise RequestError(
            f"The end ({grant.valid_until:%Y-%m-%d}) is not after the start ({grant.valid_from:%Y-%m-%d}).",
            how_to_fix="Correct valid_from or valid_until.",
            code="entitlement.dates",
        )
    if not evidence or not all(evidence):
        raise RequestError(
            "No evidence file given; an entitlement rests on a paper.",
            how_to_fix="Attach the contract or the order confirmation.",
            code="entitlement.no_evidence",
        )
    if not grant.hosting_modes:
        raise RequestError("No hosting mode given; expected at least one.", code="entitlement.no_hosting_mode")
    # An unknown word would be a row for ever, and every later evaluation would stumble over it.
    check_words("template", [grant.template], encodings())
    check_words("grant_kind", [grant.grant_kind], [kind for kind in GrantKind if kind != GrantKind.PUBLIC_LICENSE])
    check_words("hosting_mode", grant.hosting_modes, HostingMode.values)
    check_words("target_kind", grant.target_kinds, TargetKind.values)
    check_words("output_survival", [grant.output_survival], Entitlement.Survival.values)
    missing = set(grant.clients) - set(Client.objects.filter(pk__in=grant.clients).values_list("pk", flat=True))
    if missing:
        raise RequestError(f"There is no client {min(missing)}.", code="client.unknown")


def _model(slug: str) -> ModelVersion:
    try:
        return ModelVersion.objects.get(slug=slug)
    except ModelVersion.DoesNotExist as problem:
        raise RequestError(
            f"Unknown model {slug!r}.", how_to_fix="Choose one from the catalogue.", code="model.unknown"
        ) from problem


def _number(ref: str) -> tuple[str, int]:
    """The next free reference, or the next version of the one given (the caller holds the numbering lock)."""
    if ref:
        latest = Entitlement.objects.filter(ref=ref).order_by("-version").first()
        if latest is None:
            raise RequestError(f"There is no entitlement {ref}.", code="entitlement.unknown")
        return ref, latest.version + 1
    return f"ENT-{Entitlement.objects.values('ref').distinct().count() + 1:04d}", 1
