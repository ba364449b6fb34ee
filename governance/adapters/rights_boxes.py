"""Exif and XMP in the boxes of an AVIF or HEIC file (ISO/IEC 14496-12, 8.11; ISO/IEC 23008-12, annex A).

Own code: the decoders of these types are made to show pictures, and not all of them survive a damaged file.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from governance.adapters.rights_reading import MAX_BLOCK

_MOST_ITEMS = 10_000
_XMP_TYPE = b"application/rdf+xml"


@dataclass(frozen=True, slots=True)
class Item:
    """One item of metadata: an XMP packet, or an Exif block that begins as TIFF does."""

    is_xmp: bool
    data: bytes


class _Fields:
    """Reads numbers one after the other. Raises ValueError at the end of the box."""

    def __init__(self, data: bytes) -> None:
        self.data, self.at = data, 0

    def number(self, size: int) -> int:
        return int.from_bytes(self.bytes(size))

    def bytes(self, size: int) -> bytes:
        if self.at + size > len(self.data):
            raise ValueError("a box ends before its content does")
        self.at += size
        return self.data[self.at - size : self.at]


def items(data: bytes) -> Iterator[Item]:
    """The items of Exif and XMP, in the order of the file. Raises ValueError for boxes that do not fit together."""
    meta = _children(data, (b"meta",)).get(b"meta", b"")[4:]
    boxes = _children(meta, (b"iinf", b"iloc", b"idat"))
    wanted = dict(_kinds(boxes.get(b"iinf", b"")))
    if not wanted:
        return
    places = dict(_places(boxes.get(b"iloc", b""), data, boxes.get(b"idat", b""), wanted))
    for number, is_xmp in wanted.items():
        if number not in places:
            raise ValueError(f"item {number} of the metadata has no place")
        content = places[number]
        # Exif: how many bytes to skip until TIFF begins, usually those of "Exif\\0\\0".
        yield Item(is_xmp, content if is_xmp else content[4 + int.from_bytes(content[:4]) :])


def _children(data: bytes, kinds: Collection[bytes]) -> dict[bytes, bytes]:
    """The first box of each of these types."""
    found: dict[bytes, bytes] = {}
    at = 0
    while at + 8 <= len(data):
        size, head = int.from_bytes(data[at : at + 4]), 8
        if size == 1:
            size, head = int.from_bytes(data[at + 8 : at + 16]), 16
        end = len(data) if size == 0 else at + size
        if end < at + head or end > len(data):
            raise ValueError(f"a box claims {size} bytes, {len(data) - at} are left")
        kind = data[at + 4 : at + 8]
        if kind in kinds and kind not in found:
            found[kind] = data[at + head : end]
        at = end
    return found


def _kinds(iinf: bytes) -> Iterator[tuple[int, bool]]:
    """Number of each item of Exif (False) or XMP (True)."""
    if not iinf:
        return
    fields = _Fields(iinf)
    version = fields.number(4) >> 24
    for _ in range(min(fields.number(2 if version == 0 else 4), _MOST_ITEMS)):
        size = fields.number(4)
        entry = _Fields(fields.bytes(max(size - 4, 0)))
        entry.bytes(4)  # infe
        entry_version = entry.number(4) >> 24
        if entry_version < 2:
            continue  # before items had types
        number = entry.number(2 if entry_version == 2 else 4)
        entry.bytes(2)  # protection
        kind = entry.bytes(4)
        rest = entry.data[entry.at :].split(b"\0")  # name, then for mime its type
        if kind == b"Exif" or (kind == b"mime" and rest[1:2] == [_XMP_TYPE]):
            yield number, kind == b"mime"


def _places(iloc: bytes, data: bytes, idat: bytes, wanted: dict[int, bool]) -> Iterator[tuple[int, bytes]]:
    """The content of each wanted item, put together from its extents."""
    fields = _Fields(iloc)
    version = fields.number(4) >> 24
    sizes = fields.number(2)
    offset_size, length_size, base_size = sizes >> 12, sizes >> 8 & 15, sizes >> 4 & 15
    index_size = sizes & 15 if version else 0
    for _ in range(min(fields.number(4 if version == 2 else 2), _MOST_ITEMS)):
        number = fields.number(4 if version == 2 else 2)
        method = fields.number(2) & 15 if version else 0
        fields.bytes(2)  # data reference
        base = fields.number(base_size)
        content = bytearray()
        for _ in range(fields.number(2)):
            fields.bytes(index_size)
            start, length = base + fields.number(offset_size), fields.number(length_size)
            if number in wanted:
                content += _extent(idat if method == 1 else data, start, length, method)
        if number in wanted:
            if len(content) > MAX_BLOCK:
                raise ValueError(f"item {number} has {len(content)} bytes; at most {MAX_BLOCK} are read")
            yield number, bytes(content)


def _extent(source: bytes, start: int, length: int, method: int) -> bytes:
    end = start + length if length else len(source)  # 0: up to the end
    if method > 1 or start > end or end > len(source) or end - start > MAX_BLOCK:
        raise ValueError(f"an item claims bytes {start} to {end} of {len(source)}")
    return source[start:end]
