"""Purchased rights: entered by one person, verified by another, ended by a dated act. Nothing is edited."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from django.db import IntegrityError, transaction

from governance.access import User, require
from governance.errors import RequestError
from governance.licensing.territories import territories
from governance.licensing.time_zones import time_zone
from governance.models import Entitlement, EntitlementEnd, EntitlementVerification, Quota
from governance.rights.grants import early_ends, end_of_version, ends_at
from governance.services.constraints import broken_constraint
from governance.services.contracts import newest_contract
from governance.services.entitlement_terms import Grant, check_grant
from governance.services.entries import record_event
from governance.services.numbering import next_ref, next_version
from governance.services.papers import check_papers, keep_papers


def enter_entitlement(actor: User, grant: Grant, evidence: tuple[bytes, ...], ref: str = "") -> Entitlement:
    """Record a new entitlement, or with ``ref`` its next version, with its quotas. Gives no right until another
    person verifies it.

    Raises NotAllowed or RequestError naming the field that does not fit.
    """
    require(actor, "entitlement.enter")
    check_grant(grant)
    check_papers("entitlement", evidence)
    where = territories(grant.territories)
    contract = newest_contract(grant.contract) if grant.contract else None
    try:
        with transaction.atomic():
            if ref:
                _check_next_version(ref, grant)
            ref = ref or next_ref("ENT", Entitlement)
            row = Entitlement(
                ref=ref,
                version=next_version(Entitlement, ref),
                contract=contract,
                territories=list(where),
                evidence_sha256s=keep_papers(evidence),
                entered_by_id=actor.pk,
                **_columns(grant),
            )
            row.save(force_insert=True)
            quotas = Quota.objects.bulk_create(
                Quota(entitlement=row, unit=each.unit, period=each.period, limit=each.limit, overage=each.overage)
                for each in grant.quotas
            )
            record_event("entitlement", "entered", row, *quotas, details=_opaque(row) | {"quotas": len(quotas)})
            return row
    except IntegrityError as problem:
        if broken_constraint(problem) != "entitlement_versions_do_not_overlap":
            raise
        # Two people entered a version at once; the other one was first.
        raise _overlaps(
            ref, "another version", "entered at the same moment", "Look at it and start after it."
        ) from problem


def _columns(grant: Grant) -> dict[str, object]:
    """What is stored as it was given."""
    return {
        "title": grant.title.strip(),
        "licensor": grant.licensor.strip(),
        "contract_reference": grant.contract_reference.strip(),
        "grant_kind": grant.grant_kind,
        "template": grant.template,
        "model_id": grant.model,
        "weights_sha256s": sorted(set(grant.weights_sha256s)),
        "hosting_modes": list(grant.hosting_modes),
        "providers": [provider.strip() for provider in grant.providers],
        "target_kinds": list(grant.target_kinds),
        "channels": list(dict.fromkeys(channel.strip() for channel in grant.channels)),
        "clients": list(grant.clients),
        "projects": list(grant.projects),
        "affiliates_included": grant.affiliates_included,
        "weights_distribution": grant.weights_distribution,
        "valid_from": grant.valid_from,
        "valid_until": grant.valid_until,
        "time_zone": grant.time_zone,
        "output_survival": grant.output_survival,
        "wind_down_days": grant.wind_down_days,
        "weights_survival": grant.weights_survival,
        "agent_required": grant.agent_required,
    }


def _check_next_version(ref: str, grant: Grant) -> None:
    """A next version follows what is there, in a gap or after it, of a right that was not ended for good."""
    versions = list(Entitlement.objects.filter(ref=ref).order_by("version"))
    if not versions:
        raise RequestError(f"There is no entitlement {ref}.", code="entitlement.unknown")
    ends = early_ends([ref])
    final = next((end for end in ends.get(ref, ()) if end.version is None), None)
    zone = time_zone(grant.time_zone)
    if final is not None:
        raise RequestError(
            f"{ref} was ended for good on {_day(final.ended_at, zone)}; it takes no further version.",
            how_to_fix="Enter a new entitlement.",
            code="entitlement.ended",
        )
    for row in versions:
        end = ends_at(row, end_of_version(ends, ref, row.version))
        if row.valid_from < grant.valid_until and grant.valid_from < end:
            period = f"in force from {_day(row.valid_from, zone)} to before {_day(end, zone)}"
            fix = (
                f"Let the new version start on {_day(end, zone)}, or end version {row.version} when the new one starts."
            )
            raise _overlaps(ref, f"version {row.version}", period, fix)


def _overlaps(ref: str, other: str, period: str, fix: str) -> RequestError:
    return RequestError(
        f"The period overlaps that of {other} of {ref}, {period}.", how_to_fix=fix, code="entitlement.overlap"
    )


def _day(moment: datetime, zone: ZoneInfo) -> str:
    local = moment.astimezone(zone)
    return f"{local:%Y-%m-%d}" if local.time() == local.time().min else f"{local:%Y-%m-%d %H:%M}"


def verify_entitlement(actor: User, entitlement: Entitlement) -> EntitlementVerification:
    """A second person confirms that the evidence says what was entered. The database refuses the first person too."""
    require(actor, "entitlement.verify")
    if entitlement.entered_by_id == actor.pk:
        raise RequestError(
            f"{entitlement} was entered by you; another person has to verify it.",
            how_to_fix="Ask a colleague with the licence admin or legal role.",
            code="entitlement.same_person",
        )
    try:
        with transaction.atomic():
            verified = EntitlementVerification.objects.create(entitlement=entitlement, verified_by_id=actor.pk)
            record_event("entitlement", "verified", entitlement, verified, details=_opaque(entitlement))
    except IntegrityError as problem:
        raise RequestError(f"{entitlement} is verified already.", code="entitlement.verified") from problem
    return verified


def end_entitlement(
    actor: User, ref: str, ended_at: datetime, reason: str, version: int | None = None
) -> EntitlementEnd:
    """End an entitlement at a time: every version of it and for good, or with ``version`` that one alone, so that
    another may take over. Work that relies on it stops at its next gate.

    Raises NotAllowed or RequestError.
    """
    require(actor, "entitlement.end")
    if not reason.strip():
        raise RequestError(
            "An end needs its reason; got none.",
            how_to_fix="Say what ended it: a notice, a breach, an amendment.",
            code="entitlement.no_reason",
        )
    if ended_at.tzinfo is None:
        raise RequestError(
            f"Found a time without a zone ({ended_at.isoformat()}); expected one with it.",
            how_to_fix="Give a timezone-aware datetime.",
            code="entitlement.ended_at",
        )
    versions = {row.version: row for row in Entitlement.objects.filter(ref=ref).order_by("version")}
    if not versions:
        raise RequestError(f"There is no entitlement {ref}.", code="entitlement.unknown")
    if version is not None and version not in versions:
        raise RequestError(
            f"{ref} has no version {version}; there are {', '.join(map(str, versions))}.",
            how_to_fix="Name one of them, or end the whole entitlement.",
            code="entitlement.version_unknown",
        )
    named = ref if version is None else f"{ref} v{version}"
    if EntitlementEnd.objects.filter(ref=ref, version=None).exists():
        raise RequestError(f"{ref} has ended already.", code="entitlement.ended")
    try:
        with transaction.atomic():
            end = EntitlementEnd.objects.create(
                ref=ref, version=version, ended_at=ended_at, reason=reason.strip(), ended_by_id=actor.pk
            )
            # Each version is a right of its own in the log, told from entering to ending.
            for row in versions.values() if version is None else [versions[version]]:
                record_event("entitlement", "ended", row, end, details=_opaque(row))
    except IntegrityError as problem:
        raise RequestError(f"{named} has ended already.", code="entitlement.ended") from problem
    return end


def _opaque(row: Entitlement) -> dict[str, str | int | None]:
    return {"entitlement": str(row.opaque_id), "version": row.version}
