"""The list of outputs, one output, its release and what is handed over."""

from __future__ import annotations

import io
import json
from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from django.test import Client as Browser
from django.urls import reverse
from PIL import Image

from governance.adapters import blobs
from governance.models import Decision, Delivery, Output, Release
from governance.services.cutouts import claim
from governance.services.outputs import record_output
from tests.conftest import Cast
from tests.factories import made, make_job, make_output, make_project, make_target, png
from tests.factories_relief import make_hold

BrowserAs = Callable[[User], Browser]


@pytest.fixture
def output(cast: Cast) -> Output:
    return make_output(cast)


def test_it_lists_outputs_newest_first(cast: Cast, output: Output, browser_as: BrowserAs) -> None:
    newer = make_output(cast)
    rows = browser_as(cast.auditor).get(reverse("output-list")).context["page"].rows
    assert [row.pk for row in rows] == [newer.pk, output.pk]


def test_it_lists_the_outputs_of_one_job(cast: Cast, output: Output, browser_as: BrowserAs) -> None:
    make_output(cast)
    answer = browser_as(cast.owner).get(reverse("output-list"), {"job": output.cutout.job_id})
    assert [row.pk for row in answer.context["page"].rows] == [output.pk]


def test_a_job_that_is_no_number_filters_nothing(cast: Cast, output: Output, browser_as: BrowserAs) -> None:
    answer = browser_as(cast.owner).get(reverse("output-list"), {"job": "abc"})
    assert answer.status_code == 200
    assert "Newest first; each has one signed record" in answer.content.decode()


def test_it_has_no_output_of_other_clients(cast: Cast, output: Output, browser_as: BrowserAs) -> None:
    browser = browser_as(cast.outsider)
    assert browser.get(reverse("output-list")).context["page"].rows == ()
    for name, more in (("output", []), ("output-picture", ["after"]), ("output-release", []), ("output-receipt", [])):
        assert browser.get(reverse(name, args=[output.pk, *more])).status_code == 404


def test_it_shows_before_and_after_with_the_facts_of_the_run(cast: Cast, output: Output, browser_as: BrowserAs) -> None:
    page = browser_as(cast.owner).get(reverse("output", args=[output.pk])).content.decode()
    assert reverse("output-picture", args=[output.pk, "before"]) in page
    assert reverse("output-picture", args=[output.pk, "after"]) in page
    assert output.sha256 in page
    assert output.cutout.job.weights_sha256 in page
    assert "clearcut-u2net-1" in page
    assert 'type="range"' in page


def test_it_serves_a_preview_that_keeps_transparency(cast: Cast, output: Output, browser_as: BrowserAs) -> None:
    answer = browser_as(cast.owner).get(reverse("output-picture", args=[output.pk, "after"]))
    assert answer["Content-Type"] == "image/webp"
    assert Image.open(io.BytesIO(answer.content)).mode == "RGBA"


def test_it_does_not_decode_a_picture_again_that_the_browser_has(
    cast: Cast, output: Output, browser_as: BrowserAs
) -> None:
    browser, url = browser_as(cast.owner), reverse("output-picture", args=[output.pk, "after"])
    tag = browser.get(url)["ETag"]
    assert browser.get(url, headers={"if-none-match": tag}).status_code == 304


def test_it_knows_no_other_picture(cast: Cast, output: Output, browser_as: BrowserAs) -> None:
    assert browser_as(cast.owner).get(reverse("output-picture", args=[output.pk, "mask"])).status_code == 404


def swapped_output(cast: Cast, colour: int) -> Output:
    """An output whose stored bytes were replaced: bytes of its own, because the store outlives a test."""
    cutout = claim(make_job(cast).cutouts.get().pk)
    assert cutout is not None
    output = record_output(cutout, made(cutout, png(mode="RGBA", colour=(colour, 1, 1, 1))))
    assert output is not None
    blobs._path(output.sha256).write_bytes(b"something else")
    return output


def test_it_refuses_to_show_a_file_that_was_swapped(cast: Cast, browser_as: BrowserAs) -> None:
    output = swapped_output(cast, 11)
    answer = browser_as(cast.owner).get(reverse("output-picture", args=[output.pk, "after"]))
    assert answer.status_code == 500
    assert "blob.damaged" in answer.content.decode()
    assert "It is not handed over" in answer.content.decode()


def test_it_shows_the_verdict_and_its_duties_before_a_release(
    cast: Cast, output: Output, browser_as: BrowserAs
) -> None:
    target = output.cutout.job.target
    answer = browser_as(cast.owner).get(
        reverse("output-release", args=[output.pk]), {"target": target.pk}, headers={"hx-request": "true"}
    )
    page = answer.content.decode()
    assert "Allowed, 1 duty" in page
    assert "I have read these duties" in page
    assert "<html" not in page
    assert not Release.objects.exists()


def test_a_release_that_a_hold_stops_speaks_of_the_hold(cast: Cast, output: Output, browser_as: BrowserAs) -> None:
    make_hold(cast)
    target = output.cutout.job.target
    page = browser_as(cast.owner).get(reverse("output-release", args=[output.pk]), {"target": target.pk})
    assert "A hold is lifted by two people; it cannot be waived." in page.content.decode()
    assert "A waiver cannot help" not in page.content.decode()


def test_it_shows_the_same_on_a_page_of_its_own_without_the_script(
    cast: Cast, output: Output, browser_as: BrowserAs
) -> None:
    target = output.cutout.job.target
    page = browser_as(cast.owner).get(reverse("output-release", args=[output.pk]), {"target": target.pk})
    assert "<html" in page.content.decode()
    assert f"Release for {target.name}" in page.content.decode()


def test_it_releases_once_the_duties_are_accepted(cast: Cast, output: Output, browser_as: BrowserAs) -> None:
    target = output.cutout.job.target
    browser, url = browser_as(cast.owner), reverse("output-release", args=[output.pk])
    refused = browser.post(url, {"target": target.pk})
    assert refused.status_code == 400
    assert "Confirm that they will be met" in refused.content.decode()
    assert not Release.objects.exists()
    answer = browser.post(url, {"target": target.pk, "accept": "on"}, follow=True)
    assert "The file and its receipt can be downloaded." in answer.content.decode()
    release = Release.objects.get()
    assert (release.target, release.released_by) == (target, cast.owner)


def test_it_records_a_release_that_is_not_allowed_and_says_why(cast: Cast, browser_as: BrowserAs) -> None:
    output = swapped_output(cast, 12)
    target = output.cutout.job.target
    data = {"target": target.pk, "accept": "on"}
    answer = browser_as(cast.owner).post(reverse("output-release", args=[output.pk]), data, follow=True)
    decision = Decision.objects.get(stage="release")
    assert not decision.allows
    assert not Release.objects.exists()
    page = answer.content.decode()
    assert f"Not released for {target.name}. Decision {decision.pk} says why" in page
    assert reverse("decision", args=[decision.pk]) in page


def test_it_refuses_a_release_for_another_clients_target(cast: Cast, output: Output, browser_as: BrowserAs) -> None:
    elsewhere = make_target(
        cast, project=make_project(cast, client=cast.other_client, actor=cast.outsider), actor=cast.outsider
    )
    answer = browser_as(cast.owner).post(reverse("output-release", args=[output.pk]), {"target": elsewhere.pk})
    assert answer.status_code == 400
    assert not Decision.objects.filter(stage="release").exists()


def test_it_refuses_a_release_by_an_auditor(cast: Cast, output: Output, browser_as: BrowserAs) -> None:
    data = {"target": output.cutout.job.target_id, "accept": "on"}
    assert browser_as(cast.auditor).post(reverse("output-release", args=[output.pk]), data).status_code == 403


def release(cast: Cast, output: Output, browser_as: BrowserAs) -> Release:
    data = {"target": output.cutout.job.target_id, "accept": "on"}
    browser_as(cast.owner).post(reverse("output-release", args=[output.pk]), data)
    return Release.objects.get()


def test_it_hands_a_released_file_over_and_notes_the_delivery(
    cast: Cast, output: Output, browser_as: BrowserAs
) -> None:
    url = reverse("output-download", args=[release(cast, output, browser_as).pk])
    answer = browser_as(cast.owner).get(url)
    assert b"".join(answer) == blobs.get(output.sha256)
    assert answer["Content-Disposition"] == 'attachment; filename="cup-cutout.png"'
    delivery = Delivery.objects.get()
    assert (delivery.sha256, delivery.delivered_to) == (output.sha256, cast.owner)


def test_it_delivers_nothing_to_a_mere_look_at_the_headers(cast: Cast, output: Output, browser_as: BrowserAs) -> None:
    url = reverse("output-download", args=[release(cast, output, browser_as).pk])
    assert browser_as(cast.owner).head(url).status_code == 405
    assert not Delivery.objects.exists()


def test_it_has_no_download_for_other_clients(cast: Cast, output: Output, browser_as: BrowserAs) -> None:
    url = reverse("output-download", args=[release(cast, output, browser_as).pk])
    assert browser_as(cast.outsider).get(url).status_code == 404


def test_it_hands_out_the_receipt(cast: Cast, output: Output, browser_as: BrowserAs) -> None:
    answer = browser_as(cast.auditor).get(reverse("output-receipt", args=[output.pk]))
    assert answer["Content-Disposition"] == 'attachment; filename="cup.sigstore.json"'
    assert "dsseEnvelope" in json.loads(b"".join(answer))


def test_it_shows_the_chain_down_to_the_record(cast: Cast, output: Output, browser_as: BrowserAs) -> None:
    links = browser_as(cast.owner).get(reverse("output", args=[output.pk])).context["chain"]
    assert [link.label for link in links] == ["Picture", "Target", "Route", "Grant", "Verdict", "Record"]
    assert (links[-1].title, links[-1].state) == ("Signed, not yet in the log", "wait")
    assert links[-1].url == reverse("record", args=[output.record_id])
