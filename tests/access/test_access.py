"""Who may do what: every act for every member of the cast, and who sees which client."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import AnonymousUser

from governance import access
from governance.access import may, may_about, require, require_about, standing, visible_clients
from governance.errors import NotAllowed
from governance.models import Role
from governance.services.accounts import add_user, grant_role
from tests.conftest import Cast

pytestmark = pytest.mark.django_db

# Who may do what for "Harbour Coffee", written out by hand: the table in the code is what is tested.
EVERYBODY = ("owner", "outsider", "legal", "admin", "auditor")
FOR_A_CLIENT = {
    "project.create": {"owner", "legal"},
    "target.create": {"owner", "legal"},
    "use.determine": {"legal"},
    "asset.ingest": {"owner"},
    "job.request": {"owner"},
    "job.cancel": {"owner", "legal"},
    "output.release": {"owner"},
    "output.download": {"owner", "legal", "auditor"},
    "waiver.request": {"owner", "legal"},
    "permission.record": {"owner", "legal"},
    "asset_term.record": {"owner", "legal"},
    "fact.restate": {"owner", "legal"},
    "duty.act": {"owner", "legal", "admin"},
    "route.evaluate": {"owner", "legal", "admin", "auditor"},
}
FOR_NO_CLIENT = {
    "client.create": {"legal", "admin"},
    "entitlement.enter": {"admin"},
    "entitlement.verify": {"legal", "admin"},
    "entitlement.end": {"admin"},
    "audit.export": {"legal", "auditor"},
    "evidence.read": {"legal", "admin", "auditor"},
    "contract.enter": {"admin"},
    "quota.adjust": {"admin"},
    "waiver.answer": {"legal"},
    "waiver.revoke": {"legal"},
    "hold.place": {"legal", "admin"},
    "hold.lift": {"legal", "admin"},
    "review.assign": {"legal"},
    "review.decide": {"legal"},
    "policy.draft": {"legal", "admin"},
    "policy.approve": {"legal"},
    "policy.withdraw": {"legal"},
    "encoding.draft": {"legal", "admin"},
    "encoding.approve": {"legal"},
    "encoding.retire": {"legal"},
    "license_text.record": {"legal", "admin"},
    "resolution.record": {"legal", "admin"},
    "resolution.approve": {"legal"},
    "claim.contradict": {"legal", "admin"},
    "claim.review": {"legal"},
    "permission.verify": {"legal", "admin"},
    "asset_term.extend": {"legal"},
    "duty.oversee": {"legal", "admin"},
    "agent.acknowledge": {"admin"},
    "rights.read": {"legal", "admin", "auditor"},
    "what_if.ask": {"legal", "admin", "auditor"},
    "alarm.acknowledge": {"legal", "admin"},
    "record.correct": {"legal"},
    "source_type.set": {"legal"},
}


def test_every_act_is_in_the_matrix() -> None:
    assert set(access._ACTS) == set(FOR_A_CLIENT) | set(FOR_NO_CLIENT)


@pytest.mark.parametrize("act", sorted(FOR_A_CLIENT))
def test_who_may_do_it_for_the_client(cast: Cast, act: str) -> None:
    found = {name for name in EVERYBODY if may(getattr(cast, name), act, cast.client.pk)}
    assert found == FOR_A_CLIENT[act]


@pytest.mark.parametrize("act", sorted(FOR_A_CLIENT))
def test_a_requester_may_do_nothing_for_another_client(cast: Cast, act: str) -> None:
    assert not may(cast.owner, act, cast.other_client.pk)
    assert may(cast.outsider, act, cast.other_client.pk) == ("owner" in FOR_A_CLIENT[act])


@pytest.mark.parametrize("act", sorted(FOR_NO_CLIENT))
def test_who_may_do_it_for_the_organisation(cast: Cast, act: str) -> None:
    assert {name for name in EVERYBODY if may(getattr(cast, name), act)} == FOR_NO_CLIENT[act]


@pytest.mark.parametrize("act", sorted(FOR_A_CLIENT | FOR_NO_CLIENT))
def test_nobody_without_a_role_may_do_anything(cast: Cast, act: str) -> None:
    nobody = (AnonymousUser(), add_user("newcomer", None))
    assert not any(may(user, act) or may(user, act, cast.client.pk) for user in nobody)


def test_a_deactivated_account_may_do_nothing(cast: Cast) -> None:
    cast.owner.is_active = False
    assert not may(cast.owner, "job.request", cast.client.pk)
    assert not visible_clients(cast.owner).exists()


def test_a_superuser_without_a_role_may_do_nothing(cast: Cast) -> None:
    root = add_user("root", None)
    root.is_superuser = root.is_staff = True
    root.save()
    assert not may(root, "job.request", cast.client.pk)
    assert not visible_clients(root).exists()


def test_a_role_for_one_client_is_none_for_another(cast: Cast) -> None:
    visitor = add_user("visitor", None)
    grant_role(visitor, Role.LEGAL, cast.other_client)
    assert may(visitor, "use.determine", cast.other_client.pk)
    assert not may(visitor, "use.determine", cast.client.pk)


def test_a_role_for_every_client_is_one_for_each(cast: Cast) -> None:
    busy = add_user("busy", None)
    grant_role(busy, Role.REQUESTER)
    assert may(busy, "job.request", cast.client.pk)
    assert may(busy, "job.request", cast.other_client.pk)


def test_roles_add_up(cast: Cast) -> None:
    grant_role(cast.owner, Role.AUDITOR)
    assert standing(cast.owner).roles(cast.client.pk) == {Role.REQUESTER, Role.AUDITOR}
    assert standing(cast.owner).any_roles == {Role.REQUESTER, Role.AUDITOR}


def test_a_refusal_names_the_act_the_roles_and_the_way_out(cast: Cast) -> None:
    with pytest.raises(NotAllowed) as caught:
        require(cast.auditor, "entitlement.verify")
    assert caught.value.code == "access.denied"
    assert caught.value.message == (
        "Your account has no role for this (entitlement.verify); it needs legal or licence admin."
    )
    assert "Ask an administrator" in caught.value.how_to_fix


def test_what_may_be_done_is_not_refused(cast: Cast) -> None:
    require(cast.legal, "entitlement.verify")
    require(cast.owner, "job.request", cast.client.pk)


def test_an_act_nobody_defined_is_a_bug_not_a_permission(cast: Cast) -> None:
    with pytest.raises(KeyError):
        may(cast.legal, "world.end")


@pytest.mark.parametrize(
    ("who", "sees"),
    [
        ("owner", {"Harbour Coffee"}),
        ("colleague", {"Harbour Coffee"}),
        ("outsider", {"Fern & Field"}),
        ("legal", {"Harbour Coffee", "Fern & Field"}),
        ("admin", {"Harbour Coffee", "Fern & Field"}),
        ("auditor", {"Harbour Coffee", "Fern & Field"}),
    ],
)
def test_who_sees_which_client(cast: Cast, who: str, sees: set[str]) -> None:
    assert {client.name for client in visible_clients(getattr(cast, who))} == sees


def test_a_stranger_sees_no_client(cast: Cast) -> None:
    assert not visible_clients(AnonymousUser()).exists()
    assert not visible_clients(add_user("newcomer", None)).exists()


@pytest.mark.parametrize("act", sorted(access._ORGANISATION_WIDE))
@pytest.mark.parametrize("role", [Role.LEGAL, Role.LICENSE_ADMIN, Role.AUDITOR])
def test_a_role_for_one_client_does_nothing_that_reaches_every_client(cast: Cast, role: Role, act: str) -> None:
    visitor = add_user("visitor", None)
    grant_role(visitor, role, cast.client)
    assert not may(visitor, act)
    assert not may(visitor, act, cast.client.pk)


def test_what_is_nobodys_own_asks_for_a_role_for_every_client(cast: Cast) -> None:
    visitor = add_user("visitor", None)
    grant_role(visitor, Role.LEGAL, cast.client)
    assert may_about(visitor, "hold.lift", cast.client.pk)
    assert not may_about(visitor, "hold.lift", None)
    with pytest.raises(NotAllowed, match=r"\(hold\.lift\)"):
        require_about(visitor, "hold.lift", None)
    assert may_about(cast.legal, "hold.lift", None)
