"""What the database itself refuses at COMMIT, with real transactions."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, connections, transaction

from governance.models import EntitlementVerification, Output, ProvenanceRecord
from tests.conftest import Cast
from tests.factories import make_entitlement, make_job, make_output


def output_values(**overrides: Any) -> dict[str, Any]:
    described: dict[str, Any] = {"sha256": "0" * 64, "media_type": "image/png", "size": 1, "width": 1, "height": 1}
    return described | {"run": "{}"} | overrides


def record_values(cast: Cast, **overrides: Any) -> dict[str, Any]:
    described: dict[str, Any] = {"client": cast.client, "kind": "cutout", "payload": b"x", "signature": b"x"}
    return described | {"key_id": "k", "leaf": uuid.uuid4().bytes, "openings": "[]"} | overrides


def test_an_output_without_a_record_is_refused(committed_cast: Cast) -> None:
    cutout = make_job(committed_cast).cutouts.get()
    with pytest.raises(IntegrityError, match="provenancerecord|do not point"), transaction.atomic():
        Output.objects.create(**output_values(cutout=cutout, record_id=uuid.uuid4()))
    assert not Output.objects.exists()


def test_a_record_without_an_output_is_refused(committed_cast: Cast) -> None:
    with pytest.raises(IntegrityError, match="governance_output"), transaction.atomic():
        ProvenanceRecord.objects.create(**record_values(committed_cast, output_id=4711))
    assert not ProvenanceRecord.objects.of_outputs().exists()


def test_a_second_record_for_an_output_is_refused(committed_cast: Cast) -> None:
    output = make_output(committed_cast)
    with pytest.raises(IntegrityError, match="output_id"), transaction.atomic():
        ProvenanceRecord.objects.create(**record_values(committed_cast, output=output))
    assert ProvenanceRecord.objects.of_outputs().count() == 1


def test_two_outputs_cannot_hold_each_others_records(committed_cast: Cast) -> None:
    first, second = make_job(committed_cast, pictures=2).cutouts.order_by("pk")
    ids = [uuid.uuid4(), uuid.uuid4()]

    def swap() -> None:
        with transaction.atomic():
            outputs = [
                Output.objects.create(**output_values(cutout=cutout, record_id=record_id))
                for cutout, record_id in zip((first, second), ids, strict=True)
            ]
            for output, record_id in zip(outputs, reversed(ids), strict=True):
                ProvenanceRecord.objects.create(**record_values(committed_cast, id=record_id, output=output))

    with pytest.raises(IntegrityError, match="do not point at each other"):
        swap()


def test_attack_51_an_entry_cannot_be_recorded_twice(committed_cast: Cast) -> None:
    record = make_output(committed_cast).provenance
    again = record_values(
        committed_cast, client=None, kind="report", about="report:1", payload=record.payload, leaf=bytes(record.leaf)
    )
    with pytest.raises(IntegrityError, match="record_leaf_once"):
        ProvenanceRecord.objects.create(**again)


def test_an_event_has_no_output_and_says_what_it_is_about(committed_cast: Cast) -> None:
    with pytest.raises(IntegrityError, match="record_of_output_or_event"):
        ProvenanceRecord.objects.create(**record_values(committed_cast, kind="report"))


def test_only_a_correction_corrects(committed_cast: Cast) -> None:
    record = make_output(committed_cast).provenance
    with pytest.raises(IntegrityError, match="record_corrects_if_correction"):
        ProvenanceRecord.objects.create(
            **record_values(committed_cast, kind="report", about="report:1", corrects=record)
        )


def test_the_one_who_entered_an_entitlement_cannot_verify_it_even_by_orm(committed_cast: Cast) -> None:
    entitlement = make_entitlement(committed_cast, verified=False)
    with pytest.raises(IntegrityError, match="another person"):
        EntitlementVerification.objects.create(entitlement=entitlement, verified_by=committed_cast.admin)


def test_even_the_superuser_in_replica_mode_meets_the_trigger(committed_cast: Cast) -> None:
    output = make_output(committed_cast)
    with connections["owner"].cursor() as cursor:
        cursor.execute("SET ROLE NONE")
        cursor.execute("SET session_replication_role = replica")
        with pytest.raises(DatabaseError, match="append-only"):
            cursor.execute("UPDATE governance_provenancerecord SET payload = '' WHERE id = %s", [output.record_id])
