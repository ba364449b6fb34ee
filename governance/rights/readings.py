"""Our readings of licences: which one counts for each licence, read from the rows and parsed once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from types import MappingProxyType

from django.db import connection
from psycopg import sql

from governance.errors import PlatformError
from governance.licensing.jsonshape import from_plain, to_plain
from governance.licensing.terms import Encoding
from governance.models import EncodingApproval, EncodingRetirement, LicenseEncoding
from governance.provenance.canonical import canonical, parse_strict

# What can change the answer. All append-only: how many there are and the newest number say whether anything came.
_RESTED_ON = (LicenseEncoding, EncodingApproval, EncodingRetirement)


@dataclass(frozen=True, slots=True)
class Standing:
    """One row with what became of it. A catalogue reading is approved by the catalogue itself."""

    pk: int
    license_id: str
    revision: int
    from_catalogue: bool
    approved_at: datetime | None
    retired_at: datetime | None

    def approved(self, at: datetime | None) -> bool:
        """Whether two people stood behind it ``at``; None asks about this moment."""
        return self.approved_at is not None and (at is None or self.approved_at <= at)

    def retired(self, at: datetime | None) -> bool:
        """Whether it had been taken out of use ``at``."""
        return self.retired_at is not None and (at is None or self.retired_at <= at)


def encodings(at: datetime | None = None) -> Mapping[str, Encoding]:
    """The reading that counts for every licence that has one, by licence id; ``at`` None means now (one query).

    Raises ShapeError for a row that does not hold what was written: nothing runs on half a law.
    """
    key = _key()
    if at is None:
        return _now(key)
    return _parsed(effective(_standings(key), at))


def encoding(license_id: str, known: Mapping[str, Encoding] | None = None) -> Encoding:
    """The reading of one licence, among those ``known`` if given. Raises PlatformError ``license.not_encoded``."""
    readings = encodings() if known is None else known
    try:
        return readings[license_id]
    except KeyError as problem:
        raise PlatformError(
            f"Licence {license_id} has no reading that counts; known are {', '.join(sorted(readings)) or 'none'}.",
            how_to_fix="Take the catalogue in with manage.py sync_catalogue, or have a reading drafted and approved.",
            code="license.not_encoded",
            permanent=True,
        ) from problem


def contract_readings() -> dict[str, Encoding]:
    """The readings a purchased right can be entered under: those written for contracts, never a public licence."""
    return {name: reading for name, reading in encodings().items() if reading.title.endswith("(template)")}


def effective(rows: Iterable[Standing], at: datetime | None = None) -> dict[str, Standing]:
    """Of each licence the newest approved reading of our own that is not retired, else the catalogue's newest.

    Where the catalogue's newest is retired, nothing takes its place: an older one was given up before.
    """
    ours: dict[str, Standing] = {}
    shipped: dict[str, Standing] = {}
    for row in sorted(rows, key=lambda row: row.revision):
        if row.from_catalogue and row.approved(at):
            shipped[row.license_id] = row
        elif row.approved(at) and not row.retired(at):
            ours[row.license_id] = row
    kept = {license_id: row for license_id, row in shipped.items() if not row.retired(at)}
    return kept | ours


def standings() -> tuple[Standing, ...]:
    """Every reading on record and how it stands."""
    return _standings(_key())


def encoding_body(encoding: Encoding) -> bytes:
    """The canonical JSON that a row keeps and that its digest covers."""
    return canonical(to_plain(encoding))


@lru_cache(maxsize=256)
def read_body(body: str) -> Encoding:
    """A row's text as the evaluator's own type."""
    return from_plain(Encoding, parse_strict(body.encode()))


def _key() -> tuple[object, ...]:
    columns = sql.SQL(", ").join(
        sql.SQL("(SELECT count(*) FROM {0}), (SELECT max(id) FROM {0})").format(sql.Identifier(row._meta.db_table))
        for row in _RESTED_ON
    )
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL("SELECT {}").format(columns))
        found = cursor.fetchone()
    return (connection.settings_dict["NAME"], *(found or ()))


# Few keys: the one in force, and the one before while others still ask under it.
@lru_cache(maxsize=4)
def _now(key: tuple[object, ...]) -> Mapping[str, Encoding]:
    return _parsed(effective(_standings(key)))


@lru_cache(maxsize=4)
def _standings(key: tuple[object, ...]) -> tuple[Standing, ...]:
    columns = ("pk", "license_id", "revision", "origin", "drafted_at")
    acts = ("approval__approved_at", "retirement__retired_at")
    return tuple(_standing(*row) for row in LicenseEncoding.objects.values_list(*columns, *acts))


def _standing(
    pk: int,
    license_id: str,
    revision: int,
    origin: str,
    drafted_at: datetime,
    approved_at: datetime | None,
    retired_at: datetime | None,
) -> Standing:
    shipped = origin == LicenseEncoding.Origin.CATALOGUE
    return Standing(pk, license_id, revision, shipped, drafted_at if shipped else approved_at, retired_at)


def _parsed(rows: Mapping[str, Standing]) -> Mapping[str, Encoding]:
    bodies = dict(LicenseEncoding.objects.filter(pk__in=[row.pk for row in rows.values()]).values_list("pk", "body"))
    return MappingProxyType({license_id: read_body(bodies[row.pk]) for license_id, row in rows.items()})
