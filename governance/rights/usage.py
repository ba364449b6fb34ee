"""Rows → what is left of purchased rights: quotas, counted per period."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from django.db.models import Exists, OuterRef, QuerySet, Sum

from governance.licensing.periods import Period, period_of
from governance.licensing.time_zones import time_zone
from governance.models import Entitlement, Quota, QuotaEntry
from governance.policy import grants as policy

# What is left, by the key of the entitlement's row.
Left = Mapping[int, tuple[policy.Quota, ...]]


def period_at(quota: Quota, at: datetime) -> Period:
    """The period ``at`` falls into, counted as the contract counts: from its start, in its time zone."""
    row = quota.entitlement
    return period_of(at, quota.period, row.valid_from, time_zone(row.time_zone), row.valid_until)


def used_in(quotas: Sequence[Quota], periods: Sequence[Period]) -> list[int]:
    """How much of each quota is used or reserved in the period beside it (one query)."""
    if not quotas:
        return []
    keys = {period.key for period in periods}
    entries = QuotaEntry.objects.filter(quota__in=[quota.pk for quota in quotas], period_key__in=keys)
    counted = entries.values_list("quota", "period_key").annotate(Sum("amount"))
    sums = {(quota, key): amount for quota, key, amount in counted}
    return [sums.get((quota.pk, period.key), 0) for quota, period in zip(quotas, periods, strict=True)]


def live_reserves(quotas: Iterable[Quota], job: int) -> QuerySet[QuotaEntry]:
    """The reservations of a job that stand: used, or still open, but not given back."""
    void = QuotaEntry.objects.filter(settles=OuterRef("pk"), kind=QuotaEntry.Kind.VOID)
    reserves = QuotaEntry.objects.filter(kind=QuotaEntry.Kind.RESERVE, cutout__job=job)
    return reserves.filter(quota__in=[quota.pk for quota in quotas]).exclude(Exists(void))


def quotas_left(rows: Iterable[Entitlement], at: datetime, job: int | None = None) -> Left:
    """What is left ``at`` of every quota of these entitlement versions, reserved and used already taken off.

    A ``job`` that has been counted once is not counted again: its own unit is left for it. One query where there are
    no quotas, two or three where there are.
    """
    found = list(Quota.objects.filter(entitlement__in=[row.pk for row in rows]).select_related("entitlement"))
    used = used_in(found, [period_at(quota, at) for quota in found])
    per_job = [quota for quota in found if quota.unit == Quota.Unit.JOB]
    counted = set(live_reserves(per_job, job).values_list("quota", flat=True)) if per_job and job else set()
    left: dict[int, tuple[policy.Quota, ...]] = {}
    for quota, amount in zip(found, used, strict=True):
        shown = policy.Quota(
            unit=quota.unit,
            period=quota.period,
            limit=quota.limit,
            remaining=quota.limit - amount + (1 if quota.pk in counted else 0),
            overage=policy.Overage(quota.overage),
        )
        left[quota.entitlement_id] = (*left.get(quota.entitlement_id, ()), shown)
    return left
