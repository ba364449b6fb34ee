"""The quota ledger: reserve when a worker takes a picture, commit with its output, give back when there is none.

A line is never changed. What is used in a period is the sum of its lines, and the database refuses the reserve that
would pass a limit, so that no two workers can take the last one.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import datetime

from django.db import IntegrityError, connection, transaction
from django.db.models import Q, QuerySet, Sum
from django.utils import timezone

from governance.access import User, require
from governance.errors import PlatformError, RequestError
from governance.models import Cutout, Quota, QuotaEntry, Status
from governance.policy.grants import Grant
from governance.rights.usage import live_reserves, period_at
from governance.rights.verdicts import Verdict
from governance.services.constraints import broken_constraint
from governance.services.entries import record_event

# How often a picture asks again after others took what was left. Each time the evaluator looks anew, so that the
# second answer is nearly always that nothing is.
ROUNDS = 5
MOST_CORRECTED = 1_000_000_000


class QuotaExhausted(PlatformError):
    """Somebody else took the last of a quota between the verdict and the reservation. Ask for a verdict again."""

    code = "quota.exhausted"


def judge_and_reserve(cutout: Cutout, ask: Callable[[datetime], Verdict]) -> Verdict:
    """Ask for the verdict on taking ``cutout`` and reserve what it relies on; a lost race is judged anew.

    Inside the transaction that takes the cutout. Raises QuotaExhausted when the race was lost ROUNDS times.
    """
    for _ in range(ROUNDS):
        at = timezone.now()
        verdict = ask(at)
        if not verdict.decision.outcome.allows:
            return verdict
        try:
            reserve(cutout, cutout.attempt + 1, relied_grants(verdict), at)
        except QuotaExhausted:
            continue
        return verdict
    raise QuotaExhausted(
        f"Others took what was left of a quota {ROUNDS} times before picture {cutout.pk} could.",
        how_to_fix="Nothing is lost; the picture still waits and is tried again.",
    )


def relied_grants(verdict: Verdict) -> tuple[Grant, ...]:
    """The grants the verdict stands on."""
    return tuple(grant for grant in verdict.grants if grant.ref in verdict.decision.relied_upon)


def reserve(cutout: Cutout, attempt: int, relied: Iterable[Grant], at: datetime) -> tuple[QuotaEntry, ...]:
    """Take one unit of every quota of the grants relied upon, for this attempt, in the period of ``at``.

    One output or API call each; one job for the whole job. No query where no grant has a quota. Raises
    QuotaExhausted, with nothing reserved, when the database finds too little left.
    """
    counted = Q()
    for grant in relied:
        if grant.quotas:
            counted |= Q(entitlement__ref=grant.ref, entitlement__version=grant.version)
    if not counted:
        return ()
    quotas = list(Quota.objects.filter(counted).select_related("entitlement").order_by("pk"))
    try:
        with transaction.atomic():
            return tuple(QuotaEntry.objects.bulk_create(_lines(cutout, attempt, quotas, at)))
    except IntegrityError as problem:
        if broken_constraint(problem) == "quota_not_passed":
            raise QuotaExhausted(
                f"Too little is left of a quota for picture {cutout.pk}.",
                how_to_fix="Ask for a verdict again: it says which quota, and what would help.",
            ) from problem
        raise


def _lines(cutout: Cutout, attempt: int, quotas: Sequence[Quota], at: datetime) -> list[QuotaEntry]:
    # In order of key, so that two pictures with the same quotas wait for one another and never in a ring.
    lines = []
    for quota in quotas:
        key = period_at(quota, at).key
        if quota.unit == Quota.Unit.JOB:
            _lock(quota.pk, key)
            if live_reserves([quota], cutout.job_id).exists():
                continue
        lines.append(
            QuotaEntry(
                quota=quota, period_key=key, kind=QuotaEntry.Kind.RESERVE, amount=1, cutout=cutout, attempt=attempt
            )
        )
    return lines


def _lock(quota: int, key: str) -> None:
    """The lock the database's own check takes, taken before looking whether the job is counted already."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"quota {quota} {key}"])


def commit(cutout: Cutout, attempt: int) -> int:
    """What this attempt reserved is used: its output is recorded in this transaction. How many lines it took."""
    own = _open().filter(cutout=cutout, attempt=attempt).exclude(quota__unit=Quota.Unit.JOB)
    return _settle([*own, *_open_for_jobs({cutout.job_id})], QuotaEntry.Kind.COMMIT)


def void(cutout: Cutout, attempt: int) -> int:
    """Give back what this attempt reserved, once the row says that it does not run. How many lines it took.

    A job is given back with the last of its pictures: while another runs, or one was made, the job counts.
    """
    own = _open().filter(cutout=cutout, attempt=attempt).exclude(quota__unit=Quota.Unit.JOB)
    return _settle([*own, *_idle(_open_for_jobs({cutout.job_id}))], QuotaEntry.Kind.VOID)


def void_stale(cutouts: Iterable[int]) -> int:
    """Give back what lost workers reserved for these pictures, once they have been put back or given up.

    A reserve whose attempt is the running one is left alone. How many lines it took.
    """
    taken = list(Cutout.objects.filter(pk__in=list(cutouts)))
    running = {(cutout.pk, cutout.attempt) for cutout in taken if cutout.status == Status.RUNNING}
    entries = _open().filter(cutout__in=taken).exclude(quota__unit=Quota.Unit.JOB)
    stale = [entry for entry in entries if (entry.cutout_id, entry.attempt) not in running]
    jobs = {cutout.job_id for cutout in taken}
    return _settle([*stale, *_idle(_open_for_jobs(jobs))], QuotaEntry.Kind.VOID)


def _open() -> QuerySet[QuotaEntry]:
    return QuotaEntry.objects.filter(kind=QuotaEntry.Kind.RESERVE, settlement=None).order_by("pk")


def _open_for_jobs(jobs: Collection[int]) -> list[QuotaEntry]:
    """The open reserves of whole jobs, whichever of their pictures made them. Nobody else settles them meanwhile."""
    reserves = _open().filter(quota__unit=Quota.Unit.JOB, cutout__job__in=jobs).select_related("cutout")
    found = list(reserves)
    for quota, key in sorted({(entry.quota_id, entry.period_key) for entry in found}):
        _lock(quota, key)
    # Looked at again: what was open before the lock may have been settled by whoever held it.
    return list(reserves.filter(pk__in=[entry.pk for entry in found])) if found else []


def _idle(reserves: Sequence[QuotaEntry]) -> list[QuotaEntry]:
    """Those of jobs of which no picture runs."""
    jobs = {entry.cutout.job_id for entry in reserves}
    busy = set(Cutout.objects.running().filter(job__in=jobs).values_list("job", flat=True)) if jobs else set()
    return [entry for entry in reserves if entry.cutout.job_id not in busy]


def _settle(entries: Sequence[QuotaEntry], kind: QuotaEntry.Kind) -> int:
    lines = [
        QuotaEntry(
            quota_id=entry.quota_id,
            period_key=entry.period_key,
            kind=kind,
            amount=0 if kind == QuotaEntry.Kind.COMMIT else -entry.amount,
            cutout_id=entry.cutout_id,
            attempt=entry.attempt,
            settles=entry,
        )
        for entry in entries
    ]
    return len(QuotaEntry.objects.bulk_create(lines))


def adjust(entered_by: User, approved_by: User, quota: Quota, at: datetime, amount: int, note: str) -> QuotaEntry:
    """Correct what is booked in the period of ``at`` by ``amount`` (negative takes off). Two people stand for it.

    What was really used may lie above the limit: then it is booked as it is, and nothing more is reserved. Raises
    NotAllowed or RequestError.
    """
    require(entered_by, "quota.adjust")
    require(approved_by, "quota.adjust")
    if entered_by.pk == approved_by.pk:
        raise RequestError(
            "A correction needs two people; this is the one who proposed it.",
            how_to_fix="Ask a colleague with the licence admin role to approve it.",
            code="quota.same_person",
        )
    check_correction(amount, note)
    key = period_at(quota, at).key
    with transaction.atomic():
        _lock(quota.pk, key)
        booked = QuotaEntry.objects.filter(quota=quota, period_key=key).aggregate(total=Sum("amount"))["total"] or 0
        if booked + amount < 0:
            raise RequestError(
                f"{booked} are booked in this period; {-amount} cannot be taken off.",
                how_to_fix=f"Take off {booked} at most." if booked else "Choose the period it was booked in.",
                code="quota.amount",
            )
        entry = QuotaEntry.objects.create(
            quota=quota,
            period_key=key,
            kind=QuotaEntry.Kind.ADJUST,
            amount=amount,
            note=note.strip(),
            entered_by_id=entered_by.pk,
            approved_by_id=approved_by.pk,
        )
        record_event("quota", "adjusted", quota, entry)
    return entry


def check_correction(amount: int, note: str) -> None:
    """Raise RequestError unless the figure changes something and somebody says why."""
    if not amount or abs(amount) > MOST_CORRECTED:
        raise RequestError(
            f"A correction by {amount}; expected a whole number other than 0, at most {MOST_CORRECTED:,} either way.",
            how_to_fix="Give how much is to be added, or with a minus taken off.",
            code="quota.amount",
        )
    if not note.strip():
        raise RequestError(
            "A correction needs its reason; got none.",
            how_to_fix="Say where the figure comes from, such as the licensor's statement.",
            code="quota.note",
        )
