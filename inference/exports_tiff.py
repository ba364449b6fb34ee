"""Write TIFF with 8 or 16 bits per sample, transparency and a profile; Pillow writes no 16-bit colour.

TIFF Revision 6.0 (Adobe, 1992): little-endian, chunky, in strips; Deflate and the horizontal predictor (section 14)
from Adobe Photoshop TIFF Technical Notes (2002); the profile's tag from ICC.1:2022, annex B.4.
"""

from __future__ import annotations

import io
import struct
import zlib

import numpy as np

from inference.strips import Samples, strips

_SHORT, _LONG, _UNDEFINED = 3, 4, 7
_BYTES = {_SHORT: 2, _LONG: 4, _UNDEFINED: 1}
_DEFLATE, _HORIZONTAL, _UNASSOCIATED_ALPHA = 8, 2, 2
_LEVEL = 3

_Entry = tuple[int, int, int, bytes]  # tag, type, count, value


def encode(pixels: Samples, profile: bytes | None) -> bytes:
    """Encode height × width × 1 (grey), 2 (with alpha), 3 (RGB) or 4 samples as TIFF, losslessly."""
    file = io.BytesIO()
    file.write(struct.pack("<2sHI", b"II", 42, 0))
    offsets, lengths = [], []
    for rows in strips(pixels.shape[0]):
        offsets.append(file.tell())
        file.write(zlib.compress(_predicted(pixels[rows]), _LEVEL))
        lengths.append(file.tell() - offsets[-1])
    directory = _directory(file, _entries(pixels, profile, offsets, lengths))
    file.seek(4)
    file.write(struct.pack("<I", directory))
    return file.getvalue()


def _predicted(rows: Samples) -> bytes:
    differences = rows.copy()
    differences[:, 1:] -= rows[:, :-1]
    return np.ascontiguousarray(differences, dtype=rows.dtype.newbyteorder("<")).tobytes()


def _entries(pixels: Samples, profile: bytes | None, offsets: list[int], lengths: list[int]) -> list[_Entry]:
    height, width, channels = pixels.shape
    rows_per_strip = next(strips(height)).stop
    entries = [
        _entry(256, _LONG, width),
        _entry(257, _LONG, height),
        _entry(258, _SHORT, *[pixels.itemsize * 8] * channels),
        _entry(259, _SHORT, _DEFLATE),
        _entry(262, _SHORT, 2 if channels > 2 else 1),  # RGB, or black is zero
        _entry(273, _LONG, *offsets),
        _entry(277, _SHORT, channels),
        _entry(278, _LONG, rows_per_strip),
        _entry(279, _LONG, *lengths),
        _entry(284, _SHORT, 1),
        _entry(317, _SHORT, _HORIZONTAL),
    ]
    if channels in {2, 4}:
        entries.append(_entry(338, _SHORT, _UNASSOCIATED_ALPHA))
    if profile is not None:
        entries.append((34675, _UNDEFINED, len(profile), profile))
    return entries


def _entry(tag: int, kind: int, *values: int) -> _Entry:
    return tag, kind, len(values), struct.pack(f"<{len(values)}{'H' if kind == _SHORT else 'I'}", *values)


def _directory(file: io.BytesIO, entries: list[_Entry]) -> int:
    """Write what does not fit into entries, then the directory; return where it begins."""
    fields = b""
    for tag, kind, count, value in entries:
        field = value.ljust(4, b"\0")
        if count * _BYTES[kind] > 4:
            _align(file)
            field = struct.pack("<I", file.tell())
            file.write(value)
        fields += struct.pack("<HHI", tag, kind, count) + field
    _align(file)
    start = file.tell()
    file.write(struct.pack("<H", len(entries)) + fields + bytes(4))
    return start


def _align(file: io.BytesIO) -> None:
    file.write(bytes(file.tell() % 2))
