"""The list of decisions, one explained, and one as a document others can hash again."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from governance.models import Decision, Job
from governance.services.releases import release_output
from tests.conftest import Cast
from tests.factories import make_entitlement, make_job, make_output, make_target

BrowserAs = Callable[[User], Browser]


def refused_job(cast: Cast, **target: object) -> Job:
    """A commercial job with non-commercial weights: always refused."""
    return make_job(cast, slug="rmbg-2.0", target=make_target(cast, **target))


def page(browser: Browser, decision: Decision) -> str:
    return browser.get(reverse("decision", args=[decision.pk])).content.decode()


def test_it_lists_the_decisions_newest_first(cast: Cast, browser_as: BrowserAs) -> None:
    older, newer = refused_job(cast), make_job(cast)
    html = browser_as(cast.owner).get(reverse("decision-list")).content.decode()
    places = [html.index(f"job {job.pk}<") for job in (newer, older)]
    assert places == sorted(places)


def test_it_lists_only_what_the_reader_may_see(cast: Cast, browser_as: BrowserAs) -> None:
    refused_job(cast)
    html = browser_as(cast.outsider).get(reverse("decision-list")).content.decode()
    assert "No decisions" in html
    assert "Harbour Coffee" not in html


def test_it_narrows_the_list_by_verdict_and_gate(cast: Cast, browser_as: BrowserAs) -> None:
    refused, allowed = refused_job(cast), make_job(cast)
    html = browser_as(cast.owner).get(reverse("decision-list"), {"outcome": "deny", "stage": "submit"})
    assert f"job {refused.pk}<" in html.content.decode()
    assert f"job {allowed.pk}<" not in html.content.decode()


@pytest.mark.parametrize("query", [{"outcome": "maybe"}, {"client": "999999"}, {"before": "x"}, {"before": "0"}])
def test_it_says_so_when_a_filter_is_not_known(cast: Cast, browser_as: BrowserAs, query: dict[str, str]) -> None:
    answer = browser_as(cast.owner).get(reverse("decision-list"), query)
    assert answer.status_code == 400
    assert "Nothing to show" in answer.content.decode()


def test_it_pages_by_key(cast: Cast, browser_as: BrowserAs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("governance.reports.decisions.PAGE", 1)
    older, newer = refused_job(cast), refused_job(cast)
    browser = browser_as(cast.owner)
    first = browser.get(reverse("decision-list"), {"outcome": "deny"})
    following = first.context["page"].next_before
    assert f"?outcome=deny&amp;before={following}" in first.content.decode()
    second = browser.get(reverse("decision-list"), {"outcome": "deny", "before": following}).content.decode()
    assert (f"job {older.pk}<" in second, f"job {newer.pk}<" in second) == (True, False)


def test_the_list_asks_no_more_of_the_database_for_more_decisions(cast: Cast, browser_as: BrowserAs) -> None:
    browser, url = browser_as(cast.owner), reverse("decision-list")
    refused_job(cast)
    with CaptureQueriesContext(connection) as few:
        browser.get(url)
    for _ in range(3):
        refused_job(cast)
    with CaptureQueriesContext(connection) as many:
        browser.get(url)
    assert len(many) == len(few)


def test_a_refusal_says_what_was_found_what_is_required_and_which_clause(cast: Cast, browser_as: BrowserAs) -> None:
    decision = refused_job(cast).decisions.get()
    html = page(browser_as(cast.owner), decision)
    assert "LIC-011 A non-commercial licence cannot carry a commercial use" in html
    for label in ("Found", "Required", "Clause", "To fix"):
        assert f"<dt>{label}</dt>" in html
    assert "CC BY-NC 4.0, section 2(a)(1)" in html


def test_a_refusal_lists_numbered_steps_and_that_no_waiver_helps(cast: Cast, browser_as: BrowserAs) -> None:
    html = page(browser_as(cast.owner), refused_job(cast).decisions.get())
    assert "What would allow it" in html
    assert '<ol class="cures"><li><strong>' in html
    assert "A waiver cannot help here: a third party's prohibition is not ours to waive." in html


def test_it_shows_where_a_bought_right_that_narrowly_misses_stops(cast: Cast, browser_as: BrowserAs) -> None:
    entitlement = make_entitlement(cast)
    decision = refused_job(cast, territories=("FR",)).decisions.get()
    html = page(browser_as(cast.owner), decision)
    assert reverse("entitlement", args=[entitlement.ref]) in html
    assert "Territory: AT, CH, DE; found FR." in html


def test_an_allowed_decision_names_its_duties_and_the_grant_it_rests_on(cast: Cast, browser_as: BrowserAs) -> None:
    html = page(browser_as(cast.owner), make_job(cast).decisions.get())
    assert "Duties" in html
    assert "relied upon" in html
    assert "What would allow it" not in html


def test_it_hides_decisions_of_other_clients(cast: Cast, browser_as: BrowserAs) -> None:
    decision = refused_job(cast).decisions.get()
    browser = browser_as(cast.outsider)
    for name in ("decision", "decision-json"):
        assert browser.get(reverse(name, args=[decision.pk])).status_code == 404


def test_the_terms_of_contracts_are_for_whoever_may_read_papers(cast: Cast, browser_as: BrowserAs) -> None:
    make_entitlement(cast, contract_reference="SECRET-9")
    url = reverse("decision-json", args=[make_job(cast).decisions.get().pk])
    assert b"SECRET-9" in browser_as(cast.legal).get(url).content
    shown = browser_as(cast.owner).get(url)
    assert b"SECRET-9" not in shown.content
    assert list(shown.json()["grants"]) == ["sha256"]


def test_a_decision_knows_nothing_of_the_rights_of_other_clients(cast: Cast, browser_as: BrowserAs) -> None:
    theirs = make_entitlement(cast, clients=(cast.other_client.pk,), title="Only for Fern & Field")
    decision = make_job(cast, slug="rmbg-2.0").decisions.get()
    assert theirs.ref not in decision.body + decision.grants_text
    assert theirs.ref not in page(browser_as(cast.owner), decision)


@pytest.mark.parametrize("name", ["decision", "decision-json"])
def test_a_decision_is_only_ever_read(cast: Cast, browser_as: BrowserAs, name: str) -> None:
    decision = refused_job(cast).decisions.get()
    assert browser_as(cast.owner).post(reverse(name, args=[decision.pk])).status_code == 405


def test_everything_in_the_document_can_be_hashed_again(cast: Cast, browser_as: BrowserAs) -> None:
    make_entitlement(cast, territories=("FR",))
    decision = refused_job(cast).decisions.get()
    answer = browser_as(cast.legal).get(reverse("decision-json", args=[decision.pk]))
    document = json.loads(answer.content)
    for part in ("facts", "grants", "body"):
        text = document[part]["text"].encode()
        assert hashlib.sha256(text).hexdigest() == document[part]["sha256"]
    body = json.loads(document["body"]["text"])
    assert body["facts_sha256"] == document["facts"]["sha256"]
    assert document["facts"]["text"] == decision.facts
    assert answer["Content-Disposition"] == f'attachment; filename="decision-{decision.pk}.json"'


def test_it_warns_when_the_stored_text_was_altered(cast: Cast, browser_as: BrowserAs) -> None:
    decision = refused_job(cast).decisions.get()
    altered = decision.body.replace("non-commercial", "any", 1)
    forged = Decision.objects.get(pk=decision.pk)
    forged.pk, forged.body = None, altered
    forged.opaque_id = "00000000-0000-4000-8000-000000000001"
    forged.save(force_insert=True)
    html = page(browser_as(cast.owner), forged)
    assert "The stored text was altered." in html
    assert "The stored text was altered." not in page(browser_as(cast.owner), decision)


def test_a_later_decision_says_what_changed(cast: Cast, browser_as: BrowserAs) -> None:
    output = make_output(cast)
    ads = make_target(cast, kind="paid_ads", territories=("WORLD",))
    later, _ = release_output(cast.owner, output, ads)
    html = page(browser_as(cast.owner), later)
    assert f"decision {later.previous_id}" in html
    assert "Target, kind: paid advertising; before: e-commerce listing." in html


def test_the_command_line_explains_the_same(cast: Cast, capsys: pytest.CaptureFixture[str]) -> None:
    job = refused_job(cast)
    call_command("explain", str(job.pk))
    text = capsys.readouterr().out
    assert f"Decision {job.decisions.get().pk}: Not allowed" in text
    assert "LIC-011 A non-commercial licence cannot carry a commercial use [refuses]" in text
    assert "What would allow it" in text
    assert max(len(line) for line in text.splitlines()) <= 100


def test_the_command_line_gives_the_structure_as_json(cast: Cast, capsys: pytest.CaptureFixture[str]) -> None:
    job = refused_job(cast)
    call_command("explain", str(job.pk), "--json")
    (explained,) = json.loads(capsys.readouterr().out)
    assert explained["outcome"] == "deny"
    assert explained["concerns"]


def test_the_command_line_says_when_there_is_no_such_job(db: None) -> None:
    with pytest.raises(CommandError, match="Job 999999 has no decision"):
        call_command("explain", "999999")
