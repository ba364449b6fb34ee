"""What if…: which jobs, outputs and deliveries would be judged otherwise, answered from stored decisions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

from django.db.models import Count, Exists, OuterRef, QuerySet

from governance.access import User, visible_clients
from governance.models import Cutout, Decision, Release
from governance.policy.decision import Outcome
from governance.policy.hypothesis import Hypothesis
from governance.rights.history import Replay, Supposed

_GIVEN = ("facts", "grants", "grant_set_id", "waivers", "holds", "outcome", "decided_at")
_NEEDED = (*_GIVEN, "job_id", "target_id", "model_id", "stage")
_SHOWN = 200
_BATCH = 500


@dataclass(frozen=True, slots=True)
class Affected:
    """One decision that would be another, and how much rests on it."""

    decision: int
    job: int | None
    target: int
    model: str
    stage: str
    before: Outcome
    after: Outcome
    summary: str
    pictures: int
    outputs: int
    releases: int
    deliveries: int


@dataclass(frozen=True, slots=True)
class WhatIf:
    """The answer: how much was looked at, what would change, and the first of it."""

    examined: int
    changed: int
    jobs: int
    outputs: int
    releases: int
    deliveries: int
    shown: tuple[Affected, ...]

    @property
    def more(self) -> int:
        return self.changed - len(self.shown)


def standing_decisions() -> QuerySet[Decision]:
    """The decisions that work stands on now: of pictures and of releases."""
    rested_on = Exists(Cutout.objects.filter(decision=OuterRef("pk"))) | Exists(
        Release.objects.filter(decision=OuterRef("pk"))
    )
    return Decision.objects.filter(rested_on).order_by("job_id", "pk")


def affected(
    rows: QuerySet[Decision], hypothesis: Hypothesis, at: datetime | None
) -> Iterator[tuple[int, tuple[Affected, ...]]]:
    """Batch by batch: how many were judged, and those that would change. Memory does not grow with the rows."""
    replay = Replay(hypothesis, at)
    for batch in _batched(rows.only(*_NEEDED).iterator(chunk_size=_BATCH)):
        supposed = {row.pk: replay.supposed(row) for row in batch}
        changed = [row for row in batch if supposed[row.pk].differs]
        weight = _Weight(changed)
        yield len(batch), tuple(_affected(row, supposed[row.pk], weight) for row in changed)


def _batched(rows: Iterator[Decision]) -> Iterator[list[Decision]]:
    while batch := list(islice(rows, _BATCH)):
        yield batch


def what_if(user: User, hypothesis: Hypothesis, at: datetime | None) -> WhatIf:
    """The answer for the clients that ``user`` may see. See ``what_if_over``."""
    rows = standing_decisions().filter(target__project__client__in=visible_clients(user))
    return what_if_over(rows, hypothesis, at)


def what_if_over(rows: QuerySet[Decision], hypothesis: Hypothesis, at: datetime | None) -> WhatIf:
    """Judge these decisions under the hypothesis: at one moment, or (None) each at its own time."""
    examined = jobs = 0
    total = {"changed": 0, "outputs": 0, "releases": 0, "deliveries": 0}
    last_job: int | None = None
    shown: list[Affected] = []
    for judged, found in affected(rows, hypothesis, at):
        examined += judged
        total["changed"] += len(found)
        for each in found:
            for noun in ("outputs", "releases", "deliveries"):
                total[noun] += getattr(each, noun)
            jobs += each.job is not None and each.job != last_job  # rows come job by job
            last_job = each.job
        shown += found[: _SHOWN - len(shown)]
    return WhatIf(examined=examined, jobs=jobs, shown=tuple(shown), **total)


class _Weight:
    """What rests on each of some decisions (four queries)."""

    def __init__(self, rows: Sequence[Decision]) -> None:
        keys = [row.pk for row in rows]
        made, cleared = Cutout.objects.filter(decision__in=keys), Release.objects.filter(decision__in=keys)
        self.pictures = _counted(made, "pk")
        self.outputs = _counted(made, "output")
        self.releases = _counted(cleared, "pk")
        self.deliveries = _counted(cleared, "deliveries")


def _counted(rows: QuerySet[Any], what: str) -> dict[int, int]:
    return dict(rows.values_list("decision").annotate(Count(what)).order_by())


def _affected(row: Decision, supposed: Supposed, weight: _Weight) -> Affected:
    return Affected(
        decision=row.pk,
        job=row.job_id,
        target=row.target_id,
        model=row.model_id,
        stage=row.stage,
        before=supposed.before,
        after=supposed.after,
        summary=supposed.summary,
        pictures=weight.pictures.get(row.pk, 0),
        outputs=weight.outputs.get(row.pk, 0),
        releases=weight.releases.get(row.pk, 0),
        deliveries=weight.deliveries.get(row.pk, 0),
    )
