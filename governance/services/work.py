"""Clients, projects, targets, and what use a target is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.db import IntegrityError, transaction

from governance.access import User, require, standing
from governance.errors import RequestError
from governance.licensing.territories import territories
from governance.models import (
    Client,
    DeploymentTarget,
    HostingMode,
    OutputDistribution,
    Project,
    Role,
    TargetKind,
    Ternary,
    UseDetermination,
    WeightsDistribution,
)
from governance.provenance.canonical import canonical
from governance.provenance.errors import NotCanonical
from governance.rights.facts import target_facts
from governance.services.entries import record_event
from governance.services.words import check_words


@dataclass(frozen=True, slots=True)
class TargetDescription:
    """The facts of a new target. Territories are ISO 3166-1 alpha-2 codes or ``WORLD``."""

    name: str
    kind: str
    territories: tuple[str, ...]
    monetised: str = "unknown"
    channel: str = ""
    hosting_mode: str = "we_self_host"
    output_distribution: str = "public"
    weights_distribution: str = "none"
    valid_until: date | None = None


def create_client(actor: User, name: str) -> Client:
    """Add a client. Raises NotAllowed, or RequestError ``client.exists``."""
    require(actor, "client.create")
    try:
        with transaction.atomic():
            return Client.objects.create(name=check_name(name))
    except IntegrityError as problem:
        raise _exists("client", name) from problem


def create_project(actor: User, client: Client, name: str, *, billable: str, for_profit: str) -> Project:
    """Add a project of a client. Raises NotAllowed, or RequestError ``project.exists`` or ``<field>.unknown``."""
    require(actor, "project.create", client.pk)
    check_words("billable", [billable], Ternary.values)
    check_words("for_profit", [for_profit], Ternary.values)
    try:
        with transaction.atomic():
            return Project.objects.create(
                client=client, name=check_name(name), billable=billable, for_profit=for_profit, created_by_id=actor.pk
            )
    except IntegrityError as problem:
        raise _exists("project", name) from problem


def create_target(actor: User, project: Project, description: TargetDescription) -> DeploymentTarget:
    """Add a target. Raises NotAllowed, or RequestError ``target.exists``, ``territory.…`` or ``<field>.unknown``."""
    require(actor, "target.create", project.client_id)
    _check_target(description)
    try:
        with transaction.atomic():
            return DeploymentTarget.objects.create(
                project=project,
                name=check_name(description.name),
                kind=description.kind,
                channel=description.channel,
                monetised=description.monetised,
                territories=list(territories(description.territories)),
                hosting_mode=description.hosting_mode,
                output_distribution=description.output_distribution,
                weights_distribution=description.weights_distribution,
                valid_until=description.valid_until,
                created_by_id=actor.pk,
            )
    except IntegrityError as problem:
        raise _exists("target", description.name) from problem


def determine_use(actor: User, target: DeploymentTarget, result: str, rationale: str) -> UseDetermination:
    """Sign what use a target is, on its facts of this moment. Only legal may; every act stays on record."""
    require(actor, "use.determine", target.project.client_id)
    if not rationale.strip():
        raise RequestError(
            "A determination needs its reasons; got none.",
            how_to_fix="Write why the use is what you say it is.",
            code="determination.no_rationale",
        )
    signed_as = Role.LEGAL if Role.LEGAL in standing(actor).any_roles else Role.REQUESTER
    check_words("result", [result], UseDetermination.Result.values)
    with transaction.atomic():
        row = UseDetermination.objects.create(
            target=target,
            result=result,
            rationale=rationale.strip(),
            facts_sha256=target_facts(target).use_digest(),
            signed_by_id=actor.pk,
            signed_by_role=signed_as,
        )
        said = {"result": row.result, "role": row.signed_by_role}
        record_event("determination", "determined", row, client_id=target.project.client_id, details=said)
    return row


def _check_target(description: TargetDescription) -> None:
    check_words("target_kind", [description.kind], TargetKind.values)
    check_words("monetised", [description.monetised], Ternary.values)
    check_words("hosting_mode", [description.hosting_mode], HostingMode.values)
    check_words("output_distribution", [description.output_distribution], OutputDistribution.values)
    check_words("weights_distribution", [description.weights_distribution], WeightsDistribution.values)


def check_name(name: str) -> str:
    """The name, trimmed. Raises RequestError ``name.unusable`` for what no record can quote: control and bidi signs."""
    try:
        canonical(name)
    except NotCanonical as problem:
        raise RequestError(
            f"The name cannot be used: {problem.message}",
            how_to_fix="Type it again without invisible characters.",
            code="name.unusable",
        ) from problem
    if not name.strip():
        raise RequestError("The name is empty.", how_to_fix="Give it a name.", code="name.empty")
    return name.strip()


def _exists(noun: str, name: str) -> RequestError:
    return RequestError(
        f"There is a {noun} called {name!r} already.",
        how_to_fix="Choose another name.",
        code=f"{noun}.exists",
    )
