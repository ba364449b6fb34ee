"""Pictures taken in before their rights statements were read are read once, later."""

from __future__ import annotations

import pytest

from governance.adapters import blobs
from governance.models import Asset, RightsReading
from governance.services.assets import read_missing_rights
from tests.conftest import Cast
from tests.factories import make_asset, png

pytestmark = pytest.mark.django_db


def test_it_reads_the_pictures_nobody_has_read_and_no_other(cast: Cast) -> None:
    make_asset(cast)
    data = png(colour=(7, 7, 7))
    unread = Asset.objects.create(
        client=cast.client, sha256=blobs.put(data), file_name="old.png", media_type="image/png", size=len(data),
        width=8, height=6, mode="RGB", bits=8, orientation=1, uploaded_by=cast.owner,
    )  # fmt: skip
    assert [read_missing_rights(), read_missing_rights()] == [1, 0]
    assert RightsReading.objects.get(asset=unread).problems == []
