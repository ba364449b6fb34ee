"""Convert published exchange files (ONNX) to safetensors for our own networks, deterministically.

The source is never executed. Its graph is walked with the network's own plan (``u2net_plan``): every node must be
what the plan expects at that place and every initialiser must be used exactly once, so a file that merely looks alike
is refused, whatever its tensors are called.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import save

from inference.architectures.u2net_plan import PLANS, Convolution, run_network
from inference.errors import ConversionRefused, ModelNotRunnable
from inference.onnx_graph import Graph
from inference.registry import card

CONVERTER = "clearcut.u2net-onnx"
CONVERTER_VERSION = "1"


@dataclass(frozen=True, slots=True)
class Conversion:
    """The converted file and what is needed to record where it came from."""

    slug: str
    safetensors: bytes
    source_sha256: str
    result_sha256: str
    converter: str
    converter_version: str


def convert_u2net_onnx(onnx_bytes: bytes, slug: str) -> Conversion:
    """Convert a U²-Net exchange file with folded batch norms to the layout of model ``slug``.

    Same input, same bytes out. Raises ConversionRefused unless the graph is that network and nothing else;
    ModelUnknown or ModelNotRunnable if ``slug`` is not a U²-Net with folded batch norms.
    """
    model_card = card(slug)
    options = model_card.architecture
    if model_card.family != "u2net" or not options.get("folded_batch_norm"):
        raise ModelNotRunnable(
            "model.no_converter",
            f"There is no conversion from this exchange format to the model {slug}.",
            "Choose a U²-Net model whose card says folded_batch_norm = true.",
        )
    operations = _GraphOperations(Graph.parse(onnx_bytes))
    tensors = operations.read(str(options["variant"]))
    return converted(slug, onnx_bytes, tensors, CONVERTER, CONVERTER_VERSION)


def converted(slug: str, source: bytes, tensors: dict[str, NDArray[Any]], converter: str, version: str) -> Conversion:
    """Put tensors into a file, the same bytes every time, and say what it was made from and by which converter."""
    # One metadata key only: with more, their order in the file would differ from run to run.
    data = save(tensors, metadata={"format": "pt"})
    return Conversion(
        slug=slug,
        safetensors=data,
        source_sha256=hashlib.sha256(source).hexdigest(),
        result_sha256=hashlib.sha256(data).hexdigest(),
        converter=converter,
        converter_version=version,
    )


class _GraphOperations:
    """``u2net_plan.Operations`` on the names of a graph's tensors; collects the parameters it passes."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self._tensors: dict[str, NDArray[np.float32]] = {}

    def read(self, variant: str) -> dict[str, NDArray[np.float32]]:
        """Walk the whole graph as this variant of the network and return its parameters by key."""
        scores = run_network(PLANS[variant], self, self._graph.picture_input())
        results = tuple(str(self._graph.claim("Sigmoid", (score,), {}).output[0]) for score in scores)
        if self._graph.outputs != results:
            raise ConversionRefused(
                f"Expected the outputs {', '.join(results)}; the file has {', '.join(self._graph.outputs)}."
            )
        self._graph.finish()
        return dict(sorted(self._tensors.items()))

    def convolve(self, convolution: Convolution, value: str) -> str:
        kernel = convolution.kernel
        node = self._graph.claim(
            "Conv",
            (value,),
            {
                "dilations": [convolution.dilation] * 2,
                "group": 1,
                "kernel_shape": [kernel, kernel],
                "pads": [convolution.padding] * 4,
                "strides": [1, 1],
            },
        )
        if len(node.input) != 3:
            raise ConversionRefused(f"The convolution {convolution.name} has no bias: its batch norm is not folded.")
        weight_shape = (convolution.outputs, convolution.inputs, kernel, kernel)
        self._tensors[f"{convolution.key}.weight"] = self._graph.parameter(node.input[1], weight_shape)
        self._tensors[f"{convolution.key}.bias"] = self._graph.parameter(node.input[2], (convolution.outputs,))
        if not convolution.activated:
            return str(node.output[0])
        return str(self._graph.claim("Relu", (node.output[0],), {}).output[0])

    def halve(self, value: str) -> str:
        attributes = {"ceil_mode": 1, "kernel_shape": [2, 2], "pads": [0] * 4, "strides": [2, 2]}
        return str(self._graph.claim("MaxPool", (value,), attributes).output[0])

    def enlarge(self, value: str, like: str) -> str:
        attributes = {"mode": b"linear", "coordinate_transformation_mode": b"pytorch_half_pixel"}
        node = self._graph.claim("Resize", (value,), attributes)
        if len(node.input) != 4 or any(name and self._graph.constant(name).size for name in node.input[1:3]):
            raise ConversionRefused(f"The Resize writing {node.output[0]} does not resize to the size of a tensor.")
        if self._graph.dimensions(node.input[3]) != ((value, 0), (value, 1), (like, 2), (like, 3)):
            raise ConversionRefused(f"The Resize writing {node.output[0]} resizes to an unexpected size.")
        return str(node.output[0])

    def join(self, *values: str) -> str:
        node = self._graph.claim("Concat", values, {"axis": 1})
        if len(node.input) != len(values):
            raise ConversionRefused(f"The Concat writing {node.output[0]} joins more tensors than expected.")
        return str(node.output[0])

    def add(self, first: str, second: str) -> str:
        return str(self._graph.claim("Add", (first, second), {}).output[0])
