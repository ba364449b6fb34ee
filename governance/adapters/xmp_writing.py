"""Put an XMP packet into a finished PNG, JPEG, WebP or TIFF, in place of any it has, without touching the picture.

Own code: what is at hand writes XMP only while it encodes the picture anew. Where packets lie is said in XMP
specification part 3 (Adobe, 2020), 1.1; how the files are built in PNG (third edition) 5.3 and 11.3.3, ITU-T T.81 B.1,
RFC 9649 2.3–2.7 and TIFF 6.0.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType

from governance.adapters.xmp_writing_tiff import tiff_edits
from governance.errors import PlatformError

MOST_IN_JPEG = 65_502  # bytes of a packet (XMP specification part 3, 1.1.3)

_PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_PNG_KEYWORD = b"XML:com.adobe.xmp\0"
_PNG_TEXTS = (b"iTXt", b"tEXt", b"zTXt")
_XMP_SEGMENT = b"http://ns.adobe.com/xap/1.0/\0"
_XMP_EXTENSION = b"http://ns.adobe.com/xmp/extension/\0"
_APP0, _APP1, _SOS = 0xE0, 0xE1, 0xDA
_BARE_MARKERS = (0x01, *range(0xD0, 0xD9))
_WEBP_XMP, _WEBP_ALPHA = 0x04, 0x10  # flags of VP8X

Edit = tuple[int, int, bytes]  # from, to (exclusive), what takes the place of these bytes


def with_xmp(data: bytes, media_type: str, packet: bytes) -> bytes:
    """The file with ``packet`` as its only XMP; every byte of the picture is kept.

    Raises PlatformError ``xmp.unwritable`` for another type, a file not built as its type demands, or a packet that
    it cannot hold.
    """
    find = _EDITS.get(media_type)
    if find is None:
        raise _unwritable(media_type, "XMP is written into PNG, JPEG, WebP and TIFF alone")
    try:
        return _edited(data, find(data, packet))
    except (ValueError, struct.error, IndexError) as error:
        raise _unwritable(media_type, str(error)) from error


def _unwritable(media_type: str, why: str) -> PlatformError:
    return PlatformError(
        f"XMP cannot be written into this {media_type} file: {why}.",
        how_to_fix="Choose another file type for the output.",
        code="xmp.unwritable",
        permanent=True,
    )


def _edited(data: bytes, edits: list[Edit]) -> bytes:
    """The bytes with all edits made, copied once."""
    whole, pieces, at = memoryview(data), [], 0
    for start, end, replacement in sorted(edits):
        if start < at:
            raise ValueError("its parts overlap")
        pieces += [whole[at:start], memoryview(replacement)]
        at = end
    return b"".join([*pieces, whole[at:]])


def _png_edits(data: bytes, packet: bytes) -> list[Edit]:
    chunks = list(_png_chunks(data))
    text = _PNG_KEYWORD + b"\0\0\0\0" + packet  # not compressed, no language, no translated keyword
    body = b"iTXt" + text
    chunk = struct.pack(">I", len(text)) + body + struct.pack(">I", zlib.crc32(body))
    first = chunks[0][2]  # behind IHDR
    old = [
        (start, end, b"")
        for name, start, end in chunks
        if name in _PNG_TEXTS and data.startswith(_PNG_KEYWORD, start + 8)
    ]
    return [(first, first, chunk), *old]


def _png_chunks(data: bytes) -> Iterator[tuple[bytes, int, int]]:
    """Name, start and end of each chunk up to IEND."""
    if not data.startswith(_PNG_SIGNATURE) or data[12:16] != b"IHDR":
        raise ValueError("it does not begin as PNG does")
    at, name = len(_PNG_SIGNATURE), b""
    while name != b"IEND":
        length, name = struct.unpack_from(">I4s", data, at)
        end = at + 12 + length
        if end > len(data):
            raise ValueError("a chunk ends behind the file")
        yield name, at, end
        at = end


def _jpeg_edits(data: bytes, packet: bytes) -> list[Edit]:
    if len(packet) > MOST_IN_JPEG:
        raise ValueError(f"the packet has {len(packet)} bytes; a JPEG segment holds {MOST_IN_JPEG}")
    body = _XMP_SEGMENT + packet
    segment = struct.pack(">BBH", 0xFF, _APP1, len(body) + 2) + body
    old: list[Edit] = []
    place, leading = 2, True  # JFIF (APP0) and Exif want to come first
    for marker, start, end in _jpeg_segments(data):
        is_xmp = marker == _APP1 and data.startswith((_XMP_SEGMENT, _XMP_EXTENSION), start + 4)
        if is_xmp:
            old.append((start, end, b""))
        leading = leading and (is_xmp or marker == _APP0 or data.startswith(b"Exif\0", start + 4))
        if leading:
            place = end
    return [(place, place, segment), *old]


def _jpeg_segments(data: bytes) -> Iterator[tuple[int, int, int]]:
    """Marker, start and end of each segment before the picture."""
    if not data.startswith(b"\xff\xd8\xff"):
        raise ValueError("it does not begin as JPEG does")
    at = 2
    while True:
        if data[at] != 0xFF:
            raise ValueError("a segment does not begin with a marker")
        marker = data[at + 1]
        if marker == _SOS:
            return
        if marker == 0xFF:  # a fill byte
            at += 1
            continue
        end = at + 2 if marker in _BARE_MARKERS else at + 2 + struct.unpack_from(">H", data, at + 2)[0]
        yield marker, at, end
        at = end


def _webp_edits(data: bytes, packet: bytes) -> list[Edit]:
    chunks = list(_webp_chunks(data))
    end = chunks[-1][2]
    added = struct.pack("<4sI", b"XMP ", len(packet)) + packet + bytes(len(packet) % 2)
    edits: list[Edit] = [(start, stop, b"") for name, start, stop in chunks if name == b"XMP "]
    edits.append((end, end, added))
    first, start, _ = chunks[0]
    if first == b"VP8X":
        edits.append((start + 8, start + 9, bytes([data[start + 8] | _WEBP_XMP])))
    else:
        edits.append((start, start, _extended_header(first, data, start + 8)))
    size = end - 8 + sum(len(new) - (stop - begin) for begin, stop, new in edits)
    return [(4, 8, struct.pack("<I", size)), *edits]


def _webp_chunks(data: bytes) -> Iterator[tuple[bytes, int, int]]:
    """Name, start and end (with its padding) of each chunk."""
    if data[:4] != b"RIFF" or data[8:16] not in (b"WEBPVP8 ", b"WEBPVP8L", b"WEBPVP8X"):
        raise ValueError("it does not begin as WebP does")
    at, end = 12, struct.unpack_from("<I", data, 4)[0] + 8
    while at < end:
        name, length = struct.unpack_from("<4sI", data, at)
        stop = at + 8 + length + length % 2
        if stop > min(end, len(data)):
            raise ValueError("a chunk ends behind the file")
        yield name, at, stop
        at = stop


def _extended_header(kind: bytes, data: bytes, at: int) -> bytes:
    """The VP8X chunk that a file with one bare picture has to begin with as soon as anything is added to it."""
    flags = _WEBP_XMP
    width: int
    height: int
    if kind == b"VP8L":
        signature, header = struct.unpack_from("<BI", data, at)
        if signature != 0x2F:
            raise ValueError("its lossless picture has no signature")
        width, height = header & 0x3FFF, header >> 14 & 0x3FFF  # one less than they are
        flags |= _WEBP_ALPHA if header >> 28 & 1 else 0
    else:
        start_code, across, down = struct.unpack_from("<3x3sHH", data, at)
        if start_code != b"\x9d\x01\x2a":
            raise ValueError("its picture has no start code")
        width, height = (across & 0x3FFF) - 1, (down & 0x3FFF) - 1
    return b"VP8X" + struct.pack("<IB3x", 10, flags) + width.to_bytes(3, "little") + height.to_bytes(3, "little")


_EDITS: Mapping[str, Callable[[bytes, bytes], list[Edit]]] = MappingProxyType(
    {"image/png": _png_edits, "image/jpeg": _jpeg_edits, "image/webp": _webp_edits, "image/tiff": tiff_edits}
)
