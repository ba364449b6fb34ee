"""Many damaged copies of one picture, in a process of its own; prints how they fared and the peak memory in MiB.

What can still be read is cut out as well. Anything but a refusal ends the process with an error.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Iterator

import numpy as np

from inference import images
from inference.errors import PictureRefused
from inference.pictures import Limits, decode
from tests.inference.huge_run import INPUT, OUTPUT, peak_mib
from tests.inference.making import heic, make_picture, make_png16, make_profile, make_samples16, saved

LIMITS = Limits(max_bytes=1_000_000, max_pixels=1_000_000)
POSITIONS = 200


def make_sound(kind: str) -> bytes:
    if kind == "PNG16":
        return make_png16(make_samples16())
    if kind == "HEIC":
        return heic("adobe-rgb")
    if kind == "CMYK":
        return saved(make_picture(mode="CMYK"), "JPEG")
    options = {} if kind == "BMP" else {"icc_profile": make_profile("sRGB")}
    if kind == "TIFF":
        options["compression"] = "tiff_adobe_deflate"
    return saved(make_picture(), kind, **options)


def damaged(sound: bytes) -> Iterator[bytes]:
    """Cut short at evenly spread places; one bit flipped at such places; several bytes replaced anywhere."""
    random = np.random.default_rng(5)
    for at in np.linspace(0, len(sound) - 1, POSITIONS).astype(int):
        yield sound[:at]
        flipped = bytearray(sound)
        flipped[at] ^= 1 << random.integers(0, 8)
        yield bytes(flipped)
        replaced = bytearray(sound)
        for place in random.integers(0, min(len(sound), 400), 4):
            replaced[place] = random.integers(0, 256)
        yield bytes(replaced)


def main(kind: str) -> None:
    read = refused = 0
    answer = np.linspace(0, 1, 320 * 320, dtype=np.float32).reshape(320, 320)
    for data in damaged(make_sound(kind)):
        try:
            decoded = decode(data, LIMITS)
            images.network_input(decoded, INPUT)
            picture = images.original(decoded, data)
            images.encode_cutout(images.cut_out(picture, images.opacity(answer, OUTPUT, picture)))
            read += 1
        except PictureRefused as error:
            if not (error.code and error.message and error.how_to_fix):
                raise AssertionError("A refusal says what is wrong and what to do.") from error
            refused += 1
    print(read, refused, peak_mib())


if __name__ == "__main__":
    warnings.simplefilter("ignore")  # Pillow's, about metadata
    main(sys.argv[1])
