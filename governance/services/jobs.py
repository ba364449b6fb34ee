"""Jobs: ask for one, ask again for a held one, cancel one."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils import timezone

from governance.access import User, require
from governance.adapters import queue
from governance.errors import RequestError
from governance.models import Asset, Cutout, DeploymentTarget, Job, ModelVersion, Status
from governance.models.jobs import CutoutQuerySet
from governance.policy.words import Stage
from governance.rights.verdicts import Question, Verdict, alternatives, judge, judge_all
from governance.services.decisions import STATUS_OF, store_decision


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
    _check_can_run(verdict)
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


def _check_can_run(verdict: Verdict) -> None:
    """A right is not a machine: work that is allowed but cannot run here is turned away, not queued for ever."""
    model = verdict.model
    if verdict.decision.outcome.allows and not _can_run(verdict):
        missing = "its weights are not present" if model.runnable_here else "this installation has no engine for it"
        raise RequestError(
            f"{model.title} is allowed for this target, but {missing}.",
            how_to_fix=f"{model.obtain_note} {model.obtain_command}".strip(),
            code="route.not_here",
        )


def _can_run(verdict: Verdict) -> bool:
    return verdict.model.runnable_here and verdict.facts.route.weights_present


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
    status = STATUS_OF[decision.outcome]
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


def cancel(actor: User, job: Job) -> int:
    """Cancel what has not started. What runs is finished: an output without its record must not exist."""
    require(actor, "job.cancel", job.target.project.client_id)
    cutouts = Cutout.objects.filter(job=job)
    now = timezone.now()
    with transaction.atomic():
        return sum(cutouts.move(origin, Status.CANCELLED, finished_at=now) for origin in (Status.QUEUED, Status.HELD))


def reconsider_held() -> int:
    """Ask again for every held job: what unblocks it lets it run by itself. Returns how many cutouts moved on.

    A job that would be allowed but whose weights are not here stays held until they are.
    """
    moved = 0
    for job in Job.objects.filter(cutouts__status=Status.HELD).select_related("target__project", "model").distinct():
        held = Cutout.objects.filter(job=job, status=Status.HELD)
        verdict = judge_submission(job.target, job.model, held.count(), timezone.now())
        status = STATUS_OF[verdict.decision.outcome.value]
        if status == Status.REFUSED or (status == Status.QUEUED and _can_run(verdict)):
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
