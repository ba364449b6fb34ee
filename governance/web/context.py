"""What every page needs: the navigation, offering only what the user's roles may use."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpRequest
from django.urls import reverse

from governance.access import may, standing
from governance.models import Role

_OVERSIGHT = {Role.LEGAL, Role.LICENSE_ADMIN, Role.AUDITOR}
# Whom a page is offered to; anything else is the act one must be allowed.
_EVERYBODY, _OVERSEERS = "everybody", "overseers"
_SECTIONS = (
    (
        "Work",
        (
            ("New job", "job-new", "job.request"),
            ("Jobs", "job-list", _EVERYBODY),
            ("Outputs", "output-list", _EVERYBODY),
            ("Duties", "duty-list", _EVERYBODY),
        ),
    ),
    (
        "For people to decide",
        (
            ("Reviews", "review-list", _EVERYBODY),
            ("Waivers", "waiver-list", _EVERYBODY),
            ("Holds", "hold-list", _EVERYBODY),
        ),
    ),
    (
        "Rights",
        (
            ("Clients and targets", "client-list", _EVERYBODY),
            ("Contracts", "contract-list", _OVERSEERS),
            ("Entitlements", "entitlement-list", _OVERSEERS),
            ("Models and licences", "model-list", _EVERYBODY),
            ("Licence readings", "license-list", _EVERYBODY),
            ("Claims", "claim-list", _EVERYBODY),
        ),
    ),
    (
        "Policy",
        (
            ("Rules", "rule-list", _EVERYBODY),
            ("Policy revisions", "policy-list", _OVERSEERS),
            ("What if", "what-if", _OVERSEERS),
            ("Sweeps", "sweep-list", _OVERSEERS),
        ),
    ),
    (
        "Proof",
        (
            ("Verify a file", "verify", _EVERYBODY),
            ("Decisions", "decision-list", _EVERYBODY),
            ("Ledger", "ledger", _EVERYBODY),
            ("Source types", "source-types", _OVERSEERS),
            ("Audit export", "audit", "audit.export"),
        ),
    ),
)


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

    def offered(to: str) -> bool:
        return to == _EVERYBODY or (oversight if to == _OVERSEERS else may(user, to))

    return {
        "navigation": tuple(
            NavSection(title, tuple(_item(request, label, name) for label, name, to in items if offered(to)))
            for title, items in _SECTIONS
        )
    }


def _item(request: HttpRequest, label: str, name: str) -> NavItem:
    url = reverse(name)
    # The form for a new job lies below the list of jobs but is an entry of its own.
    below = request.path.startswith(url) and not (name == "job-list" and request.path == reverse("job-new"))
    return NavItem(label, url, below)
