"""A new job: routes for a target, and what becomes of the pictures handed in."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client as Browser
from django.urls import reverse
from pytest_django import Settings

from governance.models import Asset, DeploymentTarget, Job
from tests.conftest import Cast
from tests.factories import acquire_weights, make_target, png
from tests.factories_relief import make_hold

BrowserAs = Callable[[User], Browser]


def upload(name: str = "cup.png", data: bytes | None = None) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, png() if data is None else data)


def form(target: DeploymentTarget, *files: SimpleUploadedFile, **changes: Any) -> dict[str, Any]:
    return {"target": target.pk, "model": "u2netp", "key": uuid.uuid4(), "pictures": list(files), **changes}


@pytest.fixture
def target(cast: Cast) -> DeploymentTarget:
    acquire_weights()
    return make_target(cast)


def test_it_lists_only_targets_i_may_submit_for(cast: Cast, target: DeploymentTarget, browser_as: BrowserAs) -> None:
    page = browser_as(cast.outsider).get(reverse("job-new")).content.decode()
    assert target.name not in page


def test_it_shows_every_route_with_its_verdict(cast: Cast, target: DeploymentTarget, browser_as: BrowserAs) -> None:
    answer = browser_as(cast.owner).get(reverse("job-routes"), {"target": target.pk, "pictures": 3})
    routes = {route.slug: route for route in answer.context["preview"].routes}
    assert routes["u2netp"].allows
    assert routes["rmbg-2.0"].outcome == "deny"
    page = answer.content.decode()
    assert "Submit by this route anyway" in page
    assert "Buy a self-host licence for RMBG-2.0" in page


def test_it_offers_the_best_allowed_route_first(cast: Cast, target: DeploymentTarget, browser_as: BrowserAs) -> None:
    answer = browser_as(cast.owner).get(reverse("job-new"), {"target": target.pk})
    assert answer.context["picked"] == "u2netp"


def test_it_has_no_routes_for_a_target_of_others(cast: Cast, target: DeploymentTarget, browser_as: BrowserAs) -> None:
    answer = browser_as(cast.outsider).get(reverse("job-routes"), {"target": target.pk})
    assert answer.status_code == 404


def test_it_submits_pictures_and_goes_to_the_job(cast: Cast, target: DeploymentTarget, browser_as: BrowserAs) -> None:
    files = (upload(), upload("plate.png", png(colour=(1, 2, 3))))
    answer = browser_as(cast.owner).post(reverse("job-new"), form(target, *files))
    job = Job.objects.get()
    assert answer["Location"] == reverse("job", args=[job.pk])
    assert sorted(job.cutouts.values_list("asset__file_name", flat=True)) == ["cup.png", "plate.png"]
    assert set(job.cutouts.values_list("status", flat=True)) == {"queued"}


def test_a_route_that_only_a_hold_stops_is_said_to_wait(
    cast: Cast, target: DeploymentTarget, browser_as: BrowserAs
) -> None:
    make_hold(cast, "model", "u2netp")
    browser = browser_as(cast.owner)
    answer = browser.get(reverse("job-routes"), {"target": target.pk})
    routes = {route.slug: route for route in answer.context["preview"].routes}
    assert "goes on by itself once the hold is lifted" in routes["u2netp"].consequence
    assert "the refusal is recorded" in routes["rmbg-2.0"].consequence
    browser.post(reverse("job-new"), form(target, upload()))
    page = browser.get(reverse("job", args=[Job.objects.get().pk])).content.decode()
    assert "Stopped for now" in page
    assert "Held for review" not in page


def test_it_records_a_refusal_when_a_route_that_is_not_allowed_is_chosen(
    cast: Cast, target: DeploymentTarget, browser_as: BrowserAs
) -> None:
    browser = browser_as(cast.owner)
    browser.post(reverse("job-new"), form(target, upload(), model="rmbg-2.0"))
    job = Job.objects.get()
    page = browser.get(reverse("job", args=[job.pk])).content.decode()
    assert "Why it was refused" in page
    assert "What would allow it" in page
    assert reverse("decision", args=[job.decisions.get().pk]) in page


def test_it_names_each_bad_file_and_lets_the_others_go_on(
    cast: Cast, target: DeploymentTarget, browser_as: BrowserAs
) -> None:
    files = (
        upload("good.png"),
        upload("empty.png", b""),
        upload("notes.png", b"only text, called a picture"),
        upload("half.png", png(64, 64)[:60]),
    )
    answer = browser_as(cast.owner).post(reverse("job-new"), form(target, *files), follow=True)
    assert [cutout.asset.file_name for cutout in Job.objects.get().cutouts.all()] == ["good.png"]
    said = [str(message) for message in answer.context["messages"]]
    assert [text.split(" was left out.")[0] for text in said] == ["empty.png", "notes.png", "half.png"]


def test_it_makes_no_job_when_no_file_can_be_read(cast: Cast, target: DeploymentTarget, browser_as: BrowserAs) -> None:
    answer = browser_as(cast.owner).post(reverse("job-new"), form(target, upload("notes.png", b"text")))
    assert answer.status_code == 400
    assert "No job was made" in answer.content.decode()
    assert "notes.png" in answer.content.decode()
    assert not Job.objects.exists()


def test_it_takes_the_same_picture_once(cast: Cast, target: DeploymentTarget, browser_as: BrowserAs) -> None:
    answer = browser_as(cast.owner).post(
        reverse("job-new"), form(target, upload("a.png"), upload("b.png")), follow=True
    )
    assert Job.objects.get().cutouts.count() == 1
    assert "It is the same picture as a.png." in answer.content.decode()


def test_it_makes_one_job_of_a_form_sent_twice(cast: Cast, target: DeploymentTarget, browser_as: BrowserAs) -> None:
    browser, key = browser_as(cast.owner), uuid.uuid4()
    first = browser.post(reverse("job-new"), form(target, upload(), key=key))
    second = browser.post(reverse("job-new"), form(target, upload(), key=key))
    assert first["Location"] == second["Location"]
    assert (Job.objects.count(), Asset.objects.count()) == (1, 1)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"pictures": []}, "No pictures chosen"),
        ({"model": ""}, "No route chosen"),
        ({"model": "photoshop"}, "Select a valid choice"),
        ({"key": "twice"}, "Enter a valid UUID"),
    ],
)
def test_it_refuses_a_form_that_does_not_say_what_to_do(
    cast: Cast, target: DeploymentTarget, browser_as: BrowserAs, change: dict[str, Any], message: str
) -> None:
    answer = browser_as(cast.owner).post(reverse("job-new"), form(target, upload()) | change)
    assert answer.status_code == 400
    assert message in str(answer.context["form"].errors)
    assert not Job.objects.exists()


def test_it_refuses_more_files_than_fit(
    cast: Cast, target: DeploymentTarget, browser_as: BrowserAs, settings: Settings
) -> None:
    settings.DATA_UPLOAD_MAX_NUMBER_FILES = settings.MAX_FILES_PER_REQUEST = 2
    files = [upload(f"{number}.png") for number in range(3)]
    answer = browser_as(cast.owner).post(reverse("job-new"), form(target, *files))
    assert answer.status_code == 400
    assert "Too many files at once" in answer.content.decode()


def test_it_refuses_a_target_of_others(cast: Cast, target: DeploymentTarget, browser_as: BrowserAs) -> None:
    answer = browser_as(cast.outsider).post(reverse("job-new"), form(target, upload()))
    assert answer.status_code == 400
    assert not Job.objects.exists()


def test_it_refuses_an_auditor(cast: Cast, target: DeploymentTarget, browser_as: BrowserAs) -> None:
    browser = browser_as(cast.auditor)
    assert browser.get(reverse("job-new")).status_code == 403
    assert browser.post(reverse("job-new"), form(target, upload())).status_code == 403


def test_it_shows_a_hostile_file_name_as_text(cast: Cast, target: DeploymentTarget, browser_as: BrowserAs) -> None:
    name = "<script>alert(1)<.png"
    page = browser_as(cast.owner).post(reverse("job-new"), form(target, upload(name)), follow=True).content.decode()
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert" in page


def test_it_offers_no_route_that_cannot_run_here(cast: Cast, browser_as: BrowserAs) -> None:
    target = make_target(cast)
    answer = browser_as(cast.owner).get(reverse("job-new"), {"target": target.pk})
    assert answer.context["picked"] == ""
    assert not next(route for route in answer.context["preview"].routes if route.slug == "u2netp").runs_here
    assert "it cannot run here" in answer.content.decode()
