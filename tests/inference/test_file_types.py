"""Every accepted type arrives in the cutout sample by sample, in every form it comes in."""

from __future__ import annotations

import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from inference import images
from inference.colour import srgb_profile
from inference.pictures import decode
from tests.inference.making import (
    make_chunk,
    make_cmyk_profile,
    make_picture,
    make_png_of,
    make_samples16,
    opened,
    samples16_of,
    saved,
)
from tests.inference.tiffs import LAYOUTS, Samples, make_tiff

CERTAIN = np.ones((8, 8), np.float32)


def cut_out(data: bytes) -> bytes:
    """Everything is foreground, so nothing may change."""
    decoded = decode(data)
    picture = images.original(decoded, data)
    opaque = 2**picture.bits - 1
    alpha = np.full(picture.colour.shape[:2], opaque, picture.colour.dtype) if picture.alpha is None else picture.alpha
    return images.encode_cutout(images.cut_out(picture, images.Opacity(alpha, "full", 1000)))


def rgba(image: Image.Image) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    samples = np.asarray(image.convert("RGBA")).copy()
    samples[samples[..., 3] == 0] = 0  # what nobody sees is cleared
    return samples


def with_alpha(mode: str) -> Image.Image:
    image = make_picture(mode=mode)
    image.putalpha(Image.linear_gradient("L").resize(image.size))
    return image


@pytest.mark.parametrize(
    ("kind", "mode"),
    [
        *(("PNG", mode) for mode in ("1", "L", "P", "RGB", "LA", "RGBA")),
        *(("BMP", mode) for mode in ("1", "L", "P", "RGB")),
        *(("TIFF", mode) for mode in ("1", "L", "P", "RGB", "LA", "RGBA")),
        *(("WEBP", mode) for mode in ("RGB", "RGBA")),
    ],
)
def test_it_keeps_every_sample_of_eight_bits(kind: str, mode: str) -> None:
    image = with_alpha(mode) if mode.endswith("A") else make_picture(mode=mode)
    data = saved(image, kind, **({"lossless": True, "exact": True} if kind == "WEBP" else {}))

    found = np.asarray(opened(cut_out(data)))

    np.testing.assert_array_equal(found, rgba(image))


@pytest.mark.parametrize(("kind", "mode"), [("JPEG", "RGB"), ("JPEG", "L"), ("AVIF", "RGB"), ("AVIF", "RGBA")])
def test_it_keeps_every_sample_that_a_lossy_file_decodes_to(kind: str, mode: str) -> None:
    data = saved(with_alpha(mode) if mode.endswith("A") else make_picture(mode=mode), kind)

    np.testing.assert_array_equal(np.asarray(opened(cut_out(data))), rgba(opened(data)))


@pytest.mark.parametrize("bits", [1, 2, 4, 8])
@pytest.mark.parametrize("colour_type", [0, 3])
def test_it_reads_png_of_few_bits_grey_or_with_a_palette(bits: int, colour_type: int) -> None:
    random = np.random.default_rng(bits)
    indices = random.integers(0, 2**bits, (16, 24), dtype=np.uint8)
    palette = random.integers(0, 256, (2**bits, 3), dtype=np.uint8)

    found = np.asarray(opened(cut_out(make_png_of_bits(indices, bits, palette if colour_type == 3 else None))))

    greys = np.repeat(np.arange(2**bits) * 255 // (2**bits - 1), 3).reshape(-1, 3)
    np.testing.assert_array_equal(found[..., :3], (palette if colour_type == 3 else greys)[indices])


def make_png_of_bits(indices: Samples, bits: int, palette: Samples | None) -> bytes:
    """PNG, 7.2: samples packed into bytes, the leftmost in the highest bits; unfiltered."""
    height, width = indices.shape
    single = np.unpackbits(indices[..., None], axis=-1)[..., 8 - bits :].reshape(height, -1)
    rows = np.packbits(single, axis=1)
    raw = b"".join(b"\0" + row.tobytes() for row in rows)
    header = struct.pack(">IIBBBBB", width, height, bits, 0 if palette is None else 3, 0, 0, 0)
    plte = b"" if palette is None else make_chunk(b"PLTE", palette.tobytes())
    return make_png_of(header, plte + make_chunk(b"IDAT", zlib.compress(raw)))


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("compressed", [True, False])
def test_it_keeps_every_sample_of_tiff_of_eight_bits(layout: str, channels: int, order: str, compressed: bool) -> None:
    samples = (make_samples16(channels=channels) >> 8).astype(np.uint8)
    samples[..., -1] |= 1  # nothing is fully transparent, so nothing is cleared

    found = np.asarray(opened(cut_out(make_tiff(samples, order, layout, compressed=compressed))))

    np.testing.assert_array_equal(found[..., :channels], samples)


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("compressed", [True, False])
def test_it_keeps_every_sample_of_tiff_of_sixteen_bits(
    layout: str, channels: int, order: str, compressed: bool
) -> None:
    samples = make_samples16(channels=channels)
    samples[..., -1] |= 1

    found = samples16_of(cut_out(make_tiff(samples, order, layout, compressed=compressed)))

    np.testing.assert_array_equal(found[..., :channels], samples)


@pytest.mark.parametrize("kind", ["JPEG", "TIFF"])
def test_it_converts_cmyk_by_its_own_profile_and_says_so(kind: str) -> None:
    """The profile's inks are all shades of grey, which no formula without it would make of them."""
    image = make_picture(mode="CMYK")
    options = {"quality": 95} if kind == "JPEG" else {}
    data = saved(image, kind, icc_profile=make_cmyk_profile(), **options)

    picture = images.original(decode(data), data)

    spread = picture.colour.max(axis=-1).astype(int) - picture.colour.min(axis=-1)
    assert picture.handling == "converted_with_profile"
    assert decode(cut_out(data)).info.icc_name == "sRGB built-in"
    assert spread.max() <= 2
    assert picture.colour.max() - picture.colour.min() > 100


def test_it_takes_cmyk_with_a_profile_for_other_colours_as_if_it_had_none() -> None:
    data = saved(make_picture(mode="CMYK"), "TIFF", icc_profile=srgb_profile())

    picture = images.original(decode(data), data)

    assert picture.handling == "converted_without_profile"
    assert np.abs(picture.colour.astype(int) - np.asarray(make_picture())).mean() < 2


def test_it_reads_the_inverted_inks_of_photoshops_jpegs() -> None:
    data = saved(make_picture(mode="CMYK"), "JPEG", quality=98, subsampling=0)

    assert b"Adobe" in data[:64]
    assert np.abs(images.original(decode(data), data).colour.astype(int) - np.asarray(make_picture())).mean() < 4
