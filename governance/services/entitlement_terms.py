"""What a paper grants, as entered, and whether it can be: an unknown word would be a row for ever."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from governance.errors import RequestError
from governance.licensing.expression import parse_expression
from governance.licensing.time_zones import check_year, time_zone
from governance.models import (
    Client,
    Entitlement,
    HostingMode,
    ModelVersion,
    Project,
    Quota,
    TargetKind,
    WeightsArtifact,
    WeightsDistribution,
)
from governance.policy.grants import GrantKind
from governance.rights.readings import contract_readings
from governance.services.papers import check_text
from governance.services.words import check_words

# The largest figure the column holds: whoever needs more has no quota.
MOST = 2_147_483_647
LONGEST_WIND_DOWN = 3650


@dataclass(frozen=True, slots=True)
class QuotaTerms:
    """So many units in each period, and what happens beyond."""

    unit: str
    period: str
    limit: int
    overage: str = Quota.Overage.BLOCK


@dataclass(frozen=True, slots=True)
class Grant:
    """What the paper says. Empty ``target_kinds``, ``channels``, ``clients``, ``projects``, ``providers`` set no limit.

    ``contract`` is a reference (``CTR-0001``): its newest version counts. ``weights_sha256s``: these files only.
    ``valid_until`` is exclusive; ``time_zone`` is the one the paper counts its days in. ``wind_down_days``: how long
    outputs may be used after the end, with ``output_survival`` wind_down.
    """

    title: str
    licensor: str
    contract_reference: str
    model: str
    valid_from: datetime
    valid_until: datetime
    territories: tuple[str, ...]
    hosting_modes: tuple[str, ...]
    grant_kind: str = "self_host"
    template: str = "LicenseRef-bria-selfhost"
    contract: str = ""
    weights_sha256s: tuple[str, ...] = ()
    target_kinds: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()
    clients: tuple[int, ...] = ()
    projects: tuple[int, ...] = ()
    affiliates_included: bool = False
    providers: tuple[str, ...] = ()
    weights_distribution: str = WeightsDistribution.NONE
    time_zone: str = "UTC"
    output_survival: str = Entitlement.Survival.UNKNOWN
    wind_down_days: int = 0
    weights_survival: str = Entitlement.WeightsSurvival.UNKNOWN
    agent_required: bool = False
    quotas: tuple[QuotaTerms, ...] = ()


def check_grant(grant: Grant) -> None:
    """Raise RequestError naming the first field that does not fit, what was expected and how to fix it."""
    check_text("entitlement", "title", grant.title, 160)
    check_text("entitlement", "licensor", grant.licensor, 120)
    check_text("entitlement", "contract_reference", grant.contract_reference, 120)
    for channel in grant.channels:
        check_text("entitlement", "channels", channel, 60)
    for provider in grant.providers:
        check_text("entitlement", "providers", provider, 40)
    _check_dates(grant)
    _check_vocabularies(grant)
    _check_wind_down(grant)
    _check_weights(grant)
    _check_people(grant)
    _check_quotas(grant.quotas)


def _check_dates(grant: Grant) -> None:
    zone = time_zone(grant.time_zone)
    for moment in (grant.valid_from, grant.valid_until):
        if moment.tzinfo is None:
            raise RequestError(
                f"Found a time without a zone ({moment.isoformat()}); expected one with it.",
                how_to_fix="Give a timezone-aware datetime.",
                code="entitlement.dates",
            )
        check_year(moment)
    if grant.valid_until <= grant.valid_from:
        start, end = grant.valid_from.astimezone(zone), grant.valid_until.astimezone(zone)
        raise RequestError(
            f"The end ({end:%Y-%m-%d}) is not after the start ({start:%Y-%m-%d}).",
            how_to_fix="Correct valid_from or valid_until.",
            code="entitlement.dates",
        )


def _check_vocabularies(grant: Grant) -> None:
    if not grant.hosting_modes:
        raise RequestError(
            "No hosting mode given; expected at least one.",
            how_to_fix="Say where the paper lets the model run.",
            code="entitlement.no_hosting_mode",
        )
    parse_expression(grant.template)
    check_words("template", [grant.template], contract_readings())
    check_words("grant_kind", [grant.grant_kind], [kind for kind in GrantKind if kind != GrantKind.PUBLIC_LICENSE])
    check_words("hosting_mode", grant.hosting_modes, HostingMode.values)
    check_words("target_kind", grant.target_kinds, TargetKind.values)
    check_words("output_survival", [grant.output_survival], Entitlement.Survival.values)
    check_words("weights_survival", [grant.weights_survival], Entitlement.WeightsSurvival.values)
    check_words("weights_distribution", [grant.weights_distribution], WeightsDistribution.values)


def _check_wind_down(grant: Grant) -> None:
    winds_down = grant.output_survival == Entitlement.Survival.WIND_DOWN
    if winds_down and not 0 < grant.wind_down_days <= LONGEST_WIND_DOWN:
        raise RequestError(
            f"Outputs wind down in {grant.wind_down_days} days; expected 1 to {LONGEST_WIND_DOWN}.",
            how_to_fix="Give the days the paper leaves after the end, or choose what else becomes of outputs.",
            code="entitlement.wind_down_days",
        )
    if not winds_down and grant.wind_down_days:
        raise RequestError(
            f"{grant.wind_down_days} days to wind down were given, but outputs do not wind down.",
            how_to_fix="Choose “for some days after the end”, or leave the days empty.",
            code="entitlement.wind_down_days",
        )


def _check_weights(grant: Grant) -> None:
    if not ModelVersion.objects.filter(slug=grant.model).exists():
        raise RequestError(
            f"Unknown model {grant.model!r}.", how_to_fix="Choose one from the catalogue.", code="model.unknown"
        )
    known = WeightsArtifact.objects.filter(model=grant.model, sha256__in=grant.weights_sha256s)
    strange = sorted(set(grant.weights_sha256s) - set(known.values_list("sha256", flat=True)))
    if strange:
        raise RequestError(
            f"{strange[0]} is no weights file of {grant.model}.",
            how_to_fix="Take the digest from the model's page, or name no files: then every file of it is covered.",
            code="weights.unknown",
        )


def _check_people(grant: Grant) -> None:
    missing = set(grant.clients) - set(Client.objects.filter(pk__in=grant.clients).values_list("pk", flat=True))
    if missing:
        raise RequestError(f"There is no client {min(missing)}.", code="client.unknown")
    projects = {project.pk: project for project in Project.objects.filter(pk__in=grant.projects)}
    absent = set(grant.projects) - set(projects)
    if absent:
        raise RequestError(f"There is no project {min(absent)}.", code="project.unknown")
    for project in projects.values():
        if grant.clients and project.client_id not in grant.clients:
            raise RequestError(
                f"Project {project.name!r} belongs to a client that is not named.",
                how_to_fix="Name its client too, or leave the project out.",
                code="project.other_client",
            )


def _check_quotas(quotas: Iterable[QuotaTerms]) -> None:
    for quota in quotas:
        check_words("quota_unit", [quota.unit], Quota.Unit.values)
        check_words("quota_period", [quota.period], Quota.Period.values)
        check_words("quota_overage", [quota.overage], Quota.Overage.values)
        if not 0 < quota.limit <= MOST:
            raise RequestError(
                f"A quota of {quota.limit}; expected 1 to {MOST:,}.",
                how_to_fix="Give how much the paper allows in each period; if it sets no limit, enter no quota.",
                code="quota.limit",
            )
    for (unit, period), times in Counter((quota.unit, quota.period) for quota in quotas).items():
        if times > 1:
            shown = f"{Quota.Unit(unit).label.lower()} {Quota.Period(period).label.lower()}"
            raise RequestError(
                f"The quota of {shown} is given {times} times.",
                how_to_fix="Keep the one the paper states.",
                code="quota.twice",
            )
