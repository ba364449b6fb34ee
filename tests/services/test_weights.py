"""Weights put on record: known digests only, and the texts that came along."""

from __future__ import annotations

import hashlib

import pytest

from governance.adapters import blobs
from governance.errors import RequestError
from governance.models import WeightsAcquisition
from governance.rights.facts import route_facts, runnable_weights
from governance.services.weights import Acquired, LicenseTextFile, record_acquisition
from tests.conftest import Cast
from tests.factories import make_job, make_output, model
from tests.inference.making import U2NETP_SHA256, U2NETP_SOURCE_SHA256

pytestmark = pytest.mark.django_db

TEXT = b"Apache License, Version 2.0 (as it came with the weights)"


def acquired(sha256: str = U2NETP_SHA256, *texts: LicenseTextFile) -> Acquired:
    return Acquired(
        sha256=sha256,
        method="python_wheel",
        source="a-package==1, u2netp.onnx",
        source_sha256=U2NETP_SOURCE_SHA256,
        license_texts=texts,
        converter="clearcut.u2net-onnx",
        converter_version="1",
    )


def test_it_keeps_where_the_weights_came_from_and_how_they_were_converted() -> None:
    row = record_acquisition(acquired())
    row.refresh_from_db()
    assert (row.artifact_id, row.method, row.source) == (U2NETP_SHA256, "python_wheel", "a-package==1, u2netp.onnx")
    assert (row.source_sha256, row.converter, row.converter_version) == (
        U2NETP_SOURCE_SHA256,
        "clearcut.u2net-onnx",
        "1",
    )


def test_the_texts_that_came_along_are_kept_by_digest() -> None:
    row = record_acquisition(acquired(U2NETP_SHA256, LicenseTextFile("LICENSE.txt", TEXT, "Apache-2.0")))
    row.refresh_from_db()
    sha256 = hashlib.sha256(TEXT).hexdigest()
    assert row.license_texts == [{"name": "LICENSE.txt", "sha256": sha256, "license": "Apache-2.0"}]
    assert blobs.get(sha256) == TEXT


@pytest.mark.parametrize("sha256", ["f" * 64, U2NETP_SHA256.upper(), U2NETP_SHA256[:-1]])
def test_weights_of_an_unknown_digest_are_refused(sha256: str) -> None:
    with pytest.raises(RequestError, match=f"SHA-256 {sha256} are in no catalogue entry") as caught:
        record_acquisition(acquired(sha256))
    assert caught.value.code == "weights.unknown"
    assert "sync_catalogue" in caught.value.how_to_fix
    assert not WeightsAcquisition.objects.exists()


def test_weights_are_present_for_the_evaluator_once_they_are_on_record() -> None:
    def present() -> bool:
        return route_facts(model(), runnable_weights(model()), "we_self_host").weights_present

    before = present()
    record_acquisition(acquired())
    assert (before, present()) == (False, True)


@pytest.mark.parametrize(("license_", "quoted"), [("Apache-2.0", True), ("MIT", False), ("", False)])
def test_a_record_quotes_a_text_only_if_it_is_of_the_weights_own_licence(
    cast: Cast, license_: str, quoted: bool
) -> None:
    job = make_job(cast)
    record_acquisition(acquired(U2NETP_SHA256, LicenseTextFile("LICENSE.txt", TEXT, license_)))
    output = make_output(cast, job=job)
    assert (hashlib.sha256(TEXT).hexdigest() in bytes(output.provenance.payload).decode()) == quoted
