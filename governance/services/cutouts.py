"""Cutouts on their way through a worker: claim, give back, fail, refuse, retry, find the lost.

Every change of state is a compare-and-set on the row; the queue may lose or double any message.
"""

from __future__ import annotations

from datetime import timedelta

from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from governance.access import User, require
from governance.adapters import liveness, queue
from governance.errors import GovernanceError
from governance.models import Cutout, Decision, Status
from governance.policy.words import Stage
from governance.rights.facts import made_under_verdict
from governance.rights.verdicts import Question, judge
from governance.services.decisions import STATUS_OF, store_decision

# A queued cutout whose message should long have arrived is sent again; doubled messages lose the claim.
LOST_AFTER = timedelta(seconds=5)
RESEND_AFTER = timedelta(minutes=10)
BATCH = 500
ATTEMPTS = 3


def claim(cutout_id: int) -> Cutout | None:
    """Take a queued cutout for this worker, evaluated again now. None: somebody else has it, or nobody may.

    The returned row's ``attempt`` is the fencing token that ``record_output`` and ``fail`` ask for.
    """
    cutouts = Cutout.objects.select_related("job__target__project", "job__model", "decision", "asset")
    cutout = cutouts.filter(pk=cutout_id).first()
    if cutout is None or cutout.status != Status.QUEUED:
        return None
    with transaction.atomic():
        decision = _decide_dispatch(cutout)
        status = Status.RUNNING if decision.allows else STATUS_OF[decision.outcome]
        taken = Cutout.objects.filter(pk=cutout_id, attempt=cutout.attempt).move(
            Status.QUEUED,
            status,
            attempt=F("attempt") + 1,
            decision=decision,
            started_at=timezone.now(),
            finished_at=timezone.now() if status == Status.REFUSED else None,
        )
        if not taken:
            transaction.set_rollback(True)
            return None
    cutout.refresh_from_db()
    return cutout if cutout.status == Status.RUNNING else None


def _decide_dispatch(cutout: Cutout) -> Decision:
    """The decision this run relies on: the one before while nothing relevant changed, else a new one that says it."""
    before = cutout.decision
    if before is None:
        raise GovernanceError(f"Cutout {cutout.pk} has no decision.", code="cutout.undecided")
    previous = made_under_verdict(before)
    question = Question(Stage.DISPATCH, cutout.job.target, cutout.job.model, cutouts=(cutout,))
    verdict = judge(question, timezone.now(), previous=previous)
    if not verdict.decision.changes and verdict.decision.outcome == previous.outcome:
        return before
    return store_decision(verdict, cutout.job.target, actor=None, job=cutout.job, cutout=cutout, previous=before)


def fail(cutout: Cutout, *, code: str, message: str, permanent: bool) -> str:
    """Record that this attempt failed. Passing trouble is queued again, up to ATTEMPTS; returns the new status."""
    again = not permanent and cutout.attempt < ATTEMPTS
    status = Status.QUEUED if again else Status.FAILED
    with transaction.atomic():
        moved = Cutout.objects.filter(pk=cutout.pk, attempt=cutout.attempt).move(
            Status.RUNNING,
            status,
            error_code=code[:60],
            error_message=message,
            enqueued_at=timezone.now() if again else None,
            finished_at=None if again else timezone.now(),
        )
        if moved and again:
            queue.enqueue_on_commit([cutout.pk])
    return status


def refuse_loaded(cutout: Cutout, loaded_sha256: str, message: str) -> None:
    """The weights read are not the ones decided for: store the refusal with both digests; no output, no record."""
    before = cutout.decision
    question = Question(
        Stage.DISPATCH, cutout.job.target, cutout.job.model, cutouts=(cutout,), loaded_sha256=loaded_sha256
    )
    verdict = judge(question, timezone.now(), previous=made_under_verdict(before) if before else None)
    with transaction.atomic():
        decision = store_decision(
            verdict, cutout.job.target, actor=None, job=cutout.job, cutout=cutout, previous=before
        )
        Cutout.objects.filter(pk=cutout.pk, attempt=cutout.attempt).move(
            Status.RUNNING,
            Status.REFUSED,
            decision=decision,
            error_code="weights.mismatch",
            error_message=message,
            finished_at=timezone.now(),
        )


def retry(actor: User, cutout: Cutout) -> None:
    """Queue a failed cutout again; it is evaluated again when a worker takes it."""
    require(actor, "job.request", cutout.job.target.project.client_id)
    with transaction.atomic():
        values = {"error_code": "", "error_message": "", "enqueued_at": timezone.now(), "finished_at": None}
        if Cutout.objects.filter(pk=cutout.pk).move(Status.FAILED, Status.QUEUED, **values):
            queue.enqueue_on_commit([cutout.pk])


def requeue_lost(*, queue_is_empty: bool) -> int:
    """Put back what nobody is working on: running cutouts whose worker died, queued ones whose message was lost."""
    now = timezone.now()
    running = Cutout.objects.running().filter(started_at__lt=now - LOST_AFTER)
    abandoned = Cutout.objects.filter(pk__in=liveness.without_holder(running.values_list("pk", flat=True)[:BATCH]))
    with transaction.atomic():
        # A picture that takes its worker down every time must not do so for ever.
        abandoned.filter(attempt__gte=ATTEMPTS).move(
            Status.RUNNING,
            Status.FAILED,
            error_code="worker.died",
            error_message=f"The worker ended {ATTEMPTS} times while it was on this picture.",
            finished_at=now,
        )
        abandoned.move(Status.RUNNING, Status.QUEUED, enqueued_at=None)
        age = LOST_AFTER if queue_is_empty else RESEND_AFTER
        due = Cutout.objects.queued().filter(Q(enqueued_at__isnull=True) | Q(enqueued_at__lt=now - age))
        lost = list(due.order_by("pk").values_list("pk", flat=True)[:BATCH])
        Cutout.objects.filter(pk__in=lost).queued().update(enqueued_at=now)
        if lost:
            queue.enqueue_on_commit(lost)
    return len(lost)
