"""Licence texts on record: the bytes word for word, with where and when they were read."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.utils import timezone

from governance.adapters import blobs
from governance.errors import NotAllowed, RequestError
from governance.models import LicenseText
from governance.services.license_texts import LARGEST_TEXT, Captured, record_text
from tests.conftest import Cast
from tests.factories_licenses import license_row

pytestmark = pytest.mark.django_db

TEXT = b"You may use it on Tuesdays.\n"
HERE = Captured("https://example.org/terms", date(2026, 11, 2), "v3")


def test_it_keeps_the_bytes_and_where_they_were_read(cast: Cast) -> None:
    row = record_text(cast.admin, license_row("LicenseRef-bria-rmbg-1.4"), TEXT, HERE)
    assert blobs.get(row.sha256) == TEXT
    assert (row.source, row.revision, row.captured_on) == ("https://example.org/terms", "v3", date(2026, 11, 2))
    assert row.recorded_by == cast.admin


@pytest.mark.parametrize(
    ("content", "got"),
    [(b" \n", "Got nothing"), (b"\xff\xfe\x00", "not UTF-8"), (b"a" * (LARGEST_TEXT + 1), "Got 1,000,001 bytes")],
)
def test_refuses_what_is_no_text(cast: Cast, content: bytes, got: str) -> None:
    with pytest.raises(RequestError, match=got) as caught:
        record_text(cast.admin, license_row(), content, HERE)
    assert caught.value.code == "license_text.content"


@pytest.mark.parametrize(
    ("captured", "code"),
    [
        (Captured(" ", date(2026, 11, 2)), "license_text.source"),
        (Captured("here", date(2026, 11, 2), "r" * 121), "license_text.revision"),
        (Captured("here", date(2026, 11, 2), language=""), "license_text.language"),
        (Captured("here", timezone.now().date() + timedelta(days=1)), "license_text.captured_on"),
    ],
)
def test_refuses_a_text_from_nowhere_or_tomorrow(cast: Cast, captured: Captured, code: str) -> None:
    with pytest.raises(RequestError) as caught:
        record_text(cast.admin, license_row(), TEXT, captured)
    assert caught.value.code == code


def test_refuses_the_same_text_from_the_same_place_twice(cast: Cast) -> None:
    record_text(cast.admin, license_row(), TEXT, HERE)
    with pytest.raises(RequestError, match="on record from this source already"):
        record_text(cast.legal, license_row(), TEXT, HERE)
    assert LicenseText.objects.filter(license="MIT", source=HERE.source).count() == 1


def test_an_auditor_records_nothing(cast: Cast) -> None:
    with pytest.raises(NotAllowed, match="needs legal or licence admin"):
        record_text(cast.auditor, license_row(), TEXT, HERE)
