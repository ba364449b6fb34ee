"""Rows → waivers and holds, for the evaluator to judge which of them apply."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Count, Q

from governance import models
from governance.models import DeploymentTarget
from governance.policy.relief import Hold, HoldScope, Waiver


def waivers_for(target: DeploymentTarget, at: datetime, cutout: int | None = None) -> tuple[Waiver, ...]:
    """Every waiver that names this target, its project or its client: ended ones too, so that they are shown.

    ``cutout``: the picture that asks; what it used up itself at an earlier attempt does not count against it.
    """
    project = target.project
    scope = Q(target=target) | Q(target=None, project=project) | Q(target=None, project=None, client=project.client_id)
    rows = models.Waiver.objects.filter(scope, requested_at__lte=at).select_related("answer", "revocation", "renews")
    by_others = Q(uses__used_at__lte=at)
    if cutout is not None:
        by_others &= ~Q(uses__cutout=cutout)
    return tuple(waiver(row, at) for row in rows.annotate(used=Count("uses", filter=by_others)))


def waiver(row: models.Waiver, at: datetime) -> Waiver:
    """One waiver as the evaluator sees it ``at``. ``row.used``: how often it had been used."""
    answer = getattr(row, "answer", None)
    answered = answer if answer is not None and answer.answered_at <= at else None
    revocation = getattr(row, "revocation", None)
    return Waiver(
        ref=row.ref,
        rule_code=row.rule_code,
        reason=row.reason,
        requested_by=f"USR-{row.requested_by_id}",
        approved_by=f"USR-{answered.answered_by_id}" if answered and answered.approved else None,
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        target_ref=f"TGT-{row.target_id}" if row.target_id else None,
        project_ref=f"PRJ-{row.project_id}" if row.project_id else None,
        client_ref=f"CLI-{row.client_id}" if row.client_id else None,
        model=row.model_id,
        weights_sha256=row.weights_sha256 or None,
        revoked_at=revocation.revoked_at if revocation else None,
        max_uses=row.max_uses,
        uses=row.used,
        renews=row.renews.ref if row.renews else "",
        rejected=answered is not None and not answered.approved,
    )


def holds_at(at: datetime) -> tuple[Hold, ...]:
    """Every hold in force ``at``."""
    rows = models.Hold.objects.filter(placed_at__lte=at).prefetch_related("lifts")
    unlifted = rows.annotate(lifted=Count("lifts", filter=Q(lifts__lifted_at__lte=at))).filter(lifted__lt=2)
    return tuple(hold(row, at) for row in unlifted)


def hold(row: models.Hold, at: datetime) -> Hold:
    """One hold as the evaluator sees it ``at``: lifted once two people have said so."""
    lifts = [lift for lift in row.lifts.all() if lift.lifted_at <= at]
    return Hold(
        ref=row.ref,
        scope=HoldScope(row.scope),
        scope_ref=row.scope_ref,
        reason=row.reason,
        placed_by=f"USR-{row.placed_by_id}",
        placed_at=row.placed_at,
        lifted_by=tuple(f"USR-{lift.lifted_by_id}" for lift in lifts),
        lifted_at=lifts[1].lifted_at if len(lifts) > 1 else None,
    )
