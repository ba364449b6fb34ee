"""Read 16-bit pictures whole with Pillow, whose colour modes hold 8 bits.

Pillow keeps the high byte of every 16-bit sample and drops the low one. Asked for the opposite byte order it keeps
the low byte instead, so decoding twice gives all 16 bits without another decoder.
"""

from __future__ import annotations

import sys
from collections.abc import Callable

from PIL import Image, ImageFile

from inference.errors import UnsupportedPicture

_BITS_PER_SAMPLE = 258  # TIFF 6.0, section 8
_PHOTOMETRIC = 262
_WHITE_IS_ZERO = 0

_OPPOSITE = {"B": "L", "L": "B", "N": "B" if sys.byteorder == "little" else "L"}
_COLOUR_MODES = {f"{bands};16{order}" for bands in ("RGB", "RGBA", "RGBX") for order in _OPPOSITE}
_GREY_MODES = {"I;16", "I;16B", "I;16L", "I;16N"}
_GREY_WITH_ALPHA = "LA;16B"


def sample_bits(image: Image.Image, data: bytes) -> int:
    """Return the bits per sample in the file, which Pillow's mode does not tell. The picture is not decoded yet."""
    if image.format == "PNG":
        return data[24]  # IHDR: signature 8, length 4, type 4, width 4, height 4, bit depth 1
    if image.format == "TIFF":
        bits = getattr(image, "tag_v2", {}).get(_BITS_PER_SAMPLE, (1,))
        return int(max(bits))
    if image.format == "AVIF":
        return _avif_bits(data)
    if image.format == "HEIF":
        return int(image.info["bit_depth"])
    return 1 if image.mode == "1" else 8


def refuse_other_depths(image: ImageFile.ImageFile, bits: int) -> None:
    """Raise UnsupportedPicture if decoding would silently lose bits."""
    if bits <= 8 and image.mode not in {"I", "F"}:
        return
    inverted = getattr(image, "tag_v2", {}).get(_PHOTOMETRIC) == _WHITE_IS_ZERO
    colour_key = "transparency" in image.info
    known = _COLOUR_MODES | _GREY_MODES | {_GREY_WITH_ALPHA}
    raw_modes = {_raw_mode(tile) for tile in image.tile}
    if bits != 16 or inverted or colour_key or not raw_modes or not raw_modes <= known:
        name = "HEIC" if image.format == "HEIF" else image.format
        raise UnsupportedPicture(
            "picture.unsupported_depth",
            f"The {name} has {bits} bits per channel in a form that would lose quality here.",
            "Export it as a 16-bit RGB PNG or TIFF, or with 8 bits per channel.",
        )


def split(image: ImageFile.ImageFile, reopen: Callable[[], ImageFile.ImageFile]) -> tuple[Image.Image, Image.Image]:
    """Decode a 16-bit picture into two 8-bit ones: the high and the low bytes of its samples."""
    raw_mode = _raw_mode(image.tile[0])
    image.load()
    if raw_mode in _GREY_MODES:
        raw = image.tobytes()
        orders = ("L;16B", "L;16") if image.mode == "I;16B" else ("L;16", "L;16B")
        high, low = (Image.frombytes("L", image.size, raw, "raw", order) for order in orders)
        high.info = dict(image.info)
        return high, low
    again = reopen()
    if raw_mode == _GREY_WITH_ALPHA:
        _decode_as(again, "RGBA")  # the four bytes of a sample pair: grey high and low, alpha high and low
        _, grey, _, alpha = again.split()
        return image, Image.merge("RGBA", (grey, grey, grey, alpha))
    _decode_as(again, raw_mode[:-1] + _OPPOSITE[raw_mode[-1]])
    return image, again


def _decode_as(image: ImageFile.ImageFile, raw_mode: str) -> None:
    image.tile = [
        tile._replace(args=(raw_mode, *tile.args[1:]) if isinstance(tile.args, tuple) else raw_mode)
        for tile in image.tile
    ]
    image.load()


def _raw_mode(tile: ImageFile._Tile) -> str:
    return str(tile.args[0] if isinstance(tile.args, tuple) else tile.args)


def _avif_bits(data: bytes) -> int:
    """Read the depth from the AV1 configuration record (AV1-ISOBMFF, 2.3.3)."""
    at = data.find(b"av1C", 0, 65536)
    if at < 0 or len(data) < at + 7:
        return 8
    high, twelve = data[at + 6] & 0x40, data[at + 6] & 0x20
    return (12 if twelve else 10) if high else 8
