"""The audit export: who may, for which scope, and two documents that agree."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from governance.models import Role
from governance.provenance.canonical import canonical, timestamp
from governance.services.accounts import add_user, grant_role
from governance.services.releases import deliver, release_output
from tests.conftest import Cast
from tests.factories import make_job, make_output, make_target

BrowserAs = Callable[[User], Browser]


def work(cast: Cast) -> None:
    """One output, released and handed over; one job refused."""
    output = make_output(cast)
    _, release = release_output(cast.owner, output, output.cutout.job.target)
    assert release is not None
    deliver(cast.owner, release).close()
    make_job(cast, slug="rmbg-2.0")


def document(browser: Browser, **query: Any) -> dict[str, Any]:
    answer = browser.get(reverse("audit-export"), {"format": "json"} | query)
    assert answer.status_code == 200
    return json.loads(answer.content)


def rows(browser: Browser, **query: Any) -> list[dict[str, str]]:
    answer = browser.get(reverse("audit-export"), {"format": "csv"} | query)
    text = b"".join(answer.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
    return list(csv.DictReader(io.StringIO(text, newline="")))


@pytest.mark.parametrize("name", ["audit", "audit-export"])
def test_it_is_for_legal_and_auditors(cast: Cast, browser_as: BrowserAs, name: str) -> None:
    for person in (cast.legal, cast.auditor):
        assert browser_as(person).get(reverse(name)).status_code == 200
    for person in (cast.owner, cast.admin):
        assert browser_as(person).get(reverse(name)).status_code == 403


def test_the_totals_are_those_of_the_rows(cast: Cast, browser_as: BrowserAs) -> None:
    work(cast)
    found = document(browser_as(cast.legal))
    assert found["totals"] == {"outputs": 1, "released": 1, "deliveries": 1, "refused": 1, "held": 0}
    assert len(found["outputs"]) == 1
    assert [entry["outcome"] for entry in found["blocked"]] == ["deny"]


def test_the_page_shows_the_same_totals_as_the_document(cast: Cast, browser_as: BrowserAs) -> None:
    work(cast)
    browser = browser_as(cast.auditor)
    totals = browser.get(reverse("audit")).context["totals"]
    found = document(browser)["totals"]
    assert {name: getattr(totals, name) for name in found} == found


def test_an_output_stands_with_its_record_weights_licence_and_decision(cast: Cast, browser_as: BrowserAs) -> None:
    output = make_output(cast)
    (entry,) = document(browser_as(cast.legal))["outputs"]
    decision = output.cutout.decision
    assert decision is not None
    assert entry["record"] == str(output.record_id)
    assert entry["weights_sha256"] == output.cutout.job.weights_sha256
    assert entry["licenses"] == ["Apache-2.0"]
    assert entry["decision_sha256"] == decision.body_sha256
    assert entry["grants"] == ["Public licence Apache License 2.0"]
    assert entry["log_index"] is None


def test_a_blocked_attempt_names_its_rules_and_who_asked(cast: Cast, browser_as: BrowserAs) -> None:
    make_job(cast, slug="rmbg-2.0", pictures=3)
    (entry,) = document(browser_as(cast.legal))["blocked"]
    assert "LIC-011" in entry["rules"]
    assert (entry["requested_by"], entry["pictures"], entry["stage"]) == ("owner", 3, "submit")


def test_the_page_says_in_words_which_gate_decided(cast: Cast, browser_as: BrowserAs) -> None:
    work(cast)
    page = browser_as(cast.auditor).get(reverse("audit")).content.decode()
    assert "<small>At submission</small>" in page


def test_the_document_is_canonical_and_the_same_for_the_same_scope(cast: Cast, browser_as: BrowserAs) -> None:
    work(cast)
    browser, as_of = browser_as(cast.legal), timestamp(timezone.now())
    first = browser.get(reverse("audit-export"), {"as_of": as_of}).content
    make_job(cast, slug="rmbg-2.0")
    make_output(cast)
    assert browser.get(reverse("audit-export"), {"as_of": as_of}).content == first
    assert canonical(json.loads(first)) == first


def test_the_scope_is_a_client_and_days(cast: Cast, browser_as: BrowserAs) -> None:
    work(cast)
    browser = browser_as(cast.legal)
    assert document(browser, client=cast.other_client.pk)["totals"]["outputs"] == 0
    before = (timezone.now() - timedelta(days=9)).date().isoformat()
    assert document(browser, **{"from": before, "to": before})["totals"]["refused"] == 0
    assert document(browser, client=cast.client.pk)["totals"]["outputs"] == 1


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ({"from": "2026-02-30"}, "Enter a valid date."),
        ({"from": "2026-03-02", "to": "2026-03-01"}, "is before the first"),
        ({"to": "2999-01-01"}, "has not come yet"),
        ({"from": "1999-01-01"}, "nothing can be on record before"),
        ({"as_of": "2999-01-01T00:00:00.000000Z"}, "expected a moment in the past"),
        ({"as_of": "now"}, "Got time"),
        ({"client": "0"}, "Select a valid choice."),
        ({"format": "xls"}, "xls is not one of the available choices."),
    ],
)
@pytest.mark.parametrize("name", ["audit", "audit-export"])
def test_it_says_what_is_wrong_with_a_scope(
    cast: Cast, browser_as: BrowserAs, query: dict[str, str], message: str, name: str
) -> None:
    answer = browser_as(cast.legal).get(reverse(name), query)
    assert answer.status_code == 400
    assert message in answer.content.decode()


def test_the_table_has_a_row_for_each_entry_and_ends_with_the_totals(cast: Cast, browser_as: BrowserAs) -> None:
    work(cast)
    found = rows(browser_as(cast.legal))
    assert [row["kind"] for row in found] == ["output", "refused", "end"]
    assert found[-1]["note"] == "outputs 1, released 1, deliveries 1, refused 1, held 0"


def test_the_table_runs_nothing_in_a_spreadsheet(cast: Cast, browser_as: BrowserAs) -> None:
    make_job(cast, slug="rmbg-2.0", target=make_target(cast, name="=HYPERLINK(1)"))
    refused = rows(browser_as(cast.legal))[0]
    assert refused["target"] == "'=HYPERLINK(1)"


def test_the_page_links_to_the_documents_of_exactly_its_figures(cast: Cast, browser_as: BrowserAs) -> None:
    browser = browser_as(cast.legal)
    answer = browser.get(reverse("audit"))
    scope = answer.context["scope"]
    make_job(cast, slug="rmbg-2.0")
    assert f"as_of={timestamp(scope.as_of).replace(':', '%3A')}" in answer.content.decode()
    assert document(browser, as_of=timestamp(scope.as_of))["totals"]["refused"] == 0


def test_the_export_asks_no_more_of_the_database_for_more_rows(cast: Cast, browser_as: BrowserAs) -> None:
    browser, url = browser_as(cast.legal), reverse("audit-export")
    work(cast)
    with CaptureQueriesContext(connection) as few:
        browser.get(url)
    for _ in range(2):
        work(cast)
    with CaptureQueriesContext(connection) as many:
        browser.get(url)
    assert len(many) == len(few)


def test_the_export_is_only_read(cast: Cast, browser_as: BrowserAs) -> None:
    assert browser_as(cast.legal).post(reverse("audit-export")).status_code == 405


def test_an_auditor_of_one_client_exports_no_other(cast: Cast, browser_as: BrowserAs) -> None:
    auditor = add_user("their-auditor", None)
    grant_role(auditor, Role.AUDITOR, cast.client)
    grant_role(auditor, Role.REQUESTER, cast.other_client)
    browser = browser_as(auditor)
    codes = [
        browser.get(reverse("audit-export"), query).status_code for query in ({}, {"client": cast.other_client.pk})
    ]
    assert codes == [400, 400]
    assert browser.get(reverse("audit-export"), {"client": cast.client.pk}).status_code == 200
