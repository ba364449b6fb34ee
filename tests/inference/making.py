"""Pictures and graphs made for tests: plain functions, nothing random without a seed."""

from __future__ import annotations

import io
import struct
import zlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms

PHOTOS = Path(__file__).parents[1] / "data" / "photos"
HEIC = Path(__file__).parents[1] / "data" / "heic"
PHOTO_NAMES = ("astronaut.png", "chelsea.png", "coffee.png", "rocket.jpg")

# Published: the exchange file as distributed, and what the converter makes of it.
U2NETP_SOURCE_SHA256 = "309c8469258dda742793dce0ebea8e6dd393174f89934733ecc8b14c76f4ddd8"
U2NETP_SHA256 = "01811054a1ed39de4dcbd0681540dcabeebd152989765fed5f80b9e1e0bee149"

ISNET_SOURCE_SHA256 = "b6e8497ba978a6f5fbb647e419d2696cd80df5a23cb6a8ea532021911bd76acb"
ISNET_SHA256 = "10d8021738dbc486fe68c3fbb89ba1bb1fc4f10677d880050d487a65f78fa25c"


# How a viewer turns what is stored to show it upright, and therefore how to store what should look upright.
STORED_AS = {
    1: None,
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}


def photo(name: str) -> bytes:
    return (PHOTOS / name).read_bytes()


def heic(name: str) -> bytes:
    """An encoded picture that Pillow cannot write: see ``SOURCES.md`` beside the files."""
    return (HEIC / f"{name}.heic").read_bytes()


def opened(data: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(data))
    image.load()
    return image


def saved(image: Image.Image, kind: str = "PNG", **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def make_picture(width: int = 60, height: int = 40, mode: str = "RGB") -> Image.Image:
    """A picture without any symmetry, so that every way of turning it shows."""
    rows, columns = np.mgrid[0:height, 0:width]
    red, green = columns * 255 // max(width - 1, 1), rows * 255 // max(height - 1, 1)
    samples = np.stack([red, green, (red * 3 + green * 5) % 256], axis=-1).astype(np.uint8)
    return Image.fromarray(samples).convert(mode)


def make_oriented(upright: Image.Image, orientation: int, kind: str, **options: object) -> bytes:
    """Store a picture turned, with the tag that tells viewers how to turn it back."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    transpose = STORED_AS[orientation]
    return saved(upright if transpose is None else upright.transpose(transpose), kind, exif=exif, **options)


def make_samples16(width: int = 37, height: int = 23, channels: int = 3) -> NDArray[np.uint16]:
    """16-bit samples that use all their bits."""
    random = np.random.default_rng(7)
    return random.integers(0, 65536, (height, width, channels), dtype=np.uint16)


def make_png16(samples: NDArray[np.uint16], *, extra: bytes = b"") -> bytes:
    """A 16-bit PNG written by the specification, unfiltered, independently of the code under test."""
    height, width, channels = samples.shape
    colour_type = {1: 0, 2: 4, 3: 2, 4: 6}[channels]
    rows = samples.astype(">u2").tobytes()
    stride = width * channels * 2
    raw = b"".join(b"\0" + rows[at : at + stride] for at in range(0, len(rows), stride))
    header = struct.pack(">IIBBBBB", width, height, 16, colour_type, 0, 0, 0)
    return make_png_of(header, extra + make_chunk(b"IDAT", zlib.compress(raw)))


def make_png_of(header: bytes, chunks: bytes) -> bytes:
    return b"\x89PNG\r\n\x1a\n" + make_chunk(b"IHDR", header) + chunks + make_chunk(b"IEND", b"")


def make_chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


# PNG, 9.2: what is added to a byte, from the bytes to the left, above, and above to the left.
_FILTERS = {
    0: lambda a, b, c: 0,
    1: lambda a, b, c: a,
    2: lambda a, b, c: b,
    3: lambda a, b, c: (a + b) // 2,
    4: lambda a, b, c: min((a, b, c), key=lambda each: abs(a + b - c - each)),
}


def samples16_of(data: bytes) -> NDArray[np.uint16]:
    """Read a 16-bit PNG by the specification: undo the filters row by row, slowly and plainly."""
    width, height, _, colour_type = struct.unpack_from(">IIBB", data, 16)
    channels = {0: 1, 2: 3, 4: 2, 6: 4}[colour_type]
    step, stride = channels * 2, width * channels * 2
    raw = zlib.decompress(b"".join(body for name, body in chunks_of(data) if name == b"IDAT"))
    above = bytearray(stride)
    rows = []
    for at in range(0, len(raw), stride + 1):
        predict = _FILTERS[raw[at]]
        row = bytearray(raw[at + 1 : at + 1 + stride])
        for i in range(stride):
            a, b, c = (row[i - step], above[i], above[i - step]) if i >= step else (0, above[i], 0)
            row[i] = (row[i] + predict(a, b, c)) & 0xFF
        rows.append(bytes(row))
        above = row
    return np.frombuffer(b"".join(rows), ">u2").reshape(height, width, channels).astype(np.uint16)


def chunks_of(data: bytes) -> list[tuple[bytes, bytes]]:
    found, at = [], 8
    while at < len(data):
        length, name = struct.unpack_from(">I4s", data, at)
        found.append((name, data[at + 8 : at + 8 + length]))
        at += length + 12
    return found


def make_profile(space: str) -> bytes:
    """A small, valid ICC profile: "sRGB", or "GRAY" with a matching tone curve."""
    if space == "sRGB":
        return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    # ICC.1:2022, 10.6: a curve of gamma 2.2.
    curve = b"curv" + bytes(4) + struct.pack(">IH", 1, 563) + bytes(2)
    return _profile(b"mntr", b"GRAY", b"XYZ ", b"kTRC", curve)


def make_cmyk_profile() -> bytes:
    """A valid ICC profile of four inks that are all greys: the more of any, the darker.

    ICC.1:2022, 10.11 (lut8Type): matrix, curves, two grid points for each ink with the first changing slowest, curves.
    """
    straight = bytes(range(256))
    amounts = np.stack(np.meshgrid(*[[0, 1]] * 4, indexing="ij"), axis=-1).reshape(-1, 4)
    lightness = (255 * (1 - amounts @ [0.2, 0.2, 0.1, 0.4])).astype(np.uint8)
    grid = b"".join(bytes([each, 128, 128]) for each in lightness)  # L*, a*, b*
    identity = struct.pack(">9i", *(65536 * (row == column) for row in range(3) for column in range(3)))
    table = b"mft1" + bytes(4) + bytes([4, 3, 2, 0]) + identity + straight * 4 + grid + straight * 3
    return _profile(b"prtr", b"CMYK", b"Lab ", b"A2B0", table)


def _profile(kind: bytes, space: bytes, connection: bytes, name: bytes, transform: bytes) -> bytes:
    """ICC.1:2022, 7: a header, a table of tags, description, white point, how to convert, copyright."""
    white = struct.pack(">iii", 63190, 65536, 54061)
    entries = (
        (b"desc", b"desc" + bytes(4) + struct.pack(">I", 5) + b"test\0" + bytes(78)),
        (b"wtpt", b"XYZ " + bytes(4) + white),
        (name, transform),
        (b"cprt", b"text" + bytes(4) + b"none\0" + bytes(3)),
    )
    tags, body, offset = b"", b"", 128 + 4 + len(entries) * 12
    for tag, data in entries:
        tags += tag + struct.pack(">II", offset + len(body), len(data))
        body += data + bytes(-len(data) % 4)
    size = 128 + 4 + len(tags) + len(body)
    header = struct.pack(">I4sI4s4s4s", size, b"lcms", 0x02400000, kind, space, connection)
    header += bytes(12) + b"acsp" + bytes(28) + white
    return header.ljust(128, b"\0") + struct.pack(">I", len(entries)) + tags + body
