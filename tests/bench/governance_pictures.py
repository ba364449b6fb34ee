"""Pictures for the measurements: the sample photographs again and again, no two of them the same file or cutout."""

from __future__ import annotations

import io
import itertools
import uuid
from collections.abc import Iterator

from PIL import Image

from governance.models import Job
from governance.services.jobs import request_job
from tests.conftest import Cast
from tests.factories import acquire_weights, make_asset, make_target, model, photo

NAMES = ("astronaut.png", "chelsea.png", "coffee.png", "rocket.jpg")


def distinct_photos() -> Iterator[tuple[str, bytes]]:
    """Yield file names and files without end. Each has four pixels of its own in the middle, where the subject is."""
    for number in itertools.count():
        name = NAMES[number % len(NAMES)]
        with Image.open(io.BytesIO(photo(name))) as opened:
            picture = opened.convert("RGB")
        mark = Image.new("RGB", (2, 2), tuple(number.to_bytes(3, "big")))
        picture.paste(mark, (picture.width // 2, picture.height // 2))
        stream = io.BytesIO()
        picture.save(stream, "JPEG", quality=95, subsampling=0)
        yield f"{number}-{name}.jpg", stream.getvalue()


def queue_photos(cast: Cast, photos: Iterator[tuple[str, bytes]], count: int) -> Job:
    """Submit so many more of the photographs, to be made by U²-Netp."""
    acquire_weights()
    assets = [make_asset(cast, data=data, file_name=name) for name, data in itertools.islice(photos, count)]
    return request_job(cast.owner, make_target(cast), model(), assets, uuid.uuid4())
