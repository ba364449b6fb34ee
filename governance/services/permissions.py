"""What the owner of a picture allows besides what its file says, and until when we may use it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.db import IntegrityError, transaction
from django.utils import timezone

from governance.access import User, require
from governance.errors import RequestError
from governance.models import Asset, AssetTerm, InputPermission, PermissionVerification
from governance.services.entries import record_event
from governance.services.papers import check_papers, check_text, keep_papers


@dataclass(frozen=True, slots=True)
class Permitted:
    """The owner's words. ``property``: the statement they answer, as the signal names it; empty for the whole picture.

    ``valid_until``: the last day; None for no end.
    """

    granted_by: str
    statement: str
    property: str = ""
    valid_until: date | None = None


def record_permission(actor: User, asset: Asset, said: Permitted, evidence: Sequence[bytes]) -> InputPermission:
    """Record what the owner allows. It counts once another person has read the paper.

    Raises NotAllowed, or RequestError ``permission.granted_by``, ``.statement``, ``.property``, ``.valid_until`` or
    ``.no_evidence``.
    """
    require(actor, "permission.record", asset.client_id)
    check_text("permission", "granted_by", said.granted_by, 160)
    check_text("permission", "statement", said.statement, 4000)
    if said.property.strip():
        check_text("permission", "property", said.property, 120)
    if said.valid_until is not None and said.valid_until < timezone.now().date():
        raise RequestError(
            f"The permission ended on {said.valid_until}.",
            how_to_fix="Ask the owner for one that is still running.",
            code="permission.valid_until",
        )
    check_papers("permission", evidence)
    with transaction.atomic():
        permission = InputPermission.objects.create(
            asset=asset,
            property=said.property.strip(),
            granted_by=said.granted_by.strip(),
            statement=said.statement.strip(),
            evidence_sha256s=keep_papers(evidence),
            valid_until=said.valid_until,
            recorded_by_id=actor.pk,
        )
        record_event("permission", "recorded", permission, client_id=asset.client_id)
    return permission


def verify_permission(actor: User, permission: InputPermission) -> PermissionVerification:
    """Confirm that the paper says what another person recorded. From now on it answers the picture's own statement."""
    require(actor, "permission.verify", permission.asset.client_id)
    if permission.recorded_by_id == actor.pk:
        raise RequestError(
            f"PRM-{permission.pk} was recorded by you; another person has to verify it.",
            how_to_fix="Ask a colleague with the legal or licence admin role.",
            code="permission.same_person",
        )
    try:
        with transaction.atomic():
            verified = PermissionVerification.objects.create(permission=permission, verified_by_id=actor.pk)
            record_event("permission", "verified", permission, verified, client_id=permission.asset.client_id)
    except IntegrityError as problem:
        raise RequestError(f"PRM-{permission.pk} is verified already.", code="permission.verified") from problem
    return verified


def record_term(actor: User, asset: Asset, licensed_until: date | None, source: str) -> AssetTerm:
    """Say until when we may use a picture; None for no end. The newest entry counts.

    A later end than the one on record frees work that INP-004 stops, so it is not for whoever asks for the work.
    Raises NotAllowed, or RequestError ``asset_term.source``.
    """
    before = AssetTerm.objects.filter(asset=asset).order_by("-id").values_list("licensed_until", flat=True).first()
    longer = before is not None and (licensed_until is None or licensed_until > before)
    require(actor, "asset_term.extend" if longer else "asset_term.record", asset.client_id)
    check_text("asset_term", "source", source, 2000)
    with transaction.atomic():
        term = AssetTerm.objects.create(
            asset=asset, licensed_until=licensed_until, source=source.strip(), recorded_by_id=actor.pk
        )
        record_event("permission", "term-recorded", term, client_id=asset.client_id)
    return term
