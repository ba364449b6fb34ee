"""A dry run: what would be said of a model for a target, explained as a stored decision is. Nothing is stored."""

from __future__ import annotations

from django.utils import timezone

from governance.errors import RequestError
from governance.models import DeploymentTarget
from governance.reports.explanation import explain_verdict
from governance.reports.explanation_shapes import Explanation
from governance.rights.verdicts import judge_all

MOST = 10_000
# Which part of the question a refusal is about, by its code.
FIELDS = {"model.unknown": "model", "evaluation.pictures": "pictures", "target.unknown": "target"}


def dry_run(target: DeploymentTarget, model: str, pictures: int, asked_by: str = "") -> Explanation:
    """The verdict on ``pictures`` pictures by ``model`` for ``target`` now, with the other routes as cures.

    Raises RequestError ``model.unknown`` or ``evaluation.pictures``.
    """
    if not 0 < pictures <= MOST:
        raise RequestError(
            f"Got {pictures} pictures; expected 1 to {MOST:,}.",
            how_to_fix="Give the number of pictures of one job.",
            code="evaluation.pictures",
        )
    verdicts = {verdict.model.slug: verdict for verdict in judge_all(target, timezone.now(), pictures)}
    if model not in verdicts:
        raise RequestError(
            f"Unknown model {model!r}; expected one of {', '.join(sorted(verdicts))}.",
            how_to_fix="Choose one from the catalogue.",
            code="model.unknown",
        )
    return explain_verdict(verdicts[model], target, asked_by)
