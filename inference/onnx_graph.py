"""An ONNX graph as something to account for: every node and initialiser is claimed once, or the file is refused.

Nothing here runs the graph. Operators: https://onnx.ai/onnx/operators/ (opset 11 and later).
"""

from __future__ import annotations

from collections import defaultdict
from typing import Any, Literal

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import numpy_helper

from inference.errors import ConversionRefused

# Attributes that say nothing when they have these values; exporters differ in writing them out.
_NEUTRAL: dict[str, Any] = {"auto_pad": b"NOTSET", "storage_order": 0, "cubic_coeff_a": -0.75}

Dimension = tuple[str, int]
"""One entry of a run-time shape: (tensor, axis), or ("", size) where the size is fixed."""

Stored = Literal["float32", "float16"]
_STORED = {"float32": (onnx.TensorProto.FLOAT, "<f4"), "float16": (onnx.TensorProto.FLOAT16, "<f2")}


class Graph:
    """Claim nodes by what they do to a tensor; ``finish`` refuses whatever is left over."""

    def __init__(self, model: onnx.ModelProto) -> None:
        graph = model.graph
        if model.functions or graph.sparse_initializer or any(node.domain for node in graph.node):
            raise ConversionRefused("The file uses ONNX functions, sparse tensors or operators of its own.")
        self.outputs = tuple(output.name for output in graph.output)
        self._initializers = {tensor.name: tensor for tensor in graph.initializer}
        self._inputs = [value for value in graph.input if value.name not in self._initializers]
        self._unused = set(self._initializers)
        self._nodes = list(graph.node)
        self._unclaimed = set(range(len(self._nodes)))
        self._readers: dict[str, list[int]] = defaultdict(list)
        self._writer: dict[str, int] = {}
        for index, node in enumerate(self._nodes):
            for name in dict.fromkeys(node.input):
                self._readers[name].append(index)
            for name in node.output:
                if name in self._writer:
                    raise ConversionRefused(f"Two nodes write the tensor {name!r}.")
                self._writer[name] = index

    @classmethod
    def parse(cls, data: bytes) -> Graph:
        """Parse a file from memory; external data files are never followed."""
        try:
            model = onnx.load_model_from_string(data)
        except Exception as error:  # protobuf raises its own, version-dependent classes
            raise ConversionRefused("The file is not an ONNX file.") from error
        return cls(model)

    def picture_input(self) -> str:
        """Return the only input, which must be a batch of 3-channel pictures."""
        return self.sized_picture_input()[0]

    def sized_picture_input(self) -> tuple[str, int, int]:
        """Return the only input, a batch of 3-channel pictures, with its height and width (0 if they are open)."""
        shapes = [[d.dim_value for d in value.type.tensor_type.shape.dim] for value in self._inputs]
        if len(shapes) != 1 or len(shapes[0]) != 4 or shapes[0][1] != 3:
            raise ConversionRefused(f"Expected one input of shape N×3×H×W, found {shapes}.")
        return str(self._inputs[0].name), shapes[0][2], shapes[0][3]

    def claim(
        self, operator: str, inputs: tuple[str, ...], attributes: dict[str, Any], *, then: str | None = None
    ) -> onnx.NodeProto:
        """Claim the one unclaimed ``operator`` node whose first inputs are ``inputs`` and return it.

        Its attributes must equal ``attributes``, apart from ones that change nothing. ``then``: only a node whose
        result is read by that operator, or by nothing if it is "".
        """
        indices = [
            index
            for index in self._readers[inputs[0]]
            if index in self._unclaimed
            and self._nodes[index].op_type == operator
            and tuple(self._nodes[index].input[: len(inputs)]) == inputs
            and (then is None or self._followed_by(index) == then)
        ]
        if len(indices) != 1:
            raise ConversionRefused(
                f"Expected exactly one {operator} reading {', '.join(inputs)}, found {len(indices)}."
            )
        return self._take(indices[0], attributes)

    def parameter(self, name: str, shape: tuple[int, ...], stored: Stored = "float32") -> NDArray[Any]:
        """Return an initialiser, once, which must be ``stored`` in this type and shape; little-endian."""
        if name not in self._unused:
            state = "used twice" if name in self._initializers else "missing"
            raise ConversionRefused(f"The initialiser {name!r} is {state}.")
        tensor = self._initializers[name]
        kind, layout = _STORED[stored]
        if tensor.data_type != kind or tensor.data_location != onnx.TensorProto.DEFAULT:
            raise ConversionRefused(f"The initialiser {name!r} is not {stored} stored in the file itself.")
        if tuple(tensor.dims) != shape:
            raise ConversionRefused(f"The initialiser {name!r} has shape {list(tensor.dims)}, expected {list(shape)}.")
        self._unused.remove(name)
        array = np.ascontiguousarray(numpy_helper.to_array(tensor), dtype=layout)
        if not np.isfinite(array).all():
            raise ConversionRefused(f"The initialiser {name!r} holds values that are not finite.")
        return array

    def dimensions(self, name: str) -> tuple[Dimension, ...]:
        """Follow the small integer arithmetic that builds a run-time shape back to the tensors it measures."""
        node = self._take_writer(name)
        if node.op_type == "Cast":
            self._check(node, {"to": onnx.TensorProto.INT64})
            return self.dimensions(node.input[0])
        if node.op_type == "Constant":
            return tuple(("", int(each)) for each in self.constant(name).reshape(-1))
        if node.op_type == "Concat":
            self._check(node, {"axis": 0})
            return tuple(entry for part in node.input for entry in self.dimensions(part))
        if node.op_type == "Unsqueeze":
            self._check(node, {"axes": [0]})
            gather = self._take_writer(node.input[0], "Gather")
            self._check(gather, {"axis": 0})
            return ((self._measured(gather.input[0]), int(self.constant(gather.input[1]).item())),)
        if node.op_type == "Slice" and len(node.input) == 4:
            start, end, axis = (int(self.constant(each).item()) for each in node.input[1:4])
            if axis == 0:
                return tuple((self._measured(node.input[0]), each) for each in range(start, end))
        raise ConversionRefused(f"The shape {name!r} is not computed from the sizes of other tensors.")

    def constant(self, name: str) -> NDArray[Any]:
        node = self._take_writer(name, "Constant")
        if len(node.attribute) != 1 or node.attribute[0].name != "value":
            raise ConversionRefused(f"The constant {name!r} is not a plain tensor.")
        return numpy_helper.to_array(node.attribute[0].t)

    def finish(self) -> None:
        """Refuse the graph if any node or initialiser was not accounted for."""
        if self._unused:
            raise ConversionRefused(
                f"Initialisers that belong to no known place: {', '.join(sorted(self._unused)[:5])}."
            )
        if self._unclaimed:
            operators = sorted({self._nodes[index].op_type for index in self._unclaimed})
            raise ConversionRefused(f"{len(self._unclaimed)} nodes too many in the graph: {', '.join(operators)}.")

    def _followed_by(self, index: int) -> str:
        readers = {self._nodes[each].op_type for name in self._nodes[index].output for each in self._readers[name]}
        return ", ".join(sorted(readers))

    def _measured(self, name: str) -> str:
        return str(self._take_writer(name, "Shape").input[0])

    def _take_writer(self, name: str, operator: str | None = None) -> onnx.NodeProto:
        index = self._writer.get(name)
        if index is None or (operator is not None and self._nodes[index].op_type != operator):
            raise ConversionRefused(f"The tensor {name!r} is not made by {operator or 'a node'}.")
        self._unclaimed.discard(index)  # a shape may be read by more than one Gather
        node: onnx.NodeProto = self._nodes[index]
        return node

    def _take(self, index: int, expected: dict[str, Any]) -> onnx.NodeProto:
        self._check(self._nodes[index], expected)
        self._unclaimed.remove(index)
        node: onnx.NodeProto = self._nodes[index]
        return node

    @staticmethod
    def _check(node: onnx.NodeProto, expected: dict[str, Any]) -> None:
        found = {each.name: onnx.helper.get_attribute_value(each) for each in node.attribute}
        differing = sorted(
            name
            for name in found.keys() | expected.keys()
            if found.get(name) != expected.get(name) and not _says_nothing(name, found.get(name), node.op_type)
        )
        if differing:
            raise ConversionRefused(
                f"The {node.op_type} writing {node.output[0]} differs from the network in {', '.join(differing)}."
            )


def _says_nothing(name: str, value: Any, operator: str) -> bool:
    if operator == "MaxPool" and name == "dilations":
        return bool(value == [1, 1])
    if operator == "Resize" and name == "nearest_mode":
        return True  # read in mode "nearest" only
    return name in _NEUTRAL and bool(value == _NEUTRAL[name])
