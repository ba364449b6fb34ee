"""Purchased rights: who may read them, what they cover in words, and how they stand at a given time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Q, QuerySet

from governance.access import User, may, standing, visible_clients
from governance.licensing.time_zones import last_day, time_zone
from governance.models import Entitlement, EntitlementEnd, Project
from governance.models.work import HostingMode, TargetKind, WeightsDistribution
from governance.policy.phrases import count_of, listed
from governance.reports.entitlement_versions import STATUS, VersionAt, versions_at
from governance.reports.papers import is_paper
from governance.reports.quotas import QuotaUse
from governance.rights.grants import ends_at
from governance.rights.readings import contract_readings

# Whoever may read the paper itself; everybody else sees that there is one, and what it covers.
GRANT_KINDS = {
    "self_host": "Self-hosting",
    "vendor_api": "Vendor's API",
    "reseller_api": "Reseller's API",
    "oem": "OEM",
    "evaluation": "Evaluation",
}
# A right that ends within this time is worth talking to the licensor about.
SOON = timedelta(days=60)


@dataclass(frozen=True, slots=True)
class EndLine:
    ended_at: datetime
    reason: str
    ended_by: str
    recorded_at: datetime


@dataclass(frozen=True, slots=True)
class EntitlementLine:
    """One version of an entitlement at a time. ``tone`` is that of its status chip; ``counts``: it is the version that
    is judged now. ``days_left`` is None unless it is in force and ends soon."""

    pk: int
    ref: str
    version: int
    title: str
    licensor: str
    contract_reference: str
    contract_ref: str
    kind: str
    template: str
    model_slug: str
    model: str
    valid_from: datetime
    valid_until: datetime
    first_day: date
    last_day: date
    zone: str
    days_left: int | None
    survival: str
    weights_survival: str
    weights_distribution: str
    agent_required: bool
    status: str
    status_words: str
    tone: str
    counts: bool
    covers: tuple[tuple[str, str], ...]
    weights: tuple[str, ...]
    quotas: tuple[QuotaUse, ...]
    end: EndLine | None
    entered_by: str
    entered_at: datetime
    verified_by: str
    verified_at: datetime | None
    evidence: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class EntitlementHistory:
    """An entitlement with every version, newest first, and the end of the whole of it if it has one.

    ``current``: the version that counts now. ``waiting``: those that wait for verification.
    """

    ref: str
    current: EntitlementLine
    versions: tuple[EntitlementLine, ...]
    end: EndLine | None

    @property
    def waiting(self) -> tuple[EntitlementLine, ...]:
        return tuple(line for line in self.versions if line.status == "pending_verification")

    @property
    def open(self) -> tuple[EntitlementLine, ...]:
        """The versions that can still be ended early."""
        return tuple(line for line in self.versions if line.end is None and line.status != "expired")

    @property
    def next_version(self) -> int:
        return self.versions[0].version + 1


def may_read_evidence(user: User) -> bool:
    """Whether ``user`` may see contract references and download the papers."""
    return may(user, "evidence.read")


def visible_entitlements(user: User) -> QuerySet[Entitlement]:
    """Those that cover a client the user may see: rights for all clients, or naming one of theirs."""
    rows = Entitlement.objects.all()
    if may_read_evidence(user):
        return rows
    if not standing(user).any_roles:
        return rows.none()
    return rows.filter(Q(clients=[]) | Q(clients__overlap=list(visible_clients(user).values_list("pk", flat=True))))


def entitlement_list(
    user: User, at: datetime, rows: QuerySet[Entitlement] | None = None
) -> tuple[EntitlementLine, ...]:
    """The version that counts of each visible entitlement (or of those among ``rows``), as it stands ``at``."""
    return tuple(line for line in _lines(user, visible_entitlements(user) if rows is None else rows, at) if line.counts)


def entitlement_history(user: User, ref: str, at: datetime) -> EntitlementHistory | None:
    """One entitlement with its versions; None when there is none that ``user`` may see."""
    versions = _lines(user, visible_entitlements(user).filter(ref=ref), at)
    if not versions:
        return None
    final = EntitlementEnd.objects.select_related("ended_by").filter(ref=ref, version=None).first()
    current = next((line for line in versions if line.counts), versions[0])
    return EntitlementHistory(ref, current, versions, _end_line(final))


def readable_evidence(user: User, sha256: str) -> bool:
    """Whether this digest is a paper that some act on record rests on, and ``user`` may read it."""
    return may_read_evidence(user) and is_paper(sha256)


def _lines(user: User, rows: QuerySet[Entitlement], at: datetime) -> tuple[EntitlementLine, ...]:
    shown = dict(rows.values_list("pk", "ref"))
    found = [each for each in versions_at(set(shown.values()), at) if each.row.pk in shown]
    clients = {client.pk: client.name for client in visible_clients(user)}
    named = {pk for each in found for pk in each.row.projects}
    projects = {
        project.pk: f"{project.name} ({project.client})"
        for project in Project.objects.filter(pk__in=named, client__in=clients).select_related("client")
    }
    papers = may_read_evidence(user)
    return tuple(_line(each, _covers(each.row, clients, projects), papers, at) for each in found)


def _line(each: VersionAt, covers: tuple[tuple[str, str], ...], papers: bool, at: datetime) -> EntitlementLine:
    row, (words, tone) = each.row, STATUS[each.status]
    verification = getattr(row, "verification", None)
    zone = time_zone(row.time_zone)
    return EntitlementLine(
        pk=row.pk,
        ref=row.ref,
        version=row.version,
        title=row.title,
        licensor=row.licensor,
        contract_reference=row.contract_reference if papers else "",
        contract_ref=row.contract.ref if papers and row.contract else "",
        kind=GRANT_KINDS.get(row.grant_kind, row.grant_kind),
        template=row.template,
        model_slug=row.model_id,
        model=row.model.title,
        valid_from=row.valid_from,
        valid_until=row.valid_until,
        first_day=row.valid_from.astimezone(zone).date(),
        last_day=last_day(row.valid_until, zone),
        zone=row.time_zone,
        days_left=_days_left(each, at),
        survival=_survival(row),
        weights_survival=row.get_weights_survival_display(),
        weights_distribution=str(WeightsDistribution(row.weights_distribution).label),
        agent_required=row.agent_required,
        status=each.status.value,
        status_words=words,
        tone=tone,
        counts=each.counts,
        covers=covers,
        weights=tuple(row.weights_sha256s),
        quotas=each.uses,
        end=_end_line(each.end),
        entered_by=row.entered_by.get_username(),
        entered_at=row.entered_at,
        verified_by=verification.verified_by.get_username() if verification else "",
        verified_at=verification.verified_at if verification else None,
        evidence=tuple(row.evidence_sha256s) if papers else (),
    )


def _days_left(each: VersionAt, at: datetime) -> int | None:
    """How many days are left of a right that ends soon."""
    left = ends_at(each.row, each.end) - at
    return left.days if each.status.gives_rights and left < SOON else None


def _end_line(end: EntitlementEnd | None) -> EndLine | None:
    return EndLine(end.ended_at, end.reason, end.ended_by.get_username(), end.recorded_at) if end else None


def _survival(row: Entitlement) -> str:
    if row.output_survival == Entitlement.Survival.WIND_DOWN:
        return f"Outputs for {count_of(row.wind_down_days, 'day')} after the end"
    return str(row.get_output_survival_display())


def _covers(row: Entitlement, clients: Mapping[int, str], projects: Mapping[int, str]) -> tuple[tuple[str, str], ...]:
    """What the right covers, label by label, in words."""
    only = "the files named below" if row.weights_sha256s else f"version {row.model.version}"
    pairs = [
        ("Model", f"{row.model.title}, {only} only"),
        ("Where it runs", _labels(row.hosting_modes, HostingMode)),
        ("Territory", "worldwide" if "WORLD" in row.territories else ", ".join(row.territories)),
        ("Kinds of target", _labels(row.target_kinds, TargetKind) or "any"),
        ("Clients", _names(row.clients, clients, "other client")),
    ]
    if row.clients and row.affiliates_included:
        pairs.append(("Affiliates", "companies of a named client's group as well"))
    if row.projects:
        pairs.append(("Projects", _names(row.projects, projects, "other project")))
    if row.providers:
        pairs.append(("Providers", ", ".join(row.providers)))
    if row.channels:
        pairs.append(("Channels", ", ".join(row.channels)))
    return tuple(pairs)


def _labels(values: Iterable[str], choices: type[HostingMode] | type[TargetKind]) -> str:
    return "; ".join(str(choices(value).label) for value in values)


def _names(wanted: list[int], names: Mapping[int, str], other: str) -> str:
    """The names of those the reader may see; how many others there are, never who they are."""
    if not wanted:
        return "any"
    known = [names[pk] for pk in wanted if pk in names]
    others = len(wanted) - len(known)
    return listed([*known, count_of(others, other)] if others else known)


def contract_templates() -> list[tuple[str, str]]:
    """What an entitlement can be read as, for a form."""
    return [(name, reading.title) for name, reading in contract_readings().items()]
