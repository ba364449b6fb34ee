"""One cutout through the worker's task, in this process, with the real network and weights."""

from __future__ import annotations

import hashlib
import io
import json
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image
from pytest_django import Settings

from governance.adapters import blobs
from governance.models import Cutout, Decision, Output, PendingEntry, ProvenanceRecord, Status
from governance.provenance.statement import Statement
from governance.services.jobs import request_job
from governance.tasks.cutouts import process_cutout
from inference import registry
from tests.conftest import Cast
from tests.factories import acquire_weights, make_asset, make_job, make_target, model, photo

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
    process_cutout(cutout.pk)
    output = Output.objects.get(cutout=cutout)
    data = blobs.get(output.sha256)
    with Image.open(io.BytesIO(data)) as picture:
        assert picture.mode == "RGBA"
    statement = Statement.from_bytes(bytes(output.provenance.payload))
    assert statement.subject.sha256 == hashlib.sha256(data).hexdigest() == output.sha256
    assert PendingEntry.objects.get().record == output.provenance


def test_the_record_names_the_weights_that_were_loaded(cast: Cast) -> None:
    cutout = submit_photo(cast)
    process_cutout(cutout.pk)
    predicate = json.loads(bytes(ProvenanceRecord.objects.get().payload))["predicate"]
    assert predicate["model"]["weights_sha256"] == cutout.job.weights_sha256
    assert predicate["decision"]["facts_sha256"] == cutout.decision.facts_sha256


def test_the_record_names_no_client_file_or_person(cast: Cast) -> None:
    process_cutout(submit_photo(cast).pk)
    public = bytes(ProvenanceRecord.objects.get().payload).decode()
    assert not [word for word in ("Harbour", "coffee", "owner", "Project", "Target") if word in public]


@pytest.mark.usefixtures("no_weights_in_memory")
def test_weights_with_other_bytes_are_refused_and_leave_no_output(
    cast: Cast, tmp_path: Path, settings: Settings
) -> None:
    cutout = submit_photo(cast)
    (tmp_path / f"{cutout.job.weights_sha256}.safetensors").write_bytes(b"something else")
    settings.WEIGHTS_DIR = tmp_path
    process_cutout(cutout.pk)
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
    process_cutout(cutout.pk)
    cutout.refresh_from_db()
    assert (cutout.status, cutout.error_code) == (Status.QUEUED, "weights.missing")


def test_a_damaged_picture_fails_alone(cast: Cast) -> None:
    cutout = submit_photo(cast)
    stored = blobs._path(cutout.asset.sha256)
    stored.write_bytes(stored.read_bytes()[:100])
    process_cutout(cutout.pk)
    cutout.refresh_from_db()
    stored.unlink()
    assert (cutout.status, cutout.error_code) == (Status.FAILED, "blob.damaged")


def test_a_doubled_message_changes_nothing(cast: Cast) -> None:
    cutout = submit_photo(cast)
    process_cutout(cutout.pk)
    process_cutout(cutout.pk)
    assert Output.objects.count() == ProvenanceRecord.objects.count() == 1


def test_a_refused_cutout_is_left_alone(cast: Cast) -> None:
    cutout = make_job(cast, slug="rmbg-2.0").cutouts.get()
    process_cutout(cutout.pk)
    assert not Output.objects.exists()
