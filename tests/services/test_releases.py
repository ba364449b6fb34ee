"""Releasing and handing over: the evaluator is asked for the actual target, the record for the actual bytes."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone
from pytest_django import Settings

from governance.adapters import blobs, keys
from governance.errors import NotAllowed, PlatformError, RequestError
from governance.models import Decision, Delivery, DeploymentTarget, Output, Release
from governance.provenance.errors import BadSignature
from governance.services.entitlements import end_entitlement
from governance.services.releases import deliver, release_output
from governance.services.stored import check_record, record_holds
from governance.services.work import determine_use
from tests.conftest import Cast
from tests.factories import acquire_weights, make_entitlement, make_job, make_output, make_project, make_target

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def own_store(settings: Settings, tmp_path: Path) -> None:
    """Files that a test may spoil."""
    settings.STORAGE_URL = (tmp_path / "blobs").as_uri()


def hobby_target(cast: Cast) -> DeploymentTarget:
    """A target legal has called non-commercial."""
    project = make_project(cast, billable="no", for_profit="no")
    target = make_target(cast, project=project, monetised="no", kind="organic_social")
    determine_use(cast.legal, target, "non_commercial", "Unpaid work for a museum; nothing is sold.")
    return target


def hobby_output(cast: Cast, slug: str) -> Output:
    acquire_weights(slug)
    return make_output(cast, job=make_job(cast, slug=slug, target=hobby_target(cast)))


def released(cast: Cast, output: Output) -> Release:
    _, release = release_output(cast.owner, output, output.cutout.job.target)
    assert release is not None
    return release


def spoil(output: Output, data: bytes) -> None:
    blobs._path(output.sha256).write_bytes(data)


def test_an_output_is_released_to_the_target_it_was_made_for(cast: Cast) -> None:
    output = make_output(cast)
    decision, release = release_output(cast.owner, output, output.cutout.job.target)
    assert release == Release.objects.get()
    assert release is not None
    assert (release.output, release.target, release.decision) == (output, output.cutout.job.target, decision)
    assert release.released_by == cast.owner
    assert (decision.stage, decision.outcome, decision.actor) == ("release", "duties", cast.owner)
    assert decision.previous == output.cutout.decision


def test_a_non_commercial_licence_carries_no_commercial_target_afterwards(cast: Cast) -> None:
    output = hobby_output(cast, "rmbg-2.0")
    decision, release = release_output(cast.owner, output, make_target(cast))
    assert (decision.outcome, release) == ("deny", None)
    assert '"LIC-011"' in decision.body
    assert Decision.objects.get(stage="release") == decision
    assert not Release.objects.exists()


def test_an_output_made_for_a_non_commercial_use_keeps_that_purpose(cast: Cast) -> None:
    output = hobby_output(cast, "u2netp")
    decision, release = release_output(cast.owner, output, make_target(cast))
    assert (decision.outcome, release) == ("review", None)
    assert '"REL-004"' in decision.body
    assert not Release.objects.exists()


def test_a_refused_release_does_not_stand_in_the_way_of_the_right_one(cast: Cast) -> None:
    output = hobby_output(cast, "rmbg-2.0")
    release_output(cast.owner, output, make_target(cast))
    decision, release = release_output(cast.owner, output, output.cutout.job.target)
    assert decision.outcome == "duties"
    assert release is not None


def test_a_target_of_another_client_is_refused(cast: Cast) -> None:
    output = make_output(cast)
    project = make_project(cast, client=cast.other_client, actor=cast.outsider)
    elsewhere = make_target(cast, project=project, actor=cast.outsider)
    with pytest.raises(RequestError, match="belongs to another client") as caught:
        release_output(cast.outsider, output, elsewhere)
    assert caught.value.code == "release.other_client"
    assert not Decision.objects.filter(stage="release").exists()


@pytest.mark.parametrize("actor", ["outsider", "legal", "admin", "auditor"])
def test_only_the_clients_requesters_release(cast: Cast, actor: str) -> None:
    output = make_output(cast)
    with pytest.raises(NotAllowed, match=r"output\.release"):
        release_output(getattr(cast, actor), output, output.cutout.job.target)
    assert not Release.objects.exists()


def test_releasing_twice_returns_the_first_release_and_its_decision(cast: Cast) -> None:
    output = make_output(cast)
    first = release_output(cast.owner, output, output.cutout.job.target)
    assert release_output(cast.colleague, output, output.cutout.job.target) == first
    assert Decision.objects.filter(stage="release").count() == Release.objects.count() == 1


def test_a_spoiled_file_is_not_released(cast: Cast) -> None:
    output = make_output(cast)
    spoil(output, b"another picture")
    decision, release = release_output(cast.owner, output, output.cutout.job.target)
    assert (decision.outcome, release) == ("deny", None)
    assert '"REL-002"' in decision.body


def test_a_delivery_hands_the_bytes_over_and_is_on_record(cast: Cast) -> None:
    output = make_output(cast)
    release = released(cast, output)
    handover = deliver(cast.colleague, release)
    assert handover.size == output.size
    assert handover.data == blobs.get(output.sha256)
    assert (handover.media_type, handover.sha256) == ("image/png", output.sha256)
    delivery = Delivery.objects.get()
    assert (delivery.release, delivery.sha256, delivery.delivered_to) == (release, output.sha256, cast.colleague)


def test_every_download_is_a_delivery_of_its_own(cast: Cast) -> None:
    release = released(cast, make_output(cast))
    deliver(cast.owner, release).close()
    deliver(cast.auditor, release).close()
    assert [each.delivered_to for each in Delivery.objects.order_by("pk")] == [cast.owner, cast.auditor]


@pytest.mark.parametrize("actor", ["outsider", "admin"])
def test_who_may_not_see_it_gets_no_file(cast: Cast, actor: str) -> None:
    release = released(cast, make_output(cast))
    with pytest.raises(NotAllowed, match=r"output\.download"):
        deliver(getattr(cast, actor), release)
    assert not Delivery.objects.exists()


def test_a_swapped_file_is_not_handed_over(cast: Cast) -> None:
    output = make_output(cast)
    release = released(cast, output)
    spoil(output, b"another picture")
    with pytest.raises(blobs.BlobDamaged, match=f"of SHA-256 {output.sha256} now has SHA-256") as caught:
        deliver(cast.owner, release)
    assert caught.value.code == "blob.damaged"
    assert not Delivery.objects.exists()


def test_a_lost_file_is_not_handed_over(cast: Cast) -> None:
    output = make_output(cast)
    release = released(cast, output)
    blobs._path(output.sha256).unlink()
    with pytest.raises(PlatformError, match="No stored file") as caught:
        deliver(cast.owner, release)
    assert caught.value.code == "blob.missing"
    assert not Delivery.objects.exists()


def test_a_record_signed_by_an_unknown_key_is_refused(cast: Cast, settings: Settings, tmp_path: Path) -> None:
    trusted = settings.KEYS_DIR
    settings.KEYS_DIR = tmp_path / "forger"
    keys.ensure_keys()
    output = make_output(cast)
    release = released(cast, output)
    settings.KEYS_DIR = trusted
    with pytest.raises(PlatformError, match=f"signed by key {output.provenance.key_id}, which is not in") as caught:
        deliver(cast.owner, release)
    assert caught.value.code == "record.unknown_key"
    assert not Delivery.objects.exists()


def test_an_output_under_an_unknown_key_cannot_be_released(cast: Cast, settings: Settings, tmp_path: Path) -> None:
    trusted = settings.KEYS_DIR
    settings.KEYS_DIR = tmp_path / "forger"
    keys.ensure_keys()
    output = make_output(cast)
    settings.KEYS_DIR = trusted
    decision, release = release_output(cast.owner, output, output.cutout.job.target)
    assert (decision.outcome, release) == ("deny", None)


def test_a_record_whose_words_were_changed_is_refused(cast: Cast) -> None:
    output = make_output(cast)
    output.provenance.payload = bytes(output.provenance.payload).replace(b"u2netp", b"u2net2")
    with pytest.raises(BadSignature):
        check_record(output)


def test_a_record_of_another_file_is_refused(cast: Cast) -> None:
    output = make_output(cast)
    recorded, output.sha256 = output.sha256, "0" * 64
    with pytest.raises(PlatformError, match=f"speaks of SHA-256 {recorded}; the output says {'0' * 64}") as caught:
        check_record(output)
    assert caught.value.code == "record.other_output"


def test_a_record_holds_while_file_and_signature_do(cast: Cast) -> None:
    output = make_output(cast)
    sound = record_holds(output)
    spoil(output, b"another picture")
    assert (sound, record_holds(output)) == (True, False)


def test_a_right_that_ended_stops_the_next_delivery_with_a_decision(cast: Cast) -> None:
    acquire_weights("rmbg-2.0")
    make_entitlement(cast, output_survival="until_end")
    target = make_target(cast, valid_until=timezone.localdate() + timedelta(days=30))
    output = make_output(cast, job=make_job(cast, slug="rmbg-2.0", target=target))
    _, release = release_output(cast.owner, output, target)
    assert release is not None
    deliver(cast.owner, release).close()
    end_entitlement(cast.admin, "ENT-0001", timezone.now() - timedelta(seconds=1), "Contract terminated")
    with pytest.raises(RequestError, match="ENT-0001") as caught:
        deliver(cast.owner, release)
    assert caught.value.code == "delivery.not_allowed"
    assert Delivery.objects.count() == 1
    assert Decision.objects.latest("id").outcome == "deny"
