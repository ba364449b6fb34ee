"""What is looked at twice a minute, whoever is at work: that the database is fenced, and that the log goes on."""

from __future__ import annotations

from django.utils import timezone

from governance.adapters.fence_catalogue import FenceUnreadable
from governance.models import Alarm, PendingEntry
from governance.reports.fence import fence_differences
from governance.reports.ledger_audit_house import MAX_WAIT
from governance.services.alarms import open_alarms, raise_alarm

# Whoever takes a whole fence down is told by the first of its parts, not by hundreds of alarms.
_MOST = 10
_LONGEST_SUBJECT = 80
Found = tuple[str, str]
"""Subject and message of one thing that is not as it should be."""


class Watch:
    """Raises an alarm when something becomes otherwise, and no second one while it stays so.

    What a person has explained is told again after a restart: it may have been put right and undone meanwhile.
    """

    def __init__(self) -> None:
        self._told: dict[str, frozenset[Found]] = {}
        self._seen: frozenset[Found] = frozenset()

    def look(self) -> None:
        """One round: a few queries, nothing written unless something changed."""
        found = _fence()
        # Seen twice in a row: while `setup` migrates, the schema is open for some seconds.
        self._tell(Alarm.Kind.FENCE, tuple(each for each in found if each in self._seen))
        self._seen = frozenset(found)
        self._tell(Alarm.Kind.LOG, _outbox())

    def _tell(self, kind: str, found: tuple[Found, ...]) -> None:
        if kind not in self._told:
            self._told[kind] = frozenset(open_alarms().filter(kind=kind).values_list("subject", "message"))
        told = self._told[kind]
        new = [each for each in found if each not in told]
        for subject, message in new[:_MOST]:
            raise_alarm(kind, subject, message)
        if more := new[_MOST:]:
            raise_alarm(kind, "and more", f"Besides, {len(more)} more: {'; '.join(message for _, message in more)}")
        self._told[kind] = frozenset(found)


def _fence() -> tuple[Found, ...]:
    try:
        found = fence_differences()
    except FenceUnreadable as problem:
        return (("database", f"Whether the database is fenced cannot be told: {problem.message}"),)
    return tuple((f"{each.kind} {each.name}"[:_LONGEST_SUBJECT], f"{each.sentence}.") for each in found)


def _outbox() -> tuple[Found, ...]:
    if not PendingEntry.objects.filter(queued_at__lt=timezone.now() - MAX_WAIT).exists():
        return ()
    message = "Records have waited for the log for more than a minute: the ledger process does not take them in."
    return (("outbox", message),)
