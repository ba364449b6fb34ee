"""Write IS-Net exchange files the way the published half-precision one is written, with weights from a seed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from inference.architectures.isnet_plan import run_network
from inference.architectures.u2net_plan import Convolution


@dataclass(frozen=True)
class Drawn:
    name: str
    height: int
    width: int


def make_isnet_onnx(size: int = 64, *, seed: int = 7) -> bytes:
    """Return an exchange file for pictures of size × size, in float16 except where it resizes."""
    writer = _Writer(seed)
    entry = Drawn(writer.add_node("Cast", ["input"], to=TensorProto.FLOAT16), size, size)
    scores, levels = run_network(writer, entry)
    halves = [*(writer.add_node("Sigmoid", [score.name]) for score in scores), *(level.name for level in levels)]
    outputs = [writer.add_node("Cast", [half], to=TensorProto.FLOAT) for half in halves]
    graph = helper.make_graph(
        writer.nodes,
        "network",
        [helper.make_tensor_value_info("input", TensorProto.FLOAT, [1, 3, size, size])],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in outputs],
        writer.initializers,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 15)], ir_version=8)
    return bytes(model.SerializeToString())


class _Writer:
    def __init__(self, seed: int) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.initializers: list[onnx.TensorProto] = []
        self._random = np.random.default_rng(seed)

    def add_node(self, operator: str, inputs: list[str], **attributes: object) -> str:
        name = f"t{len(self.nodes)}"
        self.nodes.append(helper.make_node(operator, inputs, [name], **attributes))
        return name

    def convolve(self, convolution: Convolution, value: Drawn) -> Drawn:
        kernel, stride = convolution.kernel, convolution.stride
        shape = (convolution.outputs, convolution.inputs, kernel, kernel)
        spread = (2 / (convolution.inputs * kernel * kernel)) ** 0.5
        parameters = [self._parameter(shape, spread), self._parameter((convolution.outputs,), 0.1)]
        result = self.add_node(
            "Conv",
            [value.name, *parameters],
            kernel_shape=[kernel, kernel],
            pads=[convolution.padding] * 4,
            dilations=[convolution.dilation] * 2,
            strides=[stride, stride],
            group=1,
        )
        if convolution.activated:
            result = self.add_node("Relu", [result])
        return Drawn(result, -(-value.height // stride), -(-value.width // stride))

    def halve(self, value: Drawn) -> Drawn:
        result = self.add_node("MaxPool", [value.name], kernel_shape=[2, 2], strides=[2, 2], pads=[0] * 4, ceil_mode=1)
        return Drawn(result, -(-value.height // 2), -(-value.width // 2))

    def enlarge(self, value: Drawn, like: Drawn) -> Drawn:
        shape = self.add_node("Shape", [value.name])
        kept = self.add_node("Slice", [shape, self._constant([0]), self._constant([2]), self._constant([0])])
        size = self.add_node("Concat", [kept, self._constant([like.height, like.width])], axis=0)
        result = self.add_node(
            "Resize",
            [self.add_node("Cast", [value.name], to=TensorProto.FLOAT), "", "", size],
            mode="linear",
            coordinate_transformation_mode="half_pixel",
            nearest_mode="floor",
        )
        return Drawn(self.add_node("Cast", [result], to=TensorProto.FLOAT16), like.height, like.width)

    def join(self, *values: Drawn) -> Drawn:
        name = self.add_node("Concat", [value.name for value in values], axis=1)
        return Drawn(name, values[0].height, values[0].width)

    def add(self, first: Drawn, second: Drawn) -> Drawn:
        return Drawn(self.add_node("Add", [first.name, second.name]), first.height, first.width)

    def _constant(self, value: list[int]) -> str:
        return self.add_node("Constant", [], value=numpy_helper.from_array(np.array(value, np.int64)))

    def _parameter(self, shape: tuple[int, ...], spread: float) -> str:
        name = f"p{len(self.initializers)}"
        values = self._random.standard_normal(shape, np.float32) * np.float32(spread)
        self.initializers.append(numpy_helper.from_array(values.astype(np.float16), name))
        return name
