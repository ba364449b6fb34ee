"""The quota ledger as people read it: what is used and left in a period, and the account of every period so far."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Sum

from governance.licensing.periods import Period
from governance.models import Entitlement, Quota, QuotaEntry
from governance.rights.usage import period_at

# From this share on the bar warns.
NEARLY = 80
_KINDS = QuotaEntry.Kind
Sums = Mapping[tuple[int, str], Mapping[str, int]]


@dataclass(frozen=True, slots=True)
class Account:
    """One quota in one period. ``used`` has its output, ``reserved`` is being worked on, ``corrected`` was booked by
    two people; ``given_back`` is how much was reserved and came to nothing."""

    quota: int
    period_key: str
    period: str
    limit: int
    used: int
    reserved: int
    corrected: int
    given_back: int

    @property
    def total(self) -> int:
        return self.used + self.reserved + self.corrected

    @property
    def left(self) -> int:
        return max(self.limit - self.total, 0)

    @property
    def over(self) -> int:
        return max(self.total - self.limit, 0)

    @property
    def percent(self) -> int:
        """How much of the limit is taken, 0 to 100."""
        return min(max(self.total, 0) * 100 // self.limit, 100)

    @property
    def tone(self) -> str:
        """The colour of the bar: permit, duties when little is left, deny when nothing is."""
        if not self.left:
            return "deny"
        return "duties" if self.percent >= NEARLY else "permit"


@dataclass(frozen=True, slots=True)
class QuotaUse:
    """One quota with the current period and, newest first, every period anything was booked in."""

    pk: int
    entitlement: int
    name: str
    blocks: bool
    overage: str
    now: Account
    periods: tuple[Account, ...]


def quota_uses(rows: Iterable[Entitlement], at: datetime) -> dict[int, tuple[QuotaUse, ...]]:
    """The quotas of these entitlement versions with their accounts ``at``, by the version's key (two queries)."""
    quotas = list(Quota.objects.filter(entitlement__in=[row.pk for row in rows]).select_related("entitlement"))
    sums = _sums(quotas)
    found: dict[int, tuple[QuotaUse, ...]] = {}
    for quota in quotas:
        found[quota.entitlement_id] = (*found.get(quota.entitlement_id, ()), _use(quota, sums, at))
    return found


def statement_csv(row: Entitlement, uses: Sequence[QuotaUse]) -> str:
    """The account of every period as a table (RFC 4180) for the licensor: figures only, no client and no picture."""
    text = io.StringIO()
    table = csv.writer(text)
    table.writerow(
        ["entitlement", "version", "quota", "period", "limit", "used", "reserved", "corrected", "total", "over"]
    )
    for use in uses:
        for line in use.periods:
            figures = (line.limit, line.used, line.reserved, line.corrected, line.total, line.over)
            table.writerow([row.ref, row.version, use.name, line.period_key, *figures])
    return text.getvalue()


def quota_name(quota: Quota) -> str:
    """As in: Outputs per calendar month."""
    period = quota.get_period_display()
    return f"{quota.get_unit_display()} {period[0].lower()}{period[1:]}"


def _sums(quotas: Sequence[Quota]) -> Sums:
    """Amounts by quota and period, kind by kind; what a commit settles counts as used."""
    if not quotas:
        return {}
    entries = QuotaEntry.objects.filter(quota__in=[quota.pk for quota in quotas])
    found: dict[tuple[int, str], dict[str, int]] = {}
    grouped = entries.values_list("quota", "period_key", "kind").annotate(Sum("amount"), Sum("settles__amount"))
    for quota, key, kind, amount, settled in grouped:
        found.setdefault((quota, key), {})[kind] = settled if kind == _KINDS.COMMIT else amount
    return found


def _use(quota: Quota, sums: Sums, at: datetime) -> QuotaUse:
    current: Period = period_at(quota, at)
    booked = {key for pk, key in sums if pk == quota.pk}
    keys = sorted(booked | {current.key}, reverse=True)
    accounts = {key: _account(quota, key, sums.get((quota.pk, key), {})) for key in keys}
    return QuotaUse(
        pk=quota.pk,
        entitlement=quota.entitlement_id,
        name=quota_name(quota),
        blocks=quota.overage == Quota.Overage.BLOCK,
        overage=quota.get_overage_display(),
        now=accounts[current.key],
        periods=tuple(accounts.values()),
    )


def _account(quota: Quota, key: str, booked: Mapping[str, int]) -> Account:
    used, given_back = booked.get(_KINDS.COMMIT, 0), -booked.get(_KINDS.VOID, 0)
    return Account(
        quota=quota.pk,
        period_key=key,
        period=period_words(key),
        limit=quota.limit,
        used=used,
        reserved=booked.get(_KINDS.RESERVE, 0) - used - given_back,
        corrected=booked.get(_KINDS.ADJUST, 0),
        given_back=given_back,
    )


def period_words(key: str) -> str:
    """A period's key in words: November 2026; the year from 1 March 2026; the whole term."""
    if key == "term":
        return "the whole term"
    if key.startswith("from "):
        day = date.fromisoformat(key.removeprefix("from "))
        return f"the year from {day.day} {day:%B %Y}"
    return f"{date.fromisoformat(f'{key}-01'):%B %Y}"


def proposal_shown(quota: Quota, at: datetime) -> tuple[QuotaUse, Account]:
    """The quota a correction is about, and its account in the period of ``at``."""
    use = _use(quota, _sums([quota]), at)
    return use, use.now
