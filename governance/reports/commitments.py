"""Whether our rows still say what the log committed to when they were written."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.apps import apps
from django.core.exceptions import ValidationError
from django.db import models

from governance.errors import PlatformError
from governance.models import ProvenanceRecord
from governance.models.content import row_content
from governance.models.outputs import CUTOUT
from governance.provenance import base64_strict
from governance.provenance.canonical import JSON, canonical, parse_strict
from governance.provenance.commitment import Opening, check_opening
from governance.provenance.errors import ProvenanceError
from governance.provenance.statement import Statement

CONTENT = "content"
_KEY = re.compile(r"[1-9][0-9]{0,17}")


class RowsAltered(PlatformError):
    """What a record tells of is not what was committed to: a row was altered or is gone, or the opening was."""

    code = "record.rows_altered"


def check_entry_rows(
    record: ProvenanceRecord,
    rows: Mapping[str, models.Model] | None = None,
    statement: Statement | None = None,
) -> None:
    """Compare what an event committed to with its rows as they are now; a cutout's record commits to none of them.

    ``rows``: those found by ``rows_of``, for many records at a few queries. ``statement``: the record's, where it was
    read already. Raises RowsAltered naming the rows.
    """
    if record.kind == CUTOUT:
        return
    opening = _opening(record)
    named: Mapping[str, Sequence[str]] = opening["rows"]
    found = rows_of([record]) if rows is None else rows
    if missing := [name for name in named if name not in found]:
        raise _altered(record, f"{', '.join(missing)} cannot be found")
    try:
        content = canonical({name: row_content(found[name], columns) for name, columns in named.items()})
        salt = base64_strict.decode(opening["salt"])
        stated = Statement.from_bytes(bytes(record.payload)) if statement is None else statement
        check_opening(stated.subject.sha256, Opening(CONTENT, salt, content))
    except (ProvenanceError, AttributeError, TypeError, ValueError) as problem:
        raise _altered(record, f"{' or '.join(named)} is not what it was") from problem
    if record.about not in named:
        raise _altered(record, f"it is about {', '.join(named)}, not about {record.about}")


def rows_of(records: Iterable[ProvenanceRecord]) -> dict[str, models.Model]:
    """The rows these events tell of, by their names ("entitlement:17"), as far as they are there. A query per table.

    An opening that cannot be read names none; ``check_entry_rows`` says so of its record.
    """
    keys: dict[str, set[str]] = {}
    for record in records:
        for name in names_in(record):
            table, _, key = name.partition(":")
            keys.setdefault(table, set()).add(key)
    found: dict[str, models.Model] = {}
    for table, wanted in keys.items():
        for row in _rows(table, wanted):
            found[f"{table}:{row.pk}"] = row
    return found


def names_in(record: ProvenanceRecord) -> Iterable[str]:
    """The rows that an event says it tells of, by name. None for a cutout's record, or when it cannot be read."""
    try:
        return () if record.kind == CUTOUT else _opening(record)["rows"]
    except RowsAltered:
        return ()


def _rows(table: str, keys: set[str]) -> Iterable[models.Model]:
    # A key the opening cannot have had from us finds nothing, and does not keep others from being found.
    ours = {key for key in keys if _KEY.fullmatch(key)}
    try:
        kept = apps.get_model("governance", table)._default_manager
        return list(kept.filter(pk__in=ours))
    except (LookupError, ValueError, ValidationError):
        return []


def _opening(record: ProvenanceRecord) -> dict[str, Any]:
    """The one opening of an event, if it has the shape we gave it."""
    try:
        kept: JSON = parse_strict(record.openings.encode())
    except ProvenanceError as problem:
        raise _altered(record, "its opening is not readable") from problem
    match kept:
        case [{"field": "content", "salt": str(), "rows": dict() as rows} as opening] if rows:
            return dict(opening)
    raise _altered(record, "its opening has another shape than we gave it")


def _altered(record: ProvenanceRecord, what: str) -> RowsAltered:
    return RowsAltered(
        f"Record {record.pk} ({record.kind}, {record.about}): {what}.",
        how_to_fix="Compare with a backup: whoever wrote past the application did this.",
        permanent=True,
    )
