"""The catalogue: dated facts on models, weights, licences, training data and claims, each with its source.

Data, not law: the TOML files say who says what, where and when, and which reading we take. ``load_catalogue``
reads all of them or none.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Final, TypeVar

from governance.licensing.catalogue_check import check
from governance.licensing.catalogue_contents import Catalogue
from governance.licensing.catalogue_models import (
    Acquisition,
    Family,
    ModelVersion,
    SupportingFile,
    Weights,
)
from governance.licensing.catalogue_parse import CatalogueError, Place, Reading, day, whole
from governance.licensing.catalogue_shapes import (
    DataSet,
    License,
    LicenseDeclaration,
    LicenseResolution,
    LicenseTextEntry,
    LineageClaim,
    OpenPoint,
    Party,
    Source,
    TrainingUse,
)
from governance.licensing.catalogue_tables import TABLES
from governance.licensing.catalogue_texts import check_texts

__all__ = ["FORMAT", "Catalogue", "CatalogueError", "load_catalogue"]

FORMAT: Final = 1
HEAD_FILE: Final = "catalogue.toml"


_Entry = TypeVar("_Entry")


def load_catalogue(directory: Path) -> Catalogue:
    """Reads every ``*.toml`` directly in ``directory``, and checks the licence texts under ``texts/`` against them.

    Raises :class:`CatalogueError` naming file, entry and key when anything is malformed, unknown, duplicated,
    dangling or at odds with the rest.
    """
    files = {path.name: _parse(path) for path in sorted(directory.glob("*.toml"))}
    if HEAD_FILE not in files:
        raise Place(str(directory), "head").refuse(sorted(files), f"a file {HEAD_FILE} among the files")
    reading = Reading([])
    format_, as_of = _head(files[HEAD_FILE], reading)
    entries = _entries(files, reading)
    for reference in reading.references:
        if reference.slug not in entries[reference.table]:
            raise reference.place.refuse(reference.slug, f"the name of an entry of [[{reference.table}]]")
    catalogue = Catalogue(
        format=format_,
        as_of=as_of,
        sources=_sorted(Source, entries["source"]),
        parties=_sorted(Party, entries["party"]),
        licenses=_sorted(License, entries["license"]),
        license_texts=_sorted(LicenseTextEntry, entries["license_text"]),
        families=_sorted(Family, entries["family"]),
        models=_sorted(ModelVersion, entries["model"]),
        weights=_sorted(Weights, entries["weights"]),
        files=_sorted(SupportingFile, entries["file"]),
        acquisitions=_sorted(Acquisition, entries["acquisition"]),
        declarations=_sorted(LicenseDeclaration, entries["declaration"]),
        resolutions=_sorted(LicenseResolution, entries["resolution"]),
        data_sets=_sorted(DataSet, entries["data_set"]),
        training_uses=_sorted(TrainingUse, entries["training_use"]),
        claims=_sorted(LineageClaim, entries["claim"]),
        open_points=_sorted(OpenPoint, entries["open_point"]),
    )
    check(catalogue)
    check_texts(directory, catalogue.license_texts)
    return catalogue


def _parse(path: Path) -> dict[str, object]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise Place(path.name, "file").refuse(str(error), "TOML in UTF-8") from error


def _head(tables: dict[str, object], reading: Reading) -> tuple[int, date]:
    """Takes ``format`` and ``as_of`` out of the head file's tables."""
    place = Place(HEAD_FILE, "head")
    format_ = whole(tables.pop("format", None), place.at("format"), reading)
    if format_ != FORMAT:
        raise place.at("format").refuse(format_, f"format {FORMAT}")
    return format_, day(tables.pop("as_of", None), place.at("as_of"), reading)


def _entries(files: Mapping[str, Mapping[str, object]], reading: Reading) -> dict[str, dict[str, object]]:
    entries: dict[str, dict[str, object]] = {table: {} for table in TABLES}
    for file, tables in files.items():
        for table, items in tables.items():
            if table not in TABLES:
                raise Place(file, "file", table).refuse(table, f"one of the tables {', '.join(sorted(TABLES))}")
            if not isinstance(items, list):
                raise Place(file, "file", table).refuse(items, f"a list of tables [[{table}]]")
            for number, item in enumerate(items, start=1):
                _take(file, table, number, item, entries[table], reading)
    return entries


def _take(file: str, table: str, number: int, item: object, known: dict[str, object], reading: Reading) -> None:
    shape = TABLES[table]
    name = item.get(shape.identity) if isinstance(item, dict) else None
    place = Place(file, f"{table} {name}" if isinstance(name, str) else f"{table} number {number}")
    value = shape.read(item, place, reading)
    if name in known:
        raise place.at(shape.identity).refuse(name, f"every {table} only once")
    known[str(name)] = value


def _sorted(kind: type[_Entry], found: Mapping[str, object]) -> tuple[_Entry, ...]:
    return tuple(value for _, value in sorted(found.items()) if isinstance(value, kind))
