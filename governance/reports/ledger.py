"""The log as it stands: its size, the last signed head, what waits, and the newest entries."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db.models import Count, Min

from governance.access import User, visible_clients
from governance.models import Checkpoint, PendingEntry, SequencedEntry, TreeState
from governance.policy.phrases import count_of

RECENT = 25
# The ledger process takes entries in every second or so; older ones mean that it does not run.
LATE_AFTER = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class LogEntryLine:
    """One entry. ``record`` is None for entries of clients the reader may not see."""

    index: int
    leaf_hash: str
    integrated_at: datetime
    record: UUID | None
    kind: str


@dataclass(frozen=True, slots=True)
class LogState:
    """``size`` counts integrated entries; the checkpoint may be a moment behind it."""

    origin: str
    size: int
    root: str
    checkpoint_size: int
    checkpoint_note: str
    published_at: datetime | None
    pending: int
    oldest_pending: timedelta | None
    late: bool
    recent: tuple[LogEntryLine, ...]

    @property
    def oldest_words(self) -> str:
        """As in "3 minutes"; empty when nothing waits."""
        if self.oldest_pending is None:
            return ""
        seconds = int(self.oldest_pending.total_seconds())
        for size, noun in ((86400, "day"), (3600, "hour"), (60, "minute")):
            if seconds >= size:
                return count_of(seconds // size, noun)
        return count_of(seconds, "second")


def log_state(user: User, at: datetime) -> LogState:
    """The log at ``at``. Every reader sees the same figures; record links only for clients they may see."""
    tree = TreeState.objects.order_by("-size").first()
    checkpoint = Checkpoint.objects.order_by("-size").first()
    waiting = PendingEntry.objects.aggregate(count=Count("pk"), oldest=Min("queued_at"))
    age = max(at - waiting["oldest"], timedelta()) if waiting["oldest"] else None
    return LogState(
        origin=settings.LOG_ORIGIN,
        size=tree.size if tree else 0,
        root=tree.root if tree else "",
        checkpoint_size=checkpoint.size if checkpoint else 0,
        checkpoint_note=checkpoint.note if checkpoint else "",
        published_at=checkpoint.published_at if checkpoint else None,
        pending=waiting["count"],
        oldest_pending=age,
        late=age is not None and age > LATE_AFTER,
        recent=_recent(user),
    )


def _recent(user: User) -> tuple[LogEntryLine, ...]:
    seen = frozenset(visible_clients(user).values_list("pk", flat=True))
    newest = SequencedEntry.objects.select_related("record").order_by("-seq")
    rows = newest.only("seq", "leaf_hash", "integrated_at", "record__client_id", "record__kind")[:RECENT]
    return tuple(
        LogEntryLine(
            index=row.seq,
            leaf_hash=bytes(row.leaf_hash).hex(),
            integrated_at=row.integrated_at,
            record=row.record_id if row.record.client_id in seen else None,
            kind=row.record.kind,
        )
        for row in rows
    )
