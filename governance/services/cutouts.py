"""Cutouts on their way through a worker: claim, give back, fail, refuse, retry, find the lost.

Every change of state is a compare-and-set on the row; the queue may lose or double any call.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta
from functools import partial

from django.conf import settings
from django.db import connection, transaction
from django.db.models import F, Q
from django.utils import timezone

from governance.access import User, require
from governance.adapters import liveness, queue
from governance.models import Cutout, Status
from governance.models.jobs import CutoutQuerySet
from governance.policy.words import Stage
from governance.rights.facts import made_under_verdict
from governance.rights.verdicts import Question, judge
from governance.services import quotas
from governance.services.decisions import store_decision
from governance.services.dispatch import decide

# Work that should long have been taken is called for again; a doubled call finds nothing to take.
LOST_AFTER = timedelta(seconds=5)
BATCH = 500
ATTEMPTS = 3


def claim(cutout_id: int) -> Cutout | None:
    """Take this queued cutout, evaluated again now. None: somebody else has it, or nobody may.

    The returned row's ``attempt`` is the fencing token that ``record_output`` and ``fail`` ask for.
    """
    with transaction.atomic():
        queued = _with_facts(Cutout.objects.filter(pk=cutout_id).queued())
        cutout = queued.select_for_update(of=("self",)).first()
        return cutout if cutout is not None and _take(cutout) else None


def claim_next(waiting_on: str, besides: Collection[int] = ()) -> Cutout | None:
    """Take the cutout that has waited longest on a queue, as ``claim`` does, and say that this session lives on it.

    Those that may no longer run are refused or held on the way. None: nothing waits that nobody is about to take.
    ``besides``: cutouts the caller has had already; trying them again at once would only repeat the trouble.
    """
    waiting = _with_facts(_waiting_on(waiting_on).exclude(pk__in=besides)).order_by("enqueued_at", "pk")
    while True:
        cutout: Cutout | None = None
        try:
            with transaction.atomic():
                _do_not_wait_for_the_disk()
                cutout = waiting.select_for_update(of=("self",), skip_locked=True).first()
                if cutout is None:
                    return None
                liveness.hold(cutout.pk)
                if _take(cutout):
                    return cutout
        except Exception:
            if cutout is not None:
                # One that cannot be decided must not keep all that wait behind it.
                Cutout.objects.filter(pk=cutout.pk).queued().update(enqueued_at=timezone.now())
            raise


def _with_facts(cutouts: CutoutQuerySet) -> CutoutQuerySet:
    return cutouts.select_related("job__target__project__client", "job__model", "decision", "asset")


def _waiting_on(name: str) -> CutoutQuerySet:
    """The queued cutouts that workers called on this queue may take."""
    queued = Cutout.objects.queued()
    for_gpu = Q(job__model__in=settings.GPU_MODELS)
    return queued.filter(for_gpu) if name == queue.GPU else queued.exclude(for_gpu)


def _do_not_wait_for_the_disk() -> None:
    """Let this transaction commit before it is on disk. Should a crash of the server lose it, the cutout waits again.

    Nothing can rest on a claim that was lost: what is recorded later reaches the disk after it.
    """
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL synchronous_commit = off")


def _take(cutout: Cutout) -> bool:
    """Decide, and move the cutout accordingly. False: it may not run, or somebody else was first."""
    dispatched = decide(cutout)
    decision = dispatched.decision
    status = Status.RUNNING if decision.allows else dispatched.otherwise
    now = timezone.now()
    taken = Cutout.objects.filter(pk=cutout.pk, attempt=cutout.attempt).move(
        Status.QUEUED,
        status,
        attempt=F("attempt") + 1,
        decision=decision,
        started_at=now,
        finished_at=now if status == Status.REFUSED else None,
    )
    if not taken:
        transaction.set_rollback(True)
        return False
    # What was read stays as it is: reading the row again would drop the job, the target and the decision with it.
    cutout.status, cutout.attempt, cutout.decision, cutout.started_at = status, cutout.attempt + 1, decision, now
    return status == Status.RUNNING


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
        if moved:
            quotas.void(cutout, cutout.attempt)
        if moved and again:
            queue.call_on_commit(cutout.job.model_id)
    return status


def refuse_loaded(cutout: Cutout, loaded_sha256: str, message: str) -> None:
    """The weights read are not the ones decided for: store the refusal with both digests; no output, no record."""
    before = cutout.decision
    question = Question(
        Stage.DISPATCH, cutout.job.target, cutout.job.model, assets=(cutout.asset,), loaded_sha256=loaded_sha256
    )
    verdict = judge(question, timezone.now(), previous=made_under_verdict(before) if before else None)
    with transaction.atomic():
        decision = store_decision(
            verdict, cutout.job.target, actor=None, job=cutout.job, cutout=cutout, previous=before
        )
        refused = Cutout.objects.filter(pk=cutout.pk, attempt=cutout.attempt).move(
            Status.RUNNING,
            Status.REFUSED,
            decision=decision,
            error_code="weights.mismatch",
            error_message=message,
            finished_at=timezone.now(),
        )
        if refused:
            quotas.void(cutout, cutout.attempt)


def retry(actor: User, cutout: Cutout) -> None:
    """Queue a failed cutout again; it is evaluated again when a worker takes it."""
    require(actor, "job.request", cutout.job.target.project.client_id)
    with transaction.atomic():
        values = {"error_code": "", "error_message": "", "enqueued_at": timezone.now(), "finished_at": None}
        if Cutout.objects.filter(pk=cutout.pk).move(Status.FAILED, Status.QUEUED, **values):
            queue.call_on_commit(cutout.job.model_id)


def requeue_lost(*, silent: Collection[str]) -> int:
    """Put back what nobody is working on, and call for what nobody was called for; returns how many cutouts that is.

    ``silent``: the queues in which no call waits. What should long have been taken from them was forgotten.
    """
    now = timezone.now()
    running = Cutout.objects.running().filter(started_at__lt=now - LOST_AFTER)
    ids = liveness.without_holder(running.values_list("pk", flat=True)[:BATCH])
    abandoned = Cutout.objects.filter(pk__in=ids)
    lost = 0
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
        quotas.void_stale(ids)
        for name in queue.QUEUES:
            forgotten = Q(enqueued_at__lt=now - LOST_AFTER) if name in silent else Q()
            due = _waiting_on(name).filter(Q(enqueued_at=None) | forgotten).count()
            if due:
                transaction.on_commit(partial(queue.call, name))
            lost += due
        Cutout.objects.queued().filter(enqueued_at=None).update(enqueued_at=now)
    return lost
