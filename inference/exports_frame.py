"""Which part of a cutout is shown, and at what size."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PIL import Image

from inference.images import Cutout
from inference.strips import Samples, strips


@dataclass(frozen=True, slots=True)
class Canvas:
    """The size of a finished picture in pixels."""

    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Framing:
    """Crop to the subject or not, the margin in thousandths of its longer side, and the canvas it is fitted to."""

    crop: bool
    margin_permille: int
    canvas: Canvas | None


@dataclass(frozen=True, slots=True)
class _Box:
    left: int
    top: int
    right: int
    bottom: int


def framed(cutout: Cutout, framing: Framing) -> Samples:
    """Return rows × width × channels of colour and alpha; without a canvas not a single sample is changed."""
    height, width = cutout.alpha.shape
    box = _subject(cutout.alpha) if framing.crop else _Box(0, 0, width, height)
    margin = round(max(box.right - box.left, box.bottom - box.top) * framing.margin_permille / 1000)
    part = _cropped(cutout, box, margin)
    return part if framing.canvas is None else _fitted(part, framing.canvas)


def _subject(alpha: Samples) -> _Box:
    """Return the smallest box that holds everything visible; the whole picture if nothing is."""
    height, width = alpha.shape
    rows = np.concatenate([alpha[strip].any(axis=1) for strip in strips(height)]).nonzero()[0]
    if not rows.size:
        return _Box(0, 0, width, height)
    seen = np.zeros(width, bool)
    for strip in strips(height):
        seen |= alpha[strip].any(axis=0)
    columns = seen.nonzero()[0]
    return _Box(int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1)


def _cropped(cutout: Cutout, box: _Box, margin: int) -> Samples:
    """Return the box with a transparent margin around it, where whatever the picture shows there is kept."""
    height, width = cutout.alpha.shape
    channels = cutout.picture.colour.shape[-1] + 1
    size = (box.bottom - box.top + 2 * margin, box.right - box.left + 2 * margin, channels)
    result: Samples = np.zeros(size, cutout.alpha.dtype)
    left, right = max(box.left - margin, 0), min(box.right + margin, width)
    across = slice(left - box.left + margin, right - box.left + margin)
    for rows, band in zip(strips(height), cutout.bands(), strict=True):
        first, last = max(rows.start, box.top - margin), min(rows.stop, box.bottom + margin)
        if first < last:
            down = slice(first - box.top + margin, last - box.top + margin)
            result[down, across] = band[first - rows.start : last - rows.start, left:right]
    return result


def _fitted(pixels: Samples, canvas: Canvas) -> Samples:
    """Scale down to fit, never up, and centre. Colours are weighted by their opacity, or cleared ones would bleed."""
    height, width, channels = pixels.shape
    scale = min(canvas.width / width, canvas.height / height, 1.0)
    size = (max(round(width * scale), 1), max(round(height * scale), 1))
    result: Samples = np.zeros((canvas.height, canvas.width, channels), pixels.dtype)
    left, top = (canvas.width - size[0]) // 2, (canvas.height - size[1]) // 2
    window = result[top : top + size[1], left : left + size[0]]
    if size == (width, height):
        window[:] = pixels
        return result
    opaque = np.iinfo(pixels.dtype).max
    alpha = pixels[..., -1].astype(np.float32)
    small_alpha = _resized(alpha, size)  # overshoots a little at sharp edges, and so do the weighted colours
    window[..., -1] = np.rint(small_alpha.clip(0, opaque))
    visible = window[..., -1] > 0
    for channel in range(channels - 1):
        weighted = _resized(pixels[..., channel] * alpha, size)
        samples = np.divide(weighted, small_alpha, out=np.zeros_like(weighted), where=visible)
        window[..., channel] = np.rint(samples.clip(0, opaque))
    return result


def _resized(
    values: np.ndarray[tuple[int, ...], np.dtype[np.float32]], size: tuple[int, int]
) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    return np.array(Image.fromarray(values).resize(size, Image.Resampling.LANCZOS), dtype=np.float32)
