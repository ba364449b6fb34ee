"""What is looked at twice a minute, whoever is at work: that the database is fenced, and that the log goes on."""

from __future__ import annotations

from django.utils import timezone

from governance.adapters.fence_catalogue import FenceUnreadable
from governance.models import Alarm, PendingEntry
from governance.reports.fence import fence_differences
from governance.reports.ledger_audit_house import MAX_WAIT
from governance.services.alarms import raise_alarm

# Whoever takes a whole fence down is told by the first of its parts, not by hundreds of alarms.
_MOST = 10
_LONGEST_SUBJECT = 80


class Watch:
    """Raises an alarm when something becomes otherwise, not again while it stays so: also after it was explained."""

    def __init__(self) -> None:
        self._told: dict[str, frozenset[tuple[str, str]]] = {}
        self._seen: frozenset[tuple[str, str]] = frozenset()

    def look(self) -> None:
        """One round: a few queries, nothing written unless something changed."""
        found = _fence()
        # Seen twice in a row: while `setup` migrates, the schema is open for some seconds.
        self._tell(Alarm.Kind.FENCE, tuple(each for each in found if each in self._seen))
        self._seen = frozenset(found)
        self._tell(Alarm.Kind.LOG, _outbox())

    def _tell(self, kind: str, found: tuple[tuple[str, str], ...]) -> None:
        """``found``: subject and message of each thing that is not as it should be."""
        started = kind not in self._told
        if started:
            # What an alarm said before this process began stays said.
            self._told[kind] = frozenset(Alarm.objects.filter(kind=kind).values_list("subject", "message"))
        before = self._told[kind]
        for subject, message in [each for each in found if each not in before][:_MOST]:
            raise_alarm(kind, subject, message)
        if not started:
            self._told[kind] = frozenset(found)


def _fence() -> tuple[tuple[str, str], ...]:
    try:
        found = fence_differences()
    except FenceUnreadable as problem:
        return (("database", f"Whether the database is fenced cannot be told: {problem.message}"),)
    return tuple((f"{each.kind} {each.name}"[:_LONGEST_SUBJECT], f"{each.sentence}.") for each in found)


def _outbox() -> tuple[tuple[str, str], ...]:
    if not PendingEntry.objects.filter(queued_at__lt=timezone.now() - MAX_WAIT).exists():
        return ()
    message = "Records have waited for the log for more than a minute: the ledger process does not take them in."
    return (("outbox", message),)
