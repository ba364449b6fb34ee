"""Our own readings of licences: drafted by one person, approved by another, retired with a reason, never changed."""

from __future__ import annotations

import tomllib
from typing import Any

from django.db import IntegrityError, connection, models, transaction
from django.db.models import Q
from django.utils import timezone

from governance.access import User, require, standing
from governance.adapters import blobs
from governance.errors import RequestError
from governance.licensing.encodings import EncodingRefused, encoding_from_mapping
from governance.licensing.terms import Encoding
from governance.licensing.verbatim import missing_quotes
from governance.models import (
    EncodingApproval,
    EncodingRetirement,
    Entitlement,
    License,
    LicenseEncoding,
    LicenseText,
    Role,
)
from governance.provenance.canonical import sha256_hex
from governance.provenance.errors import NotCanonical
from governance.rights.readings import encoding_body
from governance.services.entries import record_event
from governance.services.reasons import check_reason

# What the service says of a draft itself; a draft that says it too is read without it.
GIVEN = ("license_id", "revision", "encoded_on", "encoded_by", "approved_by")
LONGEST_DRAFT = 200_000
_NUMBERING_LOCK = "clearcut encoding "


def draft_encoding(actor: User, license: License, toml: str, rationale: str) -> LicenseEncoding:
    """Record the next revision of our reading. It binds nobody until another person approves it.

    ``toml`` in the shape of the catalogue's own readings. Raises NotAllowed, EncodingRefused (``license.encoding``)
    for what is malformed or misquotes the text it names, or RequestError ``encoding.rationale``.
    """
    require(actor, "encoding.draft")
    rationale = check_reason("encoding.rationale", "A reading", rationale)
    data = _parsed(license, toml)
    with transaction.atomic():
        revision = _next_revision(license)
        encoding = encoding_from_mapping(data | _said_by_us(actor, license, revision), license.slug)
        body = _body(encoding)
        row = LicenseEncoding.objects.create(
            license=license,
            origin=LicenseEncoding.Origin.ORGANISATION,
            revision=revision,
            text=_text_read(license, encoding),
            body=body.decode(),
            body_sha256=sha256_hex(body),
            rationale=rationale,
            drafted_by_id=actor.pk,
        )
        record_event("reading", "drafted", row, details=reading_details(row))
    return row


def approve_encoding(actor: User, encoding: LicenseEncoding) -> EncodingApproval:
    """Stand behind another person's reading. Every gate reads the licence this way from now on."""
    require(actor, "encoding.approve")
    _check_ours(encoding, "needs no approval here")
    if encoding.drafted_by_id == actor.pk:
        raise RequestError(
            f"{encoding} was drafted by you; another person has to approve it.",
            how_to_fix="Ask a colleague with the legal role.",
            code="encoding.same_person",
        )
    if EncodingRetirement.objects.filter(encoding=encoding).exists():
        raise RequestError(f"{encoding} was retired.", how_to_fix="Draft it anew.", code="encoding.retired")
    try:
        with transaction.atomic():
            approval = EncodingApproval.objects.create(encoding=encoding, approved_by_id=actor.pk)
            record_event("reading", "approved", encoding, approval, details=reading_details(encoding))
    except IntegrityError as problem:
        raise RequestError(f"{encoding} is approved already.", code="encoding.approved") from problem
    return approval


def retire_encoding(actor: User, encoding: LicenseEncoding, reason: str) -> EncodingRetirement:
    """Rely on the reading no more: the one before it counts again. Decisions made under it keep it."""
    require(actor, "encoding.retire")
    _check_ours(encoding, "is not retired here")
    reason = check_reason("encoding.reason", "Retiring a reading", reason)
    if not _others_count(encoding) and Entitlement.objects.filter(template=encoding.license_id).exists():
        raise RequestError(
            f"{encoding} is the only reading of a template that entitlements are read by.",
            how_to_fix="Draft another reading and have it approved first.",
            code="encoding.in_use",
        )
    try:
        with transaction.atomic():
            retirement = EncodingRetirement.objects.create(encoding=encoding, reason=reason, retired_by_id=actor.pk)
            record_event("reading", "retired", encoding, retirement, details=reading_details(encoding))
    except IntegrityError as problem:
        raise RequestError(f"{encoding} was retired already.", code="encoding.retired") from problem
    return retirement


def reading_details(encoding: LicenseEncoding) -> dict[str, str | int | None]:
    """What the log says of a reading in the clear: which licence and revision, and the digest of the terms."""
    return {
        "license": encoding.license_id,
        "origin": encoding.origin,
        "revision": encoding.revision,
        "body_sha256": encoding.body_sha256,
    }


def _check_ours(encoding: LicenseEncoding, what: str) -> None:
    if encoding.origin == LicenseEncoding.Origin.CATALOGUE:
        raise RequestError(
            f"{encoding} came with the catalogue, whose file names both people; it {what}.",
            how_to_fix="Draft a reading of our own: approved, it takes the place of the catalogue's.",
            code="encoding.catalogue",
        )


def _parsed(license: License, toml: str) -> dict[str, Any]:
    if len(toml) > LONGEST_DRAFT:
        raise EncodingRefused(f"The reading has {len(toml)} characters; expected at most {LONGEST_DRAFT}.")
    try:
        data = tomllib.loads(toml.replace("\r\n", "\n"))
    except tomllib.TOMLDecodeError as problem:
        raise EncodingRefused(
            f"The reading is not TOML: {problem}.", how_to_fix="Start from the reading that counts now."
        ) from problem
    said = data.get("license_id", license.slug)
    if said != license.slug:
        raise EncodingRefused(
            f"license_id: found {said!r}; expected {license.slug!r}.",
            how_to_fix="Draft it on the page of the licence it is a reading of.",
        )
    return data


def _said_by_us(actor: User, license: License, revision: int) -> dict[str, Any]:
    role = Role.LEGAL if Role.LEGAL in standing(actor).any_roles else Role.LICENSE_ADMIN
    return {
        "license_id": license.slug,
        "revision": revision,
        "encoded_on": timezone.now().date(),
        "encoded_by": f"Our organisation, drafted by {role.label.lower()}",
        "approved_by": f"Our organisation, approved by {Role.LEGAL.label.lower()}",
    }


def _next_revision(license: License) -> int:
    # Counted on from the catalogue's: "revision 3 of MIT" is to mean one reading.
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [_NUMBERING_LOCK + license.slug])
    newest = LicenseEncoding.objects.filter(license=license).aggregate(newest=models.Max("revision"))["newest"]
    return (newest or 0) + 1


def _body(encoding: Encoding) -> bytes:
    try:
        return encoding_body(encoding)
    except NotCanonical as problem:
        raise EncodingRefused(problem.message, how_to_fix=problem.how_to_fix) from problem


def _text_read(license: License, encoding: Encoding) -> LicenseText | None:
    """The text on record that the reading names, once it holds every word quoted."""
    if encoding.text_sha256 is None:
        return None
    text = LicenseText.objects.filter(license=license, sha256=encoding.text_sha256).first()
    if text is None:
        raise EncodingRefused(
            f"text_sha256: found {encoding.text_sha256}; expected the digest of a text of {license.slug} on record.",
            how_to_fix="Record the text first, or leave text_sha256 out.",
        )
    strange = missing_quotes(encoding, blobs.get(text.sha256))
    if strange:
        raise EncodingRefused(
            f"quote: found {strange[0]!r}; expected words that stand in the text.",
            how_to_fix="Quote the text as it stands, or say it in the paraphrase.",
        )
    return text


def _others_count(encoding: LicenseEncoding) -> bool:
    shipped = Q(origin=LicenseEncoding.Origin.CATALOGUE)
    counting = shipped | Q(approval__isnull=False, retirement=None)
    return LicenseEncoding.objects.filter(counting, license=encoding.license_id).exclude(pk=encoding.pk).exists()
