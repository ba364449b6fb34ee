"""The audit export as one CSV table (RFC 4180), safe to open in a spreadsheet.

One row per output and per blocked attempt, told apart by the first column. The last row is ``end`` with the totals:
a file without it was cut off on its way.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime

from governance.provenance.canonical import timestamp
from governance.reports.audit import blocked_entries, output_entries
from governance.reports.audit_shapes import AuditScope, BlockedEntry, OutputEntry

# Excel takes a file without it for a Windows code page.
BYTE_ORDER_MARK = "\ufeff"
COLUMNS = (
    "kind",
    "at",
    "client",
    "project",
    "target",
    "requested_by",
    "job",
    "pictures",
    "picture",
    "picture_sha256",
    "output",
    "output_sha256",
    "model",
    "weights_sha256",
    "licenses",
    "grants",
    "duties",
    "decision",
    "decision_id",
    "decision_stage",
    "decision_outcome",
    "decision_sha256",
    "rules",
    "reasons",
    "record",
    "record_sha256",
    "log_index",
    "released",
    "deliveries",
    "note",
)
# A cell that starts with one of these is run as a formula by spreadsheets (OWASP, CSV injection).
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


class _Line:
    """What ``csv.writer`` writes to: hands each line back instead of keeping it."""

    def write(self, line: str) -> str:
        return line


def csv_lines(scope: AuditScope) -> Iterator[str]:
    """The table line by line, header first."""
    writer = csv.writer(_Line(), lineterminator="\r\n")
    yield BYTE_ORDER_MARK + writer.writerow(COLUMNS)
    counted = {"outputs": 0, "released": 0, "deliveries": 0, "refused": 0, "held": 0}
    for made in output_entries(scope):
        counted["outputs"] += 1
        counted["released"] += bool(made.releases)
        counted["deliveries"] += sum(len(release.delivered) for release in made.releases)
        yield writer.writerow(_row(_output_cells(made)))
    for blocked in blocked_entries(scope):
        counted["refused" if blocked.outcome == "deny" else "held"] += 1
        yield writer.writerow(_row(_blocked_cells(blocked)))
    totals = ", ".join(f"{name} {number}" for name, number in counted.items())
    yield writer.writerow(_row({"kind": "end", "at": timestamp(scope.as_of), "note": totals}))


def cell(value: object) -> str:
    """A value as text that no spreadsheet runs: formula starters get an apostrophe in front."""
    text = _text(value)
    return f"'{text}" if text.startswith(_FORMULA) else text


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return timestamp(value)
    if isinstance(value, tuple):
        return "; ".join(_text(entry) for entry in value)
    return str(value)


def _row(cells: Mapping[str, object]) -> Iterable[str]:
    return [cell(cells.get(column)) for column in COLUMNS]


def _output_cells(entry: OutputEntry) -> dict[str, object]:
    same = (
        "client project target requested_by picture picture_sha256 output output_sha256 model weights_sha256"
        " licenses grants duties decision decision_id decision_outcome decision_sha256 record record_sha256"
        " log_index"
    )
    return {name: getattr(entry, name) for name in same.split()} | {
        "kind": "output",
        "at": entry.made_at,
        "pictures": 1,
        "released": tuple(
            f"{timestamp(release.released_at)} for {release.target} by {release.released_by}"
            f" (decision {release.decision})"
            for release in entry.releases
        ),
        "deliveries": tuple(
            f"{timestamp(delivery.delivered_at)} to {delivery.delivered_to}"
            for release in entry.releases
            for delivery in release.delivered
        ),
    }


def _blocked_cells(entry: BlockedEntry) -> dict[str, object]:
    same = "client project target requested_by job pictures model decision decision_id decision_sha256 rules reasons"
    return {name: getattr(entry, name) for name in same.split()} | {
        "kind": "refused" if entry.outcome == "deny" else "held",
        "at": entry.decided_at,
        "decision_stage": entry.stage,
        "decision_outcome": entry.outcome,
    }
