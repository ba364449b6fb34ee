"""Write finished samples as PNG, WebP, TIFF, Photoshop file or JPEG."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Literal

import numpy as np
from PIL import Image

from inference import colour, exports_psd, exports_tiff, png
from inference.errors import InferenceError
from inference.strips import Samples, strips

TYPES = {
    "png": ("image/png", ".png"),
    "mask": ("image/png", ".png"),
    "webp": ("image/webp", ".webp"),
    "webp-lossy": ("image/webp", ".webp"),
    "tiff": ("image/tiff", ".tiff"),
    "psd": ("image/vnd.adobe.photoshop", ".psd"),
    "jpeg": ("image/jpeg", ".jpg"),
}
# What the type can hold (WebP: RFC 9649, 2.6 and 2.7; JPEG: ITU-T T.81, B.2.2).
_LONGEST_EDGE = {"webp": 16_383, "webp-lossy": 16_383, "jpeg": 65_535, "psd": exports_psd.LONGEST_EDGE}
# WebP's encoder takes up to 40 bytes for every pixel at once: more than this would not stay within two gigabytes.
_MOST_PIXELS = {"webp": 40_000_000, "webp-lossy": 40_000_000}
# Its tables fitted to the picture make a JPEG a few hundredths smaller, for six bytes of memory a pixel.
_FITTED_TABLES_UP_TO = 20_000_000


@dataclass(frozen=True, slots=True)
class Sheet:
    """height × width × 1 (grey), 2 (with alpha), 3 (RGB) or 4 samples and what their colours mean."""

    pixels: Samples
    profile: bytes | None
    colour_chunks: tuple[tuple[bytes, bytes], ...]


def written(sheet: Sheet, kind: str, quality: int) -> tuple[bytes, Literal[8, 16]]:
    """Return the file and its bits per sample; raises InferenceError if the type cannot hold the size."""
    _check_size(*sheet.pixels.shape[:2], kind)
    bits: Literal[8, 16] = 8 if sheet.pixels.dtype == np.uint8 else 16
    if kind in {"png", "mask"}:
        return _png(sheet, bits, coloured=kind == "png"), bits
    if kind == "tiff":
        return exports_tiff.encode(sheet.pixels, sheet.profile), bits
    if kind == "psd":
        return exports_psd.encode(sheet.pixels, sheet.profile), bits
    image, profile = _as_image(sheet)
    if kind == "jpeg":
        # No chroma subsampling: it would bring back a rim of the wrong colour around the subject.
        fitted = image.width * image.height <= _FITTED_TABLES_UP_TO
        return _saved(image, "JPEG", profile, quality=quality, subsampling=0, optimize=fitted), 8
    if kind == "webp":
        # Other methods make grainy photographs a sixth smaller and take forty times as long.
        return _saved(_coloured(image, profile), "WEBP", _rgb(profile), lossless=True, exact=True, method=0), 8
    return _saved(_coloured(image, profile), "WEBP", _rgb(profile), quality=quality, alpha_quality=100), 8


def _check_size(height: int, width: int, kind: str) -> None:
    longest, most = _LONGEST_EDGE.get(kind), _MOST_PIXELS.get(kind)
    if longest is not None and max(height, width) > longest:
        raise InferenceError(
            "export.too_long",
            f"The picture has {width:,} × {height:,} pixels; this file type holds at most {longest:,} a side.",
            "Choose a smaller canvas, or export as PNG or TIFF.",
        )
    if most is not None and height * width > most:
        raise InferenceError(
            "export.too_many_pixels",
            f"The picture has {width:,} × {height:,} pixels; WebP files are written of at most {most:,} in total.",
            "Choose a smaller canvas, or export as PNG or TIFF.",
        )


def _png(sheet: Sheet, bits: int, *, coloured: bool) -> bytes:
    height, width, channels = sheet.pixels.shape
    # Grey without a profile becomes RGB, as in the default cutout.
    spread = {1: [0, 0, 0], 2: [0, 0, 0, 1]}.get(channels) if coloured and sheet.profile is None else None
    return png.encode(
        (sheet.pixels[rows] if spread is None else sheet.pixels[rows][..., spread] for rows in strips(height)),
        width=width,
        height=height,
        samples=channels if spread is None else len(spread),
        bits=bits,
        profile=sheet.profile,
        colour_chunks=sheet.colour_chunks if coloured else (),
    )


def _as_image(sheet: Sheet) -> tuple[Image.Image, bytes | None]:
    """Return 8-bit samples, rounded, as a picture."""
    height, _, channels = sheet.pixels.shape
    eight = sheet.pixels
    if eight.dtype == np.uint16:
        eight = np.empty(sheet.pixels.shape, np.uint8)
        for rows in strips(height):
            eight[rows] = (sheet.pixels[rows].astype(np.uint32) * 255 + 32_767) // 65_535
    return Image.fromarray(eight[..., 0] if channels == 1 else eight), sheet.profile


def _coloured(image: Image.Image, profile: bytes | None) -> Image.Image:
    """WebP knows no grey: a grey profile could not describe what it stores."""
    return colour.to_srgb(image, profile) if image.mode in {"L", "LA"} else image


def _rgb(profile: bytes | None) -> bytes | None:
    return colour.srgb_profile() if colour.profile_space(profile) == "GRAY" else profile


def _saved(image: Image.Image, kind: str, profile: bytes | None, **options: int | bool) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, icc_profile=profile, **options)
    return buffer.getvalue()
