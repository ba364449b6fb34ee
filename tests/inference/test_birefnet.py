from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from transformers import AutoModelForImageSegmentation

from inference.architectures.birefnet import BACKBONES, BiRefNetModel, build
from inference.architectures.birefnet_patches import PATCH_ORDERS, stack_patches
from inference.architectures.fusing import fuse_batch_norms
from inference.registry import card
from tests.inference.birefnet_making import compute_plainly, cut, make_birefnet, make_config
from tests.inference.seeded_weights import make_input, make_weights, published_shapes, vectors

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def rmbg2() -> BiRefNetModel:
    """RMBG-2.0's network with the weights of the parity vectors, loaded by the published keys."""
    with torch.device("meta"):
        model = build(card("rmbg-2.0").architecture)
    model.load_state_dict(make_weights(published_shapes("birefnet_rmbg2")), strict=True, assign=True)
    return model.eval().requires_grad_(False)


def test_it_computes_what_the_vendors_code_computes(rmbg2: BiRefNetModel) -> None:
    expected = vectors("birefnet_rmbg2")

    with torch.inference_mode():
        output = rmbg2(make_input(256, 256), side_outputs=True)

    assert output.side_logits is not None
    for number, logits in enumerate((*output.side_logits, output.logits)):
        assert logits.shape == expected[f"logits{number}"].shape
        assert (logits - torch.from_numpy(expected[f"logits{number}"])).abs().max() < 1e-3


def test_it_computes_the_same_as_run_for_inference(rmbg2: BiRefNetModel) -> None:
    fuse_batch_norms(rmbg2.fusable())
    rmbg2.to(memory_format=torch.channels_last)

    with torch.inference_mode():
        output = rmbg2(make_input(256, 256).to(memory_format=torch.channels_last))

    assert output.side_logits is None
    assert (output.logits - torch.from_numpy(vectors("birefnet_rmbg2")["logits3"])).abs().max() < 1e-3


@pytest.mark.parametrize("slug", ["rmbg-2.0", "birefnet-general"])
def test_its_keys_and_shapes_are_the_published_ones(slug: str) -> None:
    with torch.device("meta"):
        model = build(card(slug).architecture)

    shapes = {key: list(value.shape) for key, value in model.state_dict().items()}

    assert shapes == published_shapes("birefnet_rmbg2")
    assert len(shapes) == 754
    assert sum(each.numel() for each in model.parameters()) == 220_176_498


def test_the_lite_variant_has_as_many_parameters_as_published() -> None:
    with torch.device("meta"):
        model = build(card("birefnet-lite").architecture)

    assert len(model.state_dict()) == 586
    assert sum(each.numel() for each in model.parameters()) == 44_313_720
    assert set(BACKBONES) == {"swin-large", "swin-tiny"}


@pytest.mark.parametrize("order", PATCH_ORDERS)
@pytest.mark.parametrize(("height", "width"), [(64, 64), (96, 160), (32, 64)])
def test_it_computes_what_is_published_at_any_size(order: str, height: int, width: int) -> None:
    model, picture = make_birefnet(patch_order=order), make_input(height, width)

    with torch.inference_mode():
        output, expected = model(picture, side_outputs=True), compute_plainly(model, picture)

    for logits, theirs in zip((*output.side_logits, output.logits), expected, strict=True):
        assert logits.shape == theirs.shape
        assert (logits - theirs).abs().max() < 1e-4
    assert output.logits.std() > 0.01


def test_the_order_of_patches_matters() -> None:
    picture = make_input(64, 64)

    with torch.inference_mode():
        answers = [make_birefnet(patch_order=order)(picture).logits for order in PATCH_ORDERS]

    assert (answers[0] - answers[1]).abs().max() > 0.01


@given(st.sampled_from(PATCH_ORDERS), st.integers(1, 2), st.integers(1, 4), st.integers(1, 4), st.integers(1, 5))
def test_patches_are_stacked_as_the_order_says(order: str, batch: int, high: int, wide: int, size: int) -> None:
    picture = torch.arange(batch * 3 * high * wide * size * (size + 1)).view(batch, 3, high * size, wide * (size + 1))

    assert torch.equal(stack_patches(picture, size, size + 1, order), cut(picture, size, size + 1, order))


def test_it_leaves_side_outputs_out_unless_asked() -> None:
    model, picture = make_birefnet(), make_input(64, 96)

    with torch.inference_mode():
        alone, with_sides = model(picture), model(picture, side_outputs=True)

    assert alone.side_logits is None
    assert torch.equal(alone.logits, with_sides.logits)
    assert torch.equal(alone.probabilities, torch.sigmoid(alone.logits))


def test_its_answer_for_a_picture_does_not_depend_on_the_others_in_the_batch() -> None:
    model, pictures = make_birefnet(), make_input(96, 64, batch=3)

    with torch.inference_mode():
        together = model(pictures).logits
        alone = torch.cat([model(picture.unsqueeze(0)).logits for picture in pictures])

    assert (together - alone).abs().max() < 1e-5


def test_fusing_batch_norms_does_not_change_the_answer() -> None:
    model, picture = make_birefnet(), make_input(64, 96)
    with torch.inference_mode():
        before = model(picture).logits
        fuse_batch_norms(model.fusable())
        after = model.to(memory_format=torch.channels_last)(picture).logits

    assert not any(isinstance(module, torch.nn.BatchNorm2d) for module in model.modules())
    assert (before - after).abs().max() < 1e-5


def test_it_stays_close_in_bfloat16() -> None:
    model, picture = make_birefnet(), make_input(64, 96)
    with torch.inference_mode():
        exact = model(picture).probabilities
        fuse_batch_norms(model.fusable())
        rounded = model.to(torch.bfloat16)(picture.bfloat16()).probabilities.float()

    assert (exact - rounded).abs().mean() < 0.01


def test_it_is_saved_and_found_again_by_the_auto_classes(tmp_path: Path) -> None:
    model, picture = make_birefnet(patch_order="colour-planes"), make_input(64, 64)
    model.save_pretrained(tmp_path)

    again = AutoModelForImageSegmentation.from_pretrained(tmp_path).eval()

    assert isinstance(again, BiRefNetModel)
    assert again.config.patch_order == "colour-planes"
    with torch.inference_mode():
        assert (again(picture).logits - model(picture).logits).abs().max() < 1e-5


def test_refuses_to_fuse_batch_norms_in_training() -> None:
    with pytest.raises(ValueError, match="call eval"):
        fuse_batch_norms(make_birefnet().train().fusable())


def test_refuses_sizes_that_do_not_fit_its_patches() -> None:
    with pytest.raises(ValueError, match="BiRefNet cannot take 100×64: resize the picture to multiples of 32"):
        make_birefnet()(make_input(64, 100))


def test_refuses_an_unknown_order_of_patches() -> None:
    with pytest.raises(ValueError, match="There is no patch order 'rows'; use one of: patch-columns, colour-planes"):
        make_config(patch_order="rows")


def test_it_needs_no_other_vision_library() -> None:
    modules = ("birefnet", "isnet", "u2net")
    code = "import sys; " + "; ".join(f"import inference.architectures.{each}" for each in modules)

    loaded = subprocess.run(
        [sys.executable, "-c", f"{code}; print(*{{name.partition('.')[0] for name in sys.modules}})"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )

    assert {"timm", "torchvision", "kornia", "einops"}.isdisjoint(loaded.stdout.split())
