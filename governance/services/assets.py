"""Take pictures in: decode with limits, keep the bytes by digest, then write the row."""

from __future__ import annotations

import unicodedata
from pathlib import PurePosixPath, PureWindowsPath

from django.db import transaction

from governance.access import User, require
from governance.adapters import blobs, pictures
from governance.adapters.rights_signals import read_signals
from governance.models import Asset, Client, RightsReading, RightsSignal

# A profile may describe itself at any length; this much of it is kept.
PROFILE_NAME = 120


def ingest_asset(actor: User, client: Client, file_name: str, data: bytes) -> Asset:
    """Check and keep one picture. Raises RequestError with the decoder's reason, or NotAllowed.

    The blob is durable before the row names it; an orphan blob is harmless, a row without bytes is not.
    """
    require(actor, "asset.ingest", client.pk)
    info = pictures.inspect(data)
    sha256 = blobs.put(data)
    with transaction.atomic():
        asset = _create(actor, client, file_name, data, sha256, info)
        read_rights(asset, data)
    return asset


def read_rights(asset: Asset, data: bytes) -> RightsReading:
    """Keep what the picture's own file says of its use, raw. Once for each picture."""
    found = read_signals(data, asset.media_type)
    reading = RightsReading.objects.create(
        asset=asset, reader=found.reader, reader_version=found.reader_version, problems=list(found.problems)
    )
    RightsSignal.objects.bulk_create(
        RightsSignal(
            reading=reading,
            source=signal.source,
            property=signal.property,
            value=signal.value,
            constraint_info=signal.constraint_info,
        )
        for signal in found.signals
    )
    return reading


def read_missing_rights() -> int:
    """Read the pictures that were taken in before their statements were read; returns how many."""
    missing = Asset.objects.filter(rights_reading=None)
    read = 0
    for asset in missing.iterator():
        with transaction.atomic():
            read_rights(asset, blobs.get(asset.sha256))
        read += 1
    return read


def _create(actor: User, client: Client, file_name: str, data: bytes, sha256: str, info: pictures.PictureInfo) -> Asset:
    return Asset.objects.create(
        client=client,
        sha256=sha256,
        file_name=tidy_file_name(file_name),
        media_type=info.media_type,
        size=len(data),
        width=info.width,
        height=info.height,
        mode=info.mode,
        bits=info.bits,
        orientation=info.orientation,
        profile=(info.icc_name or ("unnamed profile" if info.has_icc else ""))[:PROFILE_NAME],
        uploaded_by_id=actor.pk,
    )


def tidy_file_name(file_name: str) -> str:
    """The last path component in NFC, without control characters: a name to show, never a path to open."""
    last = PurePosixPath(PureWindowsPath(file_name).as_posix()).name
    shown = "".join(sign for sign in last if unicodedata.category(sign)[0] != "C")
    return unicodedata.normalize("NFC", shown)[-255:] or "picture"
