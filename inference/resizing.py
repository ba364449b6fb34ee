"""Make pictures another size, whole or in strips, by a profile's filter."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from inference.strips import strips
from inference.types import Resample

Values = NDArray[np.float32] | NDArray[np.uint8]
_Box = tuple[float, float, float, float]

_FILTERS = {
    "bilinear": Image.Resampling.BILINEAR,
    "bicubic": Image.Resampling.BICUBIC,
    "lanczos": Image.Resampling.LANCZOS,
}


def resized(image: Image.Image, size: tuple[int, int], resample: Resample, box: _Box | None = None) -> Image.Image:
    """Return the box (left, top, right, bottom; fractions allowed) of a picture at another size (width, height)."""
    if resample != "bilinear-points":
        return image.resize(size, _FILTERS[resample], box=box)
    left, top, right, bottom = box or (0.0, 0.0, *image.size)
    across, down = (right - left) / size[0], (bottom - top) / size[1]
    matrix = (across, 0.0, left, 0.0, down, top)
    return image.transform(size, Image.Transform.AFFINE, matrix, Image.Resampling.BILINEAR)


def enlarged(
    values: Values, width: int, height: int, resample: Resample
) -> Iterator[tuple[slice, NDArray[np.float32]]]:
    """Yield strips of a picture (height × width) enlarged to the size given, the same as if enlarged in one piece.

    Of 8-bit values the strips hold whole numbers, as Pillow's 8-bit pictures do.
    """
    source = Image.fromarray(values)
    if values.dtype == np.uint8:
        # Between its two passes Pillow rounds and clips 8-bit values, and it takes the shorter pass first: across comes
        # first for pictures enlarged in one piece, so it has to for every strip.
        source = resized(source, (width, source.height), resample)
    for rows in strips(height):
        # The filter reaches beyond the box for what it needs.
        box = (0.0, rows.start * source.height / height, source.width, rows.stop * source.height / height)
        part = resized(source, (width, rows.stop - rows.start), resample, box)
        yield rows, np.asarray(part, dtype=np.float32)
