"""The catalogue as rows: taken in once, changed by a new edition, never thinned out."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from django.conf import settings
from django.utils import timezone

from governance.licensing.catalogue import Catalogue, load_catalogue
from governance.models import (
    CatalogueSync,
    Dataset,
    License,
    LicenseDeclaration,
    LineageClaim,
    ModelVersion,
    TrainingUse,
    WeightsArtifact,
)
from governance.rights.lineage import contradictions_of
from governance.services.catalogue import sync_catalogue
from governance.services.claims import review_claim
from tests.conftest import Cast

pytestmark = pytest.mark.django_db

TABLES = (License, ModelVersion, WeightsArtifact, LicenseDeclaration, Dataset, TrainingUse, LineageClaim)


@pytest.fixture
def catalogue() -> Catalogue:
    return load_catalogue(settings.CATALOGUE_DIR)


def counts() -> list[int]:
    return [table.objects.count() for table in TABLES]


def with_entry(catalogue: Catalogue, table: str, slug: str, **facts: Any) -> Catalogue:
    """The next edition: one entry says something else."""
    entries = getattr(catalogue, table)
    assert slug in [entry.slug for entry in entries]
    changed = tuple(replace(entry, **facts) if entry.slug == slug else entry for entry in entries)
    return replace(catalogue, **{table: changed})


def test_every_entry_of_the_shipped_edition_is_a_row(catalogue: Catalogue) -> None:
    entries = ("licenses", "models", "weights", "declarations", "data_sets", "training_uses", "claims")
    assert counts() == [len(getattr(catalogue, name)) for name in entries]
    assert CatalogueSync.objects.latest().digest == catalogue.digest
    assert CatalogueSync.objects.latest().as_of == catalogue.as_of


def test_the_same_edition_again_writes_nothing(catalogue: Catalogue) -> None:
    before = counts()
    report = sync_catalogue(catalogue)
    assert (report.unchanged, report.added, report.changed) == (True, 0, 0)
    assert counts() == before
    assert CatalogueSync.objects.count() == 1


def test_a_changed_edition_changes_that_row_alone(catalogue: Catalogue) -> None:
    edition = with_entry(catalogue, "models", "u2netp", intended_use="Cutting cups out")
    others = list(ModelVersion.objects.exclude(slug="u2netp").order_by("slug").values())
    report = sync_catalogue(edition)
    assert (report.added, report.changed, report.unchanged) == (0, 1, False)
    assert ModelVersion.objects.get(slug="u2netp").intended_use == "Cutting cups out"
    assert list(ModelVersion.objects.exclude(slug="u2netp").order_by("slug").values()) == others


def test_every_edition_taken_in_is_on_record(catalogue: Catalogue) -> None:
    edition = with_entry(catalogue, "models", "u2netp", intended_use="Cutting cups out")
    sync_catalogue(edition)
    sync_catalogue(catalogue)
    digests = list(CatalogueSync.objects.order_by("id").values_list("digest", flat=True))
    assert digests == [catalogue.digest, edition.digest, catalogue.digest]


def test_going_back_to_an_earlier_edition_brings_its_facts_back(catalogue: Catalogue) -> None:
    before = ModelVersion.objects.get(slug="u2netp").intended_use
    sync_catalogue(with_entry(catalogue, "models", "u2netp", intended_use="Cutting cups out"))
    sync_catalogue(catalogue)
    assert ModelVersion.objects.get(slug="u2netp").intended_use == before


def test_a_reference_that_changed_is_followed(catalogue: Catalogue) -> None:
    said = next(each for each in catalogue.declarations if each.license != "MIT")
    report = sync_catalogue(with_entry(catalogue, "declarations", said.slug, license="MIT"))
    assert report.changed == 1
    assert LicenseDeclaration.objects.get(slug=said.slug).license_id == "MIT"


def test_what_an_edition_drops_stays_because_decisions_cite_it(catalogue: Catalogue) -> None:
    dropped = catalogue.claims[0]
    before = counts()
    report = sync_catalogue(replace(catalogue, claims=catalogue.claims[1:]))
    assert (report.added, report.changed) == (0, 0)
    assert counts() == before
    assert LineageClaim.objects.filter(slug=dropped.slug).exists()


def test_a_new_entry_is_added_once(catalogue: Catalogue) -> None:
    new = replace(catalogue.licenses[0], slug="LicenseRef-new", name="A new licence")
    edition = replace(catalogue, licenses=(*catalogue.licenses, new))
    assert (sync_catalogue(edition).added, sync_catalogue(edition).added) == (1, 0)
    assert License.objects.get(slug="LicenseRef-new").name == "A new licence"


def test_every_row_says_where_its_fact_was_read(catalogue: Catalogue) -> None:
    row = WeightsArtifact.objects.filter(model_id="u2netp", format="safetensors").get()
    entry = catalogue.weights_by_digest(row.sha256)
    assert entry is not None
    assert [source["title"] for source in row.sources] == [catalogue.source(slug).title for slug in entry.sources]
    assert not [table.__name__ for table in TABLES if table.objects.filter(sources=[]).exists()]


def test_a_review_does_not_cover_what_a_later_edition_says_against_a_claim(cast: Cast, catalogue: Catalogue) -> None:
    weighing = LineageClaim.objects.filter(weighs=True)[0]
    review_claim(cast.legal, weighing, "accepted", "The partner's letter was read.")
    assert [each.reviewed for each in contradictions_of(weighing, timezone.now())] == [True]
    entry = next(each for each in catalogue.claims if each.slug == weighing.slug)
    louder = replace(entry.counter[0], text="A court says otherwise.")
    sync_catalogue(with_entry(catalogue, "claims", entry.slug, counter=(louder,)))
    weighing.refresh_from_db()
    assert [each.reviewed for each in contradictions_of(weighing, timezone.now())] == [False]
    review_claim(cast.legal, weighing, "accepted", "The judgment was read.")
    assert [each.reviewed for each in contradictions_of(LineageClaim.objects.get(pk=weighing.pk), timezone.now())] == [
        True
    ]


def test_an_edition_that_says_the_same_of_a_claim_leaves_its_review_standing(cast: Cast, catalogue: Catalogue) -> None:
    weighing = LineageClaim.objects.filter(weighs=True)[0]
    review_claim(cast.legal, weighing, "accepted", "Read.")
    sync_catalogue(with_entry(catalogue, "claims", weighing.slug, reason="Said in other words."))
    weighing.refresh_from_db()
    assert [each.reviewed for each in contradictions_of(weighing, timezone.now())] == [True]
