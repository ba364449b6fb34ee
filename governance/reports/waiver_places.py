"""What a person may ask a waiver for: clients, their projects and targets, and the weights files it can be tied to."""

from __future__ import annotations

from governance.access import User, may, visible_clients
from governance.models import Client, DeploymentTarget, Project, WeightsArtifact

Place = Client | Project | DeploymentTarget
Choices = list[tuple[str, str]]


def places(user: User) -> dict[str, Place]:
    """Every place by its key (``target-3``), narrowest kind first; only clients the user may ask a waiver for."""
    clients = [client for client in visible_clients(user).order_by("name") if may(user, "waiver.request", client.pk)]
    projects = Project.objects.filter(client__in=clients).select_related("client").order_by("client__name", "name")
    targets = DeploymentTarget.objects.filter(project__client__in=clients, archived_at=None)
    targets = targets.select_related("project__client").order_by("project__client__name", "project__name", "name")
    return {key_of(place): place for place in (*targets, *projects, *clients)}


def key_of(place: Place) -> str:
    """``target-3``: the key of a place among the choices."""
    kind = {DeploymentTarget: "target", Project: "project", Client: "client"}[type(place)]
    return f"{kind}-{place.pk}"


def grouped(found: dict[str, Place]) -> list[tuple[str, Choices]]:
    """The places as choices in groups."""
    groups: dict[str, Choices] = {"One target": [], "A whole project": [], "A whole client": []}
    kinds = {DeploymentTarget: "One target", Project: "A whole project", Client: "A whole client"}
    for key, place in found.items():
        groups[kinds[type(place)]].append((key, _name(place)))
    return [(title, choices) for title, choices in groups.items() if choices]


def weights_choices() -> Choices:
    """Weights files on record that a worker could load, by model."""
    rows = WeightsArtifact.objects.filter(format="safetensors").select_related("model").order_by("model__title")
    return [(row.sha256, f"{row.model.title}, {row.sha256[:12]}…") for row in rows]


def _name(place: Place) -> str:
    if isinstance(place, Client):
        return place.name
    if isinstance(place, Project):
        return f"{place.client.name}: {place.name}"
    return f"{place.project.client.name}: {place.project.name}, {place.name}"
