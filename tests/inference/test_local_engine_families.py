"""Each family of networks through the engine, by its card, on weights from a seed."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save

from inference.architectures import birefnet, isnet, u2net
from inference.engines.loading import build, placed
from inference.engines.local import LocalEngine
from inference.errors import ModelNotRunnable
from inference.registry import card
from inference.types import ModelCard
from tests.inference.seeded_weights import make_input, make_weights

# BiRefNet in its small variant: the same card and code with a fifth of the parameters.
RMBG_2 = card("rmbg-2.0")
SMALL = replace(RMBG_2, architecture={**RMBG_2.architecture, "backbone": "swin-tiny"})
SMALL_GENERAL = replace(
    card("birefnet-general"), architecture={"backbone": "swin-tiny", "patch_order": "colour-planes"}
)
PIXELS = make_input(64, 64)[0].numpy()
BUILD = {"u2net": u2net.build, "isnet": isnet.build, "birefnet": birefnet.build}


def make_tensors(model_card: ModelCard) -> dict[str, torch.Tensor]:
    with torch.device("meta"):
        model = BUILD[model_card.family](model_card.architecture)
    shapes = {key: list(value.shape) for key, value in model.state_dict().items()}
    kind = getattr(torch, model_card.network.stored[0])
    return {
        key: value.to(kind) if value.is_floating_point() else value.contiguous()
        for key, value in make_weights(shapes).items()
    }


def stored(folder: Path, tensors: dict[str, torch.Tensor]) -> str:
    data = save(tensors)
    digest = hashlib.sha256(data).hexdigest()
    (folder / f"{digest}.safetensors").write_bytes(data)
    return digest


def compute_directly(model_card: ModelCard, tensors: dict[str, torch.Tensor]) -> np.ndarray:
    model = BUILD[model_card.family](model_card.architecture)
    model.load_state_dict({key: each.float() if each.is_floating_point() else each for key, each in tensors.items()})
    with torch.inference_mode():
        answer: np.ndarray = model.eval()(torch.from_numpy(PIXELS)[None]).probabilities[0, 0].numpy()
    return answer


@pytest.mark.parametrize(
    "model_card",
    [card("u2netp"), card("rmbg-1.4"), card("isnet-general-use"), SMALL, SMALL_GENERAL],
    ids=lambda each: each.slug,
)
def test_it_runs_each_family_by_its_card(model_card: ModelCard, tmp_path: Path) -> None:
    tensors = make_tensors(model_card)
    digest = stored(tmp_path, tensors)

    answer, report = LocalEngine("float32").predict(model_card, tmp_path, digest, PIXELS)

    assert (answer.shape, answer.dtype) == ((64, 64), np.float32)
    assert (report.precision, report.weights_sha256) == ("float32", digest)
    assert answer.std() > 0.001
    assert np.abs(answer - compute_directly(model_card, tensors)).max() < 1e-4


@pytest.mark.parametrize(
    ("model_card", "precision"), [(card("u2netp"), "mixed"), (SMALL, "bfloat16")], ids=["u2netp", "rmbg-2.0"]
)
def test_it_stays_close_in_lower_precision(model_card: ModelCard, precision: str, tmp_path: Path) -> None:
    tensors = make_tensors(model_card)

    answer, report = LocalEngine(precision).predict(model_card, tmp_path, stored(tmp_path, tensors), PIXELS)

    assert (answer.dtype, report.precision) == (np.float32, precision)
    assert np.abs(answer - compute_directly(model_card, tensors)).mean() < 0.02


@pytest.mark.parametrize("model_card", [card("u2netp"), card("rmbg-1.4"), SMALL], ids=lambda each: each.slug)
def test_it_gives_the_same_answers_for_any_size_of_batch(model_card: ModelCard, tmp_path: Path) -> None:
    digest = stored(tmp_path, make_tensors(model_card))
    engine = LocalEngine("float32")
    pictures = [each.numpy() for each in make_input(64, 64, batch=3)]

    together, _ = engine.predict_batch(model_card, tmp_path, digest, pictures)

    for picture, answer in zip(pictures, together, strict=True):
        alone, _ = engine.predict(model_card, tmp_path, digest, picture)
        np.testing.assert_allclose(answer, alone, atol=1e-5)


def test_it_gives_the_same_answer_beside_other_calls(tmp_path: Path) -> None:
    digest = stored(tmp_path, make_tensors(card("u2netp")))
    engine = LocalEngine("float32")

    alone, _ = engine.predict(card("u2netp"), tmp_path, digest, PIXELS)
    (beside,), report = engine.predict_batch(card("u2netp"), tmp_path, digest, [PIXELS], lanes=2)

    np.testing.assert_allclose(beside, alone, atol=1e-6)
    assert report.threads == 1


def test_it_keeps_the_named_layers_in_float32_when_mixed(tmp_path: Path) -> None:
    u2netp = card("u2netp")
    model = placed(build(u2netp, save(make_tensors(u2netp))), u2netp, "mixed", torch.device("cpu"))

    exact = {name.rsplit(".", 2)[0] for name, each in model.named_parameters() if each.dtype == torch.float32}

    assert exact == set(u2netp.network.float32_layers)


def test_it_computes_in_what_the_environment_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLEARCUT_PRECISION", "float32")

    _, report = LocalEngine().predict(SMALL, tmp_path, stored(tmp_path, make_tensors(SMALL)), PIXELS)

    assert report.precision == "float32"


def test_refuses_a_precision_that_the_card_does_not_allow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLEARCUT_PRECISION", "bfloat16")

    with pytest.raises(ModelNotRunnable, match=r"not to be run in bfloat16\. Run it in one of: mixed"):
        LocalEngine().predict(card("u2netp"), tmp_path, "0" * 64, PIXELS)


def test_refuses_weights_of_another_network_and_names_what_differs(tmp_path: Path) -> None:
    tensors = make_tensors(card("u2netp"))
    del tensors["side2.bias"]
    tensors["side1.weight"] = tensors["side1.weight"][:, :2].contiguous()
    tensors["side3.bias"] = torch.zeros(1, dtype=torch.int64)
    tensors["head.weight"] = torch.zeros(1)

    with pytest.raises(ModelNotRunnable) as caught:
        LocalEngine().predict(card("u2netp"), tmp_path, stored(tmp_path, tensors), PIXELS)

    assert caught.value.code == "weights.unfit"
    assert caught.value.message == (
        "The weights cannot be used for U²-Netp (small): its tensors are not the ones of this network: "
        "1 missing (side2.bias); 1 not known (head.weight); 1 of another shape (side1.weight); "
        "1 of another kind (side3.bias)."
    )


def test_refuses_half_precision_where_the_card_has_full(tmp_path: Path) -> None:
    tensors = {key: value.half() if value.is_floating_point() else value for key, value in make_tensors(SMALL).items()}

    with pytest.raises(ModelNotRunnable, match=r"it holds torch\.float16 where float32 is expected"):
        LocalEngine().predict(SMALL, tmp_path, stored(tmp_path, tensors), PIXELS)
