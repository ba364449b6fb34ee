"""Accounts and roles: adding, granting, ending; and passwords that are too weak."""

from __future__ import annotations

import pytest
from django.contrib.auth import authenticate
from django.contrib.auth.models import User
from pytest_django import Settings

from governance.access import may
from governance.errors import RequestError
from governance.models import Role, RoleGrant
from governance.services.accounts import add_user, end_role, grant_role
from tests.conftest import Cast

pytestmark = pytest.mark.django_db

GOOD, BETTER = "harbour lantern 42", "seven grey herons"


@pytest.fixture(autouse=True)
def quick_hashing(settings: Settings) -> None:
    """The real hasher is slow on purpose."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


def signs_in(username: str, password: str) -> bool:
    return authenticate(username=username, password=password) is not None


def test_an_account_signs_in_with_its_password_alone() -> None:
    add_user("mara", GOOD)
    assert (signs_in("mara", GOOD), signs_in("mara", "another guess")) == (True, False)


def test_an_account_without_a_password_cannot_sign_in() -> None:
    user = add_user("mara", None)
    assert not user.has_usable_password()
    assert not signs_in("mara", "")


def test_adding_an_account_again_keeps_it_and_its_password() -> None:
    user = add_user("mara", GOOD)
    assert add_user("mara", None) == user
    assert signs_in("mara", GOOD)
    assert User.objects.filter(username="mara").count() == 1


def test_adding_an_account_again_with_a_password_changes_it() -> None:
    add_user("mara", GOOD)
    add_user("mara", BETTER)
    assert (signs_in("mara", GOOD), signs_in("mara", BETTER)) == (False, True)


def test_the_same_password_again_signs_nobody_out() -> None:
    before = add_user("mara", GOOD).get_session_auth_hash()
    assert add_user("mara", GOOD).get_session_auth_hash() == before


@pytest.mark.parametrize(
    ("password", "reason"), [("", "too short"), ("short", "too short"), ("password1234", "common")]
)
def test_a_weak_password_is_refused_and_no_account_is_made(password: str, reason: str) -> None:
    with pytest.raises(RequestError, match=reason) as caught:
        add_user("mara", password)
    assert caught.value.code == "password.weak"
    assert not User.objects.filter(username="mara").exists()


def test_granting_a_role_twice_makes_one_grant(cast: Cast) -> None:
    user = add_user("mara", None)
    assert grant_role(user, Role.REQUESTER, cast.client) == grant_role(user, Role.REQUESTER, cast.client)
    assert RoleGrant.objects.filter(user=user).count() == 1


def test_a_role_for_every_client_is_granted_once_too() -> None:
    user = add_user("mara", None)
    assert grant_role(user, Role.LEGAL) == grant_role(user, Role.LEGAL)


def test_an_unknown_role_is_refused_with_the_known_ones() -> None:
    with pytest.raises(RequestError, match="'emperor'; expected one of requester, legal") as caught:
        grant_role(add_user("mara", None), "emperor")
    assert caught.value.code == "role.unknown"
    assert not RoleGrant.objects.filter(user__username="mara").exists()


def test_an_ended_role_gives_nothing_any_more_but_stays_on_record(cast: Cast) -> None:
    grant = RoleGrant.objects.get(user=cast.owner)
    before = may(cast.owner, "job.request", cast.client.pk)
    end_role(grant)
    grant.refresh_from_db()
    assert (before, may(cast.owner, "job.request", cast.client.pk)) == (True, False)
    assert grant.ended_at is not None


def test_ending_a_role_again_does_not_move_its_end(cast: Cast) -> None:
    grant = RoleGrant.objects.get(user=cast.owner)
    end_role(grant)
    grant.refresh_from_db()
    ended_at = grant.ended_at
    end_role(grant)
    grant.refresh_from_db()
    assert grant.ended_at == ended_at


def test_an_ended_role_can_be_granted_anew(cast: Cast) -> None:
    first = RoleGrant.objects.get(user=cast.owner)
    end_role(first)
    second = grant_role(cast.owner, Role.REQUESTER, cast.client)
    assert second != first
    assert may(cast.owner, "job.request", cast.client.pk)
