"""Every card's other profiles against what those programs publish, written down once more the way they do it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import torch
from hypothesis import example, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image
from torch.nn import functional

from inference import images
from inference.engines.local import LocalEngine
from inference.errors import ModelNotRunnable
from inference.masks import mask_strips
from inference.pictures import decode
from inference.pipeline import run
from inference.registry import card, cards, runnable_card
from inference.types import CutoutRequest, OutputProfile
from tests.inference.composites import make_original
from tests.inference.making import PHOTO_NAMES, U2NETP_SHA256, make_picture, opened, photo, saved

IMAGENET = np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225])


def make_answer(lowest: float = 0.03, highest: float = 0.93, size: int = 64) -> NDArray[np.float32]:
    """A soft disc between two probabilities, with some noise."""
    rows, columns = np.mgrid[0:size, 0:size]
    disc = np.clip((size / 3 - np.hypot(rows - size / 2, columns - size / 2)) / 6 + 0.5, 0, 1)
    answer = disc * 0.9 + np.random.default_rng(2).random((size, size)) * 0.1
    answer = (answer - answer.min()) / (answer.max() - answer.min())
    return (lowest + answer * (highest - lowest)).astype(np.float32)


def mask_of(slug: str, profile: str, answer: NDArray[np.float32], size: tuple[int, int]) -> NDArray[np.uint8]:
    _, output = runnable_card(slug, profile)
    picture = make_original(np.zeros((size[1], size[0], 3), np.uint8))
    return images.opacity(answer, output, picture).alpha


def as_rembg(answer: NDArray[np.float32], size: tuple[int, int]) -> NDArray[np.uint8]:
    """rembg 2.0.86, ``sessions/*.py``: stretched, cut off to 8 bits, enlarged with Lanczos."""
    stretched = (answer - answer.min()) / (answer.max() - answer.min())
    return np.asarray(Image.fromarray((stretched * 255).astype("uint8")).resize(size, Image.Resampling.LANCZOS))


def as_u2net_authors(answer: NDArray[np.float32], size: tuple[int, int]) -> NDArray[np.uint8]:
    """U-2-Net, ``u2net_test.py``: stretched, converted from floating point, enlarged bilinearly."""
    stretched = (answer - answer.min()) / (answer.max() - answer.min())
    image = Image.fromarray(stretched * np.float32(255)).convert("RGB").resize(size, Image.Resampling.BILINEAR)
    return np.asarray(image)[..., 0]


def as_isnet_authors(answer: NDArray[np.float32], size: tuple[int, int]) -> NDArray[np.uint8]:
    """DIS, ``IS-Net/Inference.py``, and RMBG-1.4, ``utilities.py``: enlarged, stretched, cut off to 8 bits."""
    result = functional.interpolate(torch.from_numpy(answer)[None, None], size[::-1], mode="bilinear")[0, 0]
    result = (result - result.min()) / (result.max() - result.min())
    return (result * 255).numpy().astype(np.uint8)


def as_birefnet_authors(answer: NDArray[np.float32], size: tuple[int, int]) -> NDArray[np.uint8]:
    """RMBG-2.0's model card and BiRefNet's tutorial: an 8-bit picture, as torchvision makes it, enlarged by default."""
    return np.asarray(Image.fromarray(torch.from_numpy(answer).mul(255).byte().numpy()).resize(size))


PUBLISHED = {
    **{(slug, "rembg"): as_rembg for slug in cards() if slug != "rmbg-1.4"},
    ("u2net", "vendor"): as_u2net_authors,
    ("u2netp", "vendor"): as_u2net_authors,
    ("isnet-general-use", "vendor"): as_isnet_authors,
    ("rmbg-1.4", "vendor"): as_isnet_authors,
    ("rmbg-2.0", "vendor"): as_birefnet_authors,
    ("birefnet-general", "vendor"): as_birefnet_authors,
    ("birefnet-lite", "vendor"): as_birefnet_authors,
}


def test_every_card_has_its_vendors_profile_and_rembgs_where_rembg_runs_it() -> None:
    assert {(slug, name) for slug, found in cards().items() for name in found.others} == set(PUBLISHED)


def test_every_profile_has_a_name_of_its_own() -> None:
    for found in cards().values():
        names = [found.output.profile, *(other.output.profile for other in found.others.values())]
        assert len(set(names)) == len(names)
        assert [name.split("-")[0] for name in names] == ["clearcut", *found.others]


@pytest.mark.parametrize(("slug", "profile"), PUBLISHED)
@pytest.mark.parametrize("size", [(200, 150), (64, 64), (40, 31), (333, 700)])
def test_it_makes_the_mask_that_is_published(slug: str, profile: str, size: tuple[int, int]) -> None:
    answer = make_answer()

    found = mask_of(slug, profile, answer, size)

    expected = PUBLISHED[slug, profile](answer, size)
    assert np.abs(found.astype(int) - expected).max() <= 1
    assert (found == expected).mean() > 0.95  # strips are resized at fractions that round otherwise here and there


def test_profiles_differ_where_the_most_certain_point_is_not_certain() -> None:
    masks = {
        name: mask_of("rmbg-2.0", name, make_answer(0.05, 0.8), (64, 64)) for name in ("clearcut", "vendor", "rembg")
    }

    assert {name: (int(mask.min()), int(mask.max())) for name, mask in masks.items()} == {
        "clearcut": (16, 255),
        "vendor": (12, 204),
        "rembg": (0, 255),
    }


@pytest.mark.parametrize(("slug", "profile"), [*PUBLISHED, ("u2netp", "clearcut"), ("rmbg-2.0", "clearcut")])
def test_no_profile_stretches_an_empty_or_a_full_answer(slug: str, profile: str) -> None:
    _, output = runnable_card(slug, profile)
    picture = make_original(np.zeros((30, 40, 3), np.uint8))

    empty = images.opacity(make_answer(0.01, 0.45), output, picture)
    full = images.opacity(make_answer(0.55, 0.99), output, picture)

    assert (empty.foreground, empty.alpha.max()) == ("none", 0)
    assert (full.foreground, full.alpha.min()) == ("full", 255)


def test_sixteen_bit_pictures_get_the_same_published_mask() -> None:
    _, output = runnable_card("rmbg-2.0", "vendor")

    found = images.opacity(make_answer(), output, make_original(np.zeros((90, 120, 3), np.uint16))).alpha

    np.testing.assert_array_equal(found, as_birefnet_authors(make_answer(), (120, 90)).astype(np.uint16) * 257)


STEPS = ("exact", "8-bit-then-enlarged", "enlarged-then-8-bit")


@settings(max_examples=40, deadline=None)
@given(
    st.integers(1, 500),
    st.integers(1, 500),
    st.sampled_from(("bilinear", "bilinear-points", "bicubic", "lanczos")),
    st.sampled_from(("to-highest", "lowest-to-highest", "none")),
    st.sampled_from(STEPS),
)
@example(3, 4097, "lanczos", "lowest-to-highest", "8-bit-then-enlarged")
@example(4097, 3, "bilinear-points", "lowest-to-highest", "enlarged-then-8-bit")
@example(1, 1, "bilinear-points", "lowest-to-highest", "enlarged-then-8-bit")
def test_every_combination_makes_a_mask_of_the_pictures_size(
    width: int, height: int, resample: str, stretch: str, steps: str
) -> None:
    profile = OutputProfile("test-1", 0.5, 0.02, resample, stretch, steps)

    strips = list(mask_strips(make_answer(), profile, width, height))

    mask = np.concatenate([part for _, part in strips])
    assert [rows.start for rows, _ in strips] == [0, *(rows.stop for rows, _ in strips[:-1])]
    assert mask.shape == (height, width)
    assert np.isfinite(mask).all()
    assert (mask.min() >= 0, mask.max() <= 1) == (True, True)


def test_it_takes_the_picture_in_as_rembg_does() -> None:
    image = Image.eval(make_picture(500, 400), lambda value: value * 2 // 3)
    small = np.asarray(image.resize((1024, 1024), Image.Resampling.LANCZOS))
    expected = (small / small.max() - IMAGENET[0]) / IMAGENET[1]
    changed, _ = runnable_card("rmbg-2.0", "rembg")

    found = images.network_input(decode(saved(image)), changed.input)

    np.testing.assert_allclose(found, expected.transpose(2, 0, 1), atol=1e-5)


def test_it_takes_the_picture_in_as_torch_interpolates_it() -> None:
    image = make_picture(2500, 1700)
    samples = torch.from_numpy(np.asarray(image).copy()).permute(2, 0, 1)[None].float()
    expected = functional.interpolate(samples, (1024, 1024), mode="bilinear")[0].numpy() / 255 - 0.5
    changed, _ = runnable_card("rmbg-1.4", "vendor")

    found = images.network_input(decode(saved(image)), changed.input)

    assert np.abs(found - expected).max() < 1.01 / 255
    ours = images.network_input(decode(saved(image)), card("rmbg-1.4").input)
    assert np.abs(found - ours).max() > 1.5 / 255


@pytest.mark.parametrize("name", [each for each in PHOTO_NAMES if each != "rocket.jpg"])  # that one has a profile
def test_it_makes_rembgs_mask_of_a_photograph(name: str, u2netp_store: Path, u2netp_onnx: bytes) -> None:
    image = opened(photo(name)).convert("RGB")
    small = np.asarray(image.resize((320, 320), Image.Resampling.LANCZOS))
    pixels = ((small / max(small.max(), 1e-6) - IMAGENET[0]) / IMAGENET[1]).transpose(2, 0, 1)[None]
    session = onnxruntime.InferenceSession(u2netp_onnx, providers=["CPUExecutionProvider"])
    theirs = session.run(None, {session.get_inputs()[0].name: pixels.astype(np.float32)})[0][0, 0]
    changed, _ = runnable_card("u2netp", "rembg")
    decoded = decode(saved(image, icc_profile=None))

    answer, _ = LocalEngine("float32").predict(
        changed, u2netp_store, U2NETP_SHA256, images.network_input(decoded, changed.input)
    )

    found = mask_of("u2netp", "rembg", answer, image.size).astype(int)
    assert np.abs(found - as_rembg(theirs, image.size)).max() <= 3
    assert np.abs(found - as_rembg(theirs, image.size)).mean() < 0.2


@pytest.mark.parametrize(("profile", "recorded"), [("vendor", "vendor-u2net-1"), ("rembg", "rembg-u2net-1")])
def test_the_record_names_the_profile_that_was_asked_for(profile: str, recorded: str, u2netp_store: Path) -> None:
    request = CutoutRequest("u2netp", U2NETP_SHA256, photo("chelsea.png"), profile=profile)

    assert run(request, u2netp_store).run.profile == recorded


def test_refuses_a_profile_the_card_does_not_have() -> None:
    with pytest.raises(ModelNotRunnable) as caught:
        runnable_card("rmbg-1.4", "rembg")

    assert caught.value.code == "model.profile_unknown"
    assert str(caught.value) == "RMBG-1.4 has no profile called “rembg”. Use one of: clearcut, vendor."
