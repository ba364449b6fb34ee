"""The organisation's own policy at a time: the approved revision in force, and those that are only tried."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from governance.licensing.jsonshape import from_plain, to_plain
from governance.models import PolicySet
from governance.policy.facts import OrganisationPolicy
from governance.provenance.canonical import canonical, parse_strict, sha256_hex

# What holds until somebody approves a revision of the organisation's own.
SHIPPED = OrganisationPolicy(revision=1)


@dataclass(frozen=True, slots=True)
class InForce:
    """A revision with the digest of its canonical JSON. ``pk`` is None for the one that ships."""

    policy: OrganisationPolicy
    digest: str
    pk: int | None = None


@dataclass(frozen=True, slots=True)
class Policies:
    """The revision that decides, and the ``log_only`` ones that are evaluated beside it."""

    enforced: InForce
    tried: tuple[InForce, ...] = ()


def policies_at(at: datetime) -> Policies:
    """The newest revision that was approved, effective and not withdrawn ``at``; the shipped one before any is."""
    approved = PolicySet.objects.filter(effective_from__lte=at, approval__approved_at__lte=at)
    standing = approved.exclude(withdrawal__withdrawn_at__lte=at).order_by("-revision")
    enforced: InForce | None = None
    tried = []
    for row in standing:
        if row.mode == PolicySet.Mode.LOG_ONLY:
            tried.append(as_policy(row))
        elif enforced is None:
            enforced = as_policy(row)
    return Policies(enforced or shipped(), tuple(tried))


def as_policy(row: PolicySet) -> InForce:
    """The revision as the evaluator's own type."""
    return InForce(from_plain(OrganisationPolicy, parse_strict(row.body.encode())), row.digest, row.pk)


def shipped() -> InForce:
    """The policy that comes with the program."""
    return InForce(SHIPPED, sha256_hex(policy_body(SHIPPED)))


def policy_body(policy: OrganisationPolicy) -> bytes:
    """The canonical JSON that a policy set keeps and that its digest covers."""
    return canonical(to_plain(policy))
