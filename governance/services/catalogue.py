"""Take an edition of the catalogue in. Idempotent: the same edition again writes nothing."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

from django.db import connection, models, transaction
from django.utils import timezone

from governance.licensing.catalogue import Catalogue, load_catalogue
from governance.models import (
    CatalogueSync,
    Dataset,
    License,
    LicenseDeclaration,
    LicenseResolution,
    LineageClaim,
    ModelVersion,
    TrainingUse,
    WeightsArtifact,
)
from governance.services.catalogue_readings import read_shipped, sync_readings
from governance.services.entries import record_event

_SYNC_LOCK = 0x434154


@dataclass(frozen=True, slots=True)
class SyncReport:
    """How many rows were added and how many had changed; ``unchanged`` when the edition was in already."""

    digest: str
    added: int
    changed: int

    @property
    def unchanged(self) -> bool:
        return not (self.added or self.changed)


def take_in(directory: Path) -> SyncReport:
    """The edition in ``directory`` with its licence texts and readings: all of it or nothing.

    Raises CatalogueError or EncodingRefused before anything is written, a misquoted licence included.
    """
    catalogue = load_catalogue(directory)
    shipped = read_shipped(directory, catalogue)
    with transaction.atomic():
        report = sync_catalogue(catalogue)
        readings = sync_readings(shipped)
        if readings and report.unchanged:
            _note(catalogue)
    return replace(report, added=report.added + readings)


def sync_catalogue(catalogue: Catalogue) -> SyncReport:
    """Write every entry, in the order the references need. Rows a new edition drops stay: decisions cite them."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_SYNC_LOCK])
        newest = CatalogueSync.objects.order_by("-id").first()
        if newest is not None and newest.digest == catalogue.digest:
            return SyncReport(catalogue.digest, 0, 0)
        writer = _Writer(catalogue)
        writer.write_all()
        _note(catalogue)
        return SyncReport(catalogue.digest, writer.added, writer.changed)


def _note(catalogue: Catalogue) -> None:
    row = CatalogueSync.objects.create(digest=catalogue.digest, as_of=catalogue.as_of)
    said = {"digest": catalogue.digest, "as_of": catalogue.as_of.isoformat()}
    record_event("reading", "edition-taken-in", row, details=said)


class _Writer:
    """One pass over a catalogue; counts what it added and changed."""

    def __init__(self, catalogue: Catalogue) -> None:
        self.catalogue = catalogue
        self.added = 0
        self.changed = 0

    def write_all(self) -> None:
        for entry in self.catalogue.licenses:
            self._put(License, entry, "name category note text_url", steward=self._party(entry.steward))
        for entry in self.catalogue.models:
            self._put_model(entry)
        for entry in self.catalogue.weights:
            self._put_weights(entry)
        for entry in self.catalogue.declarations:
            self._put(
                LicenseDeclaration,
                entry,
                "subject rank statement revision stated_on status reason",
                model_id=entry.model,
                license_id=entry.license,
                declared_by=self._party(entry.declared_by),
                rank_position=entry.rank.position,
            )
        for entry in self.catalogue.resolutions:
            self._put(
                LicenseResolution,
                entry,
                "subject status reason",
                model_id=entry.model,
                license_id=entry.license,
            )
        for entry in self.catalogue.data_sets:
            fields = "name terms summary size_note homepage"
            self._put(Dataset, entry, fields, steward=self._party(entry.steward))
        for entry in self.catalogue.training_uses:
            fields = "subset role standing evidence_level note"
            self._put(TrainingUse, entry, fields, model_id=entry.model, dataset_id=entry.data_set)
        for entry in self.catalogue.claims:
            self._put_claim(entry)

    def _put_model(self, entry: Any) -> None:
        family = next(family for family in self.catalogue.families if family.slug == entry.family)
        fields = (
            "title version architecture homepage released_on intended_use lineage_completeness lineage_note"
            " runnable_here obtain_command obtain_note"
        )
        self._put(
            ModelVersion,
            entry,
            fields,
            family=family.title,
            provider=self._party(family.provider),
            limitations=[limitation.text for limitation in entry.limitations],
            hosting=[
                {
                    "mode": way.mode.value,
                    "provider": self._party(way.provider),
                    "endpoint": way.endpoint,
                    "summary": way.summary,
                }
                for way in entry.hosting
            ],
        )

    def _put_weights(self, entry: Any) -> None:
        self._put(
            WeightsArtifact,
            entry,
            "format precision size note",
            key={"sha256": entry.sha256},
            model_id=entry.model,
            file_name=entry.filename,
            derived_from=entry.derived_from.parent if entry.derived_from else "",
            occurrences=[
                {"place": place.place, "url": place.url, "access": place.access.value} for place in entry.occurrences
            ],
        )

    def _put_claim(self, entry: Any) -> None:
        said = {
            "value": entry.value,
            "weighs": entry in self.catalogue.contradictions_of(entry.model),
            "counter": [counter.text for counter in entry.counter],
        }
        before = LineageClaim.objects.filter(slug=entry.slug).values(*said).first()
        restated = {"restated_at": timezone.now()} if before is not None and before != said else {}
        self._put(
            LineageClaim,
            entry,
            "predicate stated_on evidence_level status reason",
            model_id=entry.model,
            claimant=self._party(entry.claimant),
            **said,
            **restated,
        )

    def _put(
        self,
        table: type[models.Model],
        entry: Any,
        same_name: str,
        *,
        key: dict[str, str] | None = None,
        **other: Any,
    ) -> None:
        values: dict[str, Any] = {name: getattr(entry, name) for name in same_name.split()}
        values = {name: getattr(value, "value", value) for name, value in values.items()} | other
        values |= {"mark": entry.mark.value, "sources": [self._source(slug) for slug in entry.sources]}
        key = key or {"slug": entry.slug}
        row = table._default_manager.filter(**key).first()
        if row is None:
            table._default_manager.create(**key, **values)
            self.added += 1
        elif changed := [name for name, value in values.items() if getattr(row, name) != value]:
            for name in changed:
                setattr(row, name, values[name])
            row.save(update_fields=[name.removesuffix("_id") for name in changed])
            self.changed += 1

    def _party(self, slug: str | None) -> str:
        return self.catalogue.party(slug).name if slug else ""

    def _source(self, slug: str) -> dict[str, str]:
        source = self.catalogue.source(slug)
        return {
            "title": source.title,
            "url": source.url,
            "revision": source.revision,
            "dated": _iso(source.dated),
        }


def _iso(day: date | None) -> str:
    return day.isoformat() if day else ""
