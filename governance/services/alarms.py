"""Alarms: what only tampering, a fault or a restore explains. Raised by whoever meets it, closed by a person."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

from django.db import DatabaseError, IntegrityError, connection, transaction
from django.db.models import QuerySet

from governance.access import User, require
from governance.errors import GovernanceError, RequestError
from governance.models import Alarm, AlarmAcknowledgement, ProvenanceRecord
from governance.models.content import about
from governance.services.entries import record_event
from governance.services.reasons import check_reason

log = logging.getLogger(__name__)

KIND = "alarm"
_RECORD = f"{ProvenanceRecord._meta.model_name}:"


def raise_alarm(kind: str, subject: str, message: str) -> Alarm:
    """Put an alarm on record and into the log, logged as an error; the open one of the same kind and subject if any.

    It commits by itself, so that the request that fails with it cannot take it back. Hence it is raised once the
    transaction that failed is left: within an open one Django refuses it with RuntimeError (see ``alarmed``).

    An alarm that cannot be entered, as when the key of records cannot be read, is raised all the same: that may be
    what it tells of. It is entered when it is met again or acknowledged; until then an audit finds it without entry.
    """
    log.error("ALARM %s %s: %s", kind, subject, message)
    with transaction.atomic(durable=True):
        with connection.cursor() as cursor:
            # Two requests that meet the same fault at once raise one alarm.
            cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"alarm {kind} {subject}"])
        alarm = Alarm.objects.filter(kind=kind, subject=subject, acknowledgement=None).first()
        if alarm is None:
            alarm = Alarm.objects.create(kind=kind, subject=subject, message=message)
        if not _tells_of_an_alarm(subject):
            try:
                with transaction.atomic():
                    _enter(alarm)
            except (GovernanceError, DatabaseError, OSError):
                log.exception("Alarm %s could not be entered in the log", alarm.pk)
        return alarm


def _enter(alarm: Alarm) -> None:
    """Once for each alarm."""
    if not ProvenanceRecord.objects.about(about(alarm)).filter(kind=KIND).exists():
        record_event(KIND, "raised", alarm, details={"kind": str(alarm.kind)})


def _tells_of_an_alarm(subject: str) -> bool:
    """Whether it is about the record of an alarm: its own record would be as bad, and so on without end."""
    try:
        record_id = UUID(subject.removeprefix(_RECORD))
    except ValueError:
        return False
    return ProvenanceRecord.objects.filter(pk=record_id, kind=KIND).exists()


@contextmanager
def alarmed(kind: str, subject: str, *codes: str) -> Iterator[None]:
    """Raise an alarm when the block ends in an error that is not the caller's, and pass the error on.

    With ``codes`` only for these. To be put around whole transactions, never into one.
    """
    try:
        yield
    except RequestError:
        raise
    except GovernanceError as problem:
        if not codes or problem.code in codes:
            raise_alarm(kind, subject, problem.message)
        raise


def open_alarms() -> QuerySet[Alarm]:
    """What nobody has explained yet, the newest first."""
    return Alarm.objects.filter(acknowledgement=None)


def acknowledge(actor: User, alarm: Alarm, note: str) -> AlarmAcknowledgement:
    """Say what it was, on record and in the log.

    Raises NotAllowed, RequestError ``alarm.note`` or ``alarm.acknowledged``, or whatever keeps it out of the log.
    """
    require(actor, "alarm.acknowledge")
    note = check_reason("alarm.note", "An acknowledgement", note)
    try:
        with transaction.atomic():
            _enter(alarm)
            given = AlarmAcknowledgement.objects.create(alarm=alarm, note=note, acknowledged_by_id=actor.pk)
            record_event(KIND, "acknowledged", alarm, given)
            return given
    except IntegrityError as problem:
        raise RequestError(
            f"Alarm {alarm.pk} has been acknowledged already.",
            how_to_fix="Reload the page to read by whom and why.",
            code="alarm.acknowledged",
        ) from problem
