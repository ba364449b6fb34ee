"""Decisions and dry runs as JSON: what the page and the command line say, for those who may see it."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.test import Client as Browser
from django.urls import reverse

from governance.models import Decision
from tests.conftest import Cast
from tests.factories import make_entitlement, make_job, make_target

pytestmark = pytest.mark.django_db


def signed_in(user: User) -> Browser:
    browser = Browser()
    browser.force_login(user)
    return browser


def said(command: str, *arguments: str) -> Any:
    out = io.StringIO()
    call_command(command, *arguments, "--json", stdout=out)
    return json.loads(out.getvalue())


def ask(browser: Browser, **question: object) -> tuple[int, Any]:
    answer = browser.post(reverse("api-evaluations"), json.dumps(question), content_type="application/json")
    return answer.status_code, answer.json()


def test_a_job_is_explained_as_on_the_command_line(cast: Cast) -> None:
    job = make_job(cast, slug="rmbg-2.0")
    answer = signed_in(cast.owner).get(reverse("api-job-explanation", args=[job.pk]))
    assert answer.json() == said("explain", str(job.pk))
    assert answer.json()[0]["outcome"] == "deny"


def test_all_decisions_of_a_job_come_oldest_first(cast: Cast) -> None:
    job = make_job(cast)
    found = signed_in(cast.owner).get(reverse("api-job-explanation", args=[job.pk]), {"all": "1"}).json()
    assert [entry["number"] for entry in found] == list(job.decisions.order_by("pk").values_list("pk", flat=True))


def test_a_decision_names_policy_readings_and_grants(cast: Cast) -> None:
    make_entitlement(cast, territories=("FR",))
    row = make_job(cast, slug="rmbg-2.0").decisions.get()
    told = signed_in(cast.auditor).get(reverse("api-decision", args=[row.pk])).json()
    assert (told["policy_revision"], told["policy_digest"]) == (row.policy_revision, row.policy_digest)
    assert told["encodings"] == row.encodings.split(", ")
    assert {"entitlement", "where_it_stops", "relied_upon"} <= set(told["grants"][0])
    assert (told["waivers"], told["holds"], told["trials"], told["previous"]) == ([], [], [], None)


@pytest.mark.parametrize("name", ["api-decision", "api-job-explanation"])
def test_what_is_not_for_you_does_not_exist(cast: Cast, name: str) -> None:
    row = make_job(cast).decisions.get()
    number = row.pk if name == "api-decision" else row.job_id
    browser = signed_in(cast.outsider)
    for pk in (number, 4711, 2**63):
        answer = browser.get(reverse(name, args=[pk]))
        assert (answer.status_code, answer.json()["error"]["code"]) == (404, "not_found")


def test_nobody_is_told_anything_without_signing_in(cast: Cast) -> None:
    for url in (reverse("api-decision", args=[1]), reverse("api-evaluations")):
        answer = Browser().get(url)
        assert (answer.status_code, answer.json()["error"]["code"]) == (401, "access.sign_in")


def test_another_method_is_refused(cast: Cast) -> None:
    answer = signed_in(cast.owner).get(reverse("api-evaluations"))
    assert (answer.status_code, answer["Allow"]) == (405, "POST")


def test_a_dry_run_says_what_the_command_says_and_stores_nothing(cast: Cast) -> None:
    target = make_target(cast)
    status, told = ask(signed_in(cast.owner), model="rmbg-2.0", target=target.pk, pictures=3)
    assert status == 200
    commanded = said("evaluate", "--model", "rmbg-2.0", "--target", str(target.pk), "--pictures", "3")
    for each in (told, commanded):
        each.pop("decided_at"), each.pop("decided_for")
    assert told == commanded
    assert (told["outcome"], told["number"], told["stage_words"]) == ("deny", None, "As a dry run")
    assert not Decision.objects.exists()


def test_a_dry_run_is_written_out_like_an_explanation(cast: Cast) -> None:
    target, out = make_target(cast, name="Web shop"), io.StringIO()
    call_command("evaluate", "--model", "rmbg-2.0", "--target", "Web shop", stdout=out)
    text = out.getvalue()
    assert text.startswith("Dry run: Not allowed\nas a dry run, ")
    assert "LIC-011" in text
    assert "Readings cited" in text
    assert target.name in text


@pytest.mark.parametrize(
    ("question", "code", "field"),
    [
        ({"model": "rmbg-9"}, "model.unknown", "model"),
        ({"pictures": 0}, "evaluation.pictures", "pictures"),
        ({"pictures": 10_001}, "evaluation.pictures", "pictures"),
        ({"pictures": "1"}, "entry.type", "pictures"),
        ({"target": None}, "entry.type", "target"),
        ({"colour": 1}, "entry.unknown", "colour"),
    ],
)
def test_a_question_that_does_not_fit_is_refused(cast: Cast, question: dict[str, Any], code: str, field: str) -> None:
    asked = {"model": "u2netp", "target": make_target(cast).pk} | question
    status, told = ask(signed_in(cast.owner), **asked)
    assert (status, told["error"]["code"], told["error"]["field"]) == (400, code, field)
    assert told["error"]["how_to_fix"]


def test_a_target_of_others_does_not_exist(cast: Cast) -> None:
    target = make_target(cast)
    for number in (target.pk, 2**70):
        status, told = ask(signed_in(cast.outsider), model="u2netp", target=number)
        assert (status, told["error"]["code"]) == (404, "not_found")


def test_the_command_refuses_as_the_api_does(cast: Cast) -> None:
    target = make_target(cast)
    with pytest.raises(CommandError, match=r"\[evaluation\.pictures\] Got 0 pictures"):
        call_command("evaluate", "--model", "u2netp", "--target", str(target.pk), "--pictures", "0")
    with pytest.raises(CommandError, match=r"\[model\.unknown\] Unknown model 'rmbg-9'"):
        call_command("evaluate", "--model", "rmbg-9", "--target", str(target.pk))
    with pytest.raises(CommandError, match=rf"There is no target 'Webshop'; .*{target.pk} "):
        call_command("evaluate", "--model", "u2netp", "--target", "Webshop")
