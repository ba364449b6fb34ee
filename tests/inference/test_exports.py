from __future__ import annotations

import io
import struct
import zlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

from inference import images
from inference.errors import InferenceError, UnreadablePicture
from inference.exports import CANVASES, ExportedFile, ExportOptions, export, read_cutout
from inference.exports_frame import Canvas
from inference.pictures import decode
from tests.inference.composites import make_original
from tests.inference.making import make_picture, make_profile, opened, photo, samples16_of, saved


def make_cutout(
    width: int = 60, height: int = 40, *, bits: int = 8, channels: int = 3, profile: bytes | None = None
) -> images.Cutout:
    """The test picture with a rectangle of it visible: rows 10 to 29, columns 20 to 49, half opaque in the last one."""
    colour = np.asarray(make_picture(width, height))[..., :channels]
    alpha = np.zeros((height, width), np.uint8)
    alpha[10:30, 20:50] = 255
    alpha[10:30, 49] = 128
    if bits == 16:
        return images.Cutout(make_original(colour.astype(np.uint16) * 257 ^ 0x5A, None, profile), widened(alpha))
    return images.Cutout(make_original(colour, None, profile), alpha)


def widened(samples: NDArray[np.uint8]) -> NDArray[np.uint16]:
    return samples.astype(np.uint16) * 257


def pixels(file: ExportedFile) -> NDArray[np.uint8]:
    return np.asarray(opened(file.data))


def samples_of(cutout: images.Cutout) -> NDArray[np.uint8] | NDArray[np.uint16]:
    return np.concatenate(list(cutout.bands()))


def refusal(cutout: images.Cutout, options: ExportOptions) -> InferenceError:
    with pytest.raises(InferenceError) as caught:
        export(cutout, options)
    return caught.value


def test_it_exports_the_usual_png_unless_told_otherwise() -> None:
    cutout = make_cutout()

    file = export(cutout)

    assert file.data == images.encode_cutout(cutout)
    assert (file.media_type, file.suffix, file.width, file.height, file.bits) == ("image/png", ".png", 60, 40, 8)


@pytest.mark.parametrize(("kind", "format_"), [("png", "PNG"), ("webp", "WEBP"), ("tiff", "TIFF")])
def test_it_keeps_every_sample_in_the_lossless_types(kind: str, format_: str) -> None:
    cutout = make_cutout()

    file = export(cutout, ExportOptions(kind=kind))

    assert opened(file.data).format == format_
    np.testing.assert_array_equal(pixels(file), samples_of(cutout))


def test_it_writes_lossy_webp_much_smaller_with_the_mask_intact() -> None:
    cutout = make_cutout(600, 400)

    lossless, lossy = (export(cutout, ExportOptions(kind=kind)) for kind in ("webp", "webp-lossy"))

    np.testing.assert_array_equal(pixels(lossy)[..., 3], cutout.alpha)
    assert np.abs(pixels(lossy).astype(int) - pixels(lossless))[cutout.alpha > 0].mean() < 8


@pytest.mark.parametrize("channels", [1, 3])
def test_it_writes_all_sixteen_bits_to_tiff(channels: int) -> None:
    profile = make_profile("GRAY") if channels == 1 else None
    cutout = make_cutout(bits=16, channels=channels, profile=profile)

    file = export(cutout, ExportOptions(kind="tiff"))

    assert file.bits == 16
    np.testing.assert_array_equal(tiff_samples(file.data), samples_of(cutout))


def tiff_samples(data: bytes) -> NDArray[np.uint16]:
    """Read our 16-bit TIFF by the specification; Pillow has no 16-bit grey with alpha."""
    tags = tags_of(data)
    assert set(tags[258]) == {16}
    assert tags[338] == [2]
    raw = b"".join(zlib.decompress(data[at : at + length]) for at, length in zip(tags[273], tags[279], strict=True))
    differences = np.frombuffer(raw, "<u2").reshape(tags[257][0], tags[256][0], len(tags[258]))
    return np.cumsum(differences, axis=1, dtype=np.uint16)


def tags_of(data: bytes) -> dict[int, list[int]]:
    (at,) = struct.unpack_from("<I", data, 4)
    (count,) = struct.unpack_from("<H", data, at)
    found = {}
    for entry in range(at + 2, at + 2 + 12 * count, 12):
        tag, kind, length = struct.unpack_from("<HHI", data, entry)
        letter = {3: "H", 4: "I", 7: "B"}[kind]
        inside = struct.calcsize(letter) * length <= 4
        start = entry + 8 if inside else struct.unpack_from("<I", data, entry + 8)[0]
        found[tag] = list(struct.unpack_from(f"<{length}{letter}", data, start))
    return found


def test_it_writes_sixteen_bit_tiff_that_it_can_read_itself() -> None:
    cutout = make_cutout(bits=16)
    data = export(cutout, ExportOptions(kind="tiff")).data

    picture = images.original(decode(data), data)

    assert picture.alpha is not None
    np.testing.assert_array_equal(np.dstack([picture.colour, picture.alpha]), samples_of(cutout))


def test_it_marks_tiff_transparency_as_not_multiplied_in() -> None:
    file = export(make_cutout(), ExportOptions(kind="tiff"))

    assert Image.open(io.BytesIO(file.data)).tag_v2[338] == (2,)


@pytest.mark.parametrize("bits", [8, 16])
def test_it_exports_the_mask_alone(bits: int) -> None:
    cutout = make_cutout(bits=bits)

    file = export(cutout, ExportOptions(kind="mask"))

    found = pixels(file) if bits == 8 else samples16_of(file.data)[..., 0]
    assert (file.media_type, file.bits) == ("image/png", bits)
    np.testing.assert_array_equal(found, cutout.alpha)


def test_it_puts_jpeg_on_a_colour() -> None:
    file = export(make_cutout(), ExportOptions(kind="jpeg", background=(0, 0, 255), quality=98))

    found = pixels(file).astype(int)
    assert (file.media_type, opened(file.data).mode) == ("image/jpeg", "RGB")
    assert np.abs(found[0, 0] - [0, 0, 255]).max() <= 3
    assert np.abs(found[15:25, 25:45] - np.asarray(make_picture())[15:25, 25:45]).mean() < 3


@pytest.mark.parametrize("bits", [8, 16])
def test_it_mixes_soft_edges_with_the_background_and_keeps_opaque_samples(bits: int) -> None:
    cutout = make_cutout(bits=bits)

    file = export(cutout, ExportOptions(background=(255, 0, 0)))

    found = pixels(file) if bits == 8 else samples16_of(file.data)
    opaque, share = 2**bits - 1, 128 / 255
    np.testing.assert_array_equal(found[10:30, 20:49], cutout.picture.colour[10:30, 20:49])
    expected = cutout.picture.colour[20, 49] * share + np.array([opaque, 0, 0]) * (1 - share)
    assert np.abs(found[20, 49] - expected).max() <= 1
    assert found[0, 0].tolist() == [opaque, 0, 0]


def test_it_converts_the_background_into_the_colours_of_the_picture() -> None:
    adobe = make_cutout(profile=adobe_rgb())

    file = export(adobe, ExportOptions(background=(0, 255, 0)))

    red, green, _ = pixels(file)[0, 0]
    assert (red > 100, green > 240) == (True, True)  # sRGB green is (144, 255, 60) in Adobe RGB


def adobe_rgb() -> bytes:
    return opened(photo("rocket.jpg")).info["icc_profile"]


def test_it_covers_the_whole_with_a_background_picture() -> None:
    background = Image.new("RGB", (10, 10), (0, 0, 255))
    background.paste((255, 0, 0), (0, 0, 5, 10))

    found = pixels(export(make_cutout(), ExportOptions(background=saved(background))))

    assert found.shape == (40, 60, 3)
    assert (found[0, 0].tolist(), found[39, 59].tolist()) == ([255, 0, 0], [0, 0, 255])


def test_refuses_a_background_that_is_no_picture() -> None:
    with pytest.raises(UnreadablePicture, match="not a picture, whatever its name says"):
        export(make_cutout(), ExportOptions(background=b"red"))


def test_it_crops_to_the_subject() -> None:
    cutout = make_cutout()

    file = export(cutout, ExportOptions(crop=True))

    assert (file.width, file.height) == (30, 20)
    np.testing.assert_array_equal(pixels(file), samples_of(cutout)[10:30, 20:50])


def test_it_leaves_a_margin_around_the_subject_also_beyond_the_picture() -> None:
    file = export(make_cutout(), ExportOptions(crop=True, margin_permille=500))

    alpha = pixels(file)[..., 3]
    assert (file.width, file.height) == (60, 50)  # half of 30 on every side
    assert alpha[15:35, 15:44].min() == 255
    assert not alpha[:15].any()


def test_it_does_not_crop_a_picture_without_anything_visible() -> None:
    cutout = images.Cutout(make_cutout().picture, np.zeros((40, 60), np.uint8))

    assert (export(cutout, ExportOptions(crop=True)).width, opened(export(cutout).data).size) == (60, (60, 40))


@pytest.mark.parametrize("name", CANVASES)
def test_it_fits_the_subject_into_every_preset(name: str) -> None:
    canvas = CANVASES[name]

    file = export(make_cutout(3000, 2000), ExportOptions(canvas=canvas))

    assert (file.width, file.height) == (canvas.width, canvas.height) == opened(file.data).size


def test_it_centres_on_the_canvas_without_enlarging() -> None:
    cutout = make_cutout()

    found = pixels(export(cutout, ExportOptions(crop=True, canvas=Canvas(50, 40))))

    np.testing.assert_array_equal(found[10:30, 10:40], samples_of(cutout)[10:30, 20:50])
    assert not found[:10].any()


def test_it_scales_without_darkening_edges() -> None:
    colour = np.full((200, 200, 3), 200, np.uint8)
    alpha = np.zeros((200, 200), np.uint8)
    alpha[:, 100:] = 255
    cutout = images.Cutout(make_original(colour), alpha)

    found = pixels(export(cutout, ExportOptions(canvas=Canvas(33, 33))))

    assert set(found[found[..., 3] > 0][:, :3].flat) <= {199, 200, 201}


@settings(max_examples=30, deadline=None)
@given(
    st.integers(1, 50), st.integers(1, 50), st.integers(1, 50), st.integers(1, 50), st.booleans(), st.integers(0, 900)
)
def test_it_always_makes_exactly_the_canvas(
    width: int, height: int, wide: int, high: int, crop: bool, margin: int
) -> None:
    alpha = np.zeros((height, width), np.uint8)
    alpha[height // 2 :, width // 3 :] = 200
    cutout = images.Cutout(make_original(np.asarray(make_picture(width, height))), alpha)

    file = export(cutout, ExportOptions(crop=crop, margin_permille=margin, canvas=Canvas(wide, high)))

    assert opened(file.data).size == (wide, high) == (file.width, file.height)


def test_it_reads_stored_cutouts_back_with_all_their_bits() -> None:
    cutout = make_cutout(bits=16)

    again = read_cutout(images.encode_cutout(cutout))

    np.testing.assert_array_equal(samples_of(again), samples_of(cutout))


def test_refuses_jpeg_without_a_background() -> None:
    error = refusal(make_cutout(), ExportOptions(kind="jpeg"))

    assert error.code == "export.background_needed"
    assert str(error).startswith("JPEG cannot be transparent and no background was chosen. Choose a background")


def test_refuses_what_webp_cannot_hold() -> None:
    cutout = images.Cutout(make_original(np.zeros((1, 16_384, 3), np.uint8)), np.zeros((1, 16_384), np.uint8))

    error = refusal(cutout, ExportOptions(kind="webp"))

    assert error.code == "export.too_long"
    assert error.message == "The picture has 16,384 × 1 pixels; this file type holds at most 16,383 a side."


@pytest.mark.parametrize("kind", ["webp", "webp-lossy"])
def test_refuses_webp_so_large_that_its_encoder_would_take_all_memory(kind: str) -> None:
    error = refusal(make_cutout(), ExportOptions(kind=kind, canvas=Canvas(8_001, 5_000)))

    assert error.code == "export.too_many_pixels"
    assert (
        error.message == "The picture has 8,001 × 5,000 pixels; WebP files are written of at most 40,000,000 in total."
    )


@pytest.mark.parametrize("canvas", [Canvas(0, 10), Canvas(20_000, 20_000)])
def test_refuses_impossible_canvases(canvas: Canvas) -> None:
    assert refusal(make_cutout(), ExportOptions(canvas=canvas)).code == "export.canvas_size"


@pytest.mark.parametrize(
    "options",
    [ExportOptions(margin_permille=-1), ExportOptions(quality=0), ExportOptions(background=(0, 0, 256))],
)
def test_refuses_options_out_of_range(options: ExportOptions) -> None:
    assert refusal(make_cutout(), options).code == "export.out_of_range"


def test_it_writes_tiff_that_other_readers_understand() -> None:
    file = export(make_cutout(), ExportOptions(kind="tiff"))

    assert struct.unpack_from("<2sH", file.data) == (b"II", 42)
    assert Image.open(io.BytesIO(file.data)).info["compression"] == "tiff_adobe_deflate"


def test_it_writes_a_photoshop_file_that_shows_the_subject_on_white() -> None:
    file = export(make_cutout(), ExportOptions(kind="psd"))

    found = opened(file.data)
    assert (found.format, found.mode, found.size) == ("PSD", "RGB", (60, 40))
    samples = np.asarray(found)
    np.testing.assert_array_equal(samples[10:30, 20:49], np.asarray(make_picture())[10:30, 20:49])
    assert samples[0, 0].tolist() == [255, 255, 255]


@pytest.mark.parametrize("bits", [8, 16])
def test_it_keeps_the_mask_of_a_photoshop_layer_apart_from_its_colours(bits: int) -> None:
    cutout = make_cutout(bits=bits)

    data = export(cutout, ExportOptions(kind="psd")).data

    channels = photoshop_layer(data)
    assert list(channels) == [0, 1, 2, -2]
    expected = samples_of(cutout)
    for (_, found), position in zip(channels.items(), range(4), strict=True):
        np.testing.assert_array_equal(found, expected[..., position])


def photoshop_layer(data: bytes) -> dict[int, NDArray[np.uint8] | NDArray[np.uint16]]:
    """Read the channels of the only layer by the specification's section "Layer and Mask Information"."""
    height, width, bits = struct.unpack_from(">IIH", data, 14)
    at = 30
    at += 4 + struct.unpack_from(">I", data, at)[0]  # image resources
    at += 4
    if bits == 16:
        assert data[at + 8 : at + 16] == b"8BIMLr16"
        at += 16
    assert struct.unpack_from(">h", data, at + 4) == (1,)
    (count,) = struct.unpack_from(">H", data, at + 22)
    lengths = [struct.unpack_from(">hI", data, at + 24 + 6 * each) for each in range(count)]
    at += 24 + 6 * count + 12
    at += 4 + struct.unpack_from(">I", data, at)[0]
    found = {}
    for number, length in lengths:
        raw = zlib.decompress(data[at + 2 : at + length])
        found[number] = np.frombuffer(raw, f">u{bits // 8}").reshape(height, width)
        at += length
    return found


def test_it_embeds_the_profile_in_a_photoshop_file() -> None:
    file = export(make_cutout(profile=adobe_rgb()), ExportOptions(kind="psd"))

    assert opened(file.data).info["icc_profile"] == adobe_rgb()


def test_refuses_a_background_in_a_photoshop_file() -> None:
    error = refusal(make_cutout(), ExportOptions(kind="psd", background=(0, 0, 0)))

    assert error.code == "export.background_not_wanted"
