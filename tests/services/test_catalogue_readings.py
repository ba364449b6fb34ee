"""Licence texts and readings that ship: taken in as rows, the bytes kept, a misquote refused before anything is."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from django.conf import settings

from governance.adapters import blobs
from governance.licensing.catalogue import CatalogueError, load_catalogue
from governance.licensing.encodings import EncodingRefused
from governance.models import CatalogueSync, LicenseEncoding, LicenseText
from governance.rights.readings import encoding
from governance.services.catalogue import take_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The shipped catalogue, to be changed."""
    return Path(shutil.copytree(settings.CATALOGUE_DIR, tmp_path / "catalogue"))


def rewrite(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def test_every_shipped_text_is_a_row_with_its_bytes_in_the_store() -> None:
    entries = load_catalogue(settings.CATALOGUE_DIR).license_texts
    assert set(LicenseText.objects.values_list("license_id", "sha256")) == {(e.license, e.sha256) for e in entries}
    assert all(len(blobs.get(entry.sha256)) == entry.size for entry in entries)


def test_every_shipped_reading_is_a_row_that_says_where_it_comes_from() -> None:
    files = list((settings.CATALOGUE_DIR / "encodings").glob("*.toml"))
    rows = LicenseEncoding.objects.filter(origin="catalogue", drafted_by=None)
    assert {row.license_id for row in rows} == {path.stem for path in files}


def test_a_reading_points_at_the_text_it_was_read_from() -> None:
    row = LicenseEncoding.objects.get(license="CC-BY-NC-4.0")
    assert row.text == LicenseText.objects.get(license="CC-BY-NC-4.0")


def test_the_same_edition_again_writes_nothing(folder: Path) -> None:
    before = (LicenseText.objects.count(), LicenseEncoding.objects.count(), CatalogueSync.objects.count())
    assert take_in(folder).unchanged
    assert (LicenseText.objects.count(), LicenseEncoding.objects.count(), CatalogueSync.objects.count()) == before


def test_a_new_store_beside_an_old_database_gets_the_texts(folder: Path, tmp_path: Path, settings: object) -> None:
    settings.STORAGE_URL = (tmp_path / "new store").as_uri()  # type: ignore[attr-defined]
    take_in(folder)
    sha256 = LicenseText.objects.get(license="MIT").sha256
    assert b"Permission is hereby granted" in blobs.get(sha256)


def test_a_new_revision_counts_and_the_edition_is_on_record(folder: Path) -> None:
    revision, editions = encoding("MIT").revision, CatalogueSync.objects.count()
    rewrite(folder / "encodings" / "MIT.toml", f"revision = {revision}", f"revision = {revision + 1}")
    assert take_in(folder).added == 1
    assert encoding("MIT").revision == revision + 1
    assert CatalogueSync.objects.count() == editions + 1


def test_refuses_a_reading_changed_without_a_new_revision(folder: Path) -> None:
    rewrite(folder / "encodings" / "MIT.toml", 'title = "', 'title = "The ')
    with pytest.raises(EncodingRefused, match="on record with another content"):
        take_in(folder)


def test_refuses_a_misquote_and_writes_nothing(folder: Path) -> None:
    rewrite(folder / "encodings" / "MIT.toml", "revision = 2", "revision = 3")
    rewrite(folder / "encodings" / "MIT.toml", 'quote = "', 'quote = "Dear reader, ')
    rewrite(folder / "catalogue.toml", "as_of = 2026-11-22", "as_of = 2026-11-23")
    before = CatalogueSync.objects.count()
    with pytest.raises(EncodingRefused, match="expected words that stand in the text"):
        take_in(folder)
    assert (CatalogueSync.objects.count(), encoding("MIT").revision) == (before, 2)


def test_refuses_a_reading_of_a_licence_the_catalogue_does_not_list(folder: Path) -> None:
    text = (folder / "encodings" / "NOASSERTION.toml").read_text(encoding="utf-8")
    (folder / "encodings" / "LicenseRef-new.toml").write_text(text.replace('"NOASSERTION"', '"LicenseRef-new"'))
    with pytest.raises(EncodingRefused, match="a licence the catalogue does not list"):
        take_in(folder)


def test_refuses_a_text_that_is_not_the_one_listed(folder: Path) -> None:
    (folder / "texts" / "MIT.txt").write_text("You may.")
    with pytest.raises(CatalogueError, match="MIT.txt"):
        take_in(folder)
