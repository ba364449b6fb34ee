"""The list of jobs, the job page, its progress, and what may still be done."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from django.test import Client as Browser
from django.urls import reverse

from governance.models import Cutout, Job
from governance.reports import jobs as report
from governance.services import cutouts as service
from tests.conftest import Cast
from tests.factories import make_job, make_output, make_target

BrowserAs = Callable[[User], Browser]


def states(*statuses: str) -> Callable[[Cast], Job]:
    """A job whose cutouts are in these states, set directly: the moves themselves have tests of their own."""

    def make(cast: Cast) -> Job:
        job = make_job(cast, pictures=len(statuses))
        for cutout, status in zip(job.cutouts.order_by("pk"), statuses, strict=True):
            Cutout.objects.filter(pk=cutout.pk).update(status=status)
        return job

    return make


@pytest.mark.parametrize(
    ("statuses", "expected"),
    [
        (("queued",), "queued"),
        (("queued", "succeeded"), "running"),
        (("running", "failed"), "running"),
        (("held", "succeeded"), "held"),
        (("succeeded", "succeeded"), "succeeded"),
        (("refused", "refused"), "refused"),
        (("failed", "failed"), "failed"),
        (("failed", "cancelled"), "failed"),
        (("succeeded", "failed"), "partly"),
        (("succeeded", "refused"), "partly"),
        (("cancelled",), "cancelled"),
    ],
)
def test_it_derives_the_state_of_a_job_from_its_cutouts(cast: Cast, statuses: tuple[str, ...], expected: str) -> None:
    assert report.progress_of(states(*statuses)(cast)).state == expected


def test_it_lists_jobs_newest_first(cast: Cast, browser_as: BrowserAs) -> None:
    older, newer = make_job(cast), make_job(cast)
    rows = browser_as(cast.colleague).get(reverse("job-list")).context["page"].rows
    assert [row.pk for row in rows] == [newer.pk, older.pk]


def test_it_hides_jobs_of_other_clients(cast: Cast, browser_as: BrowserAs) -> None:
    job = make_job(cast)
    browser = browser_as(cast.outsider)
    assert browser.get(reverse("job-list")).context["page"].rows == ()
    assert browser.get(reverse("job", args=[job.pk])).status_code == 404
    assert browser.get(reverse("job-progress", args=[job.pk])).status_code == 404
    assert browser.post(reverse("job-cancel", args=[job.pk])).status_code == 404
    assert browser.post(reverse("job-retry", args=[job.pk])).status_code == 404
    assert browser.post(reverse("cutout-retry", args=[job.cutouts.get().pk])).status_code == 404


def test_it_filters_by_state_and_client(cast: Cast, browser_as: BrowserAs) -> None:
    refused, queued = make_job(cast, slug="rmbg-2.0"), make_job(cast)
    browser = browser_as(cast.legal)

    def found(**query: object) -> list[int]:
        return [row.pk for row in browser.get(reverse("job-list"), query).context["page"].rows]

    assert found(state="refused") == [refused.pk]
    assert found(state="queued") == [queued.pk]
    assert found(client=cast.other_client.pk) == []


def test_it_pages_by_key(cast: Cast, browser_as: BrowserAs, monkeypatch: pytest.MonkeyPatch) -> None:
    jobs = [make_job(cast) for _ in range(3)]
    first = report.page_of_jobs(report.visible_jobs(cast.owner), size=2)
    assert [row.pk for row in first.rows] == [jobs[2].pk, jobs[1].pk]
    answer = browser_as(cast.owner).get(reverse("job-list"), {"before": first.before})
    assert [row.pk for row in answer.context["page"].rows] == [jobs[0].pk]
    assert "Newest" in answer.content.decode()


def test_it_shows_everything_when_a_filter_makes_no_sense(cast: Cast, browser_as: BrowserAs) -> None:
    job = make_job(cast)
    answer = browser_as(cast.owner).get(reverse("job-list"), {"state": "asleep", "before": "x"})
    assert [row.pk for row in answer.context["page"].rows] == [job.pk]


def test_it_polls_while_anything_moves(cast: Cast, browser_as: BrowserAs) -> None:
    job = make_job(cast)
    page = browser_as(cast.owner).get(reverse("job", args=[job.pk])).content.decode()
    assert f'hx-get="{reverse("job-progress", args=[job.pk])}"' in page
    assert 'hx-trigger="every 2s"' in page


def test_it_answers_304_while_nothing_changed(cast: Cast, browser_as: BrowserAs) -> None:
    job = make_job(cast)
    browser, url = browser_as(cast.owner), reverse("job-progress", args=[job.pk])
    first = browser.get(url)
    assert first.status_code == 200
    assert browser.get(url, headers={"if-none-match": first["ETag"]}).status_code == 304
    assert service.claim(job.cutouts.get().pk) is not None
    changed = browser.get(url, headers={"if-none-match": first["ETag"]})
    assert (changed.status_code, changed["ETag"] != first["ETag"]) == (200, True)


def test_it_tells_the_page_to_stop_asking_when_all_is_made(cast: Cast, browser_as: BrowserAs) -> None:
    job = make_job(cast)
    output = make_output(cast, job=job)
    answer = browser_as(cast.owner).get(reverse("job-progress", args=[job.pk]))
    assert answer.status_code == 286
    assert reverse("output", args=[output.pk]) in answer.content.decode()
    assert "1 of 1 made" in answer.content.decode()


def test_it_does_not_poll_for_a_settled_job(cast: Cast, browser_as: BrowserAs) -> None:
    job = make_job(cast, slug="rmbg-2.0")
    assert "hx-trigger" not in browser_as(cast.owner).get(reverse("job", args=[job.pk])).content.decode()


def test_it_shows_why_a_picture_failed_and_tries_again(cast: Cast, browser_as: BrowserAs) -> None:
    job = make_job(cast)
    cutout = service.claim(job.cutouts.get().pk)
    assert cutout is not None
    service.fail(cutout, code="weights.missing", message="The weights are not here. Run weights pull.", permanent=True)
    browser = browser_as(cast.owner)
    page = browser.get(reverse("job", args=[job.pk])).content.decode()
    assert "The weights are not here. Run weights pull." in page
    assert "Try 1 failed again" in page
    browser.post(reverse("cutout-retry", args=[cutout.pk]))
    cutout.refresh_from_db()
    assert cutout.status == "queued"


def test_it_retries_every_failed_picture_at_once(cast: Cast, browser_as: BrowserAs) -> None:
    job = states("failed", "failed", "succeeded")(cast)
    browser_as(cast.owner).post(reverse("job-retry", args=[job.pk]))
    assert sorted(job.cutouts.values_list("status", flat=True)) == ["queued", "queued", "succeeded"]


def test_it_cancels_what_has_not_started(cast: Cast, browser_as: BrowserAs) -> None:
    job = make_job(cast, pictures=2)
    service.claim(job.cutouts.order_by("pk")[0].pk)
    answer = browser_as(cast.owner).post(reverse("job-cancel", args=[job.pk]), follow=True)
    assert "1 picture was cancelled." in answer.content.decode()
    assert sorted(job.cutouts.values_list("status", flat=True)) == ["cancelled", "running"]


def test_it_refuses_a_cancel_from_an_auditor(cast: Cast, browser_as: BrowserAs) -> None:
    job = make_job(cast)
    assert browser_as(cast.auditor).post(reverse("job-cancel", args=[job.pk])).status_code == 403
    assert job.cutouts.get().status == "queued"


@pytest.mark.parametrize("name", ["job-cancel", "job-retry", "cutout-retry"])
def test_it_changes_nothing_by_get(cast: Cast, browser_as: BrowserAs, name: str) -> None:
    assert browser_as(cast.owner).get(reverse(name, args=[1])).status_code == 405


def test_it_shows_the_chain_of_a_refused_job(cast: Cast, browser_as: BrowserAs) -> None:
    target = make_target(cast)
    job = make_job(cast, slug="rmbg-2.0", target=target)
    links = browser_as(cast.owner).get(reverse("job", args=[job.pk])).context["chain"]
    assert [(link.label, link.state) for link in links] == [
        ("Picture", "ok"),
        ("Target", "ok"),
        ("Route", "ok"),
        ("Grant", "no"),
        ("Verdict", "no"),
        ("Record", "wait"),
    ]
    assert links[3].title == "None permits this"
