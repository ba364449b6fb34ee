"""Convert IS-Net's published half-precision exchange file (ONNX) to safetensors, deterministically.

The source is never executed; its graph is walked with the network's own plan, as in ``inference.conversion``. This
export keeps everything in float16 except resizing, has fixed sizes, and gives all side outputs and the maps they are
made of. The parameters are carried over unchanged, in float16, with the batch norms folded in as they are there.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import onnx
from numpy.typing import NDArray

from inference.architectures.isnet_plan import run_network
from inference.architectures.u2net_plan import Convolution
from inference.chunks import assemble
from inference.conversion import Conversion, converted
from inference.errors import ConversionRefused, ModelNotRunnable
from inference.onnx_graph import Graph
from inference.registry import card

CONVERTER = "clearcut.isnet-onnx"
CONVERTER_VERSION = "1"

_WIDE = {"to": onnx.TensorProto.FLOAT}
_NARROW = {"to": onnx.TensorProto.FLOAT16}


def convert_isnet_chunks(
    manifest: bytes, resource: str, read: Callable[[str], bytes], expected_sha256: str, slug: str
) -> tuple[bytes, Conversion]:
    """Assemble an exchange file from its pieces (``inference.chunks``) and convert it; returns both.

    Raises ConversionRefused, or WeightsMismatch if the pieces make another file than the expected one.
    """
    source = assemble(manifest, resource, read, expected_sha256)
    return source, convert_isnet_onnx(source, slug)


def convert_isnet_onnx(onnx_bytes: bytes, slug: str) -> Conversion:
    """Convert an IS-Net exchange file in float16 with folded batch norms to the layout of model ``slug``.

    Same input, same bytes out. Raises ConversionRefused unless the graph is that network and nothing else;
    ModelUnknown or ModelNotRunnable if ``slug`` is not an IS-Net with folded batch norms.
    """
    model_card = card(slug)
    if model_card.family != "isnet" or not model_card.architecture.get("folded_batch_norm"):
        raise ModelNotRunnable(
            "model.no_converter",
            f"There is no conversion from this exchange format to the model {slug}.",
            "Choose an IS-Net model whose card says folded_batch_norm = true.",
        )
    tensors = _GraphOperations(Graph.parse(onnx_bytes)).read()
    return converted(slug, onnx_bytes, tensors, CONVERTER, CONVERTER_VERSION)


@dataclass(frozen=True, slots=True)
class _Map:
    """A tensor of the graph and its size, which this export writes down as numbers."""

    name: str
    height: int
    width: int


class _GraphOperations:
    """``u2net_plan.Operations`` on the tensors of a graph; collects the parameters it passes."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self._tensors: dict[str, NDArray[Any]] = {}

    def read(self) -> dict[str, NDArray[Any]]:
        """Walk the whole graph as this network and return its parameters by key."""
        name, height, width = self._graph.sized_picture_input()
        scores, levels = run_network(self, _Map(self._result("Cast", (name,), _NARROW), height, width))
        probabilities = [self._result("Sigmoid", (score.name,), {}) for score in scores]
        answers = (*probabilities, *(level.name for level in levels))
        results = tuple(self._result("Cast", (answer,), _WIDE, then="") for answer in answers)
        if self._graph.outputs != results:
            raise ConversionRefused(
                f"Expected the outputs {', '.join(results)}; the file has {', '.join(self._graph.outputs)}."
            )
        self._graph.finish()
        return dict(sorted(self._tensors.items()))

    def convolve(self, convolution: Convolution, value: _Map) -> _Map:
        kernel, stride = convolution.kernel, convolution.stride
        attributes = {
            "dilations": [convolution.dilation] * 2,
            "group": 1,
            "kernel_shape": [kernel, kernel],
            "pads": [convolution.padding] * 4,
            "strides": [stride, stride],
        }
        node = self._graph.claim("Conv", (value.name,), attributes)
        if len(node.input) != 3:
            raise ConversionRefused(f"The convolution {convolution.name} has no bias: its batch norm is not folded.")
        shape = (convolution.outputs, convolution.inputs, kernel, kernel)
        weight, bias = (self._graph.parameter(node.input[1], shape, "float16"), node.input[2])
        self._tensors[f"{convolution.key}.weight"] = weight
        self._tensors[f"{convolution.key}.bias"] = self._graph.parameter(bias, (convolution.outputs,), "float16")
        name = str(node.output[0])
        if convolution.activated:
            name = self._result("Relu", (name,), {})
        return _Map(name, -(-value.height // stride), -(-value.width // stride))

    def halve(self, value: _Map) -> _Map:
        attributes = {"ceil_mode": 1, "kernel_shape": [2, 2], "pads": [0] * 4, "strides": [2, 2]}
        return _Map(self._result("MaxPool", (value.name,), attributes), -(-value.height // 2), -(-value.width // 2))

    def enlarge(self, value: _Map, like: _Map) -> _Map:
        wide = self._result("Cast", (value.name,), _WIDE, then="Resize")
        attributes = {"mode": b"linear", "coordinate_transformation_mode": b"half_pixel"}
        node = self._graph.claim("Resize", (wide,), attributes)
        if len(node.input) != 4 or any(node.input[1:3]):
            raise ConversionRefused(f"The Resize writing {node.output[0]} does not resize to a size.")
        expected = ((value.name, 0), (value.name, 1), ("", like.height), ("", like.width))
        if self._graph.dimensions(node.input[3]) != expected:
            raise ConversionRefused(f"The Resize writing {node.output[0]} resizes to an unexpected size.")
        return _Map(self._result("Cast", (str(node.output[0]),), _NARROW), like.height, like.width)

    def join(self, *values: _Map) -> _Map:
        node = self._graph.claim("Concat", tuple(value.name for value in values), {"axis": 1})
        if len(node.input) != len(values):
            raise ConversionRefused(f"The Concat writing {node.output[0]} joins more tensors than expected.")
        return _Map(str(node.output[0]), values[0].height, values[0].width)

    def add(self, first: _Map, second: _Map) -> _Map:
        return _Map(self._result("Add", (first.name, second.name), {}), first.height, first.width)

    def _result(self, operator: str, inputs: tuple[str, ...], attributes: dict[str, Any], **rule: str) -> str:
        return str(self._graph.claim(operator, inputs, attributes, **rule).output[0])
