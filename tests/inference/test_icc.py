from __future__ import annotations

import pytest

from inference import images
from inference.exports import ExportOptions, export, read_cutout
from tests.inference.huge_run import cut_out
from tests.inference.making import make_picture, make_profile, opened, photo, saved

ADOBE_RGB = opened(photo("rocket.jpg")).info["icc_profile"]


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF"])
@pytest.mark.parametrize("profile", [ADOBE_RGB, make_profile("sRGB")], ids=["Adobe RGB", "sRGB"])
def test_it_carries_the_profile_of_every_format_into_the_cutout(kind: str, profile: bytes) -> None:
    assert opened(cut_out(saved(make_picture(), kind, icc_profile=profile))).info["icc_profile"] == profile


@pytest.mark.parametrize("kind", ["png", "webp", "webp-lossy", "tiff", "jpeg"])
def test_it_carries_the_profile_on_into_every_export(kind: str) -> None:
    cutout = read_cutout(cut_out(saved(make_picture(), icc_profile=ADOBE_RGB)))
    background = (200, 30, 30) if kind == "jpeg" else None

    exported = export(cutout, ExportOptions(kind=kind, crop=True, background=background))

    assert opened(exported.data).info["icc_profile"] == ADOBE_RGB


def test_it_keeps_the_samples_of_a_wide_gamut_picture_as_they_are() -> None:
    data = saved(make_picture(), icc_profile=ADOBE_RGB)

    cutout = read_cutout(cut_out(data))

    opaque = cutout.alpha == 255
    assert opaque.any()
    assert (cutout.picture.colour[opaque] == images.samples_of(make_picture(), None)[opaque]).all()


@pytest.mark.parametrize("kind", ["webp", "webp-lossy"])
def test_it_gives_webp_which_knows_no_grey_an_srgb_profile_instead_of_a_grey_one(kind: str) -> None:
    cutout = read_cutout(cut_out(saved(make_picture(mode="L"), icc_profile=make_profile("GRAY"))))

    exported = opened(export(cutout, ExportOptions(kind=kind, crop=True)).data)

    assert exported.info["icc_profile"][16:20] == b"RGB "
