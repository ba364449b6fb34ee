"""The tools compared with: onnxruntime, if it is installed here, and rembg in whatever interpreter has it.

Run as a program it measures the memory onnxruntime takes alone: python -m inference.bench_rivals FILE PIXELS.npy
"""

from __future__ import annotations

import io
import json
import os
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from inference.bench_machine import peak_mib
from inference.bench_measure import Lap

try:
    import onnxruntime  # type: ignore[import-untyped]
except ImportError:
    onnxruntime = None  # only compared with, never needed
try:
    import onnx
    from onnx import numpy_helper
except ImportError:
    onnx = None  # type: ignore[assignment]

# Speaks: what it is as a line of JSON; then for each picture (length, bytes) the seconds, the length and the PNG. After
# a length of 0, or when nothing more comes, the peak memory in KiB, and it ends.
_REMBG = """
import json, struct, sys, time
from importlib.metadata import version
from rembg import new_session, remove
out, session = sys.stdout.buffer, new_session(sys.argv[1])
names = ("rembg", "onnxruntime", "numpy", "Pillow")
out.write(json.dumps({name: version(name) for name in names}).encode() + b"\\n"); out.flush()
while length := int.from_bytes(sys.stdin.buffer.read(4), "big"):
    data = sys.stdin.buffer.read(length)
    started = time.perf_counter()
    png = remove(data, session=session)
    out.write(struct.pack(">dI", time.perf_counter() - started, len(png)) + png); out.flush()
status = open("/proc/self/status").read()
out.write(struct.pack(">I", int(status.partition("VmHWM:")[2].split()[0]))); out.flush()
"""


def has_runtime() -> bool:
    return onnxruntime is not None


def can_widen() -> bool:
    return onnx is not None


def onnx_lap(file: bytes, pixels: Sequence[NDArray[np.float32]]) -> Callable[[], Lap]:
    """Return what computes the masks of these pixels (3×height×width each), with onnxruntime's own defaults."""
    session: Any = onnxruntime.InferenceSession(file, providers=["CPUExecutionProvider"])
    source, answer = session.get_inputs()[0].name, session.get_outputs()[0].name

    def lap() -> Lap:
        started = time.perf_counter()
        masks = [session.run([answer], {source: each[None]})[0][0, 0] for each in pixels]
        return Lap(time.perf_counter() - started, masks)

    return lap


def widened(file: bytes) -> bytes:
    """Return a network stored and computed in float16 as one in float32, casts removed: the form rembg publishes."""
    model = onnx.load_from_string(file)
    graph, half, single = model.graph, onnx.TensorProto.FLOAT16, onnx.TensorProto.FLOAT
    for tensor in graph.initializer:
        if tensor.data_type == half:
            tensor.CopyFrom(numpy_helper.from_array(numpy_helper.to_array(tensor).astype(np.float32), tensor.name))
    for node in graph.node:
        for attribute in node.attribute:
            if attribute.name == "to" and attribute.i == half:
                attribute.i = single
            if attribute.name == "value" and attribute.t.data_type == half:
                array = numpy_helper.to_array(attribute.t).astype(np.float32)
                attribute.t.CopyFrom(numpy_helper.from_array(array))
    for value in (*graph.value_info, *graph.output, *graph.input):
        if value.type.tensor_type.elem_type == half:
            value.type.tensor_type.elem_type = single
    data: bytes = model.SerializeToString()
    return data


class RembgProcess:
    """rembg with one model, kept running by another interpreter, so that only its work is measured."""

    def __init__(self, python: str, model: str, network: bytes) -> None:
        self._home = tempfile.TemporaryDirectory(prefix="bench-rembg-")
        Path(self._home.name, f"{model}.onnx").write_bytes(network)
        # The file is given, so nothing is fetched; a widened file has another checksum than the published one.
        environment = {**os.environ, "U2NET_HOME": self._home.name, "MODEL_CHECKSUM_DISABLED": "1"}
        self._process = subprocess.Popen(  # noqa: S603
            [python, "-c", _REMBG, model], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment
        )
        to, back = self._process.stdin, self._process.stdout
        if to is None or back is None:
            raise OSError("there is no pipe to it")
        self._to, self._from = to, back
        line = self._from.readline()
        if not line:
            self.end()
            raise OSError(f"{python} cannot run rembg with {model}")
        self.versions: dict[str, str] = json.loads(line)

    def lap(self, pictures: Sequence[bytes]) -> Lap:
        seconds, masks = 0.0, []
        for data in pictures:
            self._to.write(struct.pack(">I", len(data)) + data)
            self._to.flush()
            taken, length = struct.unpack(">dI", self._from.read(12))
            seconds += taken
            masks.append(alpha_of(self._from.read(length)))
        return Lap(seconds, masks)

    def peak(self) -> int:
        """End the process; returns its peak memory in MiB."""
        self._to.write(struct.pack(">I", 0))
        self._to.flush()
        peak: int = struct.unpack(">I", self._from.read(4))[0] // 1024
        self.end()
        return peak

    def end(self) -> None:
        """Let the process end if it still runs."""
        self._to.close()
        self._process.wait()
        self._from.close()
        self._home.cleanup()


def alpha_of(png: bytes) -> NDArray[np.float32]:
    with Image.open(io.BytesIO(png)) as image:
        return np.asarray(image.getchannel("A"), np.float32) / np.float32(255)


if __name__ == "__main__":
    onnx_lap(Path(sys.argv[1]).read_bytes(), np.load(sys.argv[2]))()
    sys.stdout.write(f"{peak_mib()}\n")
