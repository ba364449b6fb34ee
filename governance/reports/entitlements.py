"""Purchased rights: who may read them, what they cover in words, and how they stand at a given time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q, QuerySet

from governance.access import User, may, standing, visible_clients
from governance.models import Entitlement, EntitlementEnd
from governance.models.work import HostingMode, TargetKind
from governance.policy.phrases import count_of, listed
from governance.rights.readings import encodings

# Whoever may read the paper itself; everybody else sees that there is one, and what it covers.
GRANT_KINDS = {
    "self_host": "Self-hosting",
    "vendor_api": "Vendor's API",
    "reseller_api": "Reseller's API",
    "oem": "OEM",
    "evaluation": "Evaluation",
}
STATUS = {
    "waiting": ("Waiting for verification", "review"),
    "future": ("Not yet in force", "neutral"),
    "active": ("Active", "permit"),
    "ended": ("Ended", "deny"),
    "expired": ("Expired", "deny"),
    "replaced": ("Replaced by a later version", "neutral"),
}


@dataclass(frozen=True, slots=True)
class EntitlementLine:
    """One version of an entitlement at a time. ``tone`` is that of its status chip."""

    pk: int
    ref: str
    version: int
    title: str
    licensor: str
    contract_reference: str
    kind: str
    template: str
    model_slug: str
    model: str
    valid_from: datetime
    valid_until: datetime
    survival: str
    status: str
    status_words: str
    tone: str
    covers: tuple[tuple[str, str], ...]
    entered_by: str
    entered_at: datetime
    verified_by: str
    verified_at: datetime | None
    evidence: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class EndLine:
    ended_at: datetime
    reason: str
    ended_by: str
    recorded_at: datetime


@dataclass(frozen=True, slots=True)
class EntitlementHistory:
    """An entitlement with every version, newest first, and its end if it has one."""

    ref: str
    versions: tuple[EntitlementLine, ...]
    end: EndLine | None

    @property
    def current(self) -> EntitlementLine:
        return self.versions[0]


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


def entitlement_list(user: User, at: datetime) -> tuple[EntitlementLine, ...]:
    """The latest version of each visible entitlement, as it stands ``at``."""
    rows = visible_entitlements(user).filter(pk__in=Entitlement.objects.latest_versions().values("pk"))
    return _lines(user, rows.order_by("ref"), at)


def entitlement_history(user: User, ref: str, at: datetime) -> EntitlementHistory | None:
    """One entitlement with its versions; None when there is none that ``user`` may see."""
    versions = _lines(user, visible_entitlements(user).filter(ref=ref).order_by("-version"), at)
    if not versions:
        return None
    end = EntitlementEnd.objects.select_related("ended_by").filter(ref=ref).first()
    shown = EndLine(end.ended_at, end.reason, end.ended_by.get_username(), end.recorded_at) if end else None
    return EntitlementHistory(ref, versions, shown)


def readable_evidence(user: User, sha256: str) -> bool:
    """Whether this digest is evidence of some entitlement and ``user`` may read it."""
    return may_read_evidence(user) and Entitlement.objects.filter(evidence_sha256s__contains=[sha256]).exists()


def _lines(user: User, rows: QuerySet[Entitlement], at: datetime) -> tuple[EntitlementLine, ...]:
    found = list(rows.select_related("model", "entered_by", "verification__verified_by"))
    refs = {row.ref for row in found}
    ends = dict(EntitlementEnd.objects.filter(ref__in=refs).values_list("ref", "ended_at"))
    latest = dict(Entitlement.objects.latest_versions().filter(ref__in=refs).values_list("ref", "version"))
    names = {client.pk: client.name for client in visible_clients(user)}
    papers = may_read_evidence(user)
    return tuple(_line(row, status_at(row, ends.get(row.ref), latest[row.ref], at), names, papers) for row in found)


def status_at(row: Entitlement, ended_at: datetime | None, latest_version: int, at: datetime) -> str:
    """How a version stands ``at``: derived, never stored. The evaluator judges the same facts by itself."""
    if row.version < latest_version:
        return "replaced"
    if ended_at is not None and ended_at <= at:
        return "ended"
    if row.valid_until <= at:
        return "expired"
    if not hasattr(row, "verification"):
        return "waiting"
    return "future" if at < row.valid_from else "active"


def _line(row: Entitlement, status: str, clients: Mapping[int, str], papers: bool) -> EntitlementLine:
    words, tone = STATUS[status]
    verification = getattr(row, "verification", None)
    return EntitlementLine(
        pk=row.pk,
        ref=row.ref,
        version=row.version,
        title=row.title,
        licensor=row.licensor,
        contract_reference=row.contract_reference if papers else "",
        kind=GRANT_KINDS.get(row.grant_kind, row.grant_kind),
        template=row.template,
        model_slug=row.model_id,
        model=row.model.title,
        valid_from=row.valid_from,
        valid_until=row.valid_until,
        survival=row.get_output_survival_display(),
        status=status,
        status_words=words,
        tone=tone,
        covers=_covers(row, clients),
        entered_by=row.entered_by.get_username(),
        entered_at=row.entered_at,
        verified_by=verification.verified_by.get_username() if verification else "",
        verified_at=verification.verified_at if verification else None,
        evidence=tuple(row.evidence_sha256s) if papers else (),
    )


def _covers(row: Entitlement, clients: Mapping[int, str]) -> tuple[tuple[str, str], ...]:
    """What the right covers, label by label, in words."""
    pairs = [
        ("Model", f"{row.model.title}, version {row.model.version} only"),
        ("Where it runs", _labels(row.hosting_modes, HostingMode)),
        ("Territory", "worldwide" if "WORLD" in row.territories else ", ".join(row.territories)),
        ("Kinds of target", _labels(row.target_kinds, TargetKind) or "any"),
        ("Clients", _client_names(row.clients, clients)),
    ]
    if row.providers:
        pairs.append(("Providers", ", ".join(row.providers)))
    if row.channels:
        pairs.append(("Channels", ", ".join(row.channels)))
    if row.weights_sha256s:
        pairs.append(("Weights files", ", ".join(row.weights_sha256s)))
    return tuple(pairs)


def _labels(values: Iterable[str], choices: type[HostingMode] | type[TargetKind]) -> str:
    return "; ".join(str(choices(value).label) for value in values)


def _client_names(wanted: list[int], names: Mapping[int, str]) -> str:
    """The names of those the reader may see; how many others there are, never who they are."""
    if not wanted:
        return "any"
    known = [names[pk] for pk in wanted if pk in names]
    others = len(wanted) - len(known)
    return listed([*known, count_of(others, "other client")] if others else known)


def contract_templates() -> list[tuple[str, str]]:
    """The readings an entitlement can be entered under: those written for contracts, never a public licence."""
    return [
        (reading.license_id, reading.title) for reading in encodings().values() if reading.title.endswith("(template)")
    ]
