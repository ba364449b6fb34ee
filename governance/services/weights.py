"""Note that weights came into the store: from where, under which texts, by which conversion."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import transaction

from governance.adapters import blobs
from governance.errors import RequestError
from governance.models import WeightsAcquisition, WeightsArtifact
from governance.services.entries import record_event


@dataclass(frozen=True, slots=True)
class LicenseTextFile:
    """A licence text that came along: its name there, its bytes, and the licence it is of (empty: nobody read it)."""

    name: str
    data: bytes
    license: str = ""


@dataclass(frozen=True, slots=True)
class Acquired:
    """What was brought: the artefact now in the store, the source it was taken from, and how it was converted."""

    sha256: str
    method: str
    source: str
    source_sha256: str
    license_texts: tuple[LicenseTextFile, ...] = ()
    converter: str = ""
    converter_version: str = ""


def record_acquisition(acquired: Acquired) -> WeightsAcquisition:
    """Append the acquisition; the licence texts are kept by digest.

    Raises RequestError ``weights.unknown`` for a digest the catalogue does not know: size and name prove nothing.
    """
    artifact = WeightsArtifact.objects.filter(sha256=acquired.sha256).first()
    if artifact is None:
        raise RequestError(
            f"Weights with SHA-256 {acquired.sha256} are in no catalogue entry.",
            how_to_fix="Add them to governance/catalogue with their source and licence, then sync_catalogue.",
            code="weights.unknown",
        )
    texts = [
        {"name": text.name, "sha256": blobs.put(text.data), "license": text.license} for text in acquired.license_texts
    ]
    with transaction.atomic():
        row = WeightsAcquisition.objects.create(
            artifact=artifact,
            method=acquired.method,
            source=acquired.source,
            source_sha256=acquired.source_sha256,
            converter=acquired.converter,
            converter_version=acquired.converter_version,
            license_texts=texts,
        )
        digests = {"weights_sha256": acquired.sha256, "source_sha256": acquired.source_sha256}
        record_event("acquisition", "acquired", row, details=digests)
    return row
