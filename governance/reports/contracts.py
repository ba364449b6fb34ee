"""Contracts: who may read them, their versions, and the rights that rest on them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import QuerySet

from governance.access import User
from governance.models import Contract, Entitlement
from governance.reports.entitlements import EntitlementLine, entitlement_list, may_read_evidence, visible_entitlements


@dataclass(frozen=True, slots=True)
class ContractLine:
    """One version of a contract. ``notice`` and ``renewal`` say in words what the paper says of them."""

    ref: str
    version: int
    title: str
    licensor: str
    licensee: str
    affiliates: tuple[str, ...]
    reference: str
    signed_on: date
    governing_law: str
    notice: str
    renewal: str
    evidence: tuple[str, ...]
    entered_by: str
    entered_at: datetime


@dataclass(frozen=True, slots=True)
class ContractRow:
    """A contract in the list, newest version, with the rights that rest on it."""

    contract: ContractLine
    entitlements: tuple[EntitlementLine, ...]


@dataclass(frozen=True, slots=True)
class ContractHistory:
    """A contract with every version, newest first, and the rights that rest on any of them."""

    ref: str
    versions: tuple[ContractLine, ...]
    entitlements: tuple[EntitlementLine, ...]

    @property
    def current(self) -> ContractLine:
        return self.versions[0]


def visible_contracts(user: User) -> QuerySet[Contract]:
    """Contracts are papers: for whoever may read papers, and nobody else."""
    return Contract.objects.all() if may_read_evidence(user) else Contract.objects.none()


def newest_of(user: User, ref: str) -> Contract | None:
    """The newest version of one contract; None when there is none that ``user`` may see."""
    return visible_contracts(user).filter(ref=ref).order_by("-version").first()


def contract_list(user: User, at: datetime) -> tuple[ContractRow, ...]:
    """The newest version of every contract, with the rights that rest on it as they stand ``at``."""
    newest = visible_contracts(user).filter(pk__in=Contract.objects.latest_versions().values("pk"))
    contracts = [_line(row) for row in newest.select_related("entered_by").order_by("ref")]
    resting: dict[str, list[EntitlementLine]] = {}
    for line in _resting_on(user, at, [contract.ref for contract in contracts]):
        resting.setdefault(line.contract_ref, []).append(line)
    return tuple(ContractRow(contract, tuple(resting.get(contract.ref, ()))) for contract in contracts)


def contract_history(user: User, ref: str, at: datetime) -> ContractHistory | None:
    """One contract; None when there is none that ``user`` may see."""
    rows = visible_contracts(user).filter(ref=ref).select_related("entered_by").order_by("-version")
    versions = tuple(_line(row) for row in rows)
    return ContractHistory(ref, versions, _resting_on(user, at, [ref])) if versions else None


def _resting_on(user: User, at: datetime, refs: list[str]) -> tuple[EntitlementLine, ...]:
    linked = Entitlement.objects.filter(contract__ref__in=refs).values("ref")
    return entitlement_list(user, at, visible_entitlements(user).filter(ref__in=linked))


def _line(row: Contract) -> ContractLine:
    renewal = {True: "Renews by itself", False: "Ends by itself"}
    return ContractLine(
        ref=row.ref,
        version=row.version,
        title=row.title,
        licensor=row.licensor,
        licensee=row.licensee,
        affiliates=tuple(row.affiliates),
        reference=row.reference,
        signed_on=row.signed_on,
        governing_law=row.governing_law or "not stated",
        notice="not stated" if row.notice_days is None else f"{row.notice_days} days",
        renewal="not stated" if row.auto_renews is None else renewal[row.auto_renews],
        evidence=tuple(row.evidence_sha256s),
        entered_by=row.entered_by.get_username(),
        entered_at=row.entered_at,
    )
