"""What leaves the house: a released file through its record, whole or not at all, and no other way round."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.test import Client as Browser
from django.urls import reverse
from pytest_django import Settings

from governance.adapters import blobs, keys
from governance.models import Alarm, Delivery, Output, ProvenanceRecord, Release
from governance.provenance.canonical import parse_strict
from governance.services.cutouts import claim
from governance.services.outputs import record_output
from governance.services.releases import release_output
from governance.web.responses import ending_of
from tests.conftest import Cast
from tests.factories import made, make_job, make_output, png

BrowserAs = Callable[[User], Browser]


@pytest.fixture(autouse=True)
def own_store(settings: Settings, tmp_path: Path) -> None:
    """Files that a test may spoil."""
    settings.STORAGE_URL = (tmp_path / "blobs").as_uri()


@pytest.fixture
def output(cast: Cast) -> Output:
    return make_output(cast)


def released(cast: Cast, output: Output) -> Release:
    _, release = release_output(cast.owner, output, output.cutout.job.target)
    assert release is not None
    return release


def download_url(cast: Cast, output: Output) -> str:
    return reverse("output-download", args=[released(cast, output).pk])


def open_alarms() -> list[tuple[str, str]]:
    return list(Alarm.objects.filter(acknowledgement=None).values_list("kind", "subject"))


def test_a_download_says_how_long_it_is_and_what_it_is_called(
    cast: Cast, output: Output, browser_as: BrowserAs
) -> None:
    answer = browser_as(cast.owner).get(download_url(cast, output))
    assert b"".join(answer) == blobs.get(output.sha256)
    assert (answer["Content-Type"], answer["Content-Length"]) == ("image/png", str(output.size))
    assert answer["Content-Disposition"] == 'attachment; filename="cup-cutout.png"'


@pytest.mark.parametrize(
    ("media_type", "ending"),
    [("image/png", "png"), ("image/jpeg", "jpg"), ("image/webp", "webp"), ("image/tiff", "tif"), ("other", "bin")],
)
def test_a_file_is_named_for_its_type(media_type: str, ending: str) -> None:
    assert ending_of(media_type) == ending


def test_releases_and_deliveries_are_entries_of_the_log(cast: Cast, output: Output, browser_as: BrowserAs) -> None:
    release = released(cast, output)
    list(browser_as(cast.colleague).get(reverse("output-download", args=[release.pk])))
    told = ProvenanceRecord.objects.filter(kind__in=("release", "delivery")).order_by("created_at")
    delivery = Delivery.objects.get()
    assert [(each.kind, each.about, each.client) for each in told] == [
        ("release", f"release:{release.pk}", cast.client),
        ("delivery", f"delivery:{delivery.pk}", cast.client),
    ]
    stated = [parse_strict(bytes(each.payload))["predicate"]["details"] for each in told]
    of_file = {"record": str(output.record_id), "sha256": output.sha256}
    assert stated == [
        {"act": "released", "decision": str(release.decision.opaque_id), **of_file},
        {"act": "delivered", **of_file},
    ]


def test_a_release_made_before_is_not_told_again(cast: Cast, output: Output) -> None:
    assert released(cast, output) == released(cast, output)
    assert ProvenanceRecord.objects.filter(kind="release").count() == 1


def test_attack_40_a_file_replaced_on_disk_is_not_handed_over(
    cast: Cast, output: Output, browser_as: BrowserAs
) -> None:
    url = download_url(cast, output)
    blobs._path(output.sha256).write_bytes(b"another picture")
    answer = browser_as(cast.owner).get(url)
    assert (answer.status_code, "blob.damaged" in answer.content.decode()) == (500, True)
    assert "It is not handed over" in answer.content.decode()
    assert open_alarms() == [("file", f"output:{output.pk}")]
    assert not Delivery.objects.exists()
    assert not ProvenanceRecord.objects.filter(kind="delivery").exists()


def test_attack_40_a_file_taken_away_is_not_handed_over(cast: Cast, output: Output, browser_as: BrowserAs) -> None:
    url = download_url(cast, output)
    blobs._path(output.sha256).unlink()
    answer = browser_as(cast.owner).get(url)
    assert (answer.status_code, "blob.missing" in answer.content.decode()) == (500, True)
    assert open_alarms() == [("file", f"output:{output.pk}")]
    assert not Delivery.objects.exists()


def test_attack_40_a_file_replaced_while_it_leaves_never_leaves_whole(
    cast: Cast, output: Output, browser_as: BrowserAs
) -> None:
    answer = browser_as(cast.owner).get(download_url(cast, output))
    with blobs._path(output.sha256).open("r+b") as stored:
        stored.write(b"changed under way")
    with pytest.raises(blobs.BlobDamaged, match=f"of SHA-256 {output.sha256} now has SHA-256"):
        next(iter(answer))  # its only piece is the last one
    assert open_alarms() == [("file", f"output:{output.pk}")]


def test_attack_40_a_replaced_file_is_not_released_either(cast: Cast, output: Output) -> None:
    blobs._path(output.sha256).write_bytes(b"another picture")
    decision, release = release_output(cast.owner, output, output.cutout.job.target)
    assert (decision.outcome, release) == ("deny", None)
    assert open_alarms() == [("file", f"output:{output.pk}")]


@pytest.mark.parametrize("which", ["before", "after", "thumb"])
def test_attack_46_no_preview_leaves_without_a_record_that_holds(
    cast: Cast, output: Output, browser_as: BrowserAs, settings: Settings, tmp_path: Path, which: str
) -> None:
    settings.KEYS_DIR = tmp_path / "other keys"
    keys.ensure_keys()
    answer = browser_as(cast.owner).get(reverse("output-picture", args=[output.pk, which]))
    assert (answer.status_code, "record.unknown_key" in answer.content.decode()) == (500, True)
    assert open_alarms() == [("record", f"output:{output.pk}")]


def test_attack_46_the_original_shown_is_the_one_the_record_commits_to(cast: Cast, browser_as: BrowserAs) -> None:
    cutout = claim(make_job(cast).cutouts.get().pk)
    assert cutout is not None
    cutout.asset.sha256 = blobs.put(png(colour=(1, 2, 3)))  # another than the row says
    output = record_output(cutout, made(cutout))
    assert output is not None
    answer = browser_as(cast.owner).get(reverse("output-picture", args=[output.pk, "before"]))
    assert (answer.status_code, "does not match the commitment in the record" in answer.content.decode()) == (500, True)
    assert open_alarms() == [("record", f"output:{output.pk}")]


def test_a_damaged_original_is_not_shown_and_raises_an_alarm(cast: Cast, output: Output, browser_as: BrowserAs) -> None:
    asset = output.cutout.asset
    blobs._path(asset.sha256).write_bytes(b"another picture")
    answer = browser_as(cast.owner).get(reverse("picture-preview", args=[asset.pk]))
    assert (answer.status_code, "blob.damaged" in answer.content.decode()) == (500, True)
    assert open_alarms() == [("file", f"asset:{asset.pk}")]
