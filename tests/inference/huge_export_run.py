"""One huge cutout exported, in a process of its own; prints its peak memory in MiB and the size of the result."""

from __future__ import annotations

import io
import sys

import numpy as np
from PIL import Image

from inference import images
from inference.exports import ExportOptions, export
from inference.pictures import decode
from tests.inference.huge_run import make_huge, peak_mib


def make_cutout(width: int, height: int) -> images.Cutout:
    """A soft-edged half of a photograph, as it is when it was just made."""
    data = make_huge(height, width)  # stored on its side
    picture = images.original(decode(data), data)
    alpha = np.empty((height, width), np.uint8)
    alpha[:] = np.linspace(-500, 755, width).clip(0, 255)
    return images.Cutout(picture, alpha)


def main(kind: str, width: str, height: str) -> None:
    cutout = make_cutout(int(width), int(height))
    background = (10, 200, 30) if kind == "jpeg" else None
    exported = export(cutout, ExportOptions(kind=kind, background=background))
    print(peak_mib(), *Image.open(io.BytesIO(exported.data)).size)


if __name__ == "__main__":
    Image.MAX_IMAGE_PIXELS = None  # of this script's own look at the result
    main(*sys.argv[1:])
