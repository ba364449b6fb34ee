from __future__ import annotations

import struct

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from inference import images
from inference.errors import InferenceError
from inference.pictures import decode
from inference.registry import card
from inference.types import InputProfile, OutputProfile
from tests.inference.making import (
    chunks_of,
    make_chunk,
    make_picture,
    make_png16,
    make_profile,
    make_samples16,
    opened,
    photo,
    samples16_of,
    saved,
)

PROFILE = OutputProfile(profile="test-1", foreground_floor=0.5, black_point=0.02, resample="bicubic")


def original_of(data: bytes) -> images.Original:
    return images.original(decode(data), data)


def make_answer(left: float, right: float) -> NDArray[np.float32]:
    answer = np.full((320, 320), left, np.float32)
    answer[:, 160:] = right
    return answer


def make_cutout(data: bytes, answer: NDArray[np.float32]) -> tuple[bytes, images.Opacity]:
    picture = original_of(data)
    opacity = images.opacity(answer, PROFILE, picture)
    return images.encode_cutout(images.cut_out(picture, opacity)), opacity


KEEP_ALL = make_answer(0.9, 0.9)


@pytest.mark.parametrize("mode", ["RGB", "L", "1", "P"])
def test_it_keeps_the_original_samples(mode: str) -> None:
    data = saved(make_picture(mode=mode))

    cutout, _ = make_cutout(data, KEEP_ALL)

    assert opened(cutout).mode == "RGBA"
    assert opened(cutout).convert("RGB").tobytes() == opened(data).convert("RGB").tobytes()


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_it_keeps_all_sixteen_bits(channels: int) -> None:
    samples = make_samples16(channels=channels)
    if channels in {2, 4}:
        samples[..., -1] |= 1  # nothing is fully transparent, so nothing is cleared

    cutout, _ = make_cutout(make_png16(samples), KEEP_ALL)

    expected = np.full((*samples.shape[:2], 4), 65535, np.uint16)
    expected[..., :3] = samples[..., : 3 if channels > 2 else 1]
    if channels in {2, 4}:
        expected[..., 3] = samples[..., -1]
    np.testing.assert_array_equal(samples16_of(cutout), expected)


def test_it_multiplies_existing_alpha_with_the_mask() -> None:
    image = make_picture(mode="RGBA")
    image.putalpha(100)

    cutout, _ = make_cutout(saved(image), make_answer(0.0, 1.0))

    alpha = np.asarray(opened(cutout).getchannel("A"))
    assert set(alpha[:, :20].flat) == {0}
    assert set(alpha[:, 40:].flat) == {100}


def test_it_keeps_the_transparency_of_palettes() -> None:
    image = make_picture(mode="RGB").quantize(8)
    image.info["transparency"] = image.getpixel((0, 0))

    cutout, _ = make_cutout(saved(image), KEEP_ALL)

    assert opened(cutout).getpixel((0, 0)) == (0, 0, 0, 0)
    assert opened(cutout).getpixel((59, 39))[3] == 255


def test_it_clears_the_samples_that_were_removed() -> None:
    cutout, _ = make_cutout(saved(make_picture()), make_answer(0.0, 1.0))

    samples = np.asarray(opened(cutout))
    assert not samples[samples[..., 3] == 0].any()
    np.testing.assert_array_equal(samples[:, 40:, :3], np.asarray(make_picture())[:, 40:])


def test_it_embeds_the_profile_unchanged() -> None:
    data = photo("rocket.jpg")

    cutout, _ = make_cutout(data, KEEP_ALL)

    assert opened(cutout).info["icc_profile"] == opened(data).info["icc_profile"]
    assert opened(cutout).convert("RGB").tobytes() == opened(data).tobytes()


def test_it_keeps_a_grey_picture_grey_when_its_profile_is_for_greys() -> None:
    profile = make_profile("GRAY")
    data = saved(make_picture(mode="L"), icc_profile=profile)

    cutout, _ = make_cutout(data, KEEP_ALL)

    assert (opened(cutout).mode, opened(cutout).info["icc_profile"]) == ("LA", profile)
    assert opened(cutout).getchannel("L").tobytes() == opened(data).tobytes()


def test_it_leaves_out_a_profile_that_cannot_describe_the_picture() -> None:
    cutout, _ = make_cutout(saved(make_picture(), icc_profile=make_profile("GRAY")), KEEP_ALL)

    assert "icc_profile" not in opened(cutout).info


def test_it_carries_colour_chunks_over_where_there_is_no_profile() -> None:
    plain = saved(make_picture())
    linear = plain[:33] + make_chunk(b"gAMA", struct.pack(">I", 100_000)) + plain[33:]

    cutout, _ = make_cutout(linear, KEEP_ALL)

    assert (b"gAMA", struct.pack(">I", 100_000)) in chunks_of(cutout)


def test_it_converts_cmyk_to_srgb_and_says_so() -> None:
    data = saved(make_picture(mode="CMYK"), "JPEG", quality=95)

    cutout, _ = make_cutout(data, KEEP_ALL)

    assert original_of(data).handling == "converted_without_profile"
    assert opened(cutout).mode == "RGBA"
    assert decode(cutout).info.icc_name is not None
    assert "sRGB" in decode(cutout).info.icc_name
    difference = np.asarray(opened(cutout).convert("RGB"), float) - np.asarray(make_picture(), float)
    assert np.abs(difference).mean() < 4


def test_it_makes_the_same_srgb_profile_every_time() -> None:
    data = saved(make_picture(mode="CMYK"), "TIFF")

    assert make_cutout(data, KEEP_ALL)[0] == make_cutout(data, KEEP_ALL)[0]
    created = opened(make_cutout(data, KEEP_ALL)[0]).info["icc_profile"][24:36]
    assert struct.unpack(">6H", created) == (2000, 1, 1, 0, 0, 0)


def test_it_drops_the_orientation_once_applied() -> None:
    exif = Image.Exif()
    exif[0x0112] = 3

    cutout, _ = make_cutout(saved(make_picture(), exif=exif), KEEP_ALL)

    assert {name for name, _ in chunks_of(cutout)} == {b"IHDR", b"IDAT", b"IEND"}


def test_it_reports_no_foreground_instead_of_stretching_noise() -> None:
    noise = np.random.default_rng(1).random((320, 320), np.float32) * 0.49

    cutout, opacity = make_cutout(saved(make_picture()), noise)

    assert (opacity.foreground, opacity.coverage_permille) == ("none", 0)
    assert opened(cutout).getextrema() == ((0, 0),) * 4


def test_it_reports_when_there_is_nothing_to_remove() -> None:
    _, opacity = make_cutout(saved(make_picture()), make_answer(0.6, 0.95))

    assert (opacity.foreground, opacity.coverage_permille) == ("full", 1000)


def test_it_makes_the_most_certain_parts_opaque_and_the_least_certain_transparent() -> None:
    cutout, opacity = make_cutout(saved(make_picture()), make_answer(0.02, 0.8))

    alpha = np.asarray(opened(cutout).getchannel("A"))
    assert (alpha[:, :25].max(), alpha[:, 35:].min(), opacity.foreground) == (0, 255, "found")
    assert opacity.coverage_permille == 500


def test_it_reports_no_foreground_where_the_picture_was_transparent_already() -> None:
    image = make_picture(mode="RGBA")
    image.putalpha(0)

    _, opacity = make_cutout(saved(image), KEEP_ALL)

    assert opacity.foreground == "none"


def test_refuses_an_answer_that_is_not_a_number() -> None:
    with pytest.raises(InferenceError, match="The network gave an answer that is not a number"):
        make_cutout(saved(make_picture()), make_answer(0.1, float("nan")))


def normalised(data: bytes, profile: InputProfile | None = None) -> NDArray[np.float32]:
    return images.network_input(decode(data), profile or card("u2netp").input)


def test_it_normalises_by_the_brightest_sample_of_the_picture() -> None:
    dark = Image.eval(make_picture(320, 320), lambda value: value // 2)
    samples = np.asarray(dark, np.float64)
    expected = (samples / samples.max() - [0.485, 0.456, 0.406]) / [0.229, 0.224, 0.225]

    np.testing.assert_allclose(normalised(saved(dark)), expected.transpose(2, 0, 1), atol=1e-5)


def test_it_normalises_by_the_type_where_the_card_says_so() -> None:
    image = Image.new("RGB", (64, 64), (51, 102, 153))

    found = normalised(saved(image), card("rmbg-1.4").input)

    assert found.shape == (3, 1024, 1024)
    np.testing.assert_allclose(found[:, 0, 0], [-0.3, -0.1, 0.1], atol=1e-6)


def test_it_does_not_divide_by_zero_on_black() -> None:
    assert np.isfinite(normalised(saved(Image.new("RGB", (9, 9))))).all()


def test_it_shows_the_network_srgb() -> None:
    tagged = photo("rocket.jpg")
    untagged = saved(opened(tagged), icc_profile=None)

    assert np.abs(normalised(tagged) - normalised(untagged)).mean() > 0.05


def test_it_hides_colours_under_transparent_parts_from_the_network() -> None:
    red, blue = Image.new("RGBA", (20, 20), (255, 0, 0, 0)), Image.new("RGBA", (20, 20), (0, 0, 255, 0))

    np.testing.assert_array_equal(normalised(saved(red)), normalised(saved(blue)))
