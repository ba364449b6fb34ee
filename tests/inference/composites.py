"""Pictures with a known foreground, mixed with a known background by a known alpha."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from inference import images
from tests.inference.making import opened, photo

BACKDROPS = ((0, 255, 0), (255, 0, 255), (255, 40, 0))


@dataclass(frozen=True, slots=True)
class Composite:
    """foreground and mixed: height × width × channels; alpha: height × width."""

    foreground: NDArray[np.uint8]
    mixed: NDArray[np.uint8]
    alpha: NDArray[np.uint8]


def make_composite(backdrop: tuple[int, int, int], width: int = 450, height: int = 300, ramp: int = 12) -> Composite:
    """A photograph cut to a star with soft edges ``ramp`` pixels wide, on one saturated colour."""
    fur = np.asarray(opened(photo("chelsea.png")).convert("RGB").resize((width, height), Image.Resampling.LANCZOS))
    rows, columns = np.mgrid[0:height, 0:width] - np.array([height / 2, width / 2])[:, None, None]
    angle, radius = np.arctan2(rows, columns), np.hypot(rows, columns)
    outline = 0.33 * min(width, height) * (1 + 0.15 * np.sin(7 * angle) + 0.05 * np.sin(31 * angle))
    alpha = np.rint((0.5 - (radius - outline) / ramp).clip(0, 1) * 255).astype(np.uint8)
    share = alpha[..., None] / 255
    mixed = np.rint(share * fur + (1 - share) * np.array(backdrop)).astype(np.uint8)
    return Composite(fur, mixed, alpha)


def make_original(
    colour: NDArray[np.uint8] | NDArray[np.uint16], alpha: NDArray[np.uint8] | None = None, profile: bytes | None = None
) -> images.Original:
    bits: Literal[8, 16] = 8 if colour.dtype == np.uint8 else 16
    return images.Original(colour, alpha, bits, profile, (), "kept")


def make_opacity(alpha: NDArray[np.uint8] | NDArray[np.uint16]) -> images.Opacity:
    return images.Opacity(alpha, "found", 500)


def samples_of(cutout: images.Cutout) -> NDArray[np.uint8] | NDArray[np.uint16]:
    return np.concatenate(list(cutout.bands()))
