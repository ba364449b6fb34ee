"""Models and licences, as the catalogue has them."""

from __future__ import annotations

import re
from collections.abc import Callable

from django.contrib.auth.models import User
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils.html import escape

from governance.models import ModelVersion
from tests.conftest import Cast
from tests.factories import acquire_weights

BrowserAs = Callable[[User], Browser]


def page(browser: Browser, slug: str) -> str:
    return browser.get(reverse("model", args=[slug])).content.decode()


def test_it_lists_every_catalogued_model(cast: Cast, browser_as: BrowserAs) -> None:
    html = browser_as(cast.owner).get(reverse("model-list")).content.decode()
    for model in ModelVersion.objects.all():
        assert reverse("model", args=[model.slug]) in html


def test_absent_weights_come_with_the_command_that_brings_them(cast: Cast, browser_as: BrowserAs) -> None:
    html = page(browser_as(cast.owner), "rmbg-2.0")
    assert "Weights not present" in html
    assert "python manage.py weights import rmbg-2.0 PATH" in html


def test_acquired_weights_are_present(cast: Cast, browser_as: BrowserAs) -> None:
    acquire_weights("u2netp")
    html = page(browser_as(cast.owner), "u2netp")
    assert "Weights present" in html
    assert "Weights not present" not in html


def test_conflicting_declarations_stand_side_by_side(cast: Cast, browser_as: BrowserAs) -> None:
    declarations = browser_as(cast.owner).get(reverse("model", args=["rmbg-1.4"])).context["model"].declarations
    assert len({line.license_id for line in declarations}) > 1
    assert {"Accepted", "Superseded"} <= {line.state.words for line in declarations}
    html = page(browser_as(cast.owner), "rmbg-1.4")
    for line in declarations:
        assert escape(line.license) in html


def test_a_contradicted_claim_shows_what_speaks_against_it(cast: Cast, browser_as: BrowserAs) -> None:
    html = page(browser_as(cast.owner), "birefnet-general")
    assert "Contradicted" in html
    assert "Against it:" in html


def test_links_to_sources_tell_the_other_site_nothing(cast: Cast, browser_as: BrowserAs) -> None:
    links = re.findall(r'<a href="https?://[^"]*"[^>]*>', page(browser_as(cast.owner), "rmbg-2.0"))
    assert links
    assert all('rel="noreferrer noopener"' in link for link in links)


def test_an_unknown_model_is_not_found(cast: Cast, browser_as: BrowserAs) -> None:
    assert browser_as(cast.owner).get(reverse("model", args=["no-such-model"])).status_code == 404


def test_the_list_asks_no_more_of_the_database_for_more_models(cast: Cast, browser_as: BrowserAs) -> None:
    browser, url = browser_as(cast.owner), reverse("model-list")
    with CaptureQueriesContext(connection) as few:
        browser.get(url)
    like = ModelVersion.objects.get(slug="u2netp")
    for number in range(3):
        like.slug = f"copy-{number}"
        like._state.adding = True
        like.save(force_insert=True)
    with CaptureQueriesContext(connection) as many:
        browser.get(url)
    assert len(many) == len(few)


def test_models_are_only_read(cast: Cast, browser_as: BrowserAs) -> None:
    assert browser_as(cast.owner).post(reverse("model-list")).status_code == 405
