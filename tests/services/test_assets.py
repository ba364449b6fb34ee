"""Pictures on their way in: what is kept, what each bad file is refused with, and what becomes of its name."""

from __future__ import annotations

import hashlib
import io
import struct
import zlib

import pytest
from PIL import Image, ImageCms

from governance.adapters import blobs
from governance.errors import NotAllowed, PlatformError, RequestError
from governance.models import Asset
from governance.services.assets import ingest_asset
from inference.pictures import DEFAULT_LIMITS
from tests.conftest import Cast
from tests.factories import make_asset, photo, png

pytestmark = pytest.mark.django_db


def chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def bomb(width: int, height: int) -> bytes:
    """A PNG of a few bytes whose header claims this many pixels."""
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(b"\0" * 100)) + chunk(b"IEND", b"")


def animated(kind: str) -> bytes:
    frames = [Image.new("RGB", (8, 6), colour) for colour in ("red", "green")]
    stream = io.BytesIO()
    frames[0].save(stream, kind, save_all=True, append_images=frames[1:], duration=100)
    return stream.getvalue()


def with_profile(description: str) -> bytes:
    """A PNG whose ICC profile describes itself with ``description`` (ICC.1:2022, 7.3 and 10.15)."""
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    profile += b"\0" * (-len(profile) % 4)
    text = description.encode("utf-16-be")
    element = b"mluc\0\0\0\0" + struct.pack(">II", 1, 12) + b"enUS" + struct.pack(">II", len(text), 28) + text
    for entry in range(132, 132 + 12 * struct.unpack_from(">I", profile, 128)[0], 12):
        if profile[entry : entry + 4] == b"desc":
            struct.pack_into(">II", profile, entry + 4, len(profile), len(element))
    profile += element
    struct.pack_into(">I", profile, 0, len(profile))
    stream = io.BytesIO()
    Image.new("RGB", (8, 6)).save(stream, "PNG", icc_profile=bytes(profile))
    return stream.getvalue()


BAD = {
    "zero bytes": (b"", "picture.empty", "0 bytes"),
    "text named .png": (b"just words, no picture", "picture.not_an_image", "whatever its name says"),
    "a truncated PNG": (photo("coffee.png")[:20_000], "picture.truncated", "ends before the picture does"),
    "a truncated JPEG": (photo("rocket.jpg")[:20_000], "picture.truncated", "ends before the picture does"),
    "an animated GIF": (animated("GIF"), "picture.unsupported_type", "GIF files are not accepted"),
    "an animated WebP": (animated("WEBP"), "picture.animated", "The WebP file is an animation"),
    "a bomb": (bomb(50_000, 50_000), "picture.too_many_pixels", "at most 120,000,000 in total"),
}


def test_it_keeps_the_bytes_and_what_the_file_says_of_itself(cast: Cast) -> None:
    data = photo("rocket.jpg")
    asset = Asset.objects.get(pk=make_asset(cast, data=data, file_name="rocket.jpg").pk)
    assert (asset.sha256, asset.size) == (hashlib.sha256(data).hexdigest(), len(data))
    assert (asset.media_type, asset.mode, asset.bits, asset.orientation) == ("image/jpeg", "RGB", 8, 1)
    with Image.open(io.BytesIO(data)) as picture:
        assert (asset.width, asset.height) == picture.size
    assert (asset.client, asset.uploaded_by) == (cast.client, cast.owner)
    assert blobs.get(asset.sha256) == data


@pytest.mark.parametrize("what", sorted(BAD))
def test_a_bad_file_is_refused_with_its_reason_and_nothing_is_kept(cast: Cast, what: str) -> None:
    data, code, words = BAD[what]
    with pytest.raises(RequestError) as caught:
        ingest_asset(cast.owner, cast.client, "cup.png", data)
    assert caught.value.code == code
    assert words in caught.value.message
    assert caught.value.how_to_fix
    assert not Asset.objects.exists()
    with pytest.raises(PlatformError, match="No stored file"):
        blobs.get(hashlib.sha256(data).hexdigest())


def test_a_file_of_too_many_bytes_is_refused_before_it_is_looked_at(cast: Cast) -> None:
    data = bytes(DEFAULT_LIMITS.max_bytes + 1)
    with pytest.raises(RequestError, match="104,857,601 bytes; at most 104,857,600") as caught:
        ingest_asset(cast.owner, cast.client, "cup.png", data)
    assert caught.value.code == "picture.too_many_bytes"
    assert not Asset.objects.exists()


@pytest.mark.parametrize("actor", ["outsider", "legal", "admin", "auditor"])
def test_only_the_clients_requesters_hand_pictures_in(cast: Cast, actor: str) -> None:
    data = png(3, 3, (len(actor), 1, 1))
    with pytest.raises(NotAllowed, match=r"\(asset\.ingest\); it needs requester"):
        ingest_asset(getattr(cast, actor), cast.client, "cup.png", data)
    assert not Asset.objects.exists()
    with pytest.raises(PlatformError, match="No stored file"):
        blobs.get(hashlib.sha256(data).hexdigest())


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("../../x.png", "x.png"),
        ("/etc/passwd", "passwd"),
        ("C:\\x\\y.png", "y.png"),
        ("..\\..\\y.png", "y.png"),
        ("a/b\\c.png", "c.png"),
        ("cup\x00\n\x1b[31m.png", "cup[31m.png"),
        ("gnp.\u202epuc.png", "gnp.puc.png"),
        ("Cafe\u0301.png", "Caf\u00e9.png"),
        ("", "picture"),
        ("/", "picture"),
        ("\x00", "picture"),
    ],
)
def test_a_file_name_is_only_ever_a_name_to_show(cast: Cast, given: str, kept: str) -> None:
    assert Asset.objects.get(pk=make_asset(cast, file_name=given).pk).file_name == kept


def test_of_a_very_long_name_the_end_is_kept(cast: Cast) -> None:
    name = "a" * 300 + ".png"
    kept = Asset.objects.get(pk=make_asset(cast, file_name=name).pk).file_name
    assert kept == "a" * 251 + ".png"


def test_the_same_picture_twice_is_two_rows_and_one_blob(cast: Cast) -> None:
    first, second = make_asset(cast), make_asset(cast)
    assert first.pk != second.pk
    assert first.sha256 == second.sha256


@pytest.mark.parametrize(("description", "kept"), [("Display P3", "Display P3"), ("x" * 500, "x" * 120)])
def test_the_colour_profile_is_named_however_long_its_description(cast: Cast, description: str, kept: str) -> None:
    asset = make_asset(cast, data=with_profile(description))
    assert Asset.objects.get(pk=asset.pk).profile == kept
