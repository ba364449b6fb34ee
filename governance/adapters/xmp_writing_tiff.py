"""Put an XMP packet (tag 700) into a TIFF or BigTIFF file: the first directory is written anew behind everything else.

TIFF 6.0, section 2; XMP specification part 3, 1.1.4.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

_XMP, _BYTE = 700, 1
_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 16: 8, 17: 8, 18: 8}


@dataclass(frozen=True, slots=True)
class _Layout:
    """How numbers are written: classic TIFF counts with 2 bytes and points with 4, BigTIFF uses 8 for both."""

    order: str
    count: str
    pointer: str
    head: int  # where the pointer to the first directory stands

    @property
    def inline(self) -> int:
        return struct.calcsize(f"={self.pointer}")

    @property
    def entry(self) -> int:
        return 4 + 2 * self.inline

    def pack(self, codes: str, *values: int | bytes) -> bytes:
        return struct.pack(self.order + codes, *values)

    def number(self, code: str, data: bytes, at: int) -> int:
        found: int = struct.unpack_from(self.order + code, data, at)[0]
        return found


def tiff_edits(data: bytes, packet: bytes) -> list[tuple[int, int, bytes]]:
    """What to change: the pointer to the directory, a former packet (to zeros), and what is added at the end.

    Raises ValueError or struct.error for a file that is not built as TIFF demands, or outgrows its pointers.
    """
    layout = _layout(data)
    start = layout.number(layout.pointer, data, layout.head)
    first = start + struct.calcsize(f"={layout.count}")
    stop = first + layout.number(layout.count, data, start) * layout.entry
    if stop + layout.inline > len(data):
        raise ValueError("its directory ends behind the file")
    entries = [data[at : at + layout.entry] for at in range(first, stop, layout.entry)]
    kept = [entry for entry in entries if layout.number("H", entry, 0) != _XMP]
    former = [_zeros(layout, entry, data) for entry in entries if layout.number("H", entry, 0) == _XMP]
    gap = bytes(-len(data) % layout.inline)
    where = len(data) + len(gap)
    new, value = _entry(layout, packet, where)
    directory = sorted([*kept, new], key=lambda entry: layout.number("H", entry, 0))
    following = data[stop : stop + layout.inline]  # the next directory, or zeros
    added = gap + value + layout.pack(layout.count, len(directory)) + b"".join(directory) + following
    pointer = layout.pack(layout.pointer, where + len(value))
    end = len(data)
    return [
        (layout.head, layout.head + layout.inline, pointer),
        *(edit for edits in former for edit in edits),
        (end, end, added),
    ]


def _layout(data: bytes) -> _Layout:
    order = {b"II": "<", b"MM": ">"}.get(data[:2])
    version = struct.unpack_from(f"{order}H", data, 2)[0] if order else 0
    if order and version == 42:
        return _Layout(order, "H", "I", 4)
    if order and version == 43 and struct.unpack_from(f"{order}HH", data, 4) == (8, 0):
        return _Layout(order, "Q", "Q", 8)
    raise ValueError("it does not begin as TIFF does")


def _entry(layout: _Layout, packet: bytes, where: int) -> tuple[bytes, bytes]:
    """The entry of the packet, and what of it is written before the directory."""
    head = layout.pack("HH" + layout.pointer, _XMP, _BYTE, len(packet))
    if len(packet) <= layout.inline:
        return head + packet.ljust(layout.inline, b"\0"), b""
    return head + layout.pack(layout.pointer, where), packet + bytes(-len(packet) % layout.inline)


def _zeros(layout: _Layout, entry: bytes, data: bytes) -> list[tuple[int, int, bytes]]:
    """A former packet is not left behind where nothing points any more."""
    kind, number = layout.number("H", entry, 2), layout.number(layout.pointer, entry, 4)
    size = number * _SIZES.get(kind, 1)
    if size <= layout.inline:
        return []
    start = layout.number(layout.pointer, entry, 4 + layout.inline)
    if start + size > len(data):
        raise ValueError("its XMP ends behind the file")
    return [(start, start + size, bytes(size))]
