"""What colour the subject itself has where its edge is mixed with the background.

A photograph shows α·F + (1 − α)·B at a soft edge; kept as it is, a cutout carries a rim of its old background. The
method is multi-level foreground estimation (T. Germer, T. Uelwer, S. Conrad, S. Harmeling: "Fast Multi-Level
Foreground Estimation", ICPR 2020, arXiv:2006.14970), iterated on a picture of at most half a megapixel. Every pixel
of the band then gets the F and B nearest to that solution which mix to exactly what was photographed, so fine
structure keeps its full resolution and the cost hardly grows with the picture.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

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
# Solved at a time: small enough for the processor's cache. The estimate is enlarged from the two pixels nearest.
_TILE, _ENLARGING_REACH = (64, 64), 2

Values = NDArray[np.float32]
Tile = tuple[slice, slice]


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

    colour: height × width × 1 or 3; alpha: height × width, of the same type. Both are only read. Far from soft edges
    the pictures returned hold rougher values, which nothing uses.
    """
    height, width = alpha.shape
    factor = 1
    while -(-height // factor) * -(-width // factor) > _COARSE_PIXELS:
        factor += 1
    soft = _soft_blocks(alpha, factor)
    if not soft.any():
        return None
    solved = _solve(_reduced(colour, factor), _reduced(alpha[..., None], factor)[0], soft)
    channels = colour.shape[2]
    return EdgeColours(_picture(solved[:channels]), _picture(solved[channels:]), factor)


def _soft_blocks(alpha: Samples, factor: int) -> NDArray[np.bool_]:
    """Return which factor × factor blocks hold a soft pixel."""
    height, width = alpha.shape
    found = np.zeros((-(-height // factor), -(-width // factor)), np.bool_)
    rows = _STRIP_ROWS // factor * factor or factor
    for top in range(0, height, rows):
        soft = _soft(alpha[top : top + rows])
        down = np.logical_or.reduceat(soft, np.arange(0, soft.shape[0], factor), axis=0) if factor > 1 else soft
        across = np.logical_or.reduceat(down, np.arange(0, width, factor), axis=1) if factor > 1 else down
        found[top // factor : top // factor + len(across)] = across
    return found


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


def _solve(image: Values, alpha: Values, wanted: NDArray[np.bool_]) -> Values:
    """Solve from one pixel up to the whole picture, each level starting from the one below.

    Returns the foreground's channels, then the background's. On the levels that take time only the tiles are solved
    that the wanted pixels depend on: in n iterations a pixel hears of those up to n away, so nothing changes for them.
    """
    levels = [(image, alpha)]
    while max(levels[-1][1].shape) > 1:
        levels.append((_halved(levels[-1][0]), _halved(levels[-1][1][None])[0]))
    tiles = _needed_tiles([level[1].shape for level in levels], wanted)
    solved = np.concatenate([_mean(image, alpha > 0.9), _mean(image, alpha < 0.1)])
    for (image, alpha), needed in zip(reversed(levels), reversed(tiles), strict=True):
        height, width = alpha.shape
        small = max(height, width) <= _SMALL_EDGE
        coarse, solved = solved, np.zeros((solved.shape[0], height, width), np.float32)
        iterations = _SMALL_ITERATIONS if small else _ITERATIONS
        for inner, outer in needed:
            start = _doubled(coarse, outer)
            within = tuple(slice(i.start - o.start, i.stop - o.start) for i, o in zip(inner, outer, strict=True))
            solved[:, *inner] = _iterate(image[:, *outer], alpha[outer], start, iterations)[:, *within]
    return solved


def _needed_tiles(shapes: Sequence[tuple[int, ...]], wanted: NDArray[np.bool_]) -> list[list[tuple[Tile, Tile]]]:
    """Return for each level, finest first, its tiles to be solved: what is kept and what has to be computed for it."""
    reach = _ENLARGING_REACH
    found = []
    for height, width in shapes:
        small = max(height, width) <= _SMALL_EDGE
        size, halo = ((_SMALL_EDGE, _SMALL_EDGE), 0) if small else (_TILE, _ITERATIONS)
        tiles: list[tuple[Tile, Tile]] = []
        below = np.zeros((-(-height // 2), -(-width // 2)), np.bool_)
        for top, left in product(range(0, height, size[0]), range(0, width, size[1])):
            inner = _tile((top, left), size, 0, (height, width))
            if wanted[_tile((top, left), size, reach, (height, width))].any():
                outer = _tile((top, left), size, halo, (height, width))
                tiles.append((inner, outer))
                below[tuple(slice(each.start // 2, -(-each.stop // 2)) for each in outer)] = True
        found.append(tiles)
        wanted, reach = below, 0
    return found


def _tile(corner: tuple[int, int], size: tuple[int, int], margin: int, limits: tuple[int, int]) -> Tile:
    down, across = (
        slice(max(start - margin, 0), min(start + length + margin, limit))
        for start, length, limit in zip(corner, size, limits, strict=True)
    )
    return down, across


def _doubled(coarse: Values, outer: Tile) -> Values:
    """Return a tile of the level above, each pixel of this one four times. A single pixel stands for all."""
    if coarse.shape[1:] == (1, 1):
        size = tuple(each.stop - each.start for each in outer)
        return np.broadcast_to(coarse, (coarse.shape[0], *size)).copy()
    rows, columns = (np.arange(each.start, each.stop) // 2 for each in outer)
    return coarse.take(rows, axis=1).take(columns, axis=2)


def _halved(values: Values) -> Values:
    _, height, width = values.shape
    even = np.pad(values, ((0, 0), (0, height % 2), (0, width % 2)), mode="edge")
    return (even[:, ::2, ::2] + even[:, 1::2, ::2] + even[:, ::2, 1::2] + even[:, 1::2, 1::2]) / np.float32(4)


def _mean(image: Values, where: NDArray[np.bool_]) -> Values:
    anywhere = where if where.any() else np.ones_like(where)
    means = [channel[anywhere].mean(dtype=np.float32) for channel in image]  # a mask for all at once takes far longer
    return np.array(means, np.float32)[:, None, None]


def _iterate(image: Values, alpha: Values, solved: Values, iterations: int) -> Values:
    """Minimise the paper's equation 4 by Jacobi steps, which whole-array operations can take at once.

    solved: the foreground's channels, then the background's, each × height × width; it is overwritten.
    """
    height, width = alpha.shape
    half = len(image)
    # Rows behind one another: numpy is several times slower on many short rows than on a long one. Between the end of
    # a row and the beginning of the next there is no tie.
    across = np.zeros((height, width), np.float32)
    across[:, :-1] = np.abs(np.diff(alpha, axis=1)) + np.float32(_SMOOTHNESS)
    down = np.abs(np.diff(alpha, axis=0)) + np.float32(_SMOOTHNESS)
    neighbours = [(weights.ravel(), step) for weights, step in ((across, 1), (down, width))]
    neighbours = [(weights[: alpha.size - step], step) for weights, step in neighbours if step < alpha.size]
    ties = np.full(alpha.size, _SMOOTHNESS, np.float32)  # never zero, not even for a single pixel
    for weights, step in neighbours:
        ties[:-step] += weights
        ties[step:] += weights
    alpha, flat, image = alpha.ravel(), solved.reshape(2 * half, -1), image.reshape(half, -1)
    rest = 1 - alpha
    in_fore, in_back, shared = alpha**2 + ties, rest**2 + ties, alpha * rest
    scale = 1 / (in_fore * in_back - shared**2)
    seen = np.concatenate([alpha * image, rest * image])
    towards, parts = np.empty_like(flat), np.empty_like(flat)
    for _ in range(iterations):
        np.multiply(flat, np.float32(_SMOOTHNESS), out=towards)  # the extra tie: to the pixel's own last value
        towards += seen
        for weights, step in neighbours:
            part = parts[:, step:]
            towards[:, :-step] += np.multiply(weights, flat[:, step:], out=part)
            towards[:, step:] += np.multiply(weights, flat[:, :-step], out=part)
        np.multiply(in_back, towards[:half], out=flat[:half])
        np.multiply(in_fore, towards[half:], out=flat[half:])
        flat[:half] -= np.multiply(shared, towards[half:], out=parts[half:])
        flat[half:] -= np.multiply(shared, towards[:half], out=parts[:half])
        flat *= scale
        np.clip(flat, 0, 1, out=flat)
    return flat.reshape(solved.shape)


def _picture(values: Values) -> Image.Image:
    samples = np.rint(values.transpose(1, 2, 0) * 255).astype(np.uint8)
    return Image.fromarray(np.ascontiguousarray(samples[..., 0] if samples.shape[-1] == 1 else samples))
