"""What colour the subject itself has where its edge is mixed with the background.

A photograph shows α·F + (1 − α)·B at a soft edge; kept as it is, a cutout carries a rim of its old background. The
method is multi-level foreground estimation (T. Germer, T. Uelwer, S. Conrad, S. Harmeling: "Fast Multi-Level
Foreground Estimation", ICPR 2020, arXiv:2006.14970), iterated on a picture of at most half a megapixel. Every pixel
of the band then gets the F and B nearest to that solution which mix to exactly what was photographed, so fine
structure keeps its full resolution and the cost hardly grows with the picture.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from inference.strips import Samples
from inference.types import EdgeColour

METHOD: EdgeColour = "multilevel-foreground-1"

_COARSE_PIXELS = 1 << 19
# As in the paper's section IV: iterations while both sides are small, and after; smoothness; pull of equal opacity.
_SMALL_EDGE, _SMALL_ITERATIONS, _ITERATIONS = 32, 10, 3
_SMOOTHNESS = 1e-5
# This close to 0 and 1 a wrong colour moves the result by less than a hundredth: left as it was photographed.
_HARD = 0.01
_STRIP_ROWS = 256

Values = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class EdgeColours:
    """Foreground and background at a fraction of the picture's size: 1 pixel for ``factor`` × ``factor``."""

    foreground: Image.Image
    background: Image.Image
    factor: int

    def apply(self, band: Samples, top: int) -> None:
        """Replace the colours of soft pixels, in place, in rows (rows × width × colour and alpha) beginning at ``top``.

        One channel at a time: numpy is several times slower on arrays whose last axis is short.
        """
        columns = np.flatnonzero(_soft(band[..., -1]).any(axis=0))
        if not columns.size:
            return
        left = int(columns[0])
        band = band[:, left : int(columns[-1]) + 1]
        alpha = band[..., -1].copy()
        soft = np.flatnonzero(_soft(alpha))
        rows, width, channels = band.shape
        opaque = np.float32(np.iinfo(band.dtype).max)
        opacity = alpha.reshape(-1)[soft] / opaque
        rest = 1 - opacity
        share = opacity / (opacity**2 + rest**2)
        box = (left, top, left + width, top + rows)
        coarse = [self._enlarged(each, box) for each in (self.foreground, self.background)]
        for channel in range(channels - 1):
            fore, back = (each[..., channel].reshape(-1)[soft] / np.float32(255) for each in coarse)
            samples = band[..., channel].reshape(-1)
            unexplained = samples[soft] / opaque - opacity * fore - rest * back
            fore += share * unexplained
            samples[soft] = np.rint(fore.clip(0, 1) * opaque)
            band[..., channel] = samples.reshape(rows, width)

    def _enlarged(self, coarse: Image.Image, box: tuple[int, int, int, int]) -> NDArray[np.uint8]:
        left, top, right, bottom = box
        source = tuple(min(side / self.factor, limit) for side, limit in zip(box, coarse.size * 2, strict=True))
        enlarged = coarse.resize((right - left, bottom - top), Image.Resampling.BILINEAR, box=source)  # type: ignore[arg-type]
        return np.asarray(enlarged).reshape(bottom - top, right - left, -1)


def edge_colours(colour: Samples, alpha: Samples) -> EdgeColours | None:
    """Estimate the colours on both sides of soft edges; None where nothing is soft, as with hard masks.

    colour: height × width × 1 or 3; alpha: height × width, of the same type. Both are only read.
    """
    height, width = alpha.shape
    factor = 1
    while -(-height // factor) * -(-width // factor) > _COARSE_PIXELS:
        factor += 1
    if not any(_soft(alpha[top : top + _STRIP_ROWS]).any() for top in range(0, height, _STRIP_ROWS)):
        return None
    fore, back = _solve(_reduced(colour, factor), _reduced(alpha[..., None], factor)[0])
    return EdgeColours(_picture(fore), _picture(back), factor)


def _soft(alpha: Samples) -> NDArray[np.bool_]:
    opaque = np.iinfo(alpha.dtype).max
    margin = int(_HARD * opaque)
    return (alpha > margin) & (alpha < opaque - margin)


def _reduced(samples: Samples, factor: int) -> Values:
    """Return the means of factor × factor blocks as channels × height × width, 0…1."""
    height, width, channels = samples.shape
    rows = _STRIP_ROWS // factor * factor or factor
    parts = []
    for top in range(0, height, rows):
        strip = samples[top : top + rows]
        eight = strip if strip.dtype == np.uint8 else (strip >> 8).astype(np.uint8)
        image = Image.fromarray(np.ascontiguousarray(eight[..., 0] if channels == 1 else eight))
        parts.append(np.asarray(image.reduce(factor), dtype=np.float32))
    means = np.concatenate(parts).reshape(-1, -(-width // factor), channels)
    return np.ascontiguousarray(means.transpose(2, 0, 1)) / np.float32(255)


def _solve(image: Values, alpha: Values) -> tuple[Values, Values]:
    """Solve from one pixel up to the whole picture, each level starting from the one below."""
    levels = [(image, alpha)]
    while max(levels[-1][1].shape) > 1:
        levels.append((_halved(levels[-1][0]), _halved(levels[-1][1][None])[0]))
    fore, back = _mean(image, alpha > 0.9), _mean(image, alpha < 0.1)
    for image, alpha in reversed(levels):
        height, width = alpha.shape
        small = max(height, width) <= _SMALL_EDGE
        fore, back = (each.repeat(2, 1).repeat(2, 2)[:, :height, :width] for each in (fore, back))
        fore, back = _iterate(image, alpha, fore, back, _SMALL_ITERATIONS if small else _ITERATIONS)
    return fore, back


def _halved(values: Values) -> Values:
    _, height, width = values.shape
    even = np.pad(values, ((0, 0), (0, height % 2), (0, width % 2)), mode="edge")
    return (even[:, ::2, ::2] + even[:, 1::2, ::2] + even[:, ::2, 1::2] + even[:, 1::2, 1::2]) / np.float32(4)


def _mean(image: Values, where: NDArray[np.bool_]) -> Values:
    chosen = image[:, where] if where.any() else image.reshape(image.shape[0], -1)
    means: Values = chosen.mean(axis=1, dtype=np.float32)
    return means[:, None, None]


def _iterate(image: Values, alpha: Values, fore: Values, back: Values, iterations: int) -> tuple[Values, Values]:
    """Minimise the paper's equation 4 by Jacobi steps, which whole-array operations can take at once."""
    across = np.abs(np.diff(alpha, axis=1)) + np.float32(_SMOOTHNESS)
    down = np.abs(np.diff(alpha, axis=0)) + np.float32(_SMOOTHNESS)
    ties = np.full_like(alpha, _SMOOTHNESS)  # never zero, not even for a single pixel
    for weights, first, second in _neighbours(across, down):
        ties[first] += weights
        ties[second] += weights
    rest = 1 - alpha
    in_fore, in_back, shared = alpha**2 + ties, rest**2 + ties, alpha * rest
    scale = 1 / (in_fore * in_back - shared**2)
    for _ in range(iterations):
        # The extra tie is to the pixel's own last value.
        to_fore, to_back = alpha * image + _SMOOTHNESS * fore, rest * image + _SMOOTHNESS * back
        for weights, first, second in _neighbours(across, down):
            for target, source in ((to_fore, fore), (to_back, back)):
                target[:, *first] += weights * source[:, *second]
                target[:, *second] += weights * source[:, *first]
        fore = ((in_back * to_fore - shared * to_back) * scale).clip(0, 1)
        back = ((in_fore * to_back - shared * to_fore) * scale).clip(0, 1)
    return fore, back


def _neighbours(across: Values, down: Values) -> tuple[tuple[Values, tuple[slice, slice], tuple[slice, slice]], ...]:
    every, but_last, but_first = slice(None), slice(None, -1), slice(1, None)
    return (
        (across, (every, but_last), (every, but_first)),
        (down, (but_last, every), (but_first, every)),
    )


def _picture(values: Values) -> Image.Image:
    samples = np.rint(values.transpose(1, 2, 0) * 255).astype(np.uint8)
    return Image.fromarray(np.ascontiguousarray(samples[..., 0] if samples.shape[-1] == 1 else samples))
