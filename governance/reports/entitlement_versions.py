"""How every version of an entitlement stands at a time, derived from dated facts in one place for lists and pages."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from governance.licensing.effective import effective_version
from governance.licensing.standing import GrantRecord, GrantStatus, QuotaBalance, Suspension, status_at
from governance.models import Entitlement, EntitlementEnd
from governance.policy.relief import HoldScope
from governance.reports.quotas import QuotaUse, quota_uses
from governance.rights.grants import Version, early_ends, end_of_version
from governance.rights.relief import holds_at

# In words, and the tone of the chip.
STATUS: Mapping[GrantStatus, tuple[str, str]] = {
    GrantStatus.SUPERSEDED: ("Replaced by a later version", "neutral"),
    GrantStatus.TERMINATED: ("Ended", "deny"),
    GrantStatus.EXPIRED: ("Expired", "deny"),
    GrantStatus.DRAFT: ("Without a paper", "review"),
    GrantStatus.PENDING_VERIFICATION: ("Waiting for verification", "review"),
    GrantStatus.UPCOMING: ("Not yet in force", "neutral"),
    GrantStatus.SUSPENDED: ("On hold", "deny"),
    GrantStatus.EXHAUSTED: ("Quota used up", "deny"),
    GrantStatus.ACTIVE: ("Active", "permit"),
}


@dataclass(frozen=True, slots=True)
class VersionAt:
    """One version at a time. ``counts``: it is the one the evaluator is given of its entitlement."""

    version: Version
    status: GrantStatus
    counts: bool
    uses: tuple[QuotaUse, ...]

    @property
    def row(self) -> Entitlement:
        return self.version.row

    @property
    def end(self) -> EntitlementEnd | None:
        return self.version.end


def versions_at(refs: Iterable[str], at: datetime) -> tuple[VersionAt, ...]:
    """Every version of these entitlements as it stands ``at``, by reference, newest first.

    As many queries for one as for all.
    """
    wanted = list(refs)
    ends = early_ends(wanted)
    rows = Entitlement.objects.filter(ref__in=wanted).order_by("ref", "-version")
    joined = list(rows.select_related("model", "contract", "entered_by", "verification__verified_by"))
    versions = [Version(row, end_of_version(ends, row.ref, row.version)) for row in joined]
    uses = quota_uses(joined, at)
    holds = [hold for hold in holds_at(at) if hold.scope is HoldScope.GRANT]
    by_ref: dict[str, list[Version]] = {}
    for version in versions:
        by_ref.setdefault(version.row.ref, []).append(version)
    counting = {ref: effective_version((each.term for each in of), at).version for ref, of in by_ref.items()}
    stops = {ref: tuple(Suspension(hold.placed_at) for hold in holds if hold.scope_ref == ref) for ref in by_ref}
    return tuple(
        VersionAt(
            version=version,
            status=status_at(_record(version, by_ref[version.row.ref], uses, stops[version.row.ref]), at),
            counts=counting[version.row.ref] == version.row.version,
            uses=uses.get(version.row.pk, ()),
        )
        for version in versions
    )


def _record(
    version: Version,
    siblings: Iterable[Version],
    uses: Mapping[int, tuple[QuotaUse, ...]],
    stops: tuple[Suspension, ...],
) -> GrantRecord:
    row, own = version.row, version.term
    verification = getattr(row, "verification", None)
    others = (each.term for each in siblings)
    return GrantRecord(
        evidence_count=len(row.evidence_sha256s),
        verified_at=verification.verified_at if verification else None,
        starts_at=row.valid_from,
        ends_at=row.valid_until,
        # Only a verified version takes over: an unchecked one gives nothing that could replace anything.
        superseded_at=min(
            (each.starts_at for each in others if each.verified and each.starts_at > own.starts_at), default=None
        ),
        ended_at=version.end.ended_at if version.end else None,
        suspensions=stops,
        quotas=tuple(QuotaBalance(use.now.left, use.blocks) for use in uses.get(row.pk, ())),
    )
