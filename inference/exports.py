"""A finished cutout as the file somebody needs: another type, framed, on a canvas, on a background, or its mask alone.

Nothing here asks the network anything. Colour profile and bit depth are kept wherever the file type can hold them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

import numpy as np

from inference import exports_files, images
from inference.errors import InferenceError
from inference.exports_background import on_background
from inference.exports_frame import Canvas, Framing, framed
from inference.pictures import DEFAULT_LIMITS, Limits, decode

Kind = Literal["png", "webp", "webp-lossy", "tiff", "psd", "jpeg", "mask"]

CANVASES: Mapping[str, Canvas] = MappingProxyType(
    {
        "square-1000": Canvas(1000, 1000),
        "square-2000": Canvas(2000, 2000),
        "portrait-4-5": Canvas(1080, 1350),
        "story-9-16": Canvas(1080, 1920),
        "wide-16-9": Canvas(1920, 1080),
    }
)


@dataclass(frozen=True, slots=True)
class ExportOptions:
    """What is wanted. The default is the whole picture as PNG with transparency.

    crop: to what is visible, with ``margin_permille`` thousandths of its longer side around it, transparent where that
    leaves the picture. canvas: the result is scaled down until it fits, and centred. background: an sRGB colour
    (0…255 each), or the bytes of a picture that is scaled to cover. quality: of JPEG and lossy WebP.
    """

    kind: Kind = "png"
    crop: bool = False
    margin_permille: int = 0
    canvas: Canvas | None = None
    background: tuple[int, int, int] | bytes | None = None
    quality: int = 90


@dataclass(frozen=True, slots=True)
class ExportedFile:
    """A file ready to be sent, width × height pixels with ``bits`` bits per sample."""

    data: bytes
    media_type: str
    suffix: str
    width: int
    height: int
    bits: Literal[8, 16]


def read_cutout(data: bytes, limits: Limits = DEFAULT_LIMITS) -> images.Cutout:
    """Return a stored cutout (a PNG with transparency) for exporting; raises as ``decode`` does."""
    picture = images.original(decode(data, limits), data)
    alpha = picture.alpha
    if alpha is None:
        alpha = np.full(picture.colour.shape[:2], 2**picture.bits - 1, picture.colour.dtype)
    return images.Cutout(picture, alpha)


def export(cutout: images.Cutout, options: ExportOptions = ExportOptions()) -> ExportedFile:
    """Return the cutout as a file.

    Raises InferenceError for options that contradict each other or a size that the file type cannot hold, and what
    ``decode`` raises if the background is not a picture.
    """
    _check(options)
    media_type, suffix = exports_files.TYPES[options.kind]
    if options == ExportOptions(quality=options.quality):
        height, width = cutout.alpha.shape
        return ExportedFile(images.encode_cutout(cutout), media_type, suffix, width, height, cutout.picture.bits)
    pixels = framed(cutout, Framing(options.crop, options.margin_permille, options.canvas))
    profile = cutout.picture.profile
    if options.kind == "mask":
        pixels, profile = pixels[..., -1:], None
    elif options.background is not None:
        pixels = on_background(pixels, options.background, profile)
    sheet = exports_files.Sheet(pixels, profile, cutout.picture.colour_chunks)
    data, bits = exports_files.written(sheet, options.kind, options.quality)
    height, width = pixels.shape[:2]
    return ExportedFile(data, media_type, suffix, width, height, bits)


def _check(options: ExportOptions) -> None:
    if options.kind == "jpeg" and options.background is None:
        raise InferenceError(
            "export.background_needed",
            "JPEG cannot be transparent and no background was chosen.",
            "Choose a background colour or picture, or export as PNG, WebP or TIFF.",
        )
    if options.kind == "psd" and options.background is not None:
        raise InferenceError(
            "export.background_not_wanted",
            "A Photoshop file keeps the subject on a layer with a mask; a background would leave nothing to mask.",
            "Leave the background out, or export as PNG, WebP, TIFF or JPEG.",
        )
    sizes = (options.canvas.width, options.canvas.height) if options.canvas else (1, 1)
    if min(sizes) < 1 or sizes[0] * sizes[1] > DEFAULT_LIMITS.max_pixels:
        raise InferenceError(
            "export.canvas_size",
            f"A canvas of {sizes[0]:,} × {sizes[1]:,} pixels cannot be made.",
            f"Choose at least 1 × 1 and at most {DEFAULT_LIMITS.max_pixels:,} pixels in total.",
        )
    in_range = (
        0 <= options.margin_permille <= 1000,
        1 <= options.quality <= 100,
        not isinstance(options.background, tuple) or all(0 <= each <= 255 for each in options.background),
    )
    if not all(in_range):
        raise InferenceError(
            "export.out_of_range",
            "A margin, quality or background colour is outside its range.",
            "Use a margin of 0 to 1000 thousandths, a quality of 1 to 100 and colours of 0 to 255.",
        )
