"""Write U²-Net exchange files the way their published exporter does, with weights from a seed."""

from __future__ import annotations

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from inference.architectures.u2net_plan import PLANS, Convolution, run_network


def make_onnx(variant: str, *, seed: int = 7) -> bytes:
    """Return an exchange file of this variant with folded batch norms and names that say nothing."""
    writer = _Writer(seed)
    scores = run_network(PLANS[variant], writer, "picture")
    outputs = [writer.add_node("Sigmoid", [score]) for score in scores]
    graph = helper.make_graph(
        writer.nodes,
        "network",
        [helper.make_tensor_value_info("picture", TensorProto.FLOAT, [1, 3, 320, 320])],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in outputs],
        writer.initializers,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 11)], ir_version=6)
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

    def convolve(self, convolution: Convolution, value: str) -> str:
        kernel, padding = convolution.kernel, convolution.padding
        shape = (convolution.outputs, convolution.inputs, kernel, kernel)
        spread = np.float32((1 / (convolution.inputs * kernel * kernel)) ** 0.5)
        result = self.add_node(
            "Conv",
            [
                value,
                self._parameter(self._random.standard_normal(shape, np.float32) * spread),
                self._parameter(self._random.standard_normal(convolution.outputs, np.float32) * np.float32(0.1)),
            ],
            kernel_shape=[kernel, kernel],
            pads=[padding] * 4,
            dilations=[convolution.dilation] * 2,
            strides=[1, 1],
            group=1,
        )
        return self.add_node("Relu", [result]) if convolution.activated else result

    def halve(self, value: str) -> str:
        return self.add_node("MaxPool", [value], kernel_shape=[2, 2], strides=[2, 2], pads=[0] * 4, ceil_mode=1)

    def enlarge(self, value: str, like: str) -> str:
        height, width = (
            self.add_node(
                "Unsqueeze",
                [self.add_node("Gather", [self.add_node("Shape", [like]), self._constant(axis)], axis=0)],
                axes=[0],
            )
            for axis in (2, 3)
        )
        channels = self.add_node(
            "Slice",
            [self.add_node("Shape", [value]), self._constant([0]), self._constant([2]), self._constant([0])],
        )
        size = self.add_node("Cast", [self.add_node("Concat", [height, width], axis=0)], to=TensorProto.INT64)
        empty = self.add_node("Constant", [], value=numpy_helper.from_array(np.zeros(0, np.float32)))
        return self.add_node(
            "Resize",
            [value, empty, empty, self.add_node("Concat", [channels, size], axis=0)],
            mode="linear",
            coordinate_transformation_mode="pytorch_half_pixel",
            nearest_mode="floor",
        )

    def join(self, *values: str) -> str:
        return self.add_node("Concat", list(values), axis=1)

    def add(self, first: str, second: str) -> str:
        return self.add_node("Add", [first, second])

    def _constant(self, value: int | list[int]) -> str:
        return self.add_node("Constant", [], value=numpy_helper.from_array(np.array(value, np.int64)))

    def _parameter(self, values: np.ndarray) -> str:
        name = f"p{len(self.initializers)}"
        self.initializers.append(numpy_helper.from_array(values, name))
        return name
