"""Clients with their projects and targets, and one target with what is known of its use."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Prefetch

from governance.access import User, may, visible_clients
from governance.models import Client, DeploymentTarget, Project, Role
from governance.policy.use import assess_use
from governance.policy.words import UseClass
from governance.rights.facts import target_facts

_USE = {
    UseClass.COMMERCIAL: "Commercial",
    UseClass.NON_COMMERCIAL: "Non-commercial",
    UseClass.UNDETERMINED: "Not determined",
}


@dataclass(frozen=True, slots=True)
class ClientWork:
    """A client, its projects with their targets, and what the user may add."""

    client: Client
    projects: tuple[Project, ...]
    may_add: bool


@dataclass(frozen=True, slots=True)
class SignedUse:
    """One determination on record and whether it counts."""

    result: str
    rationale: str
    signed_by: str
    role: str
    signed_at: datetime
    counts: bool


@dataclass(frozen=True, slots=True)
class Use:
    """The class of a target's use now: in words, on which grounds, what nobody has said, who signed what."""

    label: str
    determined: bool
    grounds: tuple[str, ...]
    unknown: tuple[str, ...]
    void: str
    signed: tuple[SignedUse, ...]


def clients_with_work(user: User) -> tuple[ClientWork, ...]:
    """Everything ``user`` may see, by name."""
    targets = DeploymentTarget.objects.annotate(job_count=Count("jobs")).order_by("name")
    projects = Project.objects.order_by("name").prefetch_related(Prefetch("targets", queryset=targets))
    found = visible_clients(user).order_by("name").prefetch_related(Prefetch("projects", queryset=projects))
    return tuple(
        ClientWork(client, tuple(client.projects.all()), may(user, "project.create", client.pk)) for client in found
    )


def use_of(target: DeploymentTarget) -> Use:
    """What use ``target`` is, as the evaluator sees it at this moment."""
    assessed = assess_use(target_facts(target))
    signed = list(target.determinations.select_related("signed_by").order_by("-id"))
    return Use(
        label=_USE[assessed.use_class],
        determined=assessed.determined is not None,
        grounds=assessed.grounds,
        unknown=assessed.unknown,
        void=assessed.void,
        signed=tuple(
            SignedUse(
                result=row.get_result_display(),
                rationale=row.rationale,
                signed_by=row.signed_by.get_username(),
                role=Role(row.signed_by_role).label,
                signed_at=row.signed_at,
                counts=assessed.determined is not None and index == 0,
            )
            for index, row in enumerate(signed)
        ),
    )
