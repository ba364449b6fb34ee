from __future__ import annotations

import copy
import json
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from inference.errors import InferenceError, ModelUnknown, PictureTooLarge, UnreadablePicture, WeightsMissing
from inference.pictures import Limits
from inference.pipeline import code_revision, run
from inference.types import CutoutRequest, CutoutResult
from tests.inference.making import (
    PHOTO_NAMES,
    STORED_AS,
    U2NETP_SHA256,
    make_chunk,
    make_oriented,
    make_picture,
    make_png16,
    make_png_of,
    opened,
    photo,
    samples16_of,
    saved,
)


def cut_out(store: Path, data: bytes) -> CutoutResult:
    return run(CutoutRequest(model="u2netp", weights_sha256=U2NETP_SHA256, picture=data), store)


@pytest.mark.parametrize("name", PHOTO_NAMES)
def test_it_cuts_out_photographs(name: str, u2netp_store: Path) -> None:
    result = cut_out(u2netp_store, photo(name))

    cutout, source = opened(result.png), opened(photo(name))
    assert (result.media_type, cutout.mode, cutout.size) == ("image/png", "RGBA", source.size)
    assert (result.width, result.height) == source.size
    assert result.run.foreground == "found"
    alpha = np.asarray(cutout.getchannel("A"))
    assert (alpha.min(), alpha.max()) == (0, 255)
    assert abs(result.run.coverage_permille - alpha.mean() / 0.255) <= 1
    opaque = alpha == 255
    np.testing.assert_array_equal(np.asarray(cutout)[opaque][:, :3], np.asarray(source)[opaque])


def test_it_cuts_out_every_orientation_alike(u2netp_store: Path) -> None:
    upright = opened(photo("chelsea.png")).convert("RGB")
    expected = cut_out(u2netp_store, saved(upright, icc_profile=None))

    for orientation in STORED_AS:
        result = cut_out(u2netp_store, make_oriented(upright, orientation, "PNG", icc_profile=None))
        assert (result.png == expected.png, orientation) == (True, orientation)


def test_it_records_the_run_without_floats(u2netp_store: Path) -> None:
    record = cut_out(u2netp_store, photo("rocket.jpg")).run.as_json()

    timings = record.pop("timings")
    assert isinstance(timings, dict)
    assert set(timings) == {"decode_ms", "infer_ms", "encode_ms"}
    assert {type(value) for value in [*record.values(), *timings.values()]} == {str, int}
    assert json.loads(json.dumps(record)) == record
    assert record["model"] == "u2netp"
    assert record["model_version"] == "netp"
    assert record["weights_sha256"] == U2NETP_SHA256
    assert record["profile"] == "clearcut-u2net-1"
    assert (record["input_width"], record["input_height"]) == (320, 320)
    assert (record["colour"], record["bits"]) == ("kept", 8)
    assert record["edge_colour"] == "multilevel-foreground-1"


def test_it_leaves_all_colours_as_photographed_if_asked_to(u2netp_store: Path) -> None:
    request = CutoutRequest("u2netp", U2NETP_SHA256, photo("coffee.png"), edge_colour="none")

    result = run(request, u2netp_store)

    cutout, source = np.asarray(opened(result.png)), np.asarray(opened(photo("coffee.png")))
    visible = cutout[..., 3] > 0
    assert result.run.edge_colour == "none"
    np.testing.assert_array_equal(cutout[visible][:, :3], source[visible])


def test_it_names_the_revision_it_was_built_from(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLEARCUT_REVISION", "0123abc")
    code_revision.cache_clear()

    assert code_revision() == "0123abc"
    code_revision.cache_clear()


def test_it_makes_the_same_bytes_twice(u2netp_store: Path) -> None:
    first, second = (cut_out(u2netp_store, photo("coffee.png")) for _ in range(2))

    assert first.png == second.png


@pytest.mark.parametrize("colour", [(255, 255, 255), (0, 0, 0), (90, 140, 220)])
def test_it_says_that_an_empty_picture_has_no_foreground(colour: tuple[int, int, int], u2netp_store: Path) -> None:
    result = cut_out(u2netp_store, saved(Image.new("RGB", (300, 200), colour)))

    assert (result.run.foreground, result.run.coverage_permille) == ("none", 0)
    assert opened(result.png).getchannel("A").getextrema() == (0, 0)


@pytest.mark.parametrize("size", [(1, 1), (4097, 3), (3, 4097), (319, 321)])
def test_it_takes_pictures_of_any_shape(size: tuple[int, int], u2netp_store: Path) -> None:
    result = cut_out(u2netp_store, saved(make_picture(*size)))

    assert opened(result.png).size == size


def test_it_keeps_sixteen_bits_from_end_to_end(u2netp_store: Path) -> None:
    small = opened(photo("astronaut.png")).resize((64, 64))
    samples = np.asarray(small).astype(np.uint16) * 257 ^ 0x5A

    result = cut_out(u2netp_store, make_png16(samples))

    cutout = samples16_of(result.png)
    assert result.run.bits == 16
    assert result.run.foreground == "found"
    opaque = cutout[..., 3] == 65535
    assert opaque.any()
    np.testing.assert_array_equal(cutout[opaque][:, :3], samples[opaque])


def test_refuses_bombs_before_decoding(u2netp_store: Path) -> None:
    header = struct.pack(">IIBBBBB", 50_000, 50_000, 8, 2, 0, 0, 0)

    with pytest.raises(PictureTooLarge) as caught:
        cut_out(u2netp_store, make_png_of(header, make_chunk(b"IDAT", zlib.compress(b""))))

    assert caught.value.permanent is True


def test_refuses_more_pixels_than_the_request_allows(u2netp_store: Path) -> None:
    limits = Limits(max_bytes=1_000_000, max_pixels=100)

    with pytest.raises(PictureTooLarge, match="at most 100 in total"):
        run(CutoutRequest("u2netp", U2NETP_SHA256, photo("rocket.jpg"), limits), u2netp_store)


def test_refuses_text_that_is_called_a_picture(u2netp_store: Path) -> None:
    with pytest.raises(UnreadablePicture, match="not a picture, whatever its name says"):
        cut_out(u2netp_store, b"just a text")


def test_refuses_weights_that_are_not_there(tmp_path: Path) -> None:
    request = CutoutRequest(model="u2netp", weights_sha256="0" * 64, picture=photo("rocket.jpg"))

    with pytest.raises(WeightsMissing, match=f"The weights {'0' * 64} are not in the local store"):
        run(request, tmp_path)


def test_refuses_models_it_does_not_know_before_reading_the_picture(tmp_path: Path) -> None:
    with pytest.raises(ModelUnknown, match="There is no model called “rmbg-0.1”"):
        run(CutoutRequest(model="rmbg-0.1", weights_sha256=U2NETP_SHA256, picture=b""), tmp_path)


def test_every_error_survives_being_sent_between_processes(tmp_path: Path) -> None:
    for model, picture in (("u2netp", b""), ("nothing", b""), ("u2netp", photo("rocket.jpg"))):
        with pytest.raises(InferenceError) as caught:
            run(CutoutRequest(model=model, weights_sha256="0" * 64, picture=picture), tmp_path)
        assert str(copy.copy(caught.value)) == str(caught.value)
