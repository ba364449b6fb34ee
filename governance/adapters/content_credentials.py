"""Content credentials (C2PA) in output files: written before the file is hashed, so that the record covers them.

Everything happens in this process: no address is asked for a manifest, a revocation or a time stamp. The library's
errors end here; whoever calls gets a signed file or a PlatformError with a stable code, never a file without.
"""

from __future__ import annotations

import io
import logging
import os
from datetime import UTC, datetime
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

import c2pa
from django.conf import settings

from governance.adapters import content_credentials_manifest as manifest
from governance.adapters.certificates import SigningMaterial, load_signing_material
from governance.adapters.content_credentials_input import LOST, Kept, read_input
from governance.adapters.content_credentials_manifest import Credentials
from governance.adapters.rights_c2pa import OFFLINE, STORE
from governance.adapters.xmp_writing import with_xmp
from governance.errors import PlatformError

__all__ = ["MEDIA_TYPES", "Credentials", "embed"]

MEDIA_TYPES = ("image/png", "image/jpeg", "image/webp", "image/tiff")

logger = logging.getLogger(__name__)

# Thumbnails would show what was cut away. What is done is said by us alone: the library adds no action of its own.
_AUTOMATIC = ("auto_created_action", "auto_opened_action", "auto_placed_action")
_SETTINGS: dict[str, Any] = {
    **OFFLINE,
    "builder": {
        "thumbnail": {"enabled": False},
        "actions": {action: {"enabled": False} for action in _AUTOMATIC},
        "auto_timestamp_assertion": {"enabled": False},
    },
}
_TIME_STAMPS = None  # the address of a time stamp authority (RFC 3161); none is asked yet


def embed(data: bytes, media_type: str, parent: bytes, parent_type: str, credentials: Credentials) -> bytes:
    """The output ``data`` with XMP fields and a signed manifest that names ``parent`` as what it was made from.

    No pixel is changed. Credentials of the parent are kept as they are, names and places included, but for pictures in
    them; a parent that cannot be read is named all the same, with a note if its credentials were lost, as they are if
    a picture cannot be taken out of them. Raises PlatformError ``c2pa.unsupported_type``,
    ``c2pa.already_signed``, ``c2pa.signing_failed``, ``xmp.unwritable``, or what ``load_signing_material`` and
    ``check_valid`` raise.
    """
    if media_type not in MEDIA_TYPES:
        raise _refused(f"Got {media_type}, expected one of {', '.join(MEDIA_TYPES)}.", "unsupported_type")
    if STORE in data:
        raise _refused("The output holds content credentials before any were written.", "already_signed")
    material = signing_material()
    material.check_valid(datetime.now(UTC))
    kept = read_input(parent, parent_type)
    file = with_xmp(data, media_type, manifest.packet(credentials, kept.source_types))
    sign = partial(_signed, file, media_type, parent_type, credentials, material)
    if kept.data:
        try:
            return sign(kept)
        except c2pa.C2paError as error:
            logger.warning("The credentials of an input could not be kept: %s", error)
            kept = Kept(note=LOST)
    try:
        return sign(kept)
    except c2pa.C2paError as error:
        raise PlatformError(
            f"The output could not be signed: {error}",
            how_to_fix="Check that the output opens elsewhere, and the certificate CLEARCUT_C2PA_CERTIFICATE names.",
            code="c2pa.signing_failed",
            permanent=not error.message.startswith("Io:"),
        ) from error


def signing_material() -> SigningMaterial:
    """The configured chain and key, read again when either file changes; raises as ``load_signing_material`` does."""
    paths = Path(settings.C2PA_CERTIFICATE), Path(settings.C2PA_KEY)
    return _loaded(*paths, tuple(_state(path) for path in paths))


@lru_cache(maxsize=4)
def _loaded(chain: Path, key: Path, states: tuple[object, ...]) -> SigningMaterial:
    return load_signing_material(chain, key)


def _state(path: Path) -> tuple[int, ...]:
    """What differs when a file was exchanged, or became readable for others."""
    try:
        found = os.stat(path)
    except OSError:
        return ()
    return found.st_mtime_ns, found.st_ctime_ns, found.st_ino, found.st_size, found.st_mode


def _signed(
    file: bytes, media_type: str, parent_type: str, credentials: Credentials, material: SigningMaterial, kept: Kept
) -> bytes:
    """Raises c2pa.C2paError, also where the library does not find its own signature valid afterwards."""
    result = io.BytesIO()
    ingredients = manifest.parent(credentials, parent_type, kept.data, kept.note), manifest.model(credentials)
    described = manifest.definition(credentials, kept.redacted)
    info = c2pa.C2paSignerInfo(c2pa.C2paSigningAlg.ES256, material.chain, material.key, _TIME_STAMPS)
    with (
        c2pa.Context.from_dict({**_SETTINGS, "trust": {"user_anchors": material.anchors.decode()}}) as context,
        c2pa.Signer.from_info(info) as signer,
        c2pa.Builder(described, context) as builder,
    ):
        for ingredient in ingredients:
            builder.add_ingredient(ingredient.description, ingredient.media_type, io.BytesIO(ingredient.data))
        builder.sign(signer, media_type, io.BytesIO(file), result)
    return result.getvalue()


def _refused(message: str, code: str) -> PlatformError:
    return PlatformError(
        message,
        how_to_fix="Write the output as PNG, JPEG, WebP or TIFF, unsigned.",
        code=f"c2pa.{code}",
        permanent=True,
    )
