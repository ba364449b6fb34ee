"""What holds are on, in words, and only what the reader may see."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.db.models import QuerySet
from django.urls import reverse

from governance.access import User, visible_clients
from governance.models import Asset, Client, DeploymentTarget, Hold, ModelVersion, Output, Project
from governance.policy.relief import HoldScope
from governance.reports.entitlements import visible_entitlements


@dataclass(frozen=True, slots=True)
class Subject:
    """What is held, for people: its name, whose it is ('' for nobody's) and its page ('' for none)."""

    title: str
    client: str
    url: str


Named = Iterable[tuple[str, Subject]]


def subjects_of(user: User, rows: Iterable[Hold]) -> Mapping[tuple[str, str], Subject]:
    """What each hold is on, by scope and reference; without those the user may not see (a query for each scope)."""
    refs: dict[HoldScope, set[str]] = {}
    for row in rows:
        refs.setdefault(HoldScope(row.scope), set()).add(row.scope_ref)
    clients = visible_clients(user)
    found: dict[tuple[str, str], Subject] = {}
    for scope, wanted in refs.items():
        for ref, subject in _NAMES[scope](user, clients, wanted):
            found[scope.value, ref] = subject
    return found


def _numbers(refs: set[str]) -> list[int]:
    return [int(ref.partition("-")[2]) for ref in refs]


def _everything(user: User, clients: QuerySet[Client], refs: set[str]) -> Named:
    return [("", Subject("All work", "", ""))]


def _clients(user: User, clients: QuerySet[Client], refs: set[str]) -> Named:
    rows = clients.filter(pk__in=_numbers(refs))
    return [(f"CLI-{row.pk}", Subject(row.name, row.name, reverse("client-list"))) for row in rows]


def _projects(user: User, clients: QuerySet[Client], refs: set[str]) -> Named:
    rows = Project.objects.filter(pk__in=_numbers(refs), client__in=clients).select_related("client")
    return [(f"PRJ-{row.pk}", Subject(row.name, row.client.name, reverse("client-list"))) for row in rows]


def _targets(user: User, clients: QuerySet[Client], refs: set[str]) -> Named:
    rows = DeploymentTarget.objects.filter(pk__in=_numbers(refs), project__client__in=clients)
    return [
        (f"TGT-{row.pk}", Subject(row.name, row.project.client.name, reverse("target", args=[row.pk])))
        for row in rows.select_related("project__client")
    ]


def _models(user: User, clients: QuerySet[Client], refs: set[str]) -> Named:
    rows = ModelVersion.objects.filter(pk__in=refs)
    return [(row.pk, Subject(row.title, "", reverse("model", args=[row.pk]))) for row in rows]


def _weights(user: User, clients: QuerySet[Client], refs: set[str]) -> Named:
    rows = ModelVersion.objects.filter(weights__sha256__in=refs).values_list("weights__sha256", "title", "pk")
    return [(sha256, Subject(f"{title} weights", "", reverse("model", args=[pk]))) for sha256, title, pk in rows]


def _grants(user: User, clients: QuerySet[Client], refs: set[str]) -> Named:
    rows = visible_entitlements(user).filter(ref__in=refs).order_by("version")
    return [(row.ref, Subject(row.title, "", reverse("entitlement", args=[row.ref]))) for row in rows]


def _assets(user: User, clients: QuerySet[Client], refs: set[str]) -> Named:
    rows = Asset.objects.filter(pk__in=_numbers(refs), client__in=clients).select_related("client")
    return [(f"AST-{row.pk}", Subject(row.file_name, row.client.name, "")) for row in rows]


def _outputs(user: User, clients: QuerySet[Client], refs: set[str]) -> Named:
    rows = Output.objects.filter(pk__in=_numbers(refs), cutout__job__target__project__client__in=clients)
    return [
        (f"OUT-{row.pk}", Subject(picture.file_name, picture.client.name, reverse("output", args=[row.pk])))
        for row in rows.select_related("cutout__asset__client")
        for picture in [row.cutout.asset]
    ]


_NAMES = {
    HoldScope.EVERYTHING: _everything,
    HoldScope.CLIENT: _clients,
    HoldScope.PROJECT: _projects,
    HoldScope.TARGET: _targets,
    HoldScope.MODEL: _models,
    HoldScope.WEIGHTS: _weights,
    HoldScope.GRANT: _grants,
    HoldScope.ASSET: _assets,
    HoldScope.OUTPUT: _outputs,
}
