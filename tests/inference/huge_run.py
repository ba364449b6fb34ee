"""One huge picture through everything but the network, in a process of its own; prints its peak memory in MiB."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import numpy as np
from PIL import Image

from inference import images
from inference.pictures import decode
from inference.types import InputProfile, OutputProfile

INPUT = InputProfile(320, 320, "lanczos", "type-maximum", (0.5, 0.5, 0.5), (0.5, 0.5, 0.5))
OUTPUT = OutputProfile("test-1", 0.5, 0.02, "bicubic")


def cut_out(data: bytes) -> bytes:
    """Do what the pipeline does, with a soft disc for an answer."""
    decoded = decode(data)
    images.network_input(decoded, INPUT)
    picture = images.original(decoded, data)
    del decoded
    rows, columns = np.mgrid[0:320, 0:320]
    answer = np.clip((100 - np.hypot(rows - 160, columns - 160)) / 8, 0, 1).astype(np.float32)
    return images.encode_cutout(images.cut_out(picture, images.opacity(answer, OUTPUT, picture)))


def make_huge(width: int, height: int) -> bytes:
    """A JPEG stored on its side, so that it has to be turned as well."""
    exif = Image.Exif()
    exif[0x0112] = 6
    noise = np.random.default_rng(1).integers(0, 256, (40, 40, 3), dtype=np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(noise).resize((width, height)).save(buffer, "JPEG", quality=85, exif=exif)
    return buffer.getvalue()


def peak_mib() -> int:
    """The most memory this process ever held; ``getrusage`` would count what it was started from as well."""
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    return int(next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM"))) // 1024


def main(arguments: list[str]) -> None:
    """Take the path of a picture, or the width and height of one to be made."""
    data = Path(arguments[0]).read_bytes() if len(arguments) == 1 else make_huge(*map(int, arguments))
    result = cut_out(data)
    size = Image.open(io.BytesIO(result)).size
    print(peak_mib(), *size)


if __name__ == "__main__":
    Image.MAX_IMAGE_PIXELS = None  # of this script's own look at the result
    main(sys.argv[1:])
