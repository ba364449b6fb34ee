"""Licence texts as they stood somewhere on some day: the bytes first, then the row that names them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.db import IntegrityError, transaction
from django.utils import timezone

from governance.access import User, require
from governance.adapters import blobs
from governance.errors import RequestError
from governance.models import License, LicenseText
from governance.services.entries import record_event
from governance.services.papers import check_text

LARGEST_TEXT = 1_000_000


@dataclass(frozen=True, slots=True)
class Captured:
    """Where the bytes were read, in which revision of that place, and when."""

    source: str
    captured_on: date
    revision: str = ""
    language: str = "en"


def record_text(actor: User, license: License, content: bytes, captured: Captured) -> LicenseText:
    """Keep a text. Raises NotAllowed, or RequestError ``license_text.content``, ``.source``, ``.revision``,
    ``.language``, ``.captured_on`` or ``.exists``."""
    require(actor, "license_text.record")
    _check_content(content)
    check_text("license_text", "source", captured.source, 2000)
    check_text("license_text", "language", captured.language, 12)
    if len(captured.revision.strip()) > 120:
        check_text("license_text", "revision", captured.revision, 120)
    if captured.captured_on > timezone.now().date():
        raise RequestError(
            f"The text was captured on {captured.captured_on}, which is still to come.",
            how_to_fix="Give the day on which the bytes were read.",
            code="license_text.captured_on",
        )
    sha256 = blobs.put(content)
    try:
        with transaction.atomic():
            text = LicenseText.objects.create(
                license=license,
                sha256=sha256,
                language=captured.language.strip(),
                source=captured.source.strip(),
                revision=captured.revision.strip(),
                captured_on=captured.captured_on,
                recorded_by_id=actor.pk,
            )
            record_event("reading", "text-recorded", text, details={"license": license.slug, "text_sha256": sha256})
    except IntegrityError as problem:
        raise RequestError(
            f"These bytes of {license.slug} are on record from this source already.", code="license_text.exists"
        ) from problem
    return text


def _check_content(content: bytes) -> None:
    got = ""
    if not content.strip():
        got = "nothing"
    elif len(content) > LARGEST_TEXT:
        got = f"{len(content):,} bytes"
    else:
        try:
            content.decode("utf-8")
        except UnicodeDecodeError:
            got = "bytes that are not UTF-8"
    if got:
        raise RequestError(
            f"Got {got} for a licence text; expected text in UTF-8 of at most {LARGEST_TEXT:,} bytes.",
            how_to_fix="Save the licence as plain text, word for word.",
            code="license_text.content",
        )
