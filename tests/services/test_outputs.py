"""Recording an output: rows, record and log entry together, or nothing at all."""

from __future__ import annotations

import base64
import hashlib
import io
import json
from dataclasses import replace
from typing import Any

import pytest
from PIL import Image

from governance.adapters import blobs, keys
from governance.adapters.content_credentials_reading import read_claim
from governance.errors import GovernanceError, PlatformError
from governance.ledger.leaf import check_leaf
from governance.models import Cutout, Decision, Output, PendingEntry, ProvenanceRecord, Status
from governance.provenance.commitment import Opening
from governance.provenance.envelope import Envelope, verify
from governance.provenance.statement import PAYLOAD_TYPE, Statement
from governance.services import cutouts
from governance.services.outputs import record_output
from tests.conftest import Cast
from tests.factories import acquire_weights, made, make_entitlement, make_job, make_output, png

pytestmark = pytest.mark.django_db


def claimed(cast: Cast, slug: str = "u2netp") -> Cutout:
    cutout = cutouts.claim(make_job(cast, slug=slug).cutouts.get().pk)
    assert cutout is not None
    return cutout


def predicate_of(output: Output) -> dict[str, Any]:
    return dict(json.loads(bytes(output.provenance.payload))["predicate"])


def pixels(data: bytes) -> tuple[str, bytes]:
    with Image.open(io.BytesIO(data)) as image:
        return image.mode, image.tobytes()


def nothing_was_recorded(cutout: Cutout) -> bool:
    cutout.refresh_from_db()
    recorded = Output.objects.exists() or ProvenanceRecord.objects.of_outputs().exists()
    return cutout.status == Status.RUNNING and not recorded


def test_it_keeps_the_file_and_finishes_the_cutout(cast: Cast) -> None:
    cutout = claimed(cast)
    data = png(mode="RGBA", colour=(1, 2, 3, 4))
    record_output(cutout, made(cutout, data))
    output = Output.objects.get()
    cutout.refresh_from_db()
    kept = blobs.get(output.sha256)
    assert (output.cutout, output.sha256, output.size) == (cutout, hashlib.sha256(kept).hexdigest(), len(kept))
    assert (output.media_type, output.width, output.height) == ("image/png", 8, 6)
    assert pixels(kept) == pixels(data)
    assert cutout.status == Status.SUCCEEDED
    assert cutout.finished_at is not None


def test_the_file_that_is_recorded_says_which_record_it_has(cast: Cast) -> None:
    output = make_output(cast)
    claim = read_claim(blobs.get(output.sha256), output.media_type)
    assert claim is not None
    assert (claim.record_id, claim.state) == (str(output.record_id), "Trusted")
    assert claim.decision_sha256 == Decision.objects.get().body_sha256


def test_the_file_that_is_recorded_names_nobody(cast: Cast) -> None:
    output = make_output(cast)
    kept = blobs.get(output.sha256)
    names = (cast.client.name, cast.owner.username, output.cutout.asset.file_name, output.cutout.job.target.name)
    assert not [name for name in names if name.encode() in kept]


def test_output_and_record_point_at_each_other_and_wait_for_the_log(cast: Cast) -> None:
    output = make_output(cast)
    record = ProvenanceRecord.objects.of_outputs().get()
    assert (record.output, output.record, record.client) == (output, record, cast.client)
    assert PendingEntry.objects.filter(record=record).count() == 1


def test_the_record_is_signed_by_our_key_and_its_leaf_is_of_this_envelope(cast: Cast) -> None:
    record = make_output(cast).provenance
    envelope = Envelope(PAYLOAD_TYPE, bytes(record.payload), record.key_id, bytes(record.signature))
    public = keys.record_signer().public_key
    verify(envelope, public)
    check_leaf(bytes(record.leaf), envelope, public)


def test_the_statement_speaks_of_this_file_job_and_decision(cast: Cast) -> None:
    output = make_output(cast)
    job, decision = output.cutout.job, Decision.objects.get()
    statement = Statement.from_bytes(bytes(output.provenance.payload))
    stated = predicate_of(output)
    assert (statement.subject.sha256, statement.subject.media_type) == (output.sha256, "image/png")
    assert statement.subject.name == f"urn:uuid:{output.provenance.pk}"
    assert (stated["job"], stated["tenant"]) == (str(job.opaque_id), str(cast.client.opaque_id))
    assert stated["model"]["weights_sha256"] == job.weights_sha256
    assert stated["decision"]["decision_sha256"] == decision.body_sha256
    assert stated["decision"]["id"] == str(decision.opaque_id)


def test_the_commitments_open_to_the_picture_and_its_name(cast: Cast) -> None:
    output = make_output(cast)
    openings = {
        entry["field"]: Opening(entry["field"], base64.b64decode(entry["salt"]), base64.b64decode(entry["value"]))
        for entry in json.loads(output.provenance.openings)
    }
    committed = {entry["field"]: entry["commitment"] for entry in predicate_of(output)["inputs"]}
    assert {field: opening.commitment() for field, opening in openings.items()} == committed
    assert openings["picture"].value.hex() == output.cutout.asset.sha256
    assert openings["file_name"].value == b"cup.png"


def test_a_purchased_right_is_named_by_an_opaque_id(cast: Cast) -> None:
    acquire_weights("rmbg-2.0")
    entitlement = make_entitlement(cast)
    cutout = claimed(cast, "rmbg-2.0")
    output = record_output(cutout, made(cutout))
    assert output is not None
    assert {"kind": "entitlement", "ref": str(entitlement.opaque_id)} in predicate_of(output)["decision"]["grants"]
    public = bytes(output.provenance.payload).decode()
    assert not [word for word in (entitlement.ref, entitlement.contract_reference) if word in public]


def test_a_record_before_the_first_checkpoint_quotes_the_empty_log(cast: Cast) -> None:
    quoted = predicate_of(make_output(cast))["prev_checkpoint"]
    assert (quoted["size"], quoted["root"]) == (0, hashlib.sha256(b"").hexdigest())


def test_other_weights_than_decided_leave_nothing_behind(cast: Cast) -> None:
    cutout = claimed(cast)
    with pytest.raises(PlatformError, match=f"loaded weights {'f' * 64}; the decision was made for") as caught:
        record_output(cutout, replace(made(cutout), weights_sha256="f" * 64))
    assert (caught.value.code, caught.value.permanent) == ("weights.not_decided", True)
    assert cutout.job.weights_sha256 in caught.value.message
    assert nothing_was_recorded(cutout)


def test_a_cutout_without_a_decision_gets_no_output(cast: Cast) -> None:
    cutout = claimed(cast)
    cutout.decision = None
    with pytest.raises(PlatformError, match="has no decision") as caught:
        record_output(cutout, made(cutout))
    assert caught.value.code == "output.undecided"
    assert nothing_was_recorded(cutout)


def test_a_failure_half_way_takes_everything_back(cast: Cast) -> None:
    cutout = claimed(cast)
    with pytest.raises(GovernanceError, match="float"):
        record_output(cutout, replace(made(cutout), details={"seconds": 0.5}))
    assert nothing_was_recorded(cutout)


def test_a_cutout_is_recorded_once(cast: Cast) -> None:
    cutout = claimed(cast)
    first = record_output(cutout, made(cutout))
    assert record_output(cutout, made(cutout, png(mode="RGBA"))) is None
    assert list(Output.objects.all()) == [first]


def test_a_cancelled_claim_records_nothing(cast: Cast) -> None:
    cutout = claimed(cast)
    cutouts.fail(cutout, code="x", message="no", permanent=True)
    assert record_output(cutout, made(cutout)) is None
    assert not Output.objects.exists()
