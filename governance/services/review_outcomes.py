"""How a person closes a review case. An outcome never overrules the evaluator: it asks again, or refuses the work."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from governance.access import User, require
from governance.errors import RequestError
from governance.models import Asset, Cutout, Job, ReviewCase, ReviewOutcome, Status
from governance.models.jobs import CutoutQuerySet
from governance.policy.decision import Decision
from governance.rights.verdicts import judge_pictures
from governance.services import jobs
from governance.services.reasons import check_reason
from governance.services.reviews import check_open, close
from governance.services.words import check_words

REFUSED_CODE = "review.refused"
_SHOWN = 3


def decide_case(actor: User, case: ReviewCase, result: str, note: str) -> ReviewOutcome:
    """Close the case. ``resolved`` asks the evaluator again; ``refused`` refuses what is held; ``moot``: nothing is.

    Raises NotAllowed or RequestError; ``review.still_open`` says what the evaluator still finds.
    """
    require(actor, "review.decide", case.job.target.project.client_id)
    check_words("review_result", [result], ReviewOutcome.Result.values)
    said = check_reason("review.no_note", "An outcome", note)
    check_open(case)
    waiting = _held(case.job).count()
    if result == ReviewOutcome.Result.MOOT:
        return _moot(actor, case, said, waiting)
    if not waiting:
        raise RequestError(
            f"Nothing of {case.job} waits for a review any more.",
            how_to_fix="Close the case as no longer needed, or leave it: it closes by itself.",
            code="review.nothing_held",
        )
    if result == ReviewOutcome.Result.REFUSED:
        return _refuse(actor, case, said)
    return _resolve(actor, case, said)


def _held(job: Job) -> CutoutQuerySet:
    return Cutout.objects.filter(job=job, status=Status.HELD)


def _moot(actor: User, case: ReviewCase, note: str, waiting: int) -> ReviewOutcome:
    if waiting:
        raise RequestError(
            f"{waiting} {'picture' if waiting == 1 else 'pictures'} of {case.job} still wait for this review.",
            how_to_fix="Cancel what has not started, or refuse it here.",
            code="review.still_held",
        )
    return close(case, ReviewOutcome.Result.MOOT, note, actor)


def _refuse(actor: User, case: ReviewCase, note: str) -> ReviewOutcome:
    with transaction.atomic():
        outcome = close(case, ReviewOutcome.Result.REFUSED, note, actor)
        _held(case.job).move(
            Status.HELD,
            Status.REFUSED,
            error_code=REFUSED_CODE,
            error_message=f"Refused in review {case} by {actor.get_username()}: {note}",
            finished_at=timezone.now(),
        )
    return outcome


def _resolve(actor: User, case: ReviewCase, note: str) -> ReviewOutcome:
    with transaction.atomic():
        jobs.reconsider(case.job)
        if not _held(case.job).exists():
            return close(case, ReviewOutcome.Result.RESOLVED, note, actor)
    raise RequestError(
        f"The evaluator still does not let {case.job} go on. {_still_open(case.job)}",
        how_to_fix="Record the fact that is missing, ask for a waiver where one can help, or refuse the work.",
        code="review.still_open",
    )


def _still_open(job: Job) -> str:
    """What keeps the pictures held, in the evaluator's words, each reason once."""
    assets = list(Asset.objects.filter(cutouts__job=job, cutouts__status=Status.HELD).order_by("pk"))
    judged = judge_pictures(job.target, job.model, assets, timezone.now())
    reasons = dict.fromkeys(reason for each in judged for reason in _reasons(each.verdict.decision))
    told = list(reasons)[:_SHOWN]
    more = len(reasons) - len(told)
    return " ".join([*told, *([f"And {more} more."] if more else [])])


def _reasons(decision: Decision) -> list[str]:
    if decision.outcome.allows:
        return ["It is allowed now and waits for the model's weights."]
    return [f"{each.code}: {each.message}" for each in decision.findings if each.effect is decision.outcome]
