from __future__ import annotations

import struct
import zlib
from contextlib import suppress

import numpy as np
import pytest
from PIL import Image

from inference.errors import InferenceError, PictureRefused, PictureTooLarge, UnreadablePicture, UnsupportedPicture
from inference.pictures import DEFAULT_LIMITS, Limits, decode, inspect_picture, preview_jpeg, preview_webp
from tests.inference.making import (
    PHOTO_NAMES,
    make_chunk,
    make_oriented,
    make_picture,
    make_png16,
    make_png_of,
    make_profile,
    make_samples16,
    opened,
    photo,
    saved,
)


def refusal(data: bytes, limits: Limits = DEFAULT_LIMITS) -> InferenceError:
    with pytest.raises(InferenceError) as caught:
        inspect_picture(data, limits)
    return caught.value


@pytest.mark.parametrize(
    ("kind", "media_type"),
    [
        ("JPEG", "image/jpeg"),
        ("PNG", "image/png"),
        ("WEBP", "image/webp"),
        ("TIFF", "image/tiff"),
        ("BMP", "image/bmp"),
        ("AVIF", "image/avif"),
    ],
)
def test_it_describes_every_accepted_type(kind: str, media_type: str) -> None:
    info = inspect_picture(saved(make_picture(60, 40), kind))

    assert (info.media_type, info.width, info.height) == (media_type, 60, 40)
    assert (info.mode, info.bits, info.orientation, info.has_icc, info.frames) == ("RGB", 8, 1, False, 1)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "CMYK"])
def test_it_accepts_every_common_mode(mode: str) -> None:
    kind = "TIFF" if mode == "CMYK" else "PNG"

    assert inspect_picture(saved(make_picture(mode=mode), kind)).width == 60


def test_it_names_the_colour_profile() -> None:
    info = inspect_picture(photo("rocket.jpg"))

    assert (info.has_icc, info.icc_name) == (True, "Adobe RGB (1998)")


def test_it_reports_an_unreadable_profile_without_a_name() -> None:
    info = inspect_picture(saved(make_picture(), icc_profile=b"not a profile" * 20))

    assert (info.has_icc, info.icc_name) == (True, None)


def test_it_reports_sixteen_bits() -> None:
    assert inspect_picture(make_png16(make_samples16())).bits == 16


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "TIFF"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_it_turns_every_orientation_upright_once(kind: str, orientation: int) -> None:
    options = {"lossless": True} if kind == "WEBP" else {}

    decoded = decode(make_oriented(make_picture(), orientation, kind, **options))

    assert decoded.info.orientation == orientation
    assert (decoded.info.width, decoded.info.height) == (60, 40)
    assert decoded.image.tobytes() == make_picture().tobytes()


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF"])
def test_it_reports_the_size_as_seen(kind: str) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6

    info = inspect_picture(saved(make_picture(60, 40), kind, exif=exif))

    assert (info.width, info.height, info.orientation) == (40, 60, 6)


def test_it_takes_the_first_picture_of_a_phone_jpeg_that_carries_a_preview() -> None:
    data = saved(make_picture(60, 40), "MPO", save_all=True, append_images=[make_picture(6, 4)])

    info = inspect_picture(data)

    assert (info.media_type, info.width, info.height) == ("image/jpeg", 60, 40)


def test_refuses_zero_bytes() -> None:
    error = refusal(b"")

    assert isinstance(error, UnreadablePicture)
    assert error.code == "picture.empty"
    assert str(error).startswith("The file is empty (0 bytes). Upload it again")


@pytest.mark.parametrize("data", [b"Dear client, here is the logo.", b"\0" * 100, b"P"])
def test_refuses_what_is_not_a_picture(data: bytes) -> None:
    error = refusal(data)

    assert error.code == "picture.not_an_image"
    assert "Upload a JPEG, PNG, WebP, TIFF, BMP, AVIF or HEIC file." in str(error)


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (saved(make_picture(), "GIF"), "GIF"),
        (b"%PDF-1.7\n", "PDF"),
        (b'<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg"/>', "SVG"),
        (b"8BPS\0\1", "Photoshop"),
        (b"\0\0\0\x18ftyphevc\0\0\0\0msf1hevc", "HEIC sequence"),
        (b"II*\0\x10\0\0\0CR\2\0", "camera raw"),
    ],
)
def test_refuses_types_that_are_not_accepted_by_name(data: bytes, name: str) -> None:
    error = refusal(data)

    assert isinstance(error, UnsupportedPicture)
    assert error.code == "picture.unsupported_type"
    assert error.message == f"{name} files are not accepted."


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "AVIF"])
def test_refuses_animations(kind: str) -> None:
    second = make_picture().transpose(Image.Transpose.ROTATE_180)

    error = refusal(saved(make_picture(), kind, save_all=True, append_images=[second]))

    assert error.code in {"picture.animated", "picture.unsupported_type"}
    assert error.how_to_fix


def test_refuses_tiff_files_with_several_pages() -> None:
    error = refusal(saved(make_picture(), "TIFF", save_all=True, append_images=[make_picture()]))

    assert error.code == "picture.multi_page"
    assert "Export each page" in error.how_to_fix


def test_refuses_a_tiff_whose_first_picture_is_only_a_preview() -> None:
    error = refusal(saved(make_picture(), "TIFF", tiffinfo={254: 1}))

    assert error.message == "Camera raw files are not accepted."


def test_refuses_too_many_bytes() -> None:
    data = saved(make_picture(), "BMP")

    error = refusal(data, Limits(max_bytes=1000, max_pixels=1_000_000))

    assert isinstance(error, PictureTooLarge)
    assert error.code == "picture.too_many_bytes"
    assert f"The file has {len(data):,} bytes; at most 1,000 are accepted." in str(error)


def test_refuses_too_many_pixels_naming_both_sizes() -> None:
    error = refusal(saved(make_picture(60, 40)), Limits(max_bytes=10_000_000, max_pixels=2399))

    assert error.code == "picture.too_many_pixels"
    assert error.message == "The picture claims 60 × 40 pixels; at most 2,399 in total are accepted."


def test_refuses_a_png_that_claims_too_many_pixels_without_decoding_it() -> None:
    header = struct.pack(">IIBBBBB", 50_000, 50_000, 8, 2, 0, 0, 0)
    bomb = make_png_of(header, make_chunk(b"IDAT", zlib.compress(bytes(1_000_000))))

    assert refusal(bomb).code == "picture.too_many_pixels"


def test_refuses_a_tiff_that_claims_too_many_pixels_without_decoding_it() -> None:
    data = bytearray(saved(Image.new("L", (64, 64)), "TIFF"))
    for tag in (256, 257):  # ImageWidth, ImageLength
        at = data.index(struct.pack("<HHI", tag, 4, 1))
        data[at + 8 : at + 12] = struct.pack("<I", 60_000)

    assert refusal(bytes(data)).code == "picture.too_many_pixels"


def test_refuses_a_little_over_the_limit_as_clearly_as_a_bomb() -> None:
    header = struct.pack(">IIBBBBB", 12_001, 10_000, 8, 0, 0, 0, 0)

    error = refusal(make_png_of(header, make_chunk(b"IDAT", zlib.compress(b""))))

    assert error.code == "picture.too_many_pixels"


@pytest.mark.parametrize("name", PHOTO_NAMES)
@pytest.mark.parametrize("part", [0.3, 0.7, 0.98])
def test_refuses_pictures_that_end_too_early(name: str, part: float) -> None:
    data = photo(name)

    error = refusal(data[: int(len(data) * part)])

    assert isinstance(error, UnreadablePicture)
    assert error.code == "picture.truncated"


@pytest.mark.parametrize("kind", ["WEBP", "TIFF", "BMP", "AVIF"])
def test_refuses_every_type_cut_in_half(kind: str) -> None:
    data = saved(make_picture(), kind)

    assert refusal(data[: len(data) // 2]).code in {"picture.truncated", "picture.damaged"}


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF", "BMP", "AVIF"])
def test_it_answers_damage_with_a_refusal_or_a_picture_and_nothing_else(kind: str) -> None:
    sound = saved(make_picture(), kind, exif=Image.Exif().tobytes() if kind != "BMP" else b"")
    random = np.random.default_rng(3)

    for _ in range(150):
        damaged = bytearray(sound)
        for at in random.integers(0, len(sound), 4):
            damaged[at] ^= 1 << random.integers(0, 8)
        with suppress(PictureRefused):
            inspect_picture(bytes(damaged), Limits(max_bytes=1_000_000, max_pixels=1_000_000))


def test_it_reads_a_picture_whose_metadata_is_damaged() -> None:
    info = inspect_picture(saved(make_picture(), "JPEG", exif=b"Exif\0\0garbage"))

    assert info.orientation == 1


def test_refuses_floating_point_pictures() -> None:
    error = refusal(saved(make_picture(mode="F"), "TIFF"))

    assert error.code == "picture.unsupported_depth"
    assert "32 bits per channel" in error.message


def test_refuses_lab_pictures() -> None:
    assert refusal(saved(Image.new("LAB", (8, 8)), "TIFF")).code == "picture.unsupported_colour"


def test_refuses_sixteen_bit_pictures_with_a_transparent_colour() -> None:
    data = make_png16(make_samples16(), extra=make_chunk(b"tRNS", struct.pack(">HHH", 1, 2, 3)))

    assert refusal(data).code == "picture.unsupported_depth"


def test_it_makes_previews_upright_and_no_larger_than_asked() -> None:
    exif = Image.Exif()
    exif[0x0112] = 8
    data = saved(make_picture(600, 400), "JPEG", exif=exif)

    assert opened(preview_jpeg(data, 120)).size == (80, 120)


def test_it_keeps_transparency_in_webp_previews() -> None:
    image = make_picture(mode="RGBA")
    image.putalpha(0)

    assert opened(preview_webp(saved(image), 30)).getchannel("A").getextrema() == (0, 0)


def test_it_shows_transparent_parts_white_in_jpeg_previews() -> None:
    image = make_picture(mode="RGBA")
    image.putalpha(0)

    assert opened(preview_jpeg(saved(image), 30)).getpixel((5, 5)) == (255, 255, 255)


def test_it_converts_previews_to_srgb() -> None:
    preview = opened(preview_jpeg(photo("rocket.jpg"), 640))
    as_stored = opened(photo("rocket.jpg"))

    difference = np.abs(np.asarray(preview, float) - np.asarray(as_stored, float)).mean()
    assert difference > 3
    assert "icc_profile" not in preview.info


def test_it_previews_sixteen_bit_greys_in_their_true_brightness() -> None:
    data = make_png16(np.full((10, 10, 1), 0x8000, np.uint16))

    assert abs(opened(preview_jpeg(data, 10)).getpixel((5, 5))[0] - 128) <= 1


def test_it_previews_pictures_with_grey_profiles() -> None:
    data = saved(make_picture(mode="L"), icc_profile=make_profile("GRAY"))

    assert opened(preview_webp(data, 30)).mode == "RGB"
