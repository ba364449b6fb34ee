"""Clients, projects, targets and determinations: who may make them and what they refuse."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from governance.errors import NotAllowed, RequestError
from governance.models import Client, DeploymentTarget, Project, Role, UseDetermination
from governance.rights.facts import target_facts
from governance.services.accounts import add_user, grant_role
from governance.services.work import (
    TargetDescription,
    create_client,
    create_project,
    create_target,
    determine_use,
)
from tests.conftest import Cast
from tests.factories import make_project, make_target

pytestmark = pytest.mark.django_db

SHOP = TargetDescription("Web shop", "ecommerce_listing", ("DE",), monetised="yes")


def project_of(cast: Cast, actor: str = "owner", **facts: str) -> Project:
    described = {"billable": "yes", "for_profit": "yes"} | facts
    return create_project(getattr(cast, actor), cast.client, "Catalogue", **described)


@pytest.mark.parametrize("actor", ["admin", "legal"])
def test_licence_admin_and_legal_add_clients(cast: Cast, actor: str) -> None:
    assert create_client(getattr(cast, actor), "Night Bakery") == Client.objects.get(name="Night Bakery")


@pytest.mark.parametrize("actor", ["owner", "auditor"])
def test_nobody_else_adds_a_client(cast: Cast, actor: str) -> None:
    with pytest.raises(NotAllowed, match=r"\(client\.create\); it needs legal or licence admin"):
        create_client(getattr(cast, actor), "Night Bakery")
    assert not Client.objects.filter(name="Night Bakery").exists()


def test_a_second_client_of_the_same_name_is_refused(cast: Cast) -> None:
    with pytest.raises(RequestError, match="a client called 'Harbour Coffee' already") as caught:
        create_client(cast.admin, "Harbour Coffee")
    assert (caught.value.code, caught.value.how_to_fix) == ("client.exists", "Choose another name.")


def test_a_project_remembers_its_facts_and_who_made_it(cast: Cast) -> None:
    project = project_of(cast, billable="no", for_profit="unknown")
    project.refresh_from_db()
    assert (project.billable, project.for_profit, project.created_by) == ("no", "unknown", cast.owner)


@pytest.mark.parametrize("actor", ["outsider", "admin", "auditor"])
def test_only_the_clients_own_people_and_legal_make_its_projects(cast: Cast, actor: str) -> None:
    with pytest.raises(NotAllowed, match=r"project\.create"):
        project_of(cast, actor)
    assert not Project.objects.exists()


def test_a_second_project_of_the_same_name_is_refused_for_this_client_only(cast: Cast) -> None:
    project_of(cast)
    with pytest.raises(RequestError, match="a project called 'Catalogue'") as caught:
        project_of(cast)
    other = create_project(cast.outsider, cast.other_client, "Catalogue", billable="yes", for_profit="yes")
    assert caught.value.code == "project.exists"
    assert list(Project.objects.filter(client=cast.other_client)) == [other]


@pytest.mark.parametrize("field", ["billable", "for_profit"])
def test_a_project_with_an_unknown_answer_is_refused_by_name(cast: Cast, field: str) -> None:
    with pytest.raises(RequestError, match="'maybe'; expected one of no, unknown, yes") as caught:
        project_of(cast, **{field: "maybe"})
    assert caught.value.code == f"{field}.unknown"
    assert not Project.objects.exists()


def test_territories_of_a_target_are_tidied(cast: Cast) -> None:
    target = create_target(cast.owner, project_of(cast), replace(SHOP, territories=(" de", "AT", "de", "")))
    assert DeploymentTarget.objects.get(pk=target.pk).territories == ["AT", "DE"]


def test_the_world_swallows_single_territories(cast: Cast) -> None:
    target = create_target(cast.owner, project_of(cast), replace(SHOP, territories=("DE", "world")))
    assert DeploymentTarget.objects.get(pk=target.pk).territories == ["WORLD"]


def test_an_unknown_territory_is_refused_with_advice(cast: Cast) -> None:
    with pytest.raises(RequestError, match="Unknown territory: UK") as caught:
        create_target(cast.owner, project_of(cast), replace(SHOP, territories=("DE", "UK")))
    assert caught.value.code == "territory.unknown"
    assert "GB" in caught.value.how_to_fix
    assert not DeploymentTarget.objects.exists()


def test_a_target_without_a_territory_is_refused(cast: Cast) -> None:
    with pytest.raises(RequestError, match="No territory given") as caught:
        create_target(cast.owner, project_of(cast), replace(SHOP, territories=(" ",)))
    assert caught.value.code == "territory.none"


@pytest.mark.parametrize("actor", ["outsider", "admin", "auditor"])
def test_only_the_clients_own_people_and_legal_make_its_targets(cast: Cast, actor: str) -> None:
    with pytest.raises(NotAllowed, match=r"target\.create"):
        create_target(getattr(cast, actor), project_of(cast), SHOP)
    assert not DeploymentTarget.objects.exists()


def test_a_second_target_of_the_same_name_is_refused_in_this_project_only(cast: Cast) -> None:
    project = project_of(cast)
    create_target(cast.owner, project, SHOP)
    with pytest.raises(RequestError, match="a target called 'Web shop'") as caught:
        create_target(cast.owner, project, SHOP)
    create_target(cast.owner, make_project(cast), SHOP)
    assert caught.value.code == "target.exists"
    assert DeploymentTarget.objects.filter(name="Web shop").count() == 2


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"kind": "skywriting"}, "target_kind.unknown"),
        ({"monetised": "rather"}, "monetised.unknown"),
        ({"hosting_mode": "mars"}, "hosting_mode.unknown"),
        ({"output_distribution": "everybody"}, "output_distribution.unknown"),
        ({"weights_distribution": "everybody"}, "weights_distribution.unknown"),
    ],
)
def test_a_target_with_an_unknown_word_is_refused_by_name(cast: Cast, wrong: dict[str, Any], code: str) -> None:
    with pytest.raises(RequestError, match=f"'{next(iter(wrong.values()))}'; expected one of") as caught:
        create_target(cast.owner, project_of(cast), replace(SHOP, **wrong))
    assert caught.value.code == code
    assert not DeploymentTarget.objects.exists()


def test_legal_signs_what_the_use_is_on_the_facts_of_the_moment(cast: Cast) -> None:
    target = make_target(cast)
    made = determine_use(cast.legal, target, "commercial", "  It is a shop. ")
    made.refresh_from_db()
    assert (made.result, made.rationale, made.signed_by) == ("commercial", "It is a shop.", cast.legal)
    assert (made.signed_by_role, made.facts_sha256) == (Role.LEGAL, target_facts(target).use_digest())


@pytest.mark.parametrize("actor", ["owner", "outsider", "admin", "auditor"])
def test_nobody_else_signs_what_a_use_is(cast: Cast, actor: str) -> None:
    with pytest.raises(NotAllowed, match=r"\(use\.determine\); it needs legal\."):
        determine_use(getattr(cast, actor), make_target(cast), "non_commercial", "We would like it to be.")
    assert not UseDetermination.objects.exists()


def test_legal_of_another_client_signs_nothing_here(cast: Cast) -> None:
    visitor = add_user("visitor", None)
    grant_role(visitor, Role.LEGAL, cast.other_client)
    with pytest.raises(NotAllowed):
        determine_use(visitor, make_target(cast), "non_commercial", "A favour.")
    assert not UseDetermination.objects.exists()


def test_a_determination_without_reasons_is_refused(cast: Cast) -> None:
    with pytest.raises(RequestError, match="needs its reasons") as caught:
        determine_use(cast.legal, make_target(cast), "commercial", " \n")
    assert caught.value.code == "determination.no_rationale"
    assert not UseDetermination.objects.exists()


def test_a_determination_with_an_unknown_result_is_refused(cast: Cast) -> None:
    with pytest.raises(RequestError, match="'fine'; expected one of commercial, non_commercial") as caught:
        determine_use(cast.legal, make_target(cast), "fine", "Because.")
    assert caught.value.code == "result.unknown"
    assert not UseDetermination.objects.exists()


def test_the_latest_determination_counts_and_the_earlier_stays(cast: Cast) -> None:
    target = make_target(cast)
    determine_use(cast.legal, target, "non_commercial", "No sale yet.")
    latest = determine_use(cast.legal, target, "commercial", "The sale began.")
    determination = target_facts(target).determination
    assert determination is not None
    assert (determination.ref, determination.result) == (f"DET-{latest.pk}", "commercial")
    assert target.determinations.count() == 2
