"""Write TIFF by the specification (TIFF 6.0, sections 2, 6, 15 and 18), independently of the code under test."""

from __future__ import annotations

import struct
import zlib

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.uint8] | NDArray[np.uint16]

_TILE = 16
_DEFLATE, _NONE = 8, 1
_LAYOUTS = {"one strip": None, "strips": 5, "tiles": None}
LAYOUTS = tuple(_LAYOUTS)


def make_tiff(samples: Samples, order: str = "<", layout: str = "one strip", *, compressed: bool = False) -> bytes:
    """height × width × 1, 3 or 4 samples; order: "<" or ">"; 4 are RGB and alpha that is not multiplied in."""
    height, width, channels = samples.shape
    rows = _LAYOUTS[layout] or height
    if layout == "tiles":
        padded = np.zeros((-(-height // _TILE) * _TILE, -(-width // _TILE) * _TILE, channels), samples.dtype)
        padded[:height, :width] = samples
        starts = [(top, left) for top in range(0, height, _TILE) for left in range(0, width, _TILE)]
        parts = [padded[top : top + _TILE, left : left + _TILE] for top, left in starts]
        shape = [(322, [_TILE]), (323, [_TILE])]
        where, lengths = 324, 325
    else:
        parts = [samples[top : top + rows] for top in range(0, height, rows)]
        shape, where, lengths = [(278, [rows])], 273, 279
    data = [part.astype(samples.dtype.newbyteorder(order)).tobytes() for part in parts]
    if compressed:
        data = [zlib.compress(each) for each in data]
    offsets = [8 + sum(map(len, data[:number])) for number in range(len(data))]
    entries = [
        (256, [width]),
        (257, [height]),
        (258, [samples.itemsize * 8] * channels),
        (259, [_DEFLATE if compressed else _NONE]),
        (262, [2 if channels > 2 else 1]),
        (277, [channels]),
        (where, offsets),
        (lengths, [len(each) for each in data]),
        *shape,
        *([(338, [2])] if channels == 4 else []),
    ]
    return _file(order, b"".join(data), sorted(entries))


def _file(order: str, data: bytes, entries: list[tuple[int, list[int]]]) -> bytes:
    """Everything as LONG, except bits per sample, which readers want as SHORT."""
    body = data + bytes(len(data) % 2)
    directory = struct.pack(f"{order}H", len(entries))
    for tag, values in entries:
        letter, kind = ("H", 3) if tag in {258, 338} else ("I", 4)
        value = struct.pack(f"{order}{len(values)}{letter}", *values)
        if len(value) > 4:
            at, body = 8 + len(body), body + value + bytes(len(value) % 2)
            value = struct.pack(f"{order}I", at)
        directory += struct.pack(f"{order}HHI", tag, kind, len(values)) + value.ljust(4, b"\0")
    return {"<": b"II", ">": b"MM"}[order] + struct.pack(f"{order}HI", 42, 8 + len(body)) + body + directory + bytes(4)
