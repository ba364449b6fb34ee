"""Where the metadata lies in a JPEG, PNG, WebP, TIFF, AVIF or HEIC file: its blocks, as bytes, and nothing else.

Own code, because decoders look no further than the picture: writers of PNG put XMP behind it, and Photoshop splits
long XMP over several segments of a JPEG.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from governance.adapters.rights_boxes import items
from governance.adapters.rights_ifd import tags
from governance.adapters.rights_reading import MAX_BLOCK

Kind = Literal["xmp", "xmp extension", "exif", "photoshop", "iim", "text"]

_EXIF = b"Exif\0\0"
_XMP = b"http://ns.adobe.com/xap/1.0/\0"
_XMP_EXTENSION = b"http://ns.adobe.com/xmp/extension/\0"  # XMP part 3, 1.1.3.1
_PHOTOSHOP = b"Photoshop 3.0\0"
_APP1, _APP13 = 0xE1, 0xED
_LAST_MARKERS = (0xDA, 0xD9)  # SOS and EOI: the picture follows, or nothing does
_BARE_MARKERS = (0x01, *range(0xD0, 0xD9))

_TIFF_BLOCKS: dict[int, Kind] = {700: "xmp", 33723: "iim", 34377: "photoshop"}
_RAW_PROFILES: dict[str, Kind] = {"xmp": "xmp", "exif": "exif", "iptc": "photoshop", "8bim": "photoshop"}


@dataclass(frozen=True, slots=True)
class Block:
    """One block of metadata. ``name``: the keyword of a text, the digest of the packet an extension belongs to."""

    kind: Kind
    data: bytes
    name: str = ""


def blocks(data: bytes, media_type: str) -> Iterator[Block]:
    """The blocks of a picture, in the order of the file. Other types of file have none that we know.

    Raises ValueError, struct.error or zlib.error where the file is not built as its type demands.
    """
    if media_type == "image/jpeg":
        yield from _jpeg_blocks(data)
    elif media_type == "image/png":
        yield from _png_blocks(data)
    elif media_type == "image/webp":
        yield from _webp_blocks(data)
    elif media_type == "image/tiff":
        yield from _tiff_blocks(data)
    elif media_type in ("image/avif", "image/heic"):
        for item in items(data):
            yield Block("xmp" if item.is_xmp else "exif", item.data)


def _jpeg_blocks(data: bytes) -> Iterator[Block]:
    photoshop = bytearray()
    extensions: dict[bytes, _Extension] = {}
    for marker, segment in _jpeg_segments(data):
        if marker == _APP1 and segment.startswith(_EXIF):
            yield Block("exif", segment[len(_EXIF) :])
        elif marker == _APP1 and segment.startswith(_XMP):
            yield Block("xmp", segment[len(_XMP) :])
        elif marker == _APP1 and segment.startswith(_XMP_EXTENSION):
            _add_extension(extensions, segment[len(_XMP_EXTENSION) :])
        elif marker == _APP13 and segment.startswith(_PHOTOSHOP):
            photoshop += segment[len(_PHOTOSHOP) :]
    if photoshop:
        yield Block("photoshop", bytes(photoshop))
    for guid, extension in extensions.items():
        yield Block("xmp extension", extension.whole(), guid.decode("ascii", "replace"))


def _jpeg_segments(data: bytes) -> Iterator[tuple[int, bytes]]:
    at = 2
    while at + 4 <= len(data):
        if data[at] != 0xFF or data[at + 1] in (0x00, 0xFF):
            at += 1  # fill bytes, which decoders skip too
            continue
        marker = data[at + 1]
        if marker in _LAST_MARKERS:
            return
        at += 2
        if marker in _BARE_MARKERS:
            continue
        length = int.from_bytes(data[at : at + 2])
        yield marker, _cut(data, at + 2, length - 2, f"JPEG segment {marker:02X}")
        at += length


class _Extension:
    """The pieces of one extended XMP packet by their offset."""

    def __init__(self, length: int) -> None:
        self.length = length
        self.pieces: dict[int, bytes] = {}

    def whole(self) -> bytes:
        joined = bytearray()
        for offset, piece in sorted(self.pieces.items()):
            if offset != len(joined):
                break
            joined += piece
        if len(joined) != self.length:
            raise ValueError(f"{len(joined)} of {self.length} bytes of the extended XMP are there")
        return bytes(joined)


def _add_extension(extensions: dict[bytes, _Extension], segment: bytes) -> None:
    guid, length, offset = segment[:32], int.from_bytes(segment[32:36]), int.from_bytes(segment[36:40])
    extensions.setdefault(guid, _Extension(length)).pieces[offset] = segment[40:]


def _png_blocks(data: bytes) -> Iterator[Block]:
    at = 8
    while at + 8 <= len(data):
        length, name = int.from_bytes(data[at : at + 4]), data[at + 4 : at + 8]
        if name == b"IEND":
            return
        if name in (b"iTXt", b"tEXt", b"zTXt"):
            yield _png_text(name, _cut(data, at + 8, length, f"PNG chunk {name.decode()}"))
        elif name == b"eXIf":
            yield Block("exif", _cut(data, at + 8, length, "PNG chunk eXIf"))
        at += 12 + length


def _png_text(chunk: bytes, data: bytes) -> Block:
    """PNG (third edition), 11.3.3: keyword, how it is packed, and for iTXt two descriptions of the language."""
    keyword, _, rest = data.partition(b"\0")
    packed = chunk == b"zTXt"
    if chunk == b"iTXt":
        packed, rest = rest[:1] == b"\1", rest[2:].split(b"\0", 2)[-1]
    elif packed:
        rest = rest[1:]
    text = _unpacked(rest) if packed else rest
    name = keyword.decode("latin-1")
    if name == "XML:com.adobe.xmp":
        return Block("xmp", text)
    kind = _RAW_PROFILES.get(name.removeprefix("Raw profile type ").lower())
    if kind and name.startswith("Raw profile type "):
        return Block(kind, _raw_profile(text).removeprefix(_EXIF))
    return Block("text", text if chunk == b"iTXt" else text.decode("latin-1").encode(), name)


def _unpacked(data: bytes) -> bytes:
    unpacker = zlib.decompressobj()
    text = unpacker.decompress(data, MAX_BLOCK)
    if not unpacker.eof:
        raise ValueError(f"a packed text ends too early or holds more than {MAX_BLOCK} bytes")
    return text


def _raw_profile(text: bytes) -> bytes:
    # ImageMagick: an empty line, the name, the number of bytes, then the bytes in hexadecimal.
    return bytes.fromhex(b"".join(text.split()[2:]).decode("ascii"))


def _webp_blocks(data: bytes) -> Iterator[Block]:
    at = 12
    while at + 8 <= len(data):
        name, length = data[at : at + 4], int.from_bytes(data[at + 4 : at + 8], "little")
        if name == b"XMP ":
            yield Block("xmp", _cut(data, at + 8, length, "WebP chunk XMP"))
        elif name == b"EXIF":
            yield Block("exif", _cut(data, at + 8, length, "WebP chunk EXIF").removeprefix(_EXIF))
        at += 8 + length + length % 2


def _tiff_blocks(data: bytes) -> Iterator[Block]:
    yield Block("exif", data)  # its own directory is one
    for tag, value in tags(data, _TIFF_BLOCKS).items():
        yield Block(_TIFF_BLOCKS[tag], value)


def _cut(data: bytes, start: int, length: int, what: str) -> bytes:
    if length < 0 or start + length > len(data):
        raise ValueError(f"{what} claims {length} bytes, {len(data) - start} are left")
    return data[start : start + length]
