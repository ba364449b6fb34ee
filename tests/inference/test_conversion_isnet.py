from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import numpy_helper
from safetensors.numpy import load

from inference.chunks import assemble
from inference.conversion_isnet import convert_isnet_chunks, convert_isnet_onnx
from inference.engines.local import LocalEngine
from inference.errors import ConversionRefused, ModelNotRunnable, WeightsMismatch
from inference.registry import card
from tests.inference.isnet_graphs import make_isnet_onnx

CARD = card("isnet-general-use")


@pytest.fixture(scope="module")
def source() -> bytes:
    return make_isnet_onnx()


def changed(data: bytes, change: Callable[[onnx.ModelProto], object]) -> bytes:
    model = onnx.load_model_from_string(data)
    change(model)
    return bytes(model.SerializeToString())


def first(model: onnx.ModelProto, operator: str) -> onnx.NodeProto:
    return next(node for node in model.graph.node if node.op_type == operator)


def attribute(node: onnx.NodeProto, name: str) -> onnx.AttributeProto:
    return next(each for each in node.attribute if each.name == name)


def test_it_makes_weights_that_compute_the_same(source: bytes, tmp_path: Path) -> None:
    conversion = convert_isnet_onnx(source, "isnet-general-use")
    (tmp_path / f"{conversion.result_sha256}.safetensors").write_bytes(conversion.safetensors)
    pixels = np.random.default_rng(5).standard_normal((3, 64, 64), np.float32)

    ours, report = LocalEngine("float32").predict(CARD, tmp_path, conversion.result_sha256, pixels)

    theirs = onnxruntime.InferenceSession(source).run(None, {"input": pixels[None]})[0][0, 0]
    assert report.weights_sha256 == conversion.result_sha256
    assert theirs.std() > 0.01
    assert np.abs(ours - theirs).mean() < 1e-3


def test_it_carries_every_parameter_over_unchanged(source: bytes) -> None:
    parameters = [
        numpy_helper.to_array(each).tobytes() for each in onnx.load_model_from_string(source).graph.initializer
    ]

    tensors = load(convert_isnet_onnx(source, "isnet-general-use").safetensors)

    assert {str(tensor.dtype) for tensor in tensors.values()} == {"float16"}
    assert sorted(tensor.tobytes() for tensor in tensors.values()) == sorted(parameters)
    assert tensors["conv_in.weight"].shape == (64, 3, 3, 3)
    assert len(tensors) == 238


def test_it_makes_the_same_bytes_every_time_and_says_from_what(source: bytes) -> None:
    conversions = [convert_isnet_onnx(source, "isnet-general-use") for _ in range(2)]

    assert conversions[0] == conversions[1]
    assert conversions[0].source_sha256 == hashlib.sha256(source).hexdigest()
    assert conversions[0].result_sha256 == hashlib.sha256(conversions[0].safetensors).hexdigest()
    assert (conversions[0].converter, conversions[0].converter_version) == ("clearcut.isnet-onnx", "1")


def no_stride(model: onnx.ModelProto) -> None:
    attribute(first(model, "Conv"), "strides").ints[:] = [1, 1]


def misalign(model: onnx.ModelProto) -> None:
    attribute(first(model, "Resize"), "coordinate_transformation_mode").s = b"align_corners"


def resize_otherwise(model: onnx.ModelProto) -> None:
    shape = first(model, "Resize").input[3]
    concat = next(node for node in model.graph.node if shape in node.output)
    constant = next(node for node in model.graph.node if concat.input[1] in node.output)
    constant.attribute[0].t.CopyFrom(numpy_helper.from_array(np.array([9, 9])))


def swap_outputs(model: onnx.ModelProto) -> None:
    names = [output.name for output in model.graph.output]
    for output, name in zip(model.graph.output, [names[1], names[0], *names[2:]], strict=True):
        output.name = name


def widen(model: onnx.ModelProto) -> None:
    tensor = model.graph.initializer[0]
    tensor.CopyFrom(numpy_helper.from_array(numpy_helper.to_array(tensor).astype(np.float32), tensor.name))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (no_stride, "The Conv writing t1 differs from the network in strides."),
        (misalign, "differs from the network in coordinate_transformation_mode."),
        (resize_otherwise, "resizes to an unexpected size."),
        (swap_outputs, "Expected the outputs"),
        (widen, "is not float16 stored in the file itself."),
        (lambda m: m.graph.node.append(onnx.helper.make_node("Identity", ["t1"], ["more"])), "nodes too many"),
        (lambda m: first(m, "Conv").input.pop(), "has no bias: its batch norm is not folded."),
    ],
)
def test_refuses_a_graph_that_is_not_the_network(
    source: bytes, change: Callable[[onnx.ModelProto], object], message: str
) -> None:
    with pytest.raises(ConversionRefused) as caught:
        convert_isnet_onnx(changed(source, change), "isnet-general-use")

    assert message in caught.value.message


@pytest.mark.parametrize("slug", ["rmbg-1.4", "u2netp", "rmbg-2.0"])
def test_refuses_models_whose_weights_are_laid_out_otherwise(slug: str) -> None:
    with pytest.raises(ModelNotRunnable, match="There is no conversion from this exchange format"):
        convert_isnet_onnx(b"", slug)


PIECES = (b"first piece, ", b"second piece, ", b"end")
WHOLE = b"".join(PIECES)
DIGEST = hashlib.sha256(WHOLE).hexdigest()


def make_manifest(change: Callable[[dict], object] = lambda entry: None) -> bytes:
    chunks, at = [], 0
    for piece in PIECES:
        chunks.append({"hash": hashlib.sha256(piece).hexdigest(), "offsets": [at, at + len(piece)]})
        at += len(piece)
    entry = {"chunks": chunks, "size": at, "mime": "application/octet-stream"}
    change(entry)
    return json.dumps({"/models/medium": entry}).encode()


def read(name: str) -> bytes:
    return {hashlib.sha256(piece).hexdigest(): piece for piece in PIECES}[name]


def test_it_puts_the_pieces_of_a_file_together() -> None:
    assert assemble(make_manifest(), "/models/medium", read, DIGEST) == WHOLE


def test_it_converts_what_a_package_carries_in_pieces(source: bytes) -> None:
    half = len(source) // 2
    pieces = {hashlib.sha256(each).hexdigest(): each for each in (source[:half], source[half:])}
    offsets = ([0, half], [half, len(source)])
    chunks = [{"hash": name, "offsets": each} for name, each in zip(pieces, offsets, strict=True)]
    manifest = json.dumps({"/models/medium": {"chunks": chunks, "size": len(source)}}).encode()
    digest = hashlib.sha256(source).hexdigest()

    whole, conversion = convert_isnet_chunks(
        manifest, "/models/medium", pieces.__getitem__, digest, "isnet-general-use"
    )

    assert whole == source
    assert conversion.source_sha256 == digest


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda e: e["chunks"].pop(), r"make \d+ bytes, expected \d+"),
        (lambda e: e["chunks"].reverse(), "do not follow each other at byte 0"),
        (lambda e: e["chunks"][0].update(hash="../../etc/passwd"), "do not follow each other"),
        (lambda e: e["chunks"][1].update(offsets=[13, 20]), "is not the one the manifest names"),
        (lambda e: e["chunks"][0].update(offsets=[0, 2**40]), "do not follow each other"),
        (lambda e: e["chunks"][0].update(offsets="all"), "The manifest is not the expected JSON"),
        (lambda e: e.pop("size"), "The manifest has no 'size'"),
    ],
)
def test_refuses_a_manifest_that_does_not_fit(change: Callable[[dict], object], message: str) -> None:
    with pytest.raises(ConversionRefused, match=message):
        assemble(make_manifest(change), "/models/medium", read, DIGEST)


def test_refuses_a_resource_the_manifest_does_not_have() -> None:
    with pytest.raises(ConversionRefused, match="The manifest has no '/models/large'"):
        assemble(make_manifest(), "/models/large", read, DIGEST)


def test_refuses_a_piece_with_other_bytes() -> None:
    with pytest.raises(ConversionRefused, match="is not the one the manifest names"):
        assemble(make_manifest(), "/models/medium", lambda name: read(name)[:-1] + b"!", DIGEST)


def test_refuses_a_whole_that_is_not_the_expected_file() -> None:
    with pytest.raises(WeightsMismatch) as caught:
        assemble(make_manifest(), "/models/medium", read, "0" * 64)

    assert (caught.value.expected, caught.value.found) == ("0" * 64, DIGEST)


def test_refuses_to_compute_in_a_precision_the_card_does_not_allow(tmp_path: Path) -> None:
    exact = replace(CARD, network=replace(CARD.network, precisions=("float32",)))

    with pytest.raises(ModelNotRunnable, match=r"is not to be run in bfloat16\. Run it in one of: float32\."):
        LocalEngine("bfloat16").predict(exact, tmp_path, "0" * 64, np.zeros((3, 64, 64), np.float32))
