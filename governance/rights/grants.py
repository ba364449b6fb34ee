"""Rows → Grants: public licences of the weights and every entitlement on record, for the evaluator to judge."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from governance.licensing.catalogue_words import HostingMode
from governance.licensing.effective import VersionTerm, effective_version
from governance.licensing.terms import Encoding
from governance.models import Entitlement, EntitlementEnd
from governance.policy.grants import AgentReporting, Grant, GrantKind, ModelScope, Scope, Standing, Survival
from governance.policy.words import TargetKind, WeightsDistribution
from governance.rights.duties import agents, overdue_duties
from governance.rights.readings import encodings
from governance.rights.usage import Left, quotas_left
from governance.rights.weights_terms import with_weights_level


@dataclass(frozen=True, slots=True)
class Version:
    """One version of an entitlement with the early end that concerns it, where there is one."""

    row: Entitlement
    end: EntitlementEnd | None

    @property
    def term(self) -> VersionTerm:
        """When it runs, and whether a second person has verified it."""
        return VersionTerm(
            self.row.version, self.row.valid_from, ends_at(self.row, self.end), hasattr(self.row, "verification")
        )


def purchased(at: datetime, job: int | None = None, client: int | None = None) -> tuple[Grant, ...]:
    """Every entitlement the evaluator may consider ``at``, one version of each: the same for every route of a target.

    It decides which apply; nothing that misses narrowly is left out here, so that the explanation can say where.

    ``job``: the job that asks, whose own reservation must not stand in its way. ``client``: whose work it is; what
    names other clients only can never carry it, and does not exist for its people.
    """
    versions = [each for each in effective_versions(at) if _may_concern(each.row, client)]
    rows = [version.row for version in versions]
    left, overdue = quotas_left(rows, at, job), overdue_duties([row.ref for row in rows], at)
    heard = agents([row.ref for row in rows if row.agent_required], at)
    readings = encodings()
    return tuple(_grant(version, readings.get(version.row.template), left, heard, overdue) for version in versions)


def _may_concern(row: Entitlement, client: int | None) -> bool:
    return client is None or not row.clients or client in row.clients or row.affiliates_included


def effective_versions(at: datetime, refs: Iterable[str] | None = None) -> tuple[Version, ...]:
    """Of each entitlement (or each of ``refs``) the version that counts ``at``, in order of reference.

    Three queries, however many there are, or one for none: the dates of every version, the early ends, the rows chosen.
    """
    known = Entitlement.objects.all() if refs is None else Entitlement.objects.filter(ref__in=list(refs))
    dated = list(known.values_list("pk", "ref", "version", "valid_from", "valid_until", "verification__pk"))
    if not dated:
        return ()
    ends = early_ends(refs)
    terms: dict[str, dict[VersionTerm, int]] = {}
    for pk, ref, version, starts_at, agreed, verified in dated:
        end = end_of_version(ends, ref, version)
        term = VersionTerm(version, starts_at, _earlier(agreed, end), verified is not None)
        terms.setdefault(ref, {})[term] = pk
    chosen = [of[effective_version(of, at)] for of in terms.values()]
    rows = Entitlement.objects.filter(pk__in=chosen).select_related("model", "verification").order_by("ref")
    return tuple(Version(row, end_of_version(ends, row.ref, row.version)) for row in rows)


def early_ends(refs: Iterable[str] | None = None) -> Mapping[str, list[EntitlementEnd]]:
    """Every recorded early end by reference, earliest first (one query)."""
    rows = EntitlementEnd.objects.select_related("ended_by").order_by("ended_at", "pk")
    found: dict[str, list[EntitlementEnd]] = {}
    for end in rows if refs is None else rows.filter(ref__in=list(refs)):
        found.setdefault(end.ref, []).append(end)
    return found


def end_of_version(ends: Mapping[str, list[EntitlementEnd]], ref: str, version: int) -> EntitlementEnd | None:
    """The first early end that concerns this version: its own, or that of the whole entitlement."""
    return next((end for end in ends.get(ref, ()) if end.version in (None, version)), None)


def ends_at(row: Entitlement, end: EntitlementEnd | None) -> datetime:
    """When the version really ends: the agreed end, or the early one before it."""
    return _earlier(row.valid_until, end)


def _earlier(agreed: datetime, end: EntitlementEnd | None) -> datetime:
    return agreed if end is None else min(agreed, end.ended_at)


def _grant(
    version: Version,
    reading: Encoding | None,
    left: Left,
    heard: Mapping[str, datetime | None],
    overdue: Mapping[str, tuple[str, ...]],
) -> Grant:
    """One entitlement version as the evaluator sees it. Empty lists of kinds, channels, clients set no limit.

    Where the reading of its template was taken out of use it has no terms, and permits nothing.
    """
    row = version.row
    return Grant(
        ref=row.ref,
        kind=GrantKind(row.grant_kind),
        title=row.title,
        version=row.version,
        readings=(with_weights_level(reading, row.weights_distribution),) if reading else (),
        source=row.contract_reference,
        scope=_scope(row),
        standing=_standing(version, heard.get(row.ref), overdue.get(row.ref, ())),
        quotas=left.get(row.pk, ()),
        survival=Survival(row.output_survival),
        wind_down_days=row.wind_down_days,
    )


def _scope(row: Entitlement) -> Scope:
    return Scope(
        models=(ModelScope(row.model_id, (row.model.version,), tuple(row.weights_sha256s), row.model.title),),
        hosting_modes=tuple(HostingMode(mode) for mode in row.hosting_modes),
        providers=tuple(row.providers) or None,
        target_kinds=tuple(TargetKind(kind) for kind in row.target_kinds) or None,
        channels=tuple(row.channels) or None,
        territories=tuple(row.territories),
        clients=tuple(f"CLI-{client}" for client in row.clients) or None,
        projects=tuple(f"PRJ-{project}" for project in row.projects) or None,
        affiliates=row.affiliates_included,
        weights_distribution=WeightsDistribution(row.weights_distribution),
    )


def _standing(version: Version, heard: datetime | None, overdue: tuple[str, ...]) -> Standing:
    row, end = version.row, version.end
    return Standing(
        verified=version.term.verified,
        evidence_count=len(row.evidence_sha256s),
        starts_at=row.valid_from,
        ends_at=row.valid_until,
        ended_at=end.ended_at if end else None,
        ended_reason=end.reason if end else "",
        overdue_duties=overdue,
        zone=row.time_zone,
        agent=AgentReporting(row.valid_from, heard) if row.agent_required else None,
    )
