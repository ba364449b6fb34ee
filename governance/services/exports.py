"""What leaves the house as a report is known again: its digest and scope stand in the log before it is handed out."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from contextlib import ExitStack
from dataclasses import dataclass
from tempfile import SpooledTemporaryFile
from typing import IO

from django.db import transaction

from governance.access import User, require_about
from governance.models import Report
from governance.provenance.canonical import JSON, canonical
from governance.services.entries import record_event

# A report up to this size is put together in memory, a larger one on disk.
IN_MEMORY = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Exported:
    """The report on record, and its bytes from the start. Whoever hands them out closes the file."""

    report: Report
    content: IO[bytes]


def record_report(
    actor: User, kind: str, scope: dict[str, JSON], content: Iterable[bytes], client_id: int | None = None
) -> Exported:
    """Put a report together and on record, and only then hand it back: what nobody recorded never leaves.

    ``scope``: what was asked for. ``client_id`` None: it is about every client. Raises NotAllowed.
    """
    require_about(actor, "audit.export", client_id)
    with ExitStack() as unless_handed_over:
        file = unless_handed_over.enter_context(SpooledTemporaryFile(max_size=IN_MEMORY))
        digest = hashlib.sha256()
        for piece in content:
            digest.update(piece)
            file.write(piece)
        with transaction.atomic():
            report = Report.objects.create(
                kind=kind,
                client_id=client_id,
                scope=canonical(scope).decode(),
                sha256=digest.hexdigest(),
                size=file.tell(),
                made_by_id=actor.pk,
            )
            said = {"report": report.kind, "sha256": report.sha256, "size": report.size}
            record_event("report", "made", report, client_id=client_id, details=said)
        file.seek(0)
        unless_handed_over.pop_all()
    return Exported(report, file)
