from __future__ import annotations

import numpy as np
from hypothesis import example, given, settings
from hypothesis import strategies as st

from inference import images
from inference.pictures import decode
from tests.inference.composites import make_opacity, make_original, samples_of
from tests.inference.huge_run import cut_out
from tests.inference.making import make_picture, make_png16, make_samples16, opened, samples16_of, saved

SIZES = st.tuples(st.integers(1, 400), st.integers(1, 400))


@settings(max_examples=25, deadline=None)
@given(SIZES)
@example((1, 1))
@example((4097, 3))
@example((3, 4097))
@example((1, 4097))
@example((2, 1))
def test_it_cuts_out_pictures_of_any_size(size: tuple[int, int]) -> None:
    cutout = np.asarray(opened(cut_out(saved(make_picture(*size)))))

    source = np.asarray(make_picture(*size))
    opaque = cutout[..., 3] == 255
    assert cutout.shape == (*source.shape[:2], 4)
    np.testing.assert_array_equal(cutout[opaque][:, :3], source[opaque])
    assert not cutout[cutout[..., 3] == 0].any()


@settings(max_examples=25, deadline=None)
@given(st.tuples(st.integers(1, 60), st.integers(1, 60)), st.sampled_from([1, 2, 3, 4]))
def test_it_reads_and_writes_sixteen_bits_exactly(size: tuple[int, int], channels: int) -> None:
    samples = make_samples16(*size, channels)
    if channels in {2, 4}:
        samples[..., -1] |= 1
    data = make_png16(samples)
    picture = images.original(decode(data), data)
    alpha = np.full(samples.shape[:2], 65535, np.uint16) if picture.alpha is None else picture.alpha

    written = samples16_of(images.encode_cutout(images.cut_out(picture, make_opacity(alpha))))

    np.testing.assert_array_equal(written[..., :3], samples[..., :3] if channels > 2 else samples[..., :1].repeat(3, 2))
    np.testing.assert_array_equal(written[..., 3], alpha)


@settings(max_examples=30, deadline=None)
@given(SIZES, st.sampled_from(["photograph", "drawing", "mixed"]), st.integers(0, 2**32 - 1))
def test_it_writes_png_that_reads_back_the_same(size: tuple[int, int], content: str, seed: int) -> None:
    random = np.random.default_rng(seed)
    noise = random.integers(0, 256, (size[1], size[0], 3), dtype=np.uint8)
    drawing = np.where(noise > 250, 255, 0).astype(np.uint8)
    colour = {"photograph": noise, "drawing": drawing, "mixed": np.sort(noise, axis=0)}[content]
    alpha = random.integers(0, 256, colour.shape[:2], dtype=np.uint8)

    cutout = images.cut_out(make_original(colour), make_opacity(alpha), "none")

    np.testing.assert_array_equal(np.asarray(opened(images.encode_cutout(cutout))), samples_of(cutout))
