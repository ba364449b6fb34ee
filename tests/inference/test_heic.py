from __future__ import annotations

import struct

import numpy as np
import pytest
from PIL import Image

from inference import images
from inference.errors import PictureRefused
from inference.exports import read_cutout
from inference.pictures import DEFAULT_LIMITS, Limits, decode, inspect_picture, preview_jpeg
from tests.inference.huge_run import cut_out
from tests.inference.making import STORED_AS, heic, make_picture, opened, photo

ADOBE_RGB = opened(photo("rocket.jpg")).info["icc_profile"]


def refusal(data: bytes, limits: Limits = DEFAULT_LIMITS) -> PictureRefused:
    with pytest.raises(PictureRefused) as caught:
        inspect_picture(data, limits)
    return caught.value


def with_declared_size(data: bytes, width: int, height: int) -> bytes:
    """Change the size that the container claims (ISO/IEC 23008-12, 6.5.3), not the one that the picture has."""
    at = data.index(b"ispe") + 8
    return data[:at] + struct.pack(">II", width, height) + data[at + 8 :]


def test_it_describes_a_heic() -> None:
    info = inspect_picture(heic("orientation-1"))

    assert (info.media_type, info.width, info.height) == ("image/heic", 60, 40)
    assert (info.mode, info.bits, info.orientation, info.has_icc, info.frames) == ("RGB", 8, 1, False, 1)


@pytest.mark.parametrize("orientation", STORED_AS)
def test_it_reads_heic_upright_whatever_the_orientation(orientation: int) -> None:
    decoded = decode(heic(f"orientation-{orientation}"))

    assert (decoded.info.width, decoded.info.height, decoded.info.orientation) == (60, 40, 1)
    assert np.abs(np.asarray(decoded.image, int) - np.asarray(make_picture())).mean() < 2


def test_it_cuts_out_a_heic_with_its_own_samples_and_profile() -> None:
    data = heic("adobe-rgb")
    samples = np.asarray(decode(data).image)

    result = cut_out(data)

    cutout = read_cutout(result)
    opaque = cutout.alpha == 255
    assert opened(result).info["icc_profile"] == ADOBE_RGB
    assert opaque.any()
    np.testing.assert_array_equal(cutout.picture.colour[opaque], samples[opaque])
    rocket = opened(photo("rocket.jpg")).resize((160, 104))
    assert np.abs(samples.astype(int) - np.asarray(rocket)).mean() < 4


def test_it_shows_the_network_and_people_a_heic_in_srgb() -> None:
    preview = np.asarray(opened(preview_jpeg(heic("adobe-rgb"), 160)), int)

    assert inspect_picture(heic("adobe-rgb")).icc_name == "Adobe RGB (1998)"
    assert np.abs(preview - np.asarray(decode(heic("adobe-rgb")).image)).mean() > 3


def test_it_keeps_the_transparency_of_a_heic() -> None:
    picture = images.original(decode(heic("alpha")), heic("alpha"))

    assert picture.alpha is not None
    expected = np.asarray(Image.linear_gradient("L").resize((60, 40)), int)
    assert np.abs(picture.alpha - expected).mean() < 2


def test_it_reads_a_grey_heic_as_grey() -> None:
    decoded = decode(heic("grey"))

    assert decoded.image.mode == "L"
    assert np.abs(np.asarray(decoded.image, int) - np.asarray(make_picture(mode="L"))).mean() < 2


def test_it_takes_the_primary_picture_of_a_heic_that_holds_several() -> None:
    decoded = decode(heic("two-pictures"))

    assert np.abs(np.asarray(decoded.image, int) - np.asarray(make_picture())).mean() < 2


def test_refuses_a_heic_of_ten_bits_instead_of_dropping_two() -> None:
    error = refusal(heic("ten-bits"))

    assert error.code == "picture.unsupported_depth"
    assert error.message == "The HEIC has 10 bits per channel in a form that would lose quality here."


def test_refuses_a_heic_that_claims_too_many_pixels_without_decoding_it() -> None:
    error = refusal(with_declared_size(heic("adobe-rgb"), 14_000, 10_000))

    assert error.code == "picture.too_many_pixels"


def test_refuses_a_heic_that_claims_to_be_smaller_than_it_is() -> None:
    error = refusal(with_declared_size(heic("adobe-rgb"), 16, 16))

    assert error.code == "picture.damaged"


def test_refuses_too_many_pixels_of_a_heic() -> None:
    assert refusal(heic("adobe-rgb"), Limits(1_000_000, 160 * 104 - 1)).code == "picture.too_many_pixels"


@pytest.mark.parametrize("part", [0.3, 0.7, 0.98])
def test_refuses_a_heic_that_ends_too_early(part: float) -> None:
    data = heic("adobe-rgb")

    assert refusal(data[: int(len(data) * part)]).code == "picture.truncated"


def test_refuses_a_heic_whose_picture_is_missing() -> None:
    data = heic("adobe-rgb")
    at = data.index(b"mdat") + 4

    assert refusal(data[:at] + bytes(len(data) - at)).code == "picture.damaged"


@pytest.mark.parametrize(
    ("found", "instead"),
    [(b"application/rdf+xml", b"application\x94rdf+xml"), (b"mime", b"m\xffme"), (b"hvc1", b"h\x94c1")],
)
def test_an_item_whose_type_is_no_text_is_refused_instead_of_ending_the_process(found: bytes, instead: bytes) -> None:
    damaged = heic("rights").replace(found, instead)
    assert damaged != heic("rights")
    with pytest.raises(PictureRefused, match="cannot be read as one"):
        inspect_picture(damaged)
