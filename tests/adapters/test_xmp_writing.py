"""XMP in finished files: one packet, found by our reader and by Pillow, and not a sample of the picture changed."""

from __future__ import annotations

import io
import struct
import zlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from governance.adapters.rights_containers import blocks
from governance.adapters.rights_ifd import tags
from governance.adapters.xmp_writing import MOST_IN_JPEG, with_xmp
from governance.errors import PlatformError
from inference import exports_tiff
from tests.adapters import rights_files
from tests.adapters.credential_files import TYPES, cutout, photo, pixels

PACKET = rights_files.packet(attributes='acme:note="new"')
OLD = rights_files.packet(attributes='acme:note="old"')


def packets(data: bytes, media_type: str) -> list[bytes]:
    return [block.data for block in blocks(data, media_type) if block.kind == "xmp"]


def tiny_tiff(order: str, big: bool, former: bytes = b"") -> bytes:
    """A grey picture of one sample, built by hand in either byte order and size of pointers, maybe with XMP."""
    count, pointer, inline = ("Q", "Q", 8) if big else ("H", "I", 4)
    entries = [(256, 3, 1), (257, 3, 1), (258, 3, 8), (259, 3, 1), (262, 3, 1), (277, 3, 1), (278, 3, 1)]
    mark = b"II" if order == "<" else b"MM"
    head = mark + struct.pack(order + ("HHH" if big else "H"), *((43, 8, 0) if big else (42,)))
    start = len(head) + inline
    size = struct.calcsize(f"={count}") + (len(entries) + 2 + bool(former)) * (4 + 2 * inline) + inline
    where = start + size
    fields = [
        struct.pack(f"{order}HH{pointer}", tag, kind, 1) + pad(order, value, inline) for tag, kind, value in entries
    ]
    fields.insert(5, struct.pack(f"{order}HH{pointer}{pointer}", 273, 16 if big else 4, 1, where))
    fields.append(struct.pack(f"{order}HH{pointer}{pointer}", 279, 16 if big else 4, 1, 1))
    if former:
        fields.append(struct.pack(f"{order}HH{pointer}{pointer}", 700, 1, len(former), where + 1))
    directory = struct.pack(order + count, len(fields)) + b"".join(fields) + bytes(inline)
    return head + struct.pack(order + pointer, start) + directory + b"\x7b" + former


def pad(order: str, value: int, inline: int) -> bytes:
    return struct.pack(f"{order}H", value).ljust(inline, b"\0")


def webp(**options: object) -> bytes:
    stream = io.BytesIO()
    Image.linear_gradient("L").convert("RGB").save(stream, "WEBP", **options)
    return stream.getvalue()


@pytest.mark.parametrize("kind", TYPES)
def test_it_writes_the_packet_where_readers_look(kind: str) -> None:
    assert packets(with_xmp(cutout(kind), TYPES[kind], PACKET), TYPES[kind]) == [PACKET]


@pytest.mark.parametrize("kind", TYPES)
def test_no_pixel_changes_transparent_ones_included(kind: str) -> None:
    assert pixels(with_xmp(cutout(kind), TYPES[kind], PACKET)) == pixels(cutout(kind))


@pytest.mark.parametrize("kind", TYPES)
def test_it_takes_the_place_of_a_packet_that_was_there(kind: str) -> None:
    before = rights_files.picture(kind, OLD)
    after = with_xmp(before, TYPES[kind], PACKET)
    assert packets(after, TYPES[kind]) == [PACKET]
    assert b'acme:note="old"' not in after
    assert pixels(after) == pixels(before)


@pytest.mark.parametrize("kind", TYPES)
def test_writing_twice_is_writing_once_for_a_reader(kind: str) -> None:
    once = with_xmp(cutout(kind), TYPES[kind], OLD)
    assert packets(with_xmp(once, TYPES[kind], PACKET), TYPES[kind]) == [PACKET]


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_apart_from_the_packet_every_byte_stays(kind: str) -> None:
    with_old, with_new = (with_xmp(cutout(kind), TYPES[kind], packet) for packet in (OLD, PACKET))
    assert with_xmp(with_old, TYPES[kind], PACKET) == with_new


@pytest.mark.parametrize("kind", TYPES)
def test_pillow_finds_the_packet(kind: str) -> None:
    with Image.open(io.BytesIO(with_xmp(cutout(kind), TYPES[kind], PACKET))) as image:
        image.load()
        found = image.tag_v2[700] if kind == "TIFF" else image.info["xmp"]
    assert found == PACKET


@settings(max_examples=25)
@given(packet=st.binary(max_size=3000), former=st.binary(max_size=40))
@pytest.mark.parametrize("kind", TYPES)
def test_any_packet_replaces_any_other(kind: str, packet: bytes, former: bytes) -> None:
    before = rights_files.picture(kind)
    after = with_xmp(with_xmp(before, TYPES[kind], former), TYPES[kind], packet)
    assert packets(after, TYPES[kind]) == [packet]
    assert pixels(after) == pixels(before)


@given(order=st.sampled_from("<>"), big=st.booleans(), packet=st.binary(max_size=40), former=st.binary(max_size=40))
def test_every_kind_of_tiff_takes_any_packet(order: str, big: bool, packet: bytes, former: bytes) -> None:
    before = tiny_tiff(order, big, former if len(former) > 8 else b"")
    after = with_xmp(before, "image/tiff", packet)
    assert packets(after, "image/tiff") == [packet]
    assert tags(after, range(700)) == tags(before, range(700))
    (where,) = struct.unpack(order + ("Q" if big else "I"), tags(after, (273,))[273])
    assert after[where] == 0x7B


@pytest.mark.parametrize("order", "<>")
def test_a_tiff_of_either_byte_order_still_shows_its_picture(order: str) -> None:
    after = with_xmp(tiny_tiff(order, False, OLD), "image/tiff", PACKET)
    assert pixels(after) == ("L", (1, 1), b"\x7b")


def test_a_former_packet_of_a_tiff_is_wiped() -> None:
    after = with_xmp(tiny_tiff("<", False, b"an old statement"), "image/tiff", PACKET)
    assert b"old statement" not in after


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("channels", [1, 4])
def test_the_strips_of_our_own_tiff_stay_as_they_are(dtype: type[np.uint8], channels: int) -> None:
    samples = np.random.default_rng(1).integers(0, 255, (40, 30, channels)).astype(dtype)
    before = exports_tiff.encode(samples, profile=b"a colour profile")
    after = with_xmp(before, "image/tiff", PACKET)
    assert after[8 : len(before)] == before[8:]
    assert tags(after, (258, 273, 279, 338, 34675)) == tags(before, (258, 273, 279, 338, 34675))
    assert packets(after, "image/tiff") == [PACKET]


def test_further_pictures_of_a_tiff_are_kept() -> None:
    stream = io.BytesIO()
    first, second = Image.new("L", (3, 2), 7), Image.new("L", (5, 4), 9)
    first.save(stream, "TIFF", save_all=True, append_images=[second])
    with Image.open(io.BytesIO(with_xmp(stream.getvalue(), "image/tiff", PACKET))) as image:
        image.seek(1)
        assert (image.size, image.tobytes()) == ((5, 4), bytes([9] * 20))


def test_jfif_and_exif_stay_in_front_in_a_jpeg() -> None:
    exif = Image.Exif()
    exif[33432] = "somebody"
    stream = io.BytesIO()
    Image.new("RGB", (8, 8)).save(stream, "JPEG", exif=exif)
    after = with_xmp(stream.getvalue(), "image/jpeg", PACKET)
    assert (
        after.index(b"JFIF")
        < after.index(b"Exif\0")
        < after.index(b"http://ns.adobe.com/xap")
        < after.index(b"\xff\xdb")
    )


def test_extended_xmp_of_a_jpeg_goes_with_the_packet_it_belongs_to() -> None:
    extension = b"http://ns.adobe.com/xmp/extension/\0" + bytes(40) + b"more"
    before = rights_files.jpeg_beginning_with((0xE1, b"http://ns.adobe.com/xap/1.0/\0" + OLD), (0xE1, extension))
    after = with_xmp(before, "image/jpeg", PACKET)
    assert b"xmp/extension" not in after
    assert packets(after, "image/jpeg") == [PACKET]


def test_a_jpeg_holds_a_packet_of_exactly_the_size_there_is_room_for() -> None:
    packet = b"x" * MOST_IN_JPEG
    assert packets(with_xmp(cutout("JPEG"), "image/jpeg", packet), "image/jpeg") == [packet]


def test_refuses_a_packet_too_long_for_a_jpeg() -> None:
    with pytest.raises(PlatformError, match="a JPEG segment holds 65502") as caught:
        with_xmp(cutout("JPEG"), "image/jpeg", b"x" * (MOST_IN_JPEG + 1))
    assert (caught.value.code, caught.value.permanent) == ("xmp.unwritable", True)


@pytest.mark.parametrize("lossless", [True, False])
@pytest.mark.parametrize("profile", [b"", b"a colour profile"])
def test_a_webp_becomes_an_extended_one(lossless: bool, profile: bytes) -> None:
    before = webp(lossless=lossless, icc_profile=profile)
    after = with_xmp(before, "image/webp", b"odd")
    assert after[12:16] == b"VP8X"
    assert after[20] & 0x04
    assert struct.unpack_from("<I", after, 4)[0] + 8 == len(after)
    assert pixels(after) == pixels(before)
    with Image.open(io.BytesIO(after)) as image:
        assert image.info.get("icc_profile", b"") == profile


def test_an_extended_webp_says_that_its_picture_is_transparent() -> None:
    before = cutout("WEBP")
    assert before[12:16] == b"VP8L"
    assert with_xmp(before, "image/webp", PACKET)[20] == 0x14


def test_the_packet_of_a_png_is_uncompressed_and_its_sum_is_right() -> None:
    after = with_xmp(cutout("PNG"), "image/png", PACKET)
    at = after.index(b"iTXt")
    (length,) = struct.unpack_from(">I", after, at - 4)
    assert PACKET in after[at : at + 4 + length]
    assert struct.unpack_from(">I", after, at + 4 + length)[0] == zlib.crc32(after[at : at + 4 + length])


def test_other_texts_of_a_png_stay() -> None:
    text = b"tEXtComment\0hello"
    chunk = struct.pack(">I", len(text) - 4) + text + struct.pack(">I", zlib.crc32(text))
    assert chunk in with_xmp(rights_files.png_ending_with(chunk), "image/png", PACKET)


@pytest.mark.parametrize("media_type", ["image/bmp", "image/vnd.adobe.photoshop", ""])
def test_refuses_types_it_cannot_write(media_type: str) -> None:
    with pytest.raises(PlatformError, match="PNG, JPEG, WebP and TIFF alone") as caught:
        with_xmp(photo(), media_type, PACKET)
    assert caught.value.code == "xmp.unwritable"


@pytest.mark.parametrize("kind", TYPES)
@pytest.mark.parametrize("damage", [b"", b"nonsense", b"GIF89a" + bytes(60)])
def test_refuses_what_does_not_begin_as_its_type_does(kind: str, damage: bytes) -> None:
    with pytest.raises(PlatformError, match="does not begin as") as caught:
        with_xmp(damage, TYPES[kind], PACKET)
    assert caught.value.code == "xmp.unwritable"


@settings(max_examples=60)
@given(cut=st.integers(0, 2000), kind=st.sampled_from(sorted(TYPES)))
def test_a_file_cut_short_is_refused_or_keeps_all_it_has(cut: int, kind: str) -> None:
    assert outcome(rights_files.picture(kind)[:cut], TYPES[kind]) in ([PACKET], "xmp.unwritable")


def outcome(data: bytes, media_type: str) -> list[bytes] | str:
    try:
        return packets(with_xmp(data, media_type, PACKET), media_type)
    except PlatformError as refusal:
        return refusal.code
