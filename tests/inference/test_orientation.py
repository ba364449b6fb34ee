from __future__ import annotations

import numpy as np
import pytest

from inference import images
from inference.pictures import decode
from tests.inference.huge_run import cut_out
from tests.inference.making import STORED_AS, make_oriented, make_picture, opened

# Formats that carry the tag; those with loss are compared within what one more compression changes.
EXACT = {"PNG": {}, "TIFF": {}, "WEBP": {"lossless": True}}
LOSSY = {"JPEG": {"quality": 95, "subsampling": 0}, "AVIF": {"quality": 95, "subsampling": "4:4:4"}}


@pytest.mark.parametrize("kind", EXACT)
@pytest.mark.parametrize("orientation", STORED_AS)
def test_it_cuts_out_upright_whatever_the_orientation(kind: str, orientation: int) -> None:
    data = make_oriented(make_picture(), orientation, kind, **EXACT[kind])

    cutout = cut_out(data)

    assert cutout == cut_out(make_oriented(make_picture(), 1, kind, **EXACT[kind]))
    assert "exif" not in opened(cutout).info


@pytest.mark.parametrize("kind", LOSSY)
@pytest.mark.parametrize("orientation", STORED_AS)
def test_it_reads_lossy_pictures_upright_whatever_the_orientation(kind: str, orientation: int) -> None:
    data = make_oriented(make_picture(), orientation, kind, **LOSSY[kind])

    decoded = decode(data)

    samples = images.original(decoded, data).colour
    assert decoded.info.orientation == orientation
    assert np.abs(samples.astype(int) - np.asarray(make_picture())).mean() < 4
