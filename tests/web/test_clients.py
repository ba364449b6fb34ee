"""Clients and projects."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib.auth.models import User
from django.test import Client as Browser
from django.urls import reverse

from governance.models import Client, Project
from tests.conftest import Cast
from tests.factories import make_project, make_target

BrowserAs = Callable[[User], Browser]


def test_it_lists_my_clients_with_projects_and_targets(cast: Cast, browser_as: BrowserAs) -> None:
    target = make_target(cast)
    page = browser_as(cast.owner).get(reverse("client-list")).content.decode()
    assert cast.client.name in page
    assert target.name in page
    assert target.project.name in page


def test_it_hides_clients_of_others(cast: Cast, browser_as: BrowserAs) -> None:
    page = browser_as(cast.outsider).get(reverse("client-list")).content.decode()
    assert cast.client.name not in page


def test_it_adds_a_client_for_legal(cast: Cast, browser_as: BrowserAs) -> None:
    answer = browser_as(cast.legal).post(reverse("client-new"), {"name": "North Quay"})
    client = Client.objects.get(name="North Quay")
    assert answer["Location"] == reverse("project-new", args=[client.pk])


def test_it_refuses_a_client_from_a_requester(cast: Cast, browser_as: BrowserAs) -> None:
    answer = browser_as(cast.owner).post(reverse("client-new"), {"name": "North Quay"})
    assert answer.status_code == 403
    assert "it needs legal or licence admin" in answer.content.decode()
    assert not Client.objects.filter(name="North Quay").exists()


def test_it_refuses_a_second_client_of_one_name(cast: Cast, browser_as: BrowserAs) -> None:
    answer = browser_as(cast.legal).post(reverse("client-new"), {"name": cast.client.name})
    assert answer.status_code == 400
    assert "already" in answer.content.decode()


def test_it_adds_a_project_with_what_is_not_known(cast: Cast, browser_as: BrowserAs) -> None:
    data = {"name": "Spring", "billable": "unknown", "for_profit": "yes"}
    answer = browser_as(cast.owner).post(reverse("project-new", args=[cast.client.pk]), data)
    project = Project.objects.get(name="Spring")
    assert (project.billable, project.for_profit, project.created_by) == ("unknown", "yes", cast.owner)
    assert answer["Location"] == reverse("target-new", args=[project.pk])


def test_it_has_no_project_form_for_a_client_of_others(cast: Cast, browser_as: BrowserAs) -> None:
    assert browser_as(cast.outsider).get(reverse("project-new", args=[cast.client.pk])).status_code == 404


def test_it_refuses_a_second_project_of_one_name(cast: Cast, browser_as: BrowserAs) -> None:
    project = make_project(cast)
    data = {"name": project.name, "billable": "yes", "for_profit": "yes"}
    answer = browser_as(cast.owner).post(reverse("project-new", args=[cast.client.pk]), data)
    assert answer.status_code == 400
    assert "Choose another name" in answer.content.decode()


def test_it_refuses_an_answer_that_is_none(cast: Cast, browser_as: BrowserAs) -> None:
    data = {"name": "Spring", "billable": "perhaps", "for_profit": "yes"}
    answer = browser_as(cast.owner).post(reverse("project-new", args=[cast.client.pk]), data)
    assert answer.status_code == 400
    assert "perhaps is not one of the available choices" in answer.content.decode()
