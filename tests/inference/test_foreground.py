from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from inference import foreground, images
from inference.foreground import METHOD
from tests.inference.composites import (
    BACKDROPS,
    Composite,
    make_composite,
    make_opacity,
    make_original,
    samples_of,
)


def cut(scene: Composite) -> images.Cutout:
    return images.cut_out(make_original(scene.mixed), make_opacity(scene.alpha))


def error_in_band(found: NDArray[np.uint8], scene: Composite) -> float:
    """Mean absolute error of a sample against the true foreground, in levels of 255."""
    band = (scene.alpha > 0) & (scene.alpha < 255)
    return float(np.abs(found[band].astype(float) - scene.foreground[band]).mean())


@pytest.mark.parametrize("backdrop", BACKDROPS)
def test_it_takes_the_old_background_out_of_soft_edges(
    backdrop: tuple[int, int, int], record_property: pytest.RecordProperty
) -> None:
    scene = make_composite(backdrop)

    with_it = error_in_band(samples_of(cut(scene))[..., :3], scene)

    without = error_in_band(scene.mixed, scene)
    record_property("error_without", round(without, 2))
    record_property("error_with", round(with_it, 2))
    assert with_it < without / 3


def test_it_does_so_where_the_picture_is_larger_than_the_estimate() -> None:
    scene = make_composite((0, 255, 0), 1500, 1000, ramp=30)

    assert error_in_band(samples_of(cut(scene))[..., :3], scene) < error_in_band(scene.mixed, scene) / 5


def test_it_mixes_to_what_was_photographed() -> None:
    scene = make_composite((0, 255, 0))
    found = samples_of(cut(scene))
    dense = scene.alpha > 128

    share = scene.alpha[dense][:, None] / 255
    over_backdrop = found[dense][:, :3] * share + np.array([0, 255, 0]) * (1 - share)

    assert np.abs(over_backdrop - scene.mixed[dense]).mean() < 3


def test_it_leaves_alpha_and_opaque_samples_alone() -> None:
    scene = make_composite((255, 0, 255))

    found = samples_of(cut(scene))

    np.testing.assert_array_equal(found[..., 3], scene.alpha)
    np.testing.assert_array_equal(found[scene.alpha == 255][:, :3], scene.mixed[scene.alpha == 255])
    assert not found[scene.alpha == 0].any()


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 70), st.integers(1, 70), st.sampled_from([1, 3]), st.booleans(), st.integers(0, 2**32 - 1))
def test_it_never_changes_alpha_nor_opaque_samples(
    width: int, height: int, channels: int, sixteen: bool, seed: int
) -> None:
    random = np.random.default_rng(seed)
    kind, opaque = (np.uint16, 65535) if sixteen else (np.uint8, 255)
    colour = random.integers(0, opaque + 1, (height, width, channels), dtype=kind)
    alpha = random.choice(np.array([0, 1, opaque // 2, opaque - 1, opaque], kind), (height, width))

    found = samples_of(images.cut_out(make_original(colour), make_opacity(alpha)))

    np.testing.assert_array_equal(found[..., -1], alpha)
    np.testing.assert_array_equal(found[alpha == opaque][:, :-1], colour[alpha == opaque])


def test_it_works_to_sixteen_bits() -> None:
    scene = make_composite((0, 255, 0))
    eight = samples_of(cut(scene))

    sixteen = images.cut_out(
        make_original(scene.mixed.astype(np.uint16) * 257), make_opacity(scene.alpha.astype(np.uint16) * 257)
    )

    assert np.abs(samples_of(sixteen) / 257 - eight).max() < 1
    assert (samples_of(sixteen)[scene.alpha == 128] % 257).any()


def test_it_does_nothing_to_hard_masks_and_says_so() -> None:
    scene = make_composite((0, 255, 0))
    hard = np.where(scene.alpha > 127, 255, 0).astype(np.uint8)

    cutout = images.cut_out(make_original(scene.mixed), make_opacity(hard))

    assert cutout.edge_colour == "none"
    np.testing.assert_array_equal(samples_of(cutout)[hard == 255][:, :3], scene.mixed[hard == 255])


def test_it_names_the_method() -> None:
    assert cut(make_composite((0, 255, 0))).edge_colour == METHOD == "multilevel-foreground-1"


def test_it_can_be_told_to_leave_all_colours_as_photographed() -> None:
    scene = make_composite((0, 255, 0))

    cutout = images.cut_out(make_original(scene.mixed), make_opacity(scene.alpha), "none")

    visible = scene.alpha > 0
    assert cutout.edge_colour == "none"
    np.testing.assert_array_equal(samples_of(cutout)[visible][:, :3], scene.mixed[visible])


def test_it_leaves_pictures_alone_that_came_with_transparency() -> None:
    scene = make_composite((0, 255, 0))

    cutout = images.cut_out(make_original(scene.foreground, scene.alpha), make_opacity(scene.alpha))

    assert cutout.edge_colour == "none"


def test_it_does_not_depend_on_how_the_picture_is_cut_into_strips() -> None:
    scene = make_composite((255, 40, 0), 1100, 700)
    cutout = cut(scene)
    assert cutout.edges is not None
    whole = np.dstack([scene.mixed, scene.alpha])

    cutout.edges.apply(whole, 0)

    visible = scene.alpha > 0
    difference = np.abs(samples_of(cutout)[visible].astype(int) - whole[visible])
    assert difference.max() <= 2  # the enlarged estimate is rounded to 8 bits on the way


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 300), st.integers(1, 300), st.integers(0, 2**32 - 1))
def test_it_finds_the_same_where_it_is_needed_as_if_it_solved_everything(width: int, height: int, seed: int) -> None:
    random = np.random.default_rng(seed)
    image = random.random((3, height, width), np.float32)
    alpha = random.random((height, width), np.float32).round(random.integers(0, 3))
    wanted = np.zeros((height, width), np.bool_)
    wanted[random.integers(height), random.integers(width)] = True

    found = foreground._solve(image, alpha, wanted)

    everything = foreground._solve(image, alpha, np.ones_like(wanted))
    np.testing.assert_array_equal(found[:, wanted], everything[:, wanted])
