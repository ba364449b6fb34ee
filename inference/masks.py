"""From a network's probabilities to a mask of the picture's size, by the steps of an output profile.

The steps other than our own are the published ones: RMBG-2.0's and BiRefNet's code and rembg make an 8-bit picture and
enlarge that, RMBG-1.4's and IS-Net's enlarge first. They cut off where we round.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from inference.resizing import enlarged
from inference.types import OutputProfile

_Values = NDArray[np.float32]


def mask_strips(
    probabilities: _Values, profile: OutputProfile, width: int, height: int
) -> Iterator[tuple[slice, _Values]]:
    """Yield the mask strip by strip, rows × width, 0…1; steps of 1/255 unless the profile's steps are "exact".

    probabilities: height × width of the network, 0…1, not all the same if they are stretched from lowest to highest.
    """
    if profile.steps == "enlarged-then-8-bit":
        parts = [(part.min(), part.max()) for _, part in enlarged(probabilities, width, height, profile.resample)]
        lowest, highest = min(low for low, _ in parts), max(high for _, high in parts)
        for rows, part in enlarged(probabilities, width, height, profile.resample):
            yield rows, _cut_off(_stretched(part, profile, lowest, highest)) / np.float32(255)
        return
    stretched = _stretched(probabilities, profile, probabilities.min(), probabilities.max())
    if profile.steps == "8-bit-then-enlarged":
        for rows, part in enlarged(_cut_off(stretched), width, height, profile.resample):
            yield rows, part / np.float32(255)
        return
    for rows, part in enlarged(stretched, width, height, profile.resample):
        yield rows, part.clip(0, 1)


def _stretched(values: _Values, profile: OutputProfile, lowest: np.float32, highest: np.float32) -> _Values:
    if profile.stretch == "none":
        return values
    black = lowest if profile.stretch == "lowest-to-highest" else np.float32(profile.black_point)
    stretched: _Values = ((values - black) / max(highest - black, np.finfo(np.float32).tiny)).clip(0, 1)
    return stretched


def _cut_off(values: _Values) -> NDArray[np.uint8]:
    return (values * np.float32(255)).astype(np.uint8)
