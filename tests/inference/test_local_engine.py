from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import torch
from safetensors.torch import load, save

from inference import images
from inference.architectures.u2net import U2NetConfig, U2NetModel
from inference.engines.local import LocalEngine
from inference.errors import ModelNotRunnable, WeightsMismatch
from inference.pictures import decode
from inference.registry import card
from tests.inference.making import PHOTO_NAMES, U2NETP_SHA256, photo

PIXELS = np.zeros((3, 320, 320), np.float32)


@pytest.fixture(scope="module")
def session(u2netp_onnx: bytes) -> onnxruntime.InferenceSession:
    return onnxruntime.InferenceSession(u2netp_onnx, providers=["CPUExecutionProvider"])


@pytest.fixture(scope="module")
def engine() -> LocalEngine:
    return LocalEngine("float32")


def stored(folder: Path, data: bytes) -> str:
    digest = hashlib.sha256(data).hexdigest()
    (folder / f"{digest}.safetensors").write_bytes(data)
    return digest


@pytest.mark.parametrize("name", PHOTO_NAMES)
def test_it_computes_what_the_exchange_file_computes(
    name: str, session: onnxruntime.InferenceSession, engine: LocalEngine, u2netp_store: Path
) -> None:
    data = photo(name)
    decoded = decode(data)
    pixels = images.network_input(decoded, card("u2netp").input)

    ours, _ = engine.predict(card("u2netp"), u2netp_store, U2NETP_SHA256, pixels)

    theirs = session.run(None, {session.get_inputs()[0].name: pixels[None]})[0]
    assert theirs.shape == (1, 1, 320, 320)
    assert np.abs(ours - theirs[0, 0]).mean() <= 0.002
    profile, picture = card("u2netp").output, images.original(decoded, data)
    assert profile is not None
    masks = [images.opacity(answer, profile, picture).alpha.astype(float) for answer in (ours, theirs[0, 0])]
    assert np.abs(masks[0] - masks[1]).mean() / 255 <= 0.002


def test_it_reports_what_ran(engine: LocalEngine, u2netp_store: Path) -> None:
    _, report = engine.predict(card("u2netp"), u2netp_store, U2NETP_SHA256, PIXELS)

    assert report.engine.startswith("local-torch/transformers-5.")
    assert (report.weights_sha256, report.device, report.precision) == (U2NETP_SHA256, "cpu", "float32")
    assert (report.torch_version, report.threads) == (torch.__version__, torch.get_num_threads())


def test_it_gives_the_same_answer_twice(engine: LocalEngine, u2netp_store: Path) -> None:
    answers = [engine.predict(card("u2netp"), u2netp_store, U2NETP_SHA256, PIXELS)[0] for _ in range(2)]

    np.testing.assert_array_equal(answers[0], answers[1])


def test_it_reads_each_weights_file_once(tmp_path: Path, u2netp_store: Path) -> None:
    engine = LocalEngine()
    digest = stored(tmp_path, (u2netp_store / f"{U2NETP_SHA256}.safetensors").read_bytes())
    before, _ = engine.predict(card("u2netp"), tmp_path, digest, PIXELS)
    (tmp_path / f"{digest}.safetensors").unlink()

    after, report = engine.predict(card("u2netp"), tmp_path, digest, PIXELS)

    assert report.weights_sha256 == digest
    np.testing.assert_array_equal(before, after)


def test_refuses_weights_whose_bytes_were_changed(tmp_path: Path, u2netp_store: Path) -> None:
    data = bytearray((u2netp_store / f"{U2NETP_SHA256}.safetensors").read_bytes())
    data[-1] ^= 1
    (tmp_path / f"{U2NETP_SHA256}.safetensors").write_bytes(data)

    with pytest.raises(WeightsMismatch) as caught:
        LocalEngine().predict(card("u2netp"), tmp_path, U2NETP_SHA256, PIXELS)

    assert (caught.value.expected, caught.value.found) == (U2NETP_SHA256, hashlib.sha256(data).hexdigest())


def test_refuses_weights_with_a_key_missing(tmp_path: Path, u2netp_store: Path) -> None:
    tensors = load((u2netp_store / f"{U2NETP_SHA256}.safetensors").read_bytes())
    del tensors["side1.bias"]

    with pytest.raises(ModelNotRunnable, match="its tensors are not the ones of this network"):
        LocalEngine().predict(card("u2netp"), tmp_path, stored(tmp_path, save(tensors)), PIXELS)


def test_refuses_weights_with_a_key_too_many(tmp_path: Path, u2netp_store: Path) -> None:
    tensors = load((u2netp_store / f"{U2NETP_SHA256}.safetensors").read_bytes())
    tensors["side7.bias"] = torch.zeros(1)

    with pytest.raises(ModelNotRunnable, match="its tensors are not the ones of this network"):
        LocalEngine().predict(card("u2netp"), tmp_path, stored(tmp_path, save(tensors)), PIXELS)


def test_refuses_weights_of_another_precision(tmp_path: Path, u2netp_store: Path) -> None:
    tensors = load((u2netp_store / f"{U2NETP_SHA256}.safetensors").read_bytes())
    halves = {key: tensor.half() for key, tensor in tensors.items()}

    with pytest.raises(ModelNotRunnable, match="it holds torch.float16 where float32 is expected"):
        LocalEngine().predict(card("u2netp"), tmp_path, stored(tmp_path, save(halves)), PIXELS)


def test_refuses_files_that_are_not_safetensors(tmp_path: Path) -> None:
    with pytest.raises(ModelNotRunnable, match="the file is not a safetensors file"):
        LocalEngine().predict(card("u2netp"), tmp_path, stored(tmp_path, b"\x80\x04pickle"), PIXELS)


@pytest.mark.parametrize(("variant", "parameters"), [("small", 1_131_181), ("full", 44_009_869)])
def test_its_networks_have_as_many_parameters_as_published_ones(variant: str, parameters: int) -> None:
    with torch.device("meta"):
        model = U2NetModel(U2NetConfig(variant=variant, folded_batch_norm=False))

    assert sum(each.numel() for each in model.parameters()) == parameters


def test_folding_batch_norms_does_not_change_the_answer() -> None:
    torch.manual_seed(11)
    separate = U2NetModel(U2NetConfig(variant="small", folded_batch_norm=False)).eval()
    for module in separate.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.running_mean.normal_(std=0.1)
            module.running_var.uniform_(0.5, 2.0)
    folded = U2NetModel(U2NetConfig(variant="small")).eval()
    folded.load_state_dict(fold(separate.state_dict()), strict=True)
    picture = torch.randn(1, 3, 64, 96)

    with torch.inference_mode():
        difference = folded(picture).probabilities - separate(picture).probabilities

    assert difference.abs().max() < 1e-5


def fold(state: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    folded = {key: value for key, value in state.items() if ".bn_s1." not in key}
    for key in [key for key in folded if key.endswith("conv_s1.weight")]:
        name = key.removesuffix("conv_s1.weight")
        scale = state[f"{name}bn_s1.weight"] / (state[f"{name}bn_s1.running_var"] + 1e-5).sqrt()
        shift = state[f"{name}bn_s1.bias"] - state[f"{name}bn_s1.running_mean"] * scale
        folded[key] = state[key] * scale[:, None, None, None]
        folded[f"{name}conv_s1.bias"] = state[f"{name}conv_s1.bias"] * scale + shift
    return folded
