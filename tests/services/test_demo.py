"""The demo workspace: made once, however often it is asked for."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User

from governance.access import visible_clients
from governance.models import Client, DeploymentTarget, Project, RoleGrant, UseDetermination
from governance.services import demo
from governance.services.demo import ACCOUNTS, ensure_workspace

pytestmark = pytest.mark.django_db


def counts() -> dict[str, int]:
    return {
        table.__name__: table.objects.count()
        for table in (User, RoleGrant, Client, Project, DeploymentTarget, UseDetermination)
    }


def test_it_makes_every_account_client_and_target() -> None:
    ensure_workspace({})
    assert counts() == {
        "User": len(ACCOUNTS),
        "RoleGrant": len(ACCOUNTS),
        "Client": 2,
        "Project": 3,
        "DeploymentTarget": 4,
        "UseDetermination": 1,
    }


def test_asking_again_changes_nothing() -> None:
    first = ensure_workspace({})
    before = counts()
    assert ensure_workspace({}) == first
    assert counts() == before


def test_it_completes_a_workspace_that_is_there_in_part() -> None:
    Client.objects.create(name=demo.CLIENT)
    workspace = ensure_workspace({})
    assert workspace.shop.project.client == Client.objects.get(name=demo.CLIENT)
    assert Client.objects.count() == 2


def test_nobody_can_sign_in_without_passwords() -> None:
    ensure_workspace({})
    assert not [user.username for user in User.objects.all() if user.has_usable_password()]


def test_the_passwords_given_work() -> None:
    ensure_workspace({"mara": "harbour lantern 42"})
    assert User.objects.get(username="mara").check_password("harbour lantern 42")
    assert not User.objects.get(username="jonas").has_usable_password()


def test_a_requester_sees_the_own_client_only() -> None:
    workspace = ensure_workspace({})
    assert [client.name for client in visible_clients(workspace.requester)] == [demo.CLIENT]


def test_the_shop_is_the_target_of_the_main_client() -> None:
    shop = ensure_workspace({}).shop
    assert (shop.name, shop.territories, shop.monetised) == (demo.SHOP, ["AT", "CH", "DE"], "yes")
