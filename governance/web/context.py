"""What every page needs: the navigation, offering only what the user's roles may use."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpRequest
from django.urls import reverse

from governance.access import may, standing
from governance.models import Role

_OVERSIGHT = {Role.LEGAL, Role.LICENSE_ADMIN, Role.AUDITOR}


@dataclass(frozen=True, slots=True)
class NavItem:
    """One link; ``current`` when the page is it or lies below it."""

    label: str
    url: str
    current: bool


@dataclass(frozen=True, slots=True)
class NavSection:
    """A titled group of links."""

    title: str
    items: tuple[NavItem, ...]


def navigation(request: HttpRequest) -> dict[str, object]:
    """Sections for the side bar; none before sign-in or without a role. Pages of errors have no user."""
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return {"navigation": ()}
    found = standing(user)
    if not found.any_roles:
        return {"navigation": ()}
    oversight = bool(found.everywhere & _OVERSIGHT)
    sections = (
        (
            "Work",
            (
                ("New job", "job-new", may(user, "job.request")),
                ("Jobs", "job-list", True),
                ("Outputs", "output-list", True),
            ),
        ),
        (
            "Rights",
            (
                ("Clients and targets", "client-list", True),
                ("Entitlements", "entitlement-list", oversight),
                ("Models and licences", "model-list", True),
                ("Decisions", "decision-list", True),
                ("Rules", "rule-list", True),
            ),
        ),
        ("Proof", (("Ledger", "ledger", True), ("Audit export", "audit", may(user, "audit.export")))),
    )
    return {
        "navigation": tuple(
            NavSection(title, tuple(_item(request, label, name) for label, name, offered in items if offered))
            for title, items in sections
        )
    }


def _item(request: HttpRequest, label: str, name: str) -> NavItem:
    url = reverse(name)
    # The form for a new job lies below the list of jobs but is an entry of its own.
    below = request.path.startswith(url) and not (name == "job-list" and request.path == reverse("job-new"))
    return NavItem(label, url, below)
