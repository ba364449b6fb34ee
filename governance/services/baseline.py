"""What was on record before the log told of such things: entered once, as found, when the log begins to."""

from __future__ import annotations

import logging

from django.db import connection, transaction

from governance.models import ProvenanceRecord, RecordCorrection
from governance.models.told import TOLD, Told
from governance.services.entries import record_event

log = logging.getLogger(__name__)

FOUND = "found"
_LOCK = 0x42415345
_BATCH = 500


def enter_baseline() -> int:
    """Enter every row that was there before the first event, each with the act "found"; returns how many.

    All of them or none: once the log tells of anything, nothing more is taken in this way, or a row written past the
    application could be. On a new database, and run again, it does nothing.
    """
    with transaction.atomic():
        with connection.cursor() as cursor:
            # Two setups at once: the second finds events.
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
        if ProvenanceRecord.objects.exclude(about="").exists():
            return 0
        entered = sum(_enter(told) for told in TOLD)
    if entered:
        log.info("%s rows from before the log told of them were entered as found", entered)
    return entered


def _enter(told: Told) -> int:
    entered = 0
    for row in told.rows_with_client().iterator(chunk_size=_BATCH):
        corrects = row.record if isinstance(row, RecordCorrection) else None
        record_event(told.kind, FOUND, row, client_id=row.told_client, corrects=corrects)
        entered += 1
    return entered
