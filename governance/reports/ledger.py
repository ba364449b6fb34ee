"""The log as it stands: its size, the last signed head, what waits, its entries, and the alarms nobody explained."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db.models import Count, Min, Q

from governance.access import User, may, visible_clients
from governance.adapters.fence_catalogue import FenceUnreadable
from governance.models import Alarm, Checkpoint, PendingEntry, ProvenanceRecord, SequencedEntry, TreeState
from governance.policy.phrases import count_of
from governance.reports.fence import fence_differences
from governance.reports.record_subjects import Subject, about_words, subject_of

RECENT = 25
# What people can look through; whoever has more open alarms closes these first.
MOST_ALARMS = 50
_ROW = ("seq", "leaf_hash", "integrated_at")
_COLUMNS = (*_ROW, *(f"record__{name}" for name in ("client_id", "kind", "about", "output_id")))
# The ledger process takes entries in every second or so; older ones mean that it does not run.
LATE_AFTER = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class LogEntryLine:
    """One entry. ``record`` is None for those the reader may not see, with ``whose`` of them it is, and for those whose
    statement was ``lost`` in a restore; ``kind`` and ``about`` are then empty."""

    index: int
    leaf_hash: str
    integrated_at: datetime
    record: UUID | None
    kind: str
    about: str
    whose: str
    lost: bool


@dataclass(frozen=True, slots=True)
class EntryPage:
    """Newest first; ``before`` is the entry the older page starts below."""

    lines: tuple[LogEntryLine, ...]
    before: int | None


@dataclass(frozen=True, slots=True)
class AlarmLine:
    """An alarm nobody explained yet."""

    pk: int
    kind: str
    subject: Subject
    message: str
    raised_at: datetime


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
    unsigned_for: timedelta | None

    @property
    def oldest_words(self) -> str:
        """As in "3 minutes"; empty when nothing waits."""
        return _for(self.oldest_pending) if self.oldest_pending is not None else ""

    @property
    def signer_behind(self) -> bool:
        """Entries were taken in that no checkpoint covers, for longer than signing one takes."""
        return self.unsigned_for is not None and self.unsigned_for > LATE_AFTER

    @property
    def unsigned_words(self) -> str:
        """How long the first entry that no checkpoint covers has waited for one; empty when none does."""
        return _for(self.unsigned_for) if self.unsigned_for is not None else ""


@dataclass(frozen=True, slots=True)
class FenceState:
    """What is not as pinned, a sentence each; ``unreadable``: why that cannot be told, '' when it can."""

    differences: tuple[str, ...]
    unreadable: str = ""


def _for(span: timedelta) -> str:
    seconds = int(span.total_seconds())
    for size, noun in ((86400, "day"), (3600, "hour"), (60, "minute")):
        if seconds >= size:
            return count_of(seconds // size, noun)
    return count_of(seconds, "second")


def log_state(at: datetime) -> LogState:
    """The log at ``at``. Every reader sees the same figures."""
    tree = TreeState.objects.order_by("-size").first()
    checkpoint = Checkpoint.objects.order_by("-size").first()
    waiting = PendingEntry.objects.aggregate(count=Count("pk"), oldest=Min("queued_at"))
    age = max(at - waiting["oldest"], timedelta()) if waiting["oldest"] else None
    signed = checkpoint.size if checkpoint else 0
    uncovered = SequencedEntry.objects.filter(seq=signed).values_list("integrated_at", flat=True).first()
    return LogState(
        origin=settings.LOG_ORIGIN,
        size=tree.size if tree else 0,
        root=tree.root if tree else "",
        checkpoint_size=signed,
        checkpoint_note=checkpoint.note if checkpoint else "",
        published_at=checkpoint.published_at if checkpoint else None,
        pending=waiting["count"],
        oldest_pending=age,
        late=age is not None and age > LATE_AFTER,
        unsigned_for=max(at - uncovered, timedelta()) if uncovered else None,
    )


def entries(user: User, kind: str = "", before: int | None = None) -> EntryPage:
    """The newest entries below ``before``; with ``kind`` only those of it that ``user`` may see."""
    seen = frozenset(visible_clients(user).values_list("pk", flat=True))
    organisation = may(user, "evidence.read")
    rows = SequencedEntry.objects.select_related("record").order_by("-seq")
    if kind:
        mine = Q(record__client__in=seen) | (Q(record__client=None) if organisation else Q(pk__in=[]))
        rows = rows.filter(mine, record__kind=kind)
    if before is not None:
        rows = rows.filter(seq__lt=before)
    page = list(rows.only(*_COLUMNS)[: RECENT + 1])
    lines = tuple(_line(row, seen, organisation) for row in page[:RECENT])
    return EntryPage(lines, lines[-1].index if len(page) > RECENT else None)


def _line(row: SequencedEntry, seen: frozenset[int], organisation: bool) -> LogEntryLine:
    record = row.record
    client = record.client_id if record is not None else None
    visible = record is not None and (organisation if client is None else client in seen)
    return LogEntryLine(
        index=row.seq,
        leaf_hash=bytes(row.leaf_hash).hex(),
        integrated_at=row.integrated_at,
        record=row.record_id if visible else None,
        kind=record.kind if visible else "",
        about=_about(record) if visible else "",
        whose="" if visible else "the organisation's" if client is None else "of another client",
        lost=record is None,
    )


def _about(record: ProvenanceRecord) -> str:
    return about_words(record.about) if record.about else f"output {record.output_id}"


def fence_state(user: User) -> FenceState | None:
    """The database's fence, looked at now, for whoever may read evidence."""
    if not may(user, "evidence.read"):
        return None
    try:
        return FenceState(tuple(each.sentence for each in fence_differences()))
    except FenceUnreadable as problem:
        return FenceState((), problem.message)


def open_alarms(user: User) -> tuple[AlarmLine, ...]:
    """What nobody explained yet, the newest first, for whoever may read evidence. Others appear as these are closed."""
    if not may(user, "evidence.read"):
        return ()
    rows = Alarm.objects.filter(acknowledgement=None)[:MOST_ALARMS]
    return tuple(
        AlarmLine(row.pk, row.get_kind_display(), subject_of(row.subject), row.message, row.raised_at) for row in rows
    )
