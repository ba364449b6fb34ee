"""Write a Photoshop file: the subject as one layer, its transparency as the layer's mask, open to be painted on.

Adobe Photoshop File Formats Specification (November 2019), version 1 files: big-endian, channels one after another.
What was removed is not in the file: samples hidden by the mask are cleared, as in every other cutout.
"""

from __future__ import annotations

import io
import struct
import zlib

import numpy as np

from inference.strips import Samples, strips

LONGEST_EDGE = 30_000
_PROFILE = 0x040F
_GREYSCALE, _RGB = 1, 3
_RAW, _ZIP = 0, 2
_USER_MASK = -2
_NAME = b"\x06Cutout\x00"  # a Pascal string padded to a multiple of four
_LEVEL = 3


def encode(pixels: Samples, profile: bytes | None) -> bytes:
    """Encode height × width × 2 (grey and alpha) or 4 (RGBA) samples of 8 or 16 bits."""
    height, width, channels = pixels.shape
    bits = pixels.itemsize * 8
    file = io.BytesIO()
    mode = _GREYSCALE if channels == 2 else _RGB
    file.write(struct.pack(">4sH6xHIIHH", b"8BPS", 1, channels - 1, height, width, bits, mode))
    file.write(struct.pack(">I", 0))  # colour mode data
    resources = b"" if profile is None else _resource(_PROFILE, profile)
    file.write(struct.pack(">I", len(resources)) + resources)
    layer = _layer(pixels)
    if bits == 16:  # layers of 16 bits live in a tagged block behind empty layer info and mask info
        layer = struct.pack(">II4s4sI", 0, 0, b"8BIM", b"Lr16", len(layer)) + layer
    else:
        layer = struct.pack(">I", len(layer)) + layer + struct.pack(">I", 0)
    file.write(struct.pack(">I", len(layer)) + layer)
    file.write(struct.pack(">H", _RAW))
    for channel in range(channels - 1):  # what programs without layers show: the subject on white
        for rows in strips(height):
            file.write(_bytes_of(_on_white(pixels[rows], channel)))
    return file.getvalue()


def _resource(number: int, data: bytes) -> bytes:
    return struct.pack(">4sHxxI", b"8BIM", number, len(data)) + data + bytes(len(data) % 2)


def _layer(pixels: Samples) -> bytes:
    """Return the layer info without its length: one record, then its channels."""
    height, width, channels = pixels.shape
    rectangle = struct.pack(">IIII", 0, 0, height, width)
    data = [struct.pack(">H", _ZIP) + _compressed(pixels[..., channel]) for channel in range(channels)]
    numbers = [*range(channels - 1), _USER_MASK]
    extra = struct.pack(">I", 20) + rectangle + bytes(4) + struct.pack(">I", 0) + _NAME
    record = rectangle + struct.pack(">H", channels)
    record += b"".join(struct.pack(">hI", number, len(part)) for number, part in zip(numbers, data, strict=True))
    record += struct.pack(">4s4sBBBxI", b"8BIM", b"norm", 255, 0, 0, len(extra)) + extra
    info = struct.pack(">h", 1) + record + b"".join(data)
    return info + bytes(-len(info) % 4)


def _compressed(channel: Samples) -> bytes:
    compressor = zlib.compressobj(_LEVEL)
    parts = [compressor.compress(_bytes_of(channel[rows])) for rows in strips(channel.shape[0])]
    return b"".join(parts) + compressor.flush()


def _on_white(rows: Samples, channel: int) -> Samples:
    opaque = np.float32(np.iinfo(rows.dtype).max)
    share = rows[..., -1] / opaque
    white: Samples = np.rint(rows[..., channel] * share + opaque * (1 - share)).astype(rows.dtype)  # type: ignore[assignment]
    return white


def _bytes_of(samples: np.ndarray[tuple[int, ...], np.dtype[np.generic]]) -> bytes:
    return np.ascontiguousarray(samples, dtype=samples.dtype.newbyteorder(">")).tobytes()
