from __future__ import annotations

import pytest
import torch
from transformers import AutoModelForImageSegmentation

from inference.architectures.fusing import fuse_batch_norms
from inference.architectures.isnet import IsNetConfig, IsNetModel, build
from inference.registry import card
from tests.inference.seeded_weights import make_input, make_weights, published_shapes, vectors


@pytest.fixture(scope="module")
def weights() -> dict[str, torch.Tensor]:
    return make_weights(published_shapes("isnet_rmbg14"))


def make_isnet(weights: dict[str, torch.Tensor]) -> IsNetModel:
    with torch.device("meta"):
        model = build(card("rmbg-1.4").architecture)
    model.load_state_dict(weights, strict=True, assign=True)
    return model.eval().requires_grad_(False)


def test_it_computes_what_the_vendors_code_computes(weights: dict[str, torch.Tensor]) -> None:
    with torch.inference_mode():
        output = make_isnet(weights)(make_input(256, 256))

    expected = torch.from_numpy(vectors("isnet_rmbg14")["side1"])
    assert output.side_scores is None
    assert output.probabilities.shape == expected.shape
    assert (output.probabilities - expected).abs().max() < 1e-3


def test_it_computes_the_same_as_run_for_inference(weights: dict[str, torch.Tensor]) -> None:
    model = make_isnet(weights)
    fuse_batch_norms(model.fusable())
    model.to(memory_format=torch.channels_last)

    with torch.inference_mode():
        output = model(make_input(256, 256).to(memory_format=torch.channels_last))

    assert not any(isinstance(module, torch.nn.BatchNorm2d) for module in model.modules())
    assert (output.probabilities - torch.from_numpy(vectors("isnet_rmbg14")["side1"])).abs().max() < 1e-3


def test_its_keys_and_shapes_are_the_published_ones() -> None:
    with torch.device("meta"):
        model = build(card("rmbg-1.4").architecture)

    shapes = {key: list(value.shape) for key, value in model.state_dict().items()}

    assert shapes == published_shapes("isnet_rmbg14")
    assert len(shapes) == 798
    assert sum(each.numel() for each in model.parameters()) == 44_046_790


def test_with_folded_batch_norms_only_the_convolutions_are_left() -> None:
    with torch.device("meta"):
        model = build(card("isnet-general-use").architecture)

    assert set(model.state_dict()) == {key for key in published_shapes("isnet_rmbg14") if ".bn_s1." not in key}


def test_it_takes_any_size_and_gives_all_side_outputs_if_asked(weights: dict[str, torch.Tensor]) -> None:
    model = make_isnet(weights)

    with torch.inference_mode():
        output = model(make_input(70, 101), side_outputs=True)
        alone = model(make_input(70, 101))

    assert [tuple(each.shape) for each in output.side_scores] == [(1, 1, 70, 101)] * 6
    assert torch.equal(output.probabilities, torch.sigmoid(output.side_scores[0]))
    assert torch.equal(output.probabilities, alone.probabilities)


def test_its_answer_for_a_picture_does_not_depend_on_the_others_in_the_batch(weights: dict[str, torch.Tensor]) -> None:
    model, pictures = make_isnet(weights), make_input(64, 96, batch=3)

    with torch.inference_mode():
        together = model(pictures).probabilities
        alone = torch.cat([model(picture.unsqueeze(0)).probabilities for picture in pictures])

    assert (together - alone).abs().max() < 1e-5


def test_the_auto_classes_know_it() -> None:
    with torch.device("meta"):
        model = AutoModelForImageSegmentation.from_config(IsNetConfig(folded_batch_norm=True))

    assert isinstance(model, IsNetModel)


def test_refuses_a_key_missing(weights: dict[str, torch.Tensor]) -> None:
    with pytest.raises(RuntimeError, match=r"Missing key.*stage1\.rebnconvin\.bn_s1\.running_var"):
        make_isnet({key: value for key, value in weights.items() if key != "stage1.rebnconvin.bn_s1.running_var"})
