"""What was made, under which rights, where it went, and what was refused: the facts behind an audit export.

Every table read here is append-only, so a scope with its ``as_of`` gives the same entries for ever.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from itertools import islice
from typing import TypeVar

from django.db.models import Count, Prefetch, Q, QuerySet

from governance.errors import PlatformError
from governance.models import Decision, Delivery, Output, Release
from governance.provenance.canonical import sha256_hex
from governance.provenance.cutout import CutoutProvenance
from governance.provenance.statement import Statement
from governance.reports.audit_shapes import (
    FORMAT,
    NOT_COVERED,
    AuditReport,
    AuditScope,
    BlockedEntry,
    DeliveryEntry,
    OutputEntry,
    ReleaseEntry,
    Totals,
)
from governance.reports.decisions import deciding_codes

Row = TypeVar("Row", Output, Decision)
CHUNK = 500
BLOCKED = ("deny", "review")
# NUL and Bidi_Control: canonical JSON refuses them, and a name must not stop a report.
_UNPRINTABLE = re.compile("[\0\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def audit_report(scope: AuditScope) -> AuditReport:
    """The complete structure, entries oldest first."""
    outputs, blocked = tuple(output_entries(scope)), tuple(blocked_entries(scope))
    return AuditReport(FORMAT, scope, Totals.of(outputs, blocked), outputs, blocked, NOT_COVERED)


def preview(scope: AuditScope, rows: int) -> tuple[tuple[OutputEntry, ...], tuple[BlockedEntry, ...]]:
    """The first ``rows`` entries of each kind."""
    return (
        tuple(islice(output_entries(scope, chunk=rows), rows)),
        tuple(islice(blocked_entries(scope, chunk=rows), rows)),
    )


def count(scope: AuditScope) -> Totals:
    """The totals alone, counted by the database (three queries)."""
    outputs = _outputs(scope)
    releases = Release.objects.filter(output__in=outputs, released_at__lte=scope.as_of)
    deliveries = Delivery.objects.filter(release__in=releases, delivered_at__lte=scope.as_of)
    decided = _blocked(scope).aggregate(
        deny=Count("pk", filter=Q(outcome="deny")), review=Count("pk", filter=Q(outcome="review"))
    )
    made = outputs.aggregate(all=Count("pk"), released=Count("pk", filter=Q(pk__in=releases.values("output_id"))))
    return Totals(made["all"], made["released"], deliveries.count(), decided["deny"], decided["review"])


def output_entries(scope: AuditScope, chunk: int = CHUNK) -> Iterator[OutputEntry]:
    """Outputs made in the period, in pieces: memory does not grow with their number."""
    rows = _outputs(scope).select_related(
        "cutout__job__target__project__client",
        "cutout__job__requested_by",
        "cutout__job__model",
        "cutout__asset",
        "cutout__decision",
        "provenance__entry",
    )
    delivered = Delivery.objects.filter(delivered_at__lte=scope.as_of).select_related("delivered_to")
    released = Release.objects.filter(released_at__lte=scope.as_of).select_related("target", "released_by")
    released = released.order_by("pk").prefetch_related(Prefetch("deliveries", delivered.order_by("pk")))
    for row in _chunked(rows.prefetch_related(Prefetch("releases", released)), chunk):
        yield _output(row, scope.as_of)


def blocked_entries(scope: AuditScope, chunk: int = CHUNK) -> Iterator[BlockedEntry]:
    """Attempts refused or held in the period, in pieces."""
    rows = _blocked(scope).select_related("target__project__client", "model", "job__requested_by", "actor")
    rows = rows.defer("facts", "grants").annotate(pictures=Count("job__cutouts"))
    for row in _chunked(rows, chunk):
        yield _blocked_entry(row)


def _outputs(scope: AuditScope) -> QuerySet[Output]:
    start, end = _bounds(scope)
    rows = Output.objects.filter(created_at__gte=start, created_at__lt=end, created_at__lte=scope.as_of)
    if scope.client is not None:
        rows = rows.filter(cutout__job__target__project__client_id=scope.client)
    return rows


def _blocked(scope: AuditScope) -> QuerySet[Decision]:
    start, end = _bounds(scope)
    rows = Decision.objects.filter(
        outcome__in=BLOCKED, recorded_at__gte=start, recorded_at__lt=end, recorded_at__lte=scope.as_of
    )
    if scope.client is not None:
        rows = rows.filter(target__project__client_id=scope.client)
    return rows


def _bounds(scope: AuditScope) -> tuple[datetime, datetime]:
    return (
        datetime.combine(scope.first, time.min, UTC),
        datetime.combine(scope.last + timedelta(days=1), time.min, UTC),
    )


def _chunked(rows: QuerySet[Row], size: int) -> Iterator[Row]:
    """By key, never by offset: rows that arrive meanwhile neither shift a page nor get lost."""
    last = 0
    while found := list(rows.filter(pk__gt=last).order_by("pk")[:size]):
        yield from found
        last = found[-1].pk


def _output(row: Output, as_of: datetime) -> OutputEntry:
    job, record, asset = row.cutout.job, row.provenance, row.cutout.asset
    stated, decision = _stated(row)
    body = json.loads(decision.body)
    entry = getattr(record, "entry", None)
    return OutputEntry(
        output=row.pk,
        made_at=row.created_at,
        client=printable(job.target.project.client.name),
        project=printable(job.target.project.name),
        target=printable(job.target.name),
        requested_by=printable(job.requested_by.get_username()),
        picture=printable(asset.file_name),
        picture_sha256=asset.sha256,
        output_sha256=row.sha256,
        media_type=row.media_type,
        width=row.width,
        height=row.height,
        model=stated.model.name,
        model_version=stated.model.version,
        weights_sha256=stated.model.weights_sha256,
        licenses=stated.weights_license.spdx_ids,
        license_text_sha256=stated.weights_license.text_sha256 or "",
        decision=decision.pk,
        decision_id=stated.decision.id,
        decision_outcome=stated.decision.outcome,
        decision_sha256=stated.decision.decision_sha256,
        grants=tuple(grant["title"] for grant in body["grants"] if grant["relied_upon"]),
        duties=tuple(duty["text"] for duty in body["duties"]),
        record=str(record.pk),
        record_key=record.key_id,
        record_signed_at=stated.issued_at,
        record_sha256=sha256_hex(bytes(record.payload)),
        log_index=entry.seq if entry is not None and entry.integrated_at <= as_of else None,
        releases=tuple(_release(release) for release in row.releases.all()),
    )


def _stated(row: Output) -> tuple[CutoutProvenance, Decision]:
    """What the output's signed record says, and the decision behind it."""
    stated = Statement.from_bytes(bytes(row.provenance.payload)).predicate
    decision = row.cutout.decision
    if not isinstance(stated, CutoutProvenance) or decision is None:
        raise PlatformError(
            f"Output {row.pk} has no cutout record with a decision; the export would not be complete.",
            how_to_fix="Check the ledger before anything is reported.",
            code="audit.record_unfit",
            permanent=True,
        )
    return stated, decision


def _release(row: Release) -> ReleaseEntry:
    return ReleaseEntry(
        target=printable(row.target.name),
        decision=row.decision_id,
        released_at=row.released_at,
        released_by=printable(row.released_by.get_username()),
        delivered=tuple(
            DeliveryEntry(entry.delivered_at, printable(entry.delivered_to.get_username()), entry.sha256)
            for entry in row.deliveries.all()
        ),
    )


def _blocked_entry(row: Decision) -> BlockedEntry:
    body = json.loads(row.body)
    asked = row.actor or (row.job.requested_by if row.job else None)
    return BlockedEntry(
        decision=row.pk,
        decision_id=str(row.opaque_id),
        decided_at=row.decided_at,
        stage=row.stage,
        outcome=row.outcome,
        client=printable(row.target.project.client.name),
        project=printable(row.target.project.name),
        target=printable(row.target.name),
        requested_by=printable(asked.get_username()) if asked else "",
        job=row.job_id,
        pictures=row.pictures if row.stage == Decision.Stage.SUBMIT else 1,
        model=row.model.title,
        rules=deciding_codes(body),
        reasons=tuple(
            dict.fromkeys(
                f"{finding['code']}: {finding['message']}"
                for finding in body["findings"]
                if finding["effect"] in BLOCKED
            )
        ),
        decision_sha256=row.body_sha256,
    )


def printable(text: str) -> str:
    """``text`` with characters that a canonical document refuses written out, as in ``<U+202E>``."""
    return _UNPRINTABLE.sub(lambda match: f"<U+{ord(match.group()):04X}>", text)
