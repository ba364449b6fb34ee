"""Alarms: what only tampering, a fault or a restore explains. Raised by whoever meets it, closed by a person."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import IntegrityError, connections, transaction
from django.db.models import QuerySet

from governance.access import User, require
from governance.errors import GovernanceError, RequestError
from governance.models import Alarm, AlarmAcknowledgement
from governance.services.reasons import check_reason

log = logging.getLogger(__name__)


def raise_alarm(kind: str, subject: str, message: str, using: str = "default") -> Alarm:
    """Put an alarm on record, logged as an error; the open alarm of the same kind and subject if there is one.

    It commits by itself, so that the request that fails with it cannot take it back. Hence it is raised once the
    transaction that failed is left: within an open one Django refuses it with RuntimeError (see ``alarmed``).
    ``using`` "ledger": from the ledger's process.
    """
    log.error("ALARM %s %s: %s", kind, subject, message)
    with transaction.atomic(using=using, durable=True):
        with connections[using].cursor() as cursor:
            # Two requests that meet the same fault at once raise one alarm.
            cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"alarm {kind} {subject}"])
        known = Alarm.objects.using(using).filter(kind=kind, subject=subject, acknowledgement=None).first()
        if known is not None:
            return known
        return Alarm.objects.using(using).create(kind=kind, subject=subject, message=message)


@contextmanager
def alarmed(kind: str, subject: str, *codes: str, using: str = "default") -> Iterator[None]:
    """Raise an alarm when the block ends in an error that is not the caller's, and pass the error on.

    With ``codes`` only for these. To be put around whole transactions, never into one.
    """
    try:
        yield
    except RequestError:
        raise
    except GovernanceError as problem:
        if not codes or problem.code in codes:
            raise_alarm(kind, subject, problem.message, using)
        raise


def open_alarms() -> QuerySet[Alarm]:
    """What nobody has explained yet, the newest first."""
    return Alarm.objects.filter(acknowledgement=None)


def acknowledge(actor: User, alarm: Alarm, note: str) -> AlarmAcknowledgement:
    """Say what it was. Raises NotAllowed, or RequestError ``alarm.note`` or ``alarm.acknowledged``."""
    require(actor, "alarm.acknowledge")
    note = check_reason("alarm.note", "An acknowledgement", note)
    try:
        with transaction.atomic():
            return AlarmAcknowledgement.objects.create(alarm=alarm, note=note, acknowledged_by_id=actor.pk)
    except IntegrityError as problem:
        raise RequestError(
            f"Alarm {alarm.pk} has been acknowledged already.",
            how_to_fix="Reload the page to read by whom and why.",
            code="alarm.acknowledged",
        ) from problem
