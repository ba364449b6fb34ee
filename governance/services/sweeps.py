"""The nightly pass: whatever waits or is in use is judged again, and what is not as it was is written down."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

from django.db import connection, transaction
from django.db.models import Q
from django.utils import timezone

from governance.models import Cutout, Decision, Job, Release, Status, Sweep, SweepChange
from governance.policy.words import Stage
from governance.provenance.canonical import canonical_sha256, timestamp
from governance.rights.facts import made_under_verdict
from governance.rights.verdicts import Question, Verdict, judge
from governance.services.decisions import store_decision
from governance.services.releases import judge_again

# In the night of most of our users; the hour only has to be the same every day.
HOUR = time(2, tzinfo=UTC)
_LOCK = 0x53574550
_AFTER_RELEASE = (Stage.RELEASE, Stage.REDELIVER, Stage.SWEEP)


@dataclass(frozen=True, slots=True)
class Examined:
    """One thing judged again: the decision that stood, and what is said now."""

    standing: Decision
    verdict: Verdict

    @property
    def changed(self) -> bool:
        return bool(self.verdict.decision.changes)


def is_due(now: datetime) -> bool:
    """Whether nobody has swept since the last time of day it is due."""
    due = datetime.combine(now.astimezone(UTC).date(), HOUR)
    due -= timedelta(days=1) if due > now else timedelta()
    latest = Sweep.objects.order_by("-pk").first()
    return latest is None or latest.started_at < due


def sweep_if_due(now: datetime) -> Sweep | None:
    """Sweep if it is due and nobody else is at it."""
    if not is_due(now):
        return None
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [_LOCK])
        row = cursor.fetchone()
        if not row or not row[0]:
            return None
        try:
            return sweep(now)
        finally:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [_LOCK])


def sweep(started: datetime) -> Sweep:
    """Judge held and queued work and every release that may still be in use; keep what changed.

    Each change is stored as it is found, so that a sweep that is cut short loses no finding, only its own row.
    """
    examined, found = 0, []
    for each in _everything():
        examined += 1
        if each.changed:
            found.append((each.standing, _store(each)))
    with transaction.atomic():
        done = Sweep.objects.create(
            started_at=started,
            examined=examined,
            changed=len(found),
            digest=canonical_sha256([_line(before, after) for before, after in found]),
        )
        SweepChange.objects.bulk_create(
            SweepChange(sweep=done, decision=after, before=before.outcome, after=after.outcome)
            for before, after in found
        )
    return done


def _everything() -> Iterator[Examined]:
    yield from _waiting()
    yield from _released()


def _waiting() -> Iterator[Examined]:
    """Held and queued pictures, one of each group that stands on the same decision."""
    waiting = Q(cutouts__status__in=(Status.HELD, Status.QUEUED))
    for job in Job.objects.filter(waiting).distinct().select_related("target__project", "model").iterator():
        pictures = job.cutouts.filter(status__in=(Status.HELD, Status.QUEUED)).select_related("decision", "asset")
        groups: dict[int, list[Cutout]] = {}
        for cutout in pictures:
            groups.setdefault(cutout.decision_id or 0, []).append(cutout)
        for cutouts in groups.values():
            standing = cutouts[0].decision
            if standing is not None:
                standing = _last_found(standing)
                assets = tuple(cutout.asset for cutout in cutouts)
                question = Question(Stage.SWEEP, job.target, job.model, assets, requested_outputs=len(assets))
                yield Examined(standing, judge(question, timezone.now(), previous=made_under_verdict(standing)))


def _last_found(standing: Decision) -> Decision:
    """What earlier sweeps found of work that still waits on this decision: it is not found again."""
    while later := Decision.objects.filter(previous=standing, stage=Stage.SWEEP).order_by("-pk").first():
        standing = later
    return standing


def _released() -> Iterator[Examined]:
    """Releases whose target has not ended."""
    today = timezone.now().date()
    live = Release.objects.filter(Q(target__valid_until=None) | Q(target__valid_until__gte=today))
    related = ("decision", "target__project", "output__cutout__job__model", "output__cutout__asset",
               "output__cutout__decision", "output__provenance")  # fmt: skip
    for release in live.select_related(*related).order_by("pk").iterator(chunk_size=200):
        standing = standing_decision(release)
        yield Examined(standing, judge_again(release, standing, Stage.SWEEP))


def standing_decision(release: Release) -> Decision:
    """The newest decision on this output for this target, from its release on."""
    later = Decision.objects.filter(
        cutout=release.output.cutout_id, target=release.target_id, stage__in=_AFTER_RELEASE, pk__gte=release.decision_id
    )
    return later.order_by("-pk").first() or release.decision


def _store(each: Examined) -> Decision:
    standing = each.standing
    with transaction.atomic():
        return store_decision(
            each.verdict, standing.target, actor=None, job=standing.job, cutout=standing.cutout, previous=standing
        )


def _line(before: Decision, after: Decision) -> dict[str, str | int]:
    return {
        "decision": after.pk,
        "previous": before.pk,
        "outcome": after.outcome,
        "was": before.outcome,
        "decided_at": timestamp(after.decided_at),
        "body_sha256": after.body_sha256,
    }
