"""What goes wrong is said, in the right words and with the right status; and every page keeps the strict policy."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from django.db import OperationalError, connections
from django.test import Client as Browser
from django.test import RequestFactory
from django.urls import reverse
from pytest_django.plugin import DjangoDbBlocker

from governance.errors import NotAllowed, PlatformError, RequestError
from governance.web.middleware import ErrorPages
from tests.conftest import Cast
from tests.factories import make_job, make_output

BrowserAs = Callable[[User], Browser]


def test_it_answers_the_health_check_without_host_session_or_database() -> None:
    answer = Browser().get("/healthz", headers={"host": "10.0.0.7:8000"})
    assert (answer.status_code, answer.content) == (200, b"ok")


def test_it_answers_not_found_the_same_for_what_is_hidden_and_what_is_not_there(
    cast: Cast, browser_as: BrowserAs
) -> None:
    job, browser = make_job(cast), browser_as(cast.outsider)
    hidden, absent = browser.get(reverse("job", args=[job.pk])), browser.get(reverse("job", args=[10**9]))
    assert (hidden.status_code, absent.status_code) == (404, 404)
    assert "nothing that your account may see" in hidden.content.decode()


@pytest.mark.parametrize(
    ("problem", "status"),
    [
        (RequestError("Got this.", how_to_fix="Do that."), 400),
        (NotAllowed("Got this.", how_to_fix="Do that."), 403),
        (PlatformError("Got this.", how_to_fix="Do that.", permanent=True), 500),
        (PlatformError("Got this.", how_to_fix="Do that."), 503),
    ],
)
def test_it_shows_an_error_with_its_code_and_what_to_do(cast: Cast, problem: Exception, status: int) -> None:
    request = RequestFactory().get("/")
    request.user = cast.owner
    answer = ErrorPages(lambda request: None).process_exception(request, problem)  # type: ignore[arg-type,return-value]
    assert answer is not None
    assert answer.status_code == status
    page = answer.content.decode()
    assert "Got this." in page
    assert "Do that." in page
    assert problem.code in page  # type: ignore[attr-defined]


def test_it_says_that_the_database_is_away_without_asking_the_database() -> None:
    pages = ErrorPages(lambda request: None)  # type: ignore[arg-type,return-value]
    answer = pages.process_exception(RequestFactory().get("/"), OperationalError("connection refused"))
    assert answer is not None
    assert answer.status_code == 503
    assert "The database does not answer" in answer.content.decode()
    assert "connection refused" not in answer.content.decode()


def test_it_says_so_when_the_database_cannot_be_reached_at_all(
    django_db_setup: None, django_db_blocker: DjangoDbBlocker
) -> None:
    browser = Browser(raise_request_exception=False)
    browser.cookies["sessionid"] = "x" * 32
    connection = connections["default"]
    with django_db_blocker.unblock():
        host = connection.settings_dict["HOST"]
        connection.close()
        connection.settings_dict["HOST"] = "/nowhere"
        try:
            answer = browser.get(reverse("job-list"))
        finally:
            connection.settings_dict["HOST"] = host
            connection.close()
    assert answer.status_code == 503
    assert "Nothing that was stored is lost" in answer.content.decode()


def test_it_says_when_a_form_is_out_of_date(cast: Cast) -> None:
    browser = Browser(enforce_csrf_checks=True)
    browser.force_login(cast.owner)
    answer = browser.post(reverse("job-new"), {})
    assert answer.status_code == 403
    assert "The form is out of date" in answer.content.decode()


def test_it_keeps_inline_script_and_style_out_of_every_page(cast: Cast, browser_as: BrowserAs) -> None:
    output, refused = make_output(cast), make_job(cast, slug="rmbg-2.0")
    browser = browser_as(cast.owner)
    target = refused.target_id
    urls = [
        reverse("home"),
        reverse("client-list"),
        reverse("target", args=[target]),
        reverse("target-new", args=[refused.target.project_id]),
        f"{reverse('job-new')}?target={target}",
        reverse("job-list"),
        reverse("job", args=[refused.pk]),
        reverse("output-list"),
        reverse("output", args=[output.pk]),
    ]
    for url in urls:
        answer = browser.get(url)
        page = answer.content.decode()
        assert answer.status_code == 200, url
        assert "script-src 'self'" in answer["Content-Security-Policy"]
        assert not re.search(r"<style|\sstyle=|\son[a-z]+=|hx-on|javascript:", page), url
        assert not re.search(r"<script(?![^>]*\ssrc=)", page), url
        assert not re.search(r"""(?:src|href)=["']?(?:https?:)?//""", page), url


def test_it_gives_every_page_one_heading_and_a_title(cast: Cast, browser_as: BrowserAs) -> None:
    for name in ("home", "client-list", "job-new", "job-list", "output-list"):
        page = browser_as(cast.owner).get(reverse(name)).content.decode()
        assert page.count("<h1>") == 1, name
        assert not re.search(r"<title>\s*·", page), name
