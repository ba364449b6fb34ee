"""Every record has a place in the log or waits for one; what waits is checked as if it had it."""

from __future__ import annotations

from django.utils import timezone

from governance.ledger.audit_findings import Findings
from governance.ledger.audit_statements import Examiner
from governance.ledger.errors import CannotTell
from governance.ledger.trust import Trust
from governance.models import PendingEntry, ProvenanceRecord, SequencedEntry
from governance.provenance.envelope import Envelope
from governance.provenance.statement import PAYLOAD_TYPE
from governance.reports.ledger_audit_house import BATCH, MAX_WAIT, WAITING

_COLUMNS = ("pk", "pending", "leaf", "payload", "key_id", "signature")


def check_waiting(found: Findings, trust: Trust) -> None:
    """Find records that the log will never hold, and waiting ones that it must not take in; none waits for long."""
    found.checked(WAITING, ProvenanceRecord.objects.count())
    newest = SequencedEntry.objects.order_by("-seq").values_list("seq", flat=True).first()
    # The earliest place it can be given: what it quotes lies before it, and its key is in use there.
    index = 0 if newest is None else newest + 1
    examiner = Examiner(trust)
    waiting = ProvenanceRecord.objects.filter(entry=None).values_list(*_COLUMNS)
    for pk, pending, leaf, payload, key_id, signature in waiting.iterator(chunk_size=BATCH):
        if pending is None:
            message = "It has no place in the log and does not wait for one: it was taken out of the log."
            found.add(WAITING, message, record_id=str(pk))
        envelope = Envelope(PAYLOAD_TYPE, bytes(payload), key_id, bytes(signature))
        for _, message, status in examiner.examine([(index, bytes(leaf), envelope, str(pk))])[0].problems:
            found.add(WAITING, message, record_id=str(pk), status=status)
    late = PendingEntry.objects.filter(queued_at__lt=timezone.now() - MAX_WAIT).count()
    if late:
        found.add_error(WAITING, CannotTell(f"{late} records wait for the log for more than a minute."))
