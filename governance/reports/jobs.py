"""Jobs for the list, the job page and its progress. A job's state is that of its cutouts, derived in one place."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Case, Count, Exists, OuterRef, QuerySet, Subquery, Value, When
from django.db.models.functions import Coalesce

from governance.access import User, visible_clients
from governance.models import Cutout, Job, Status
from governance.provenance.canonical import parse_strict

PAGE = 30
PARTLY = "partly"
STATES = (*Status.choices, (PARTLY, "Partly made"))
# A job in one of these can still change by itself.
MOVING = frozenset({Status.QUEUED, Status.RUNNING})


@dataclass(frozen=True, slots=True)
class JobRow:
    """One line of a list of jobs."""

    pk: int
    state: str
    target: str
    target_id: int
    client: str
    model: str
    pictures: int
    made: int
    requested_by: str
    requested_at: datetime


@dataclass(frozen=True, slots=True)
class Page:
    """Newest first; ``before`` is the key the next, older page starts below, None when there is none."""

    rows: tuple[JobRow, ...]
    before: int | None


@dataclass(frozen=True, slots=True)
class CutoutRow:
    """One picture of a job and how it fares."""

    pk: int
    file_name: str
    size: str
    state: str
    error_message: str
    error_code: str
    output_id: int | None
    note: str
    decision_id: int | None
    asset_id: int


@dataclass(frozen=True, slots=True)
class Progress:
    """What the job page shows and asks for again while anything moves."""

    state: str
    total: int
    counts: dict[str, int]
    cutouts: tuple[CutoutRow, ...]

    @property
    def settled(self) -> bool:
        return self.state not in MOVING

    @property
    def done(self) -> int:
        return self.total - self.counts.get(Status.QUEUED, 0) - self.counts.get(Status.RUNNING, 0)

    @property
    def failed(self) -> int:
        return self.counts.get(Status.FAILED, 0)

    @property
    def cancellable(self) -> bool:
        return bool(self.counts.get(Status.QUEUED, 0) or self.counts.get(Status.HELD, 0))

    @property
    def sentence(self) -> str:
        """``3 of 5 made, 1 failed``: for the eye and for a screen reader."""
        made = self.counts.get(Status.SUCCEEDED, 0)
        if len(self.counts) == 1 and not made and self.settled:
            noun = "picture" if self.total == 1 else "pictures"
            return f"{self.total} {noun} {dict(_COUNT_WORDS)[self.state]}"
        rest = [
            f"{self.counts[status]} {words}"
            for status, words in _COUNT_WORDS
            if self.counts.get(status) and status != Status.SUCCEEDED
        ]
        return ", ".join([f"{made} of {self.total} made", *rest])

    @property
    def etag(self) -> str:
        """Changes exactly when the page would."""
        return f'"{hashlib.sha256(repr((self.state, self.cutouts)).encode()).hexdigest()[:32]}"'


_FOREGROUND = {
    "none": "No foreground was found: the cutout is empty.",
    "full": "No background was found: all was kept.",
}
_COUNT_WORDS = (
    (Status.RUNNING, "running"),
    (Status.QUEUED, "waiting"),
    (Status.HELD, "held"),
    (Status.FAILED, "failed"),
    (Status.REFUSED, "refused"),
    (Status.CANCELLED, "cancelled"),
)


def visible_jobs(user: User) -> QuerySet[Job]:
    """The jobs of the clients ``user`` may see, with their target, client and model."""
    jobs = Job.objects.filter(target__project__client__in=visible_clients(user))
    return jobs.select_related("target__project__client", "model", "requested_by")


def with_state(jobs: QuerySet[Job]) -> QuerySet[Job]:
    """Annotated with ``state``: what still moves first, then what waits for a person, else how it ended."""

    def some(*statuses: str) -> Exists:
        return Exists(Cutout.objects.filter(job=OuterRef("pk"), status__in=statuses))

    ended = (Status.SUCCEEDED, Status.FAILED, Status.REFUSED, Status.CANCELLED)
    started = some(Status.RUNNING, Status.SUCCEEDED, Status.FAILED)
    alone = [When(~some(*(other for other in ended if other != status)), then=Value(str(status))) for status in ended]
    return jobs.annotate(
        state=Case(
            When(some(Status.RUNNING), then=Value(str(Status.RUNNING))),
            When(some(Status.QUEUED) & started, then=Value(str(Status.RUNNING))),
            When(some(Status.QUEUED), then=Value(str(Status.QUEUED))),
            When(some(Status.HELD), then=Value(str(Status.HELD))),
            *alone,
            When(~some(Status.SUCCEEDED) & some(Status.FAILED), then=Value(str(Status.FAILED))),
            default=Value(PARTLY),
        )
    )


def page_of_jobs(
    jobs: QuerySet[Job], *, state: str = "", client: int | None = None, before: int | None = None, size: int = PAGE
) -> Page:
    """The newest jobs below the key ``before``, of one state or client where given."""
    found = with_state(jobs).annotate(pictures=_count()).annotate(made=_count(status=Status.SUCCEEDED))
    if state:
        found = found.filter(state=state)
    if client is not None:
        found = found.filter(target__project__client=client)
    if before is not None:
        found = found.filter(pk__lt=before)
    rows = [_row(job) for job in found.order_by("-pk")[: size + 1]]
    return Page(tuple(rows[:size]), rows[size - 1].pk if len(rows) > size else None)


def _count(**conditions: str) -> object:
    counted = Cutout.objects.filter(job=OuterRef("pk"), **conditions).order_by().values("job")
    return Coalesce(Subquery(counted.annotate(n=Count("pk")).values("n")), 0)


def _row(job: Job) -> JobRow:
    return JobRow(
        pk=job.pk,
        state=job.state,  # type: ignore[attr-defined]
        target=job.target.name,
        target_id=job.target_id,
        client=job.target.project.client.name,
        model=job.model.title,
        pictures=job.pictures,  # type: ignore[attr-defined]
        made=job.made,  # type: ignore[attr-defined]
        requested_by=job.requested_by.get_username(),
        requested_at=job.requested_at,
    )


def progress_of(job: Job) -> Progress:
    """How each picture of ``job`` fares (two queries)."""
    state = with_state(Job.objects.filter(pk=job.pk)).values_list("state", flat=True).get()
    cutouts = job.cutouts.select_related("asset", "output").order_by("pk")
    rows = tuple(_cutout(cutout) for cutout in cutouts)
    counts: dict[str, int] = {}
    for row in rows:
        counts[row.state] = counts.get(row.state, 0) + 1
    return Progress(state, len(rows), counts, rows)


def _cutout(cutout: Cutout) -> CutoutRow:
    output = getattr(cutout, "output", None)
    return CutoutRow(
        pk=cutout.pk,
        file_name=cutout.asset.file_name,
        size=f"{cutout.asset.width} × {cutout.asset.height}",
        state=cutout.status,
        error_message=cutout.error_message if cutout.status == Status.FAILED else "",
        error_code=cutout.error_code if cutout.status == Status.FAILED else "",
        output_id=output.pk if output is not None else None,
        note=_FOREGROUND.get(str(parse_strict(output.run.encode()).get("foreground")), "") if output else "",
        decision_id=cutout.decision_id,
        asset_id=cutout.asset_id,
    )
