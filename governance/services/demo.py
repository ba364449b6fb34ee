"""The demo workspace: made-up clients, real roles and rights, so that the whole way can be walked at once.

Everything goes through the same services as real work; only embedded mode gives the accounts passwords.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib.auth.models import User

from governance.models import Client, DeploymentTarget, Project, Role
from governance.services.accounts import add_user, grant_role
from governance.services.work import (
    TargetDescription,
    create_client,
    create_project,
    create_target,
    determine_use,
)

CLIENT, OTHER_CLIENT = "Harbour Coffee", "Fern & Field"
SHOP, HOBBY, ADS = "Web shop DE/AT/CH", "Museum night, shared online", "Spring paid ads"


@dataclass(frozen=True, slots=True)
class Account:
    """One demo account. ``client`` empty: the role holds for every client."""

    username: str
    role: str
    client: str = ""


ACCOUNTS = (
    Account("mara", Role.REQUESTER, CLIENT),
    Account("jonas", Role.REQUESTER, CLIENT),
    Account("olive", Role.REQUESTER, OTHER_CLIENT),
    Account("lena", Role.LEGAL),
    Account("lars", Role.LEGAL),
    Account("adam", Role.LICENSE_ADMIN),
    Account("ada", Role.LICENSE_ADMIN),
    Account("victor", Role.AUDITOR),
)


@dataclass(frozen=True, slots=True)
class Workspace:
    """What the demo stands on."""

    requester: User
    shop: DeploymentTarget
    accounts: tuple[Account, ...] = ACCOUNTS


def ensure_workspace(passwords: dict[str, str]) -> Workspace:
    """Create the accounts, clients, projects and targets that are missing. Without a password nobody can sign in."""
    users = {account.username: add_user(account.username, passwords.get(account.username)) for account in ACCOUNTS}
    for account in ACCOUNTS:
        if not account.client:
            grant_role(users[account.username], account.role)
    for name in (CLIENT, OTHER_CLIENT):
        if not Client.objects.filter(name=name).exists():
            create_client(users["lena"], name)
    for account in ACCOUNTS:
        if account.client:
            grant_role(users[account.username], account.role, Client.objects.get(name=account.client))
    return Workspace(users["mara"], _ensure_targets(users))


def _ensure_targets(users: dict[str, User]) -> DeploymentTarget:
    client = Client.objects.get(name=CLIENT)
    catalogue = _ensure_project(users["mara"], client, "Autumn catalogue", billable="yes", for_profit="yes")
    shop = _ensure_target(
        users["mara"],
        catalogue,
        TargetDescription(SHOP, "ecommerce_listing", ("DE", "AT", "CH"), monetised="yes", channel="web"),
    )
    _ensure_target(
        users["mara"],
        catalogue,
        TargetDescription(ADS, "paid_ads", ("WORLD",), monetised="yes", channel="social"),
    )
    hobby = _ensure_project(users["mara"], client, "Museum night", billable="no", for_profit="no")
    shared = _ensure_target(
        users["mara"],
        hobby,
        TargetDescription(HOBBY, "organic_social", ("WORLD",), monetised="no", channel="social"),
    )
    if not shared.determinations.exists():
        determine_use(users["lena"], shared, "non_commercial", "Unpaid work for a charity; nothing is sold or billed.")
    other = Client.objects.get(name=OTHER_CLIENT)
    project = _ensure_project(users["olive"], other, "Seed packets", billable="yes", for_profit="yes")
    _ensure_target(users["olive"], project, TargetDescription("Packaging", "packaging_pos", ("GB",), monetised="yes"))
    return shop


def _ensure_project(actor: User, client: Client, name: str, *, billable: str, for_profit: str) -> Project:
    found = Project.objects.filter(client=client, name=name).first()
    return found or create_project(actor, client, name, billable=billable, for_profit=for_profit)


def _ensure_target(actor: User, project: Project, description: TargetDescription) -> DeploymentTarget:
    found = DeploymentTarget.objects.filter(project=project, name=description.name).first()
    return found or create_target(actor, project, description)
