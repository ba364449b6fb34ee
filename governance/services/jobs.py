"""Jobs and their cutouts: request, claim, give back, fail, cancel, find the lost.

Every change of state is a compare-and-set on the row; the queue may lose or double any message.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.models import F, Q
from django.utils import timezone

from governance.access import User, require
from governance.adapters import liveness, queue
from governance.errors import GovernanceError, RequestError
from governance.models import Asset, Cutout, Decision, DeploymentTarget, Job, ModelVersion, Status
from governance.models.jobs import CutoutQuerySet
from governance.policy.words import Stage
from governance.rights.facts import made_under_verdict
from governance.rights.verdicts import Question, Verdict, alternatives, judge, judge_all
from governance.services.decisions import store_decision

# A queued cutout whose message should long have arrived is sent again; doubled messages lose the claim.
LOST_AFTER = timedelta(seconds=5)
RESEND_AFTER = timedelta(minutes=10)
BATCH = 500
ATTEMPTS = 3
_STATUS = {"permit": Status.QUEUED, "duties": Status.QUEUED, "review": Status.HELD, "deny": Status.REFUSED}


def request_job(
    actor: User,
    target: DeploymentTarget,
    model: ModelVersion,
    assets: Sequence[Asset],
    idempotency_key: uuid.UUID,
) -> Job:
    """Evaluate and store a submission: permit → queued, review → held, deny → refused, each with its decision.

    The same key again returns the job it made before. Raises NotAllowed or RequestError.
    """
    require(actor, "job.request", target.project.client_id)
    _check_submission(target, assets)
    known = Job.objects.filter(idempotency_key=idempotency_key).first()
    if known is not None:
        return _same_submission(known, actor, target, model, assets)
    verdict = judge_submission(target, model, len(assets), timezone.now())
    try:
        with transaction.atomic():
            return _store_job(actor, target, assets, idempotency_key, verdict)
    except IntegrityError:
        # Two tabs sent the same form at once: the other one was first.
        return _same_submission(Job.objects.get(idempotency_key=idempotency_key), actor, target, model, assets)


def judge_submission(target: DeploymentTarget, model: ModelVersion, pictures: int, at: datetime) -> Verdict:
    """The verdict at submission, with the other routes as cures."""
    others = alternatives(judge_all(target, at, pictures), besides=model)
    question = Question(Stage.SUBMIT, target, model, requested_outputs=pictures)
    return judge(question, at, alternatives=others)


def _check_submission(target: DeploymentTarget, assets: Sequence[Asset]) -> None:
    if not assets:
        raise RequestError(
            "No pictures given; a job needs at least one.",
            how_to_fix="Add a picture.",
            code="job.no_pictures",
        )
    if target.archived_at is not None:
        raise RequestError(f"Target {target.name!r} is archived.", code="job.target_archived")
    if any(asset.client_id != target.project.client_id for asset in assets):
        raise RequestError("A picture belongs to another client than the target.", code="job.other_client")


def _same_submission(
    job: Job, actor: User, target: DeploymentTarget, model: ModelVersion, assets: Sequence[Asset]
) -> Job:
    pictures = set(job.cutouts.values_list("asset_id", flat=True))
    same = (job.requested_by_id, job.target_id, job.model_id) == (actor.pk, target.pk, model.pk)
    if not same or pictures != {asset.pk for asset in assets}:
        raise RequestError(
            "This submission key was used for another job.",
            how_to_fix="Open the form again and submit.",
            code="job.key_reused",
        )
    return job


def _store_job(actor: User, target: DeploymentTarget, assets: Sequence[Asset], key: uuid.UUID, verdict: Verdict) -> Job:
    job = Job.objects.create(
        target=target,
        model=verdict.model,
        weights_sha256=verdict.facts.route.weights_sha256 or "",
        hosting_mode=verdict.facts.route.hosting_mode.value,
        requested_by_id=actor.pk,
        idempotency_key=key,
    )
    decision = store_decision(verdict, target, actor=actor, job=job)
    status = _STATUS[decision.outcome]
    now = timezone.now()
    cutouts = Cutout.objects.bulk_create(
        Cutout(
            job=job,
            asset=asset,
            status=status,
            decision=decision,
            enqueued_at=now if status == Status.QUEUED else None,
            finished_at=now if status == Status.REFUSED else None,
        )
        for asset in assets
    )
    if status == Status.QUEUED:
        queue.enqueue_on_commit([cutout.pk for cutout in cutouts])
    return job


def claim(cutout_id: int) -> Cutout | None:
    """Take a queued cutout for this worker, evaluated again now. None: somebody else has it, or nobody may.

    The returned row's ``attempt`` is the fencing token that ``record_output`` and ``fail`` ask for.
    """
    cutout = Cutout.objects.select_related("job__target__project", "job__model", "decision", "asset").get(pk=cutout_id)
    if cutout.status != Status.QUEUED:
        return None
    with transaction.atomic():
        decision = _decide_dispatch(cutout)
        status = Status.RUNNING if decision.allows else _STATUS[decision.outcome]
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
    """The decision this run relies on: the one before while nothing relevant changed, else a new one saying what did."""
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


def cancel(actor: User, job: Job) -> int:
    """Cancel what has not started. What runs is finished: an output without its record must not exist."""
    require(actor, "job.cancel", job.target.project.client_id)
    cutouts = Cutout.objects.filter(job=job)
    now = timezone.now()
    with transaction.atomic():
        return sum(cutouts.move(origin, Status.CANCELLED, finished_at=now) for origin in (Status.QUEUED, Status.HELD))


def reconsider_held() -> int:
    """Ask again for every held job: what unblocks it lets it run by itself. Returns how many moved on."""
    moved = 0
    for job in Job.objects.filter(cutouts__status=Status.HELD).select_related("target__project", "model").distinct():
        held = Cutout.objects.filter(job=job, status=Status.HELD)
        verdict = judge_submission(job.target, job.model, held.count(), timezone.now())
        status = _STATUS[verdict.decision.outcome.value]
        if status != Status.HELD:
            moved += _move_held(job, held, verdict, status)
    return moved


def _move_held(job: Job, held: CutoutQuerySet, verdict: Verdict, status: str) -> int:
    with transaction.atomic():
        decision = store_decision(verdict, job.target, actor=None, job=job, previous=job.decisions.latest("id"))
        ids = list(held.values_list("pk", flat=True))
        now = timezone.now()
        queued = status == Status.QUEUED
        moved = Cutout.objects.filter(pk__in=ids).move(
            Status.HELD,
            status,
            decision=decision,
            enqueued_at=now if queued else None,
            finished_at=None if queued else now,
        )
        if queued:
            queue.enqueue_on_commit(ids)
    return moved


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
