from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import numpy_helper
from safetensors.numpy import load

from inference.conversion import convert_u2net_onnx
from inference.engines.local import LocalEngine
from inference.errors import ConversionRefused, ModelNotRunnable, ModelUnknown
from inference.registry import card
from tests.inference.graphs import make_onnx
from tests.inference.making import U2NETP_SHA256, U2NETP_SOURCE_SHA256


def changed(data: bytes, change: Callable[[onnx.ModelProto], object]) -> bytes:
    model = onnx.load_model_from_string(data)
    change(model)
    return bytes(model.SerializeToString())


def first(model: onnx.ModelProto, operator: str) -> onnx.NodeProto:
    return next(node for node in model.graph.node if node.op_type == operator)


def attribute(node: onnx.NodeProto, name: str) -> onnx.AttributeProto:
    return next(each for each in node.attribute if each.name == name)


def test_it_converts_the_published_file_to_the_published_digest(u2netp_onnx: bytes) -> None:
    conversion = convert_u2net_onnx(u2netp_onnx, "u2netp")

    assert conversion.source_sha256 == U2NETP_SOURCE_SHA256
    assert conversion.result_sha256 == U2NETP_SHA256
    assert hashlib.sha256(conversion.safetensors).hexdigest() == U2NETP_SHA256
    assert (conversion.converter, conversion.converter_version) == ("clearcut.u2net-onnx", "1")


def test_it_carries_every_parameter_over_unchanged(u2netp_onnx: bytes) -> None:
    source = [
        numpy_helper.to_array(tensor).tobytes() for tensor in onnx.load_model_from_string(u2netp_onnx).graph.initializer
    ]

    tensors = load(convert_u2net_onnx(u2netp_onnx, "u2netp").safetensors)

    assert sorted(tensor.tobytes() for tensor in tensors.values()) == sorted(source)
    assert tensors["stage1.rebnconvin.conv_s1.weight"].shape == (64, 3, 3, 3)
    assert tensors["outconv.weight"].shape == (1, 6, 1, 1)


def test_it_does_not_depend_on_the_names_or_the_order_of_initializers(u2netp_onnx: bytes) -> None:
    def shuffle(model: onnx.ModelProto) -> None:
        names = {tensor.name: f"x{number}" for number, tensor in enumerate(model.graph.initializer)}
        for node in model.graph.node:
            for position, name in enumerate(node.input):
                node.input[position] = names.get(name, name)
        tensors = list(reversed(model.graph.initializer))
        del model.graph.initializer[:]
        for tensor in tensors:
            tensor.name = names[tensor.name]
        model.graph.initializer.extend(tensors)

    assert convert_u2net_onnx(changed(u2netp_onnx, shuffle), "u2netp").result_sha256 == U2NETP_SHA256


def test_it_converts_the_full_variant_to_weights_that_compute_the_same(tmp_path: Path) -> None:
    source = make_onnx("full")
    conversion = convert_u2net_onnx(source, "u2net")
    (tmp_path / f"{conversion.result_sha256}.safetensors").write_bytes(conversion.safetensors)
    pixels = np.random.default_rng(5).standard_normal((3, 320, 320), np.float32)

    ours, _ = LocalEngine("float32").predict(card("u2net"), tmp_path, conversion.result_sha256, pixels)

    theirs = onnxruntime.InferenceSession(source).run(None, {"picture": pixels[None]})[0][0, 0]
    assert theirs.std() > 0.01
    assert np.abs(ours - theirs).mean() < 1e-5


def dilate(model: onnx.ModelProto) -> None:
    attribute(first(model, "Conv"), "dilations").ints[:] = [2, 2]


def misalign(model: onnx.ModelProto) -> None:
    attribute(first(model, "Resize"), "coordinate_transformation_mode").s = b"align_corners"


def resize_otherwise(model: onnx.ModelProto) -> None:
    constants = [node for node in model.graph.node if node.op_type == "Constant"]
    axis = next(node for node in constants if numpy_helper.to_array(node.attribute[0].t).tolist() == 3)
    axis.attribute[0].t.CopyFrom(numpy_helper.from_array(np.array(2)))


def swap_outputs(model: onnx.ModelProto) -> None:
    outputs = [model.graph.output[each] for each in (1, 0, 2, 3, 4, 5, 6)]
    copies = [onnx.ValueInfoProto.FromString(each.SerializeToString()) for each in outputs]
    del model.graph.output[:]
    model.graph.output.extend(copies)


def share_a_parameter(model: onnx.ModelProto) -> None:
    convolutions = [node for node in model.graph.node if node.op_type == "Conv"]
    convolutions[2].input[1] = convolutions[1].input[1]


def join_the_other_way(model: onnx.ModelProto) -> None:
    node = next(node for node in model.graph.node if node.op_type == "Concat" and attribute(node, "axis").i == 1)
    node.input[:] = [node.input[1], node.input[0]]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (dilate, "The Conv writing t0 differs from the network in dilations."),
        (misalign, "differs from the network in coordinate_transformation_mode."),
        (resize_otherwise, "resizes to an unexpected size."),
        (swap_outputs, "Expected the outputs"),
        (share_a_parameter, "is used twice."),
        (join_the_other_way, "Expected exactly one Concat reading"),
        (lambda m: m.graph.node.append(onnx.helper.make_node("Identity", ["t0"], ["more"])), "nodes too many"),
        (lambda m: m.graph.initializer.append(numpy_helper.from_array(np.ones(1), "more")), "no known place: more."),
        (lambda m: first(m, "Conv").input.pop(), "has no bias: its batch norm is not folded."),
        (lambda m: setattr(m.graph.initializer[0], "data_type", onnx.TensorProto.INT32), "is not float32"),
        (lambda m: m.graph.initializer.pop(), "is missing."),
        (lambda m: setattr(first(m, "Relu"), "domain", "com.example"), "operators of its own."),
        (lambda m: m.graph.input.pop(), "Expected one input of shape N×3×H×W, found []."),
    ],
)
def test_refuses_a_graph_that_is_not_the_network(change: Callable[[onnx.ModelProto], object], message: str) -> None:
    with pytest.raises(ConversionRefused) as caught:
        convert_u2net_onnx(changed(make_onnx("small"), change), "u2netp")

    assert message in caught.value.message
    assert caught.value.code == "weights.source_not_recognised"


def test_refuses_parameters_kept_in_another_file() -> None:
    def move_out(model: onnx.ModelProto) -> None:
        tensor = model.graph.initializer[0]
        tensor.data_location = onnx.TensorProto.EXTERNAL
        tensor.external_data.add(key="location", value="/etc/hostname")

    with pytest.raises(ConversionRefused, match="is not float32 stored in the file itself"):
        convert_u2net_onnx(changed(make_onnx("small"), move_out), "u2netp")


def test_refuses_the_other_variant(u2netp_onnx: bytes) -> None:
    with pytest.raises(ConversionRefused, match=r"has shape \[16, 64, 3, 3\], expected \[32, 64, 3, 3\]"):
        convert_u2net_onnx(u2netp_onnx, "u2net")


@pytest.mark.parametrize("data", [b"", b"not a graph", b"\x08\x06"])
def test_refuses_what_is_not_an_exchange_file(data: bytes) -> None:
    with pytest.raises(ConversionRefused, match="Pull the file again"):
        convert_u2net_onnx(data, "u2netp")


def test_refuses_models_of_another_family() -> None:
    with pytest.raises(ModelNotRunnable, match="There is no conversion"):
        convert_u2net_onnx(b"", "rmbg-2.0")


def test_refuses_unknown_models() -> None:
    with pytest.raises(ModelUnknown, match="There is no model called “rmbg-9”"):
        convert_u2net_onnx(b"", "rmbg-9")
