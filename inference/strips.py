"""Work through pictures a few rows at a time: the largest would not fit into memory several times over."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from PIL import Image

# A few megabytes per strip of a large picture, and whole blocks for whoever averages them.
ROWS = 128

Samples = NDArray[np.uint8] | NDArray[np.uint16]


def strips(height: int, rows: int = ROWS) -> Iterator[slice]:
    """Yield slices of at most ``rows`` rows that cover the height from top to bottom."""
    for top in range(0, height, rows):
        yield slice(top, min(top + rows, height))


def samples_of(image: Image.Image, low: Image.Image | None) -> Samples:
    """Return height × width × channels samples; 16 bits if the low bytes are given as a picture of their own.

    At no time is there more than the result and the pictures themselves, which ``np.asarray`` of a whole would double.
    """
    kind = np.uint8 if low is None else np.uint16
    result: Samples = np.empty((image.height, image.width, len(image.getbands())), kind)  # type: ignore[assignment]
    for rows in strips(image.height):
        box = (0, rows.start, image.width, rows.stop)
        shape = (rows.stop - rows.start, image.width, -1)
        result[rows] = np.asarray(image.crop(box)).reshape(shape)
        if low is not None:
            result[rows] <<= 8
            result[rows] |= np.asarray(low.crop(box)).reshape(shape)
    return result
