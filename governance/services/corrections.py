"""Corrections: an entry of the log is never edited; another one says what is wrong with it."""

from __future__ import annotations

from django.db import transaction

from governance.access import User, require_about
from governance.models import ProvenanceRecord, RecordCorrection
from governance.services.entries import record_event
from governance.services.reasons import check_reason


def correct(actor: User, record: ProvenanceRecord, reason: str) -> ProvenanceRecord:
    """Enter a correction of ``record``; returns the entry that corrects it. What it corrects stays as it was signed.

    The log holds the record's id in the clear and the reason as a commitment. A correction may be corrected in turn.
    Raises NotAllowed, or RequestError ``correction.reason``.
    """
    require_about(actor, "record.correct", record.client_id)
    reason = check_reason("correction.reason", "A correction", reason)
    with transaction.atomic():
        row = RecordCorrection.objects.create(record=record, reason=reason, corrected_by_id=actor.pk)
        return record_event("correction", "corrected", row, client_id=record.client_id, corrects=record)
