"""A cutout on a colour or on another picture, in the cutout's own colours and bits."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageOps

from inference import colour
from inference.pictures import decode
from inference.strips import Samples, strips


def on_background(pixels: Samples, background: tuple[int, int, int] | bytes, profile: bytes | None) -> Samples:
    """Return opaque rows × width × 1 or 3: α·colour + (1 − α)·background, per sample as image editors do it.

    ``background`` is an sRGB colour, or a picture that covers the whole, centred; both are converted to ``profile``.
    Fully opaque pixels keep their samples. Raises as ``decode`` does for bytes that are not a picture.
    """
    height, width, channels = pixels.shape
    opaque = np.iinfo(pixels.dtype).max
    behind = _behind(background, (width, height), profile, "L" if channels == 2 else "RGB")
    result: Samples = np.empty((height, width, channels - 1), pixels.dtype)
    for rows in strips(height):
        alpha = pixels[rows, :, -1:].astype(np.float32) / np.float32(opaque)
        part = behind if behind.height == 1 else behind.crop((0, rows.start, width, rows.stop))
        under = np.asarray(part, dtype=np.float32).reshape(part.height, part.width, -1) * np.float32(opaque / 255)
        result[rows] = np.rint(pixels[rows, :, :-1] * alpha + under * (1 - alpha))
    return result


def _behind(
    background: tuple[int, int, int] | bytes, size: tuple[int, int], profile: bytes | None, mode: str
) -> Image.Image:
    if isinstance(background, tuple):
        return colour.from_srgb(Image.new("RGB", (1, 1), background), profile, mode)
    decoded = decode(background)
    picture = colour.to_srgb(decoded.image, decoded.profile)
    if picture.mode == "RGBA":
        white = Image.new("RGB", picture.size, "white")
        white.paste(picture, mask=picture.getchannel("A"))
        picture = white
    return colour.from_srgb(ImageOps.fit(picture, size, Image.Resampling.LANCZOS), profile, mode)
