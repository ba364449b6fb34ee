"""Cutouts through the worker's task, in this process, with the real network and weights."""

from __future__ import annotations

import hashlib
import io
import json
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from celery.worker import state
from PIL import Image
from pytest_django import Settings

from governance.adapters import blobs, liveness
from governance.celery import CPU, GPU
from governance.models import Asset, Cutout, Decision, Output, PendingEntry, ProvenanceRecord, Status
from governance.provenance.statement import Statement
from governance.services.assets import read_rights
from governance.services.jobs import request_job
from governance.tasks.cutouts import take_cutouts
from inference import registry
from tests.conftest import Cast
from tests.factories import acquire_weights, make_asset, make_job, make_target, model, photo, png

pytestmark = pytest.mark.django_db


@pytest.fixture
def no_weights_in_memory() -> Iterator[None]:
    """A worker that has just started: nothing verified earlier is still loaded."""
    registry.engine.cache_clear()
    yield
    registry.engine.cache_clear()


def submit_photo(cast: Cast, name: str = "coffee.png") -> Cutout:
    acquire_weights()
    asset = make_asset(cast, data=photo(name), file_name=name)
    return request_job(cast.owner, make_target(cast), model(), [asset], uuid.uuid4()).cutouts.get()


def test_a_photograph_becomes_a_cutout_with_its_record(cast: Cast) -> None:
    cutout = submit_photo(cast)
    take_cutouts(CPU)
    output = Output.objects.get(cutout=cutout)
    data = blobs.get(output.sha256)
    with Image.open(io.BytesIO(data)) as picture:
        assert picture.mode == "RGBA"
    statement = Statement.from_bytes(bytes(output.provenance.payload))
    assert statement.subject.sha256 == hashlib.sha256(data).hexdigest() == output.sha256
    assert PendingEntry.objects.filter(record=output.provenance).exists()


def test_the_record_names_the_weights_that_were_loaded(cast: Cast) -> None:
    cutout = submit_photo(cast)
    take_cutouts(CPU)
    predicate = json.loads(bytes(ProvenanceRecord.objects.of_outputs().get().payload))["predicate"]
    assert predicate["model"]["weights_sha256"] == cutout.job.weights_sha256
    assert predicate["decision"]["facts_sha256"] == cutout.decision.facts_sha256


def test_the_record_names_no_client_file_or_person(cast: Cast) -> None:
    submit_photo(cast)
    take_cutouts(CPU)
    public = bytes(ProvenanceRecord.objects.of_outputs().get().payload).decode()
    assert not [word for word in ("Harbour", "coffee", "owner", "Project", "Target") if word in public]


@pytest.mark.usefixtures("no_weights_in_memory")
def test_attack_45_weights_with_other_bytes_are_refused_and_leave_no_output(
    cast: Cast, tmp_path: Path, settings: Settings
) -> None:
    cutout = submit_photo(cast)
    (tmp_path / f"{cutout.job.weights_sha256}.safetensors").write_bytes(b"something else")
    settings.WEIGHTS_DIR = tmp_path
    take_cutouts(CPU)
    cutout.refresh_from_db()
    assert (cutout.status, cutout.error_code) == (Status.REFUSED, "weights.mismatch")
    assert hashlib.sha256(b"something else").hexdigest() in cutout.error_message
    assert Decision.objects.latest("id").outcome == "deny"
    assert not Output.objects.exists()


@pytest.mark.usefixtures("no_weights_in_memory")
def test_missing_weights_are_tried_again_before_the_cutout_fails(
    cast: Cast, tmp_path: Path, settings: Settings
) -> None:
    cutout = submit_photo(cast)
    settings.WEIGHTS_DIR = tmp_path
    take_cutouts(CPU)
    cutout.refresh_from_db()
    assert (cutout.status, cutout.error_code) == (Status.QUEUED, "weights.missing")


def test_a_damaged_picture_fails_alone(cast: Cast) -> None:
    cutout = submit_photo(cast)
    stored = blobs._path(cutout.asset.sha256)
    stored.write_bytes(stored.read_bytes()[:100])
    take_cutouts(CPU)
    cutout.refresh_from_db()
    stored.unlink()
    assert (cutout.status, cutout.error_code) == (Status.FAILED, "blob.damaged")


def test_attack_36_a_redelivered_call_changes_nothing(cast: Cast) -> None:
    submit_photo(cast)
    take_cutouts(CPU)
    take_cutouts(CPU)
    assert Output.objects.count() == ProvenanceRecord.objects.of_outputs().count() == 1


def test_a_refused_cutout_is_left_alone(cast: Cast) -> None:
    make_job(cast, slug="rmbg-2.0")
    take_cutouts(CPU)
    assert not Output.objects.exists()


def submit_pictures(cast: Cast, pictures: list[bytes]) -> list[Cutout]:
    return submit(cast, [make_asset(cast, data=data, file_name=f"{index}.png") for index, data in enumerate(pictures)])


def submit(cast: Cast, assets: list[Asset]) -> list[Cutout]:
    acquire_weights()
    return list(request_job(cast.owner, make_target(cast), model(), assets, uuid.uuid4()).cutouts.order_by("pk"))


def statuses(taken: list[Cutout]) -> list[str]:
    return [Cutout.objects.get(pk=cutout.pk).status for cutout in taken]


def test_each_output_of_a_chunk_belongs_to_its_own_picture(cast: Cast) -> None:
    taken = submit_pictures(cast, [png(20 + index, 30) for index in range(4)])
    take_cutouts(CPU)
    assert statuses(taken) == [Status.SUCCEEDED] * 4
    assert [Output.objects.get(cutout=cutout).width for cutout in taken] == [20, 21, 22, 23]


@pytest.mark.parametrize("position", [0, 1, 2])
def test_one_damaged_picture_of_a_chunk_leaves_the_others_alone(cast: Cast, position: int) -> None:
    taken = submit_pictures(cast, [png(20, 30 + index, (position, 7, index)) for index in range(3)])
    stored = blobs._path(taken[position].asset.sha256)
    stored.write_bytes(b"rotten")
    take_cutouts(CPU)
    stored.unlink()
    expected = [Status.SUCCEEDED] * 3
    expected[position] = Status.FAILED
    assert statuses(taken) == expected


def test_a_picture_the_pipeline_refuses_leaves_the_others_alone(cast: Cast) -> None:
    taken = submit(cast, [make_asset(cast, data=png(20, 30)), not_a_picture(cast), make_asset(cast, data=png(22, 30))])
    take_cutouts(CPU)
    assert statuses(taken) == [Status.SUCCEEDED, Status.FAILED, Status.SUCCEEDED]
    assert Cutout.objects.get(pk=taken[1].pk).error_code.startswith("picture.")


def not_a_picture(cast: Cast) -> Asset:
    """As if it had been taken in by a version that could read it."""
    asset = make_asset(cast, data=png(9, 9))
    asset.pk, asset.sha256 = None, blobs.put(b"not a picture")
    asset.save()
    read_rights(asset, png(9, 9))
    return asset


def test_a_chunk_ends_when_it_is_full(cast: Cast, settings: Settings) -> None:
    settings.CHUNK = 2
    taken = submit_pictures(cast, [png(20, 30 + index) for index in range(3)])
    take_cutouts(CPU)
    assert statuses(taken) == [Status.SUCCEEDED, Status.SUCCEEDED, Status.QUEUED]


def test_passing_trouble_is_not_tried_again_in_the_same_chunk(cast: Cast, tmp_path: Path, settings: Settings) -> None:
    registry.engine.cache_clear()
    settings.WEIGHTS_DIR = tmp_path
    taken = submit_pictures(cast, [png(20, 30), png(20, 31)])
    take_cutouts(CPU)
    assert [Cutout.objects.get(pk=cutout.pk).attempt for cutout in taken] == [1, 1]


def test_what_is_kept_for_a_gpu_is_left_to_it(cast: Cast, settings: Settings) -> None:
    settings.GPU_MODELS = ("u2netp",)
    taken = submit_pictures(cast, [png(20, 30)])
    take_cutouts(CPU)
    assert statuses(taken) == [Status.QUEUED]
    take_cutouts(GPU)
    assert statuses(taken) == [Status.SUCCEEDED]


def test_a_worker_that_was_asked_to_end_takes_no_more(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(state, "should_stop", 0)
    taken = submit_pictures(cast, [png(20, 30)])
    take_cutouts(CPU)
    assert statuses(taken) == [Status.QUEUED]


def test_after_a_chunk_the_worker_lives_on_none_of_it(cast: Cast) -> None:
    (cutout,) = submit_pictures(cast, [png(20, 30)])
    take_cutouts(CPU)
    assert liveness.without_holder([cutout.pk]) == [cutout.pk]
