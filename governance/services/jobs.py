"""Jobs: ask for one, ask again for a held one, cancel one."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from django.db import IntegrityError, transaction
from django.utils import timezone

from governance.access import User, require
from governance.adapters import queue
from governance.errors import RequestError
from governance.models import Asset, Cutout, DeploymentTarget, Job, ModelVersion, Status
from governance.rights.verdicts import Judged, Verdict, judge_pictures
from governance.services.decisions import status_after, store_decision
from governance.services.reviews import open_case


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
    sent_before = Job.objects.filter(requested_by_id=actor.pk, idempotency_key=idempotency_key)
    known = sent_before.first()
    if known is not None:
        return _same_submission(known, actor, target, model, assets)
    verdicts = judge_pictures(target, model, assets, timezone.now())
    _check_can_run(verdicts)
    try:
        with transaction.atomic():
            return _store_job(actor, target, model, idempotency_key, verdicts)
    except IntegrityError:
        # Two tabs sent the same form at once: the other one was first.
        return _same_submission(sent_before.get(), actor, target, model, assets)


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


def _check_can_run(judged: Sequence[Judged]) -> None:
    """A right is not a machine: work that is allowed but cannot run here is turned away, not queued for ever."""
    stuck = [each.verdict for each in judged if each.verdict.decision.outcome.allows and not _can_run(each.verdict)]
    if stuck:
        model = stuck[0].model
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


def _store_job(
    actor: User, target: DeploymentTarget, model: ModelVersion, key: uuid.UUID, judged: Sequence[Judged]
) -> Job:
    route = judged[0].verdict.facts.route
    job = Job.objects.create(
        target=target,
        model=model,
        weights_sha256=route.weights_sha256 or "",
        hosting_mode=route.hosting_mode.value,
        requested_by_id=actor.pk,
        idempotency_key=key,
    )
    statuses = [_store_pictures(actor, job, each) for each in judged]
    if Status.QUEUED in statuses:
        queue.call_on_commit(job.model_id)
    return job


def _store_pictures(actor: User, job: Job, judged: Judged) -> str:
    decision = store_decision(judged.verdict, job.target, actor=actor, job=job)
    open_case(decision, job)
    status = status_after(judged.verdict)
    now = timezone.now()
    Cutout.objects.bulk_create(
        Cutout(
            job=job,
            asset=asset,
            status=status,
            decision=decision,
            enqueued_at=now if status == Status.QUEUED else None,
            finished_at=now if status == Status.REFUSED else None,
        )
        for asset in judged.assets
    )
    return status


def cancel(actor: User, job: Job) -> int:
    """Cancel what has not started. What runs is finished: an output without its record must not exist."""
    require(actor, "job.cancel", job.target.project.client_id)
    cutouts = Cutout.objects.filter(job=job)
    now = timezone.now()
    with transaction.atomic():
        return sum(cutouts.move(origin, Status.CANCELLED, finished_at=now) for origin in (Status.QUEUED, Status.HELD))


def reconsider_held() -> int:
    """Ask again for every held job: what unblocks it lets it run by itself. Returns how many cutouts moved on."""
    held = Job.objects.filter(cutouts__status=Status.HELD).select_related("target__project", "model").distinct()
    return sum(reconsider(job) for job in held)


def reconsider(job: Job) -> int:
    """Ask again for the held pictures of one job. What would be allowed but has no weights here stays held."""
    assets = Asset.objects.filter(cutouts__job=job, cutouts__status=Status.HELD).order_by("pk")
    if not assets:
        return 0
    judged = judge_pictures(job.target, job.model, assets, timezone.now())
    return sum(_move_held(job, each) for each in judged)


def _move_held(job: Job, judged: Judged) -> int:
    status = status_after(judged.verdict)
    if status == Status.HELD:
        _keep_held(job, judged)
        return 0
    if status == Status.QUEUED and not _can_run(judged.verdict):
        return 0
    held = Cutout.objects.filter(job=job, status=Status.HELD, asset__in=judged.assets)
    with transaction.atomic():
        first = held.select_related("decision").first()
        if first is None:
            return 0
        decision = store_decision(judged.verdict, job.target, actor=None, job=job, previous=first.decision)
        queued = status == Status.QUEUED
        now = timezone.now()
        moved = held.move(
            Status.HELD,
            status,
            decision=decision,
            enqueued_at=now if queued else None,
            finished_at=None if queued else now,
        )
        if queued:
            queue.call_on_commit(job.model_id)
    return moved


def _keep_held(job: Job, judged: Judged) -> None:
    """Say why they wait now where that is another reason: a hold came, or went and left a question to a person."""
    waiting = Cutout.objects.filter(job=job, status=Status.HELD, asset__in=judged.assets)
    otherwise = waiting.exclude(decision__outcome=judged.verdict.decision.outcome.value)
    with transaction.atomic():
        first = otherwise.select_related("decision").first()
        if first is None:
            return
        decision = store_decision(judged.verdict, job.target, actor=None, job=job, previous=first.decision)
        otherwise.update(decision=decision)
        open_case(decision, job)
