"""The licence texts and readings that ship with the catalogue, as rows; the texts' bytes go into the blob store."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from django.db import transaction

from governance.adapters import blobs
from governance.licensing.catalogue import Catalogue
from governance.licensing.catalogue_shapes import LicenseTextEntry
from governance.licensing.catalogue_texts import text_bytes
from governance.licensing.encodings import EncodingRefused, parse_encodings
from governance.licensing.terms import Encoding
from governance.licensing.verbatim import check_readings
from governance.models import LicenseEncoding, LicenseText
from governance.provenance.canonical import sha256_hex
from governance.rights.readings import encoding_body
from governance.services.encodings import reading_details
from governance.services.entries import record_event

FOLDER = "encodings"


@dataclass(frozen=True, slots=True)
class Shipped:
    """Texts with their bytes, and readings that quote them word for word."""

    texts: tuple[tuple[LicenseTextEntry, bytes], ...]
    encodings: tuple[Encoding, ...]


def read_shipped(directory: Path, catalogue: Catalogue) -> Shipped:
    """Everything under ``texts/`` and ``encodings/``, checked before anything is written.

    Raises CatalogueError for a text that is not the one listed, EncodingRefused for a reading that is malformed,
    misquotes its text, or is of a licence the catalogue does not list.
    """
    texts = tuple((entry, text_bytes(directory, entry)) for entry in catalogue.license_texts)
    files = {path.name: path.read_bytes() for path in (directory / FOLDER).glob("*.toml")}
    encodings = tuple(parse_encodings(files).values())
    known = {license.slug for license in catalogue.licenses}
    for encoding in encodings:
        if encoding.license_id not in known:
            raise EncodingRefused(
                f"{encoding.license_id}: license_id: found a licence the catalogue does not list.",
                how_to_fix="Add it to licenses.toml.",
            )
    check_readings(encodings, texts)
    return Shipped(texts, encodings)


def sync_readings(shipped: Shipped) -> int:
    """Write what is not on record yet; returns how many rows. Inside the catalogue's own transaction and lock.

    Raises EncodingRefused for a reading that was changed without a new revision: decisions cite the revision.
    """
    with transaction.atomic():
        added = sum(_put_text(entry, content) for entry, content in shipped.texts)
        return added + sum(_put_encoding(encoding) for encoding in shipped.encodings)


def _put_text(entry: LicenseTextEntry, content: bytes) -> bool:
    # Again each time: a new store may stand beside an old database.
    blobs.put(content)
    text, created = LicenseText.objects.get_or_create(
        license_id=entry.license,
        sha256=entry.sha256,
        source=entry.source,
        defaults={"language": entry.language, "revision": entry.revision, "captured_on": entry.captured_on},
    )
    if created:
        said = {"license": entry.license, "text_sha256": entry.sha256}
        record_event("reading", "text-shipped", text, details=said)
    return created


def _put_encoding(encoding: Encoding) -> bool:
    body = encoding_body(encoding)
    key = {
        "license_id": encoding.license_id,
        "origin": LicenseEncoding.Origin.CATALOGUE,
        "revision": encoding.revision,
    }
    row = LicenseEncoding.objects.filter(**key).first()
    if row is None:
        text = LicenseText.objects.filter(license_id=encoding.license_id, sha256=encoding.text_sha256).first()
        row = LicenseEncoding.objects.create(**key, text=text, body=body.decode(), body_sha256=sha256_hex(body))
        record_event("reading", "shipped", row, details=reading_details(row))
        return True
    if row.body_sha256 != sha256_hex(body):
        raise EncodingRefused(
            f"{encoding.license_id}: revision: found {encoding.revision}, which is on record with another content;"
            " expected a higher one.",
            how_to_fix="Raise the revision: a reading is never changed, another takes its place.",
        )
    return False
