"""What a superuser does beside the log: rows without entries, entries taken out, columns that contradict statements."""

from __future__ import annotations

import uuid
from datetime import timedelta

import psycopg
import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from governance.ledger.audit_findings import Findings
from governance.ledger.audit_shapes import MERGE_WINDOW
from governance.ledger.leaf import build_leaf
from governance.ledger.verification import CANNOT_TELL, FAILED, OK, OPEN, SOUND, TAMPERED
from governance.models import Alarm, Cutout, Entitlement, ProvenanceRecord, RoleGrant, Sweep
from governance.models.told import TOLD
from governance.provenance.canonical import timestamp
from governance.provenance.envelope import Envelope, sign
from governance.provenance.statement import PAYLOAD_TYPE, Statement
from governance.reports import ledger_audit
from governance.reports.commitments import names_in
from governance.reports.ledger_audit_events import EventCheck, Keys
from governance.reports.ledger_audit_house import EVENTS, HOUSE
from tests.conftest import Cast
from tests.factories import make_entitlement, make_output
from tests.factories_events import rich_history
from tests.ledger.factories import make_statement
from tests.reports.conftest import Audit, Tamper, messages, step

OPENINGS = "provenancerecord SET openings = CASE WHEN kind <> 'cutout' THEN openings ELSE"


def a_record() -> ProvenanceRecord:
    return ProvenanceRecord.objects.of_outputs().order_by("created_at")[1]


def an_event(kind: str = "entitlement") -> ProvenanceRecord:
    return ProvenanceRecord.objects.filter(kind=kind).order_by("created_at")[0]


def inserted_copy(as_superuser: Tamper, row: Entitlement, **values: str) -> Entitlement:
    """Another row like ``row``, put past the application; ``values`` are SQL by column."""
    changed = {"opaque_id": "gen_random_uuid()", **values}
    columns = [field.column for field in Entitlement._meta.concrete_fields if field.column != "id"]
    said = ", ".join(changed.get(column, f'"{column}"') for column in columns)
    names = ", ".join(f'"{column}"' for column in columns)
    as_superuser(
        f"INSERT INTO governance_entitlement ({names}) SELECT {said} FROM governance_entitlement WHERE id = %s", row.pk
    )
    return Entitlement.objects.latest("pk")


def test_a_row_put_into_the_database_without_an_event_is_named(audited: Audit, as_superuser: Tamper) -> None:
    row = Entitlement.objects.get()
    forged = inserted_copy(as_superuser, row, ref="'ENT-0099'", entered_at="'2020-01-01Z'")
    report = audited()
    assert report.verdict == TAMPERED
    assert messages(report, "events") == [
        f"entitlement:{forged.pk} stands in the database, but no entry of the log tells of it."
    ]


def test_an_alarm_written_past_the_application_is_named(audited: Audit, as_superuser: Tamper) -> None:
    as_superuser("INSERT INTO governance_alarm (kind, subject, message, raised_at) VALUES ('log', 'x', 'y', now())")
    (forged,) = Alarm.objects.all()
    assert step(audited(), "events") == (
        FAILED,
        f"alarm:{forged.pk} stands in the database, but no entry of the log tells of it.",
    )


def test_a_role_handed_out_past_the_application_is_named(
    audited: Audit, committed_cast: Cast, committed: dict[str, str]
) -> None:
    with psycopg.connect(committed["DATABASE_URL"]) as session:
        session.execute("SET ROLE clearcut_app")
        session.execute(
            "INSERT INTO governance_rolegrant (user_id, role) VALUES (%s, 'legal')", (committed_cast.outsider.pk,)
        )
    forged = RoleGrant.objects.latest("pk")
    assert step(audited(), "events") == (
        FAILED,
        f"rolegrant:{forged.pk} stands in the database, but no entry of the log tells of it.",
    )


def test_a_rich_history_leaves_no_row_that_no_event_names(cast: Cast) -> None:
    rich_history(cast)
    check, found = EventCheck(), Findings(20, HOUSE)
    check.check_commitments(found)
    check.check_rows(found)
    # The factories bring weights without the service.
    assert {each.message for step in found.steps() for each in step.findings} <= {
        f"weightsacquisition:{pk} stands in the database, but no entry of the log tells of it."
        for pk in TOLD_OF_WEIGHTS.rows().filter(method="test").values_list("pk", flat=True)
    }


TOLD_OF_WEIGHTS = next(told for told in TOLD if told.table == "weightsacquisition")


def test_every_table_that_an_event_names_is_one_whose_rows_all_need_an_event(cast: Cast) -> None:
    rich_history(cast)
    named = {
        name.partition(":")[0] for record in ProvenanceRecord.objects.exclude(about="") for name in names_in(record)
    }
    # A case is told of when it closes; the decision that opened it was told of then.
    assert named - {told.table for told in TOLD} == {"reviewcase"}


def test_rows_are_not_called_forged_when_the_events_could_not_be_read_to_the_end(cast: Cast) -> None:
    with pytest.raises(Exception, match="could not be read to the end"):
        EventCheck().check_rows(Findings(20, (EVENTS,)))


def test_attack_a_record_taken_out_of_the_outbox_is_named(
    audited: Audit, as_superuser: Tamper, committed_cast: Cast
) -> None:
    output = make_output(committed_cast)
    as_superuser("DELETE FROM governance_pendingentry")
    report = audited()
    lost = ProvenanceRecord.objects.filter(entry=None)
    assert report.verdict == TAMPERED
    assert {found.record_id for found in report.step("waiting").findings} == {str(record.pk) for record in lost}
    assert str(output.record_id) in {found.record_id for found in report.step("waiting").findings}
    assert set(messages(report, "waiting")) == {
        "It has no place in the log and does not wait for one: it was taken out of the log."
    }


def test_records_that_wait_their_turn_are_sound(audited: Audit, committed_cast: Cast) -> None:
    make_output(committed_cast)
    assert ProvenanceRecord.objects.filter(entry=None).exists()
    report = audited()
    assert (report.verdict, step(report, "waiting")) == (SOUND, (OK, ""))


def test_a_waiting_record_that_nobody_signed_is_named(
    audited: Audit, as_superuser: Tamper, committed_cast: Cast
) -> None:
    record = make_output(committed_cast).record_id
    as_superuser("UPDATE governance_provenancerecord SET signature = 'junk' WHERE id = %s", record)
    report = audited()
    assert (report.verdict, step(report, "waiting")[0]) == (TAMPERED, FAILED)
    assert {found.record_id for found in report.step("waiting").findings} == {str(record)}


def test_a_waiting_record_signed_by_a_stranger_is_named(audited: Audit, committed: dict[str, str]) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    statement = make_statement()
    envelope = sign(statement.to_bytes(), PAYLOAD_TYPE, key)
    record = insert_as_app(committed, statement.predicate.record_id, envelope, build_leaf(envelope, key.public_key()))
    report = audited()
    assert report.verdict == TAMPERED
    assert f"names key {envelope.key_id}, which the trust file does not list" in step(report, "waiting")[1]
    assert report.step("waiting").findings[0].record_id == record


def insert_as_app(committed: dict[str, str], record: str, envelope: Envelope, leaf: bytes) -> str:
    """What the application's login can do without any key."""
    with psycopg.connect(committed["DATABASE_URL"]) as session:
        session.execute("SET ROLE clearcut_app")
        session.execute(
            "INSERT INTO governance_provenancerecord"
            " (id, kind, about, payload, signature, key_id, leaf, openings, created_at)"
            " VALUES (%s, 'claim', 'x:1', %s, %s, %s, %s, '[]', now())",
            (record, envelope.payload, envelope.signature, envelope.key_id, leaf),
        )
    return record


def test_a_record_that_cannot_be_read_is_named_and_keeps_nothing_else_from_being_checked(
    audited: Audit, as_superuser: Tamper, committed: dict[str, str]
) -> None:
    poison = insert_as_app(
        committed, str(uuid.uuid4()), Envelope(PAYLOAD_TYPE, b"nope", "0" * 64, b"signature"), b"leaf"
    )
    as_superuser("UPDATE governance_entitlement SET valid_until = valid_until + interval '1 day'")
    report = audited()
    row = Entitlement.objects.get()
    assert {each.name for each in report.steps if each.status == FAILED} == {"waiting", "commitments"}
    assert {each.name for each in report.steps if each.status == OPEN} == set()
    assert any(f"entitlement:{row.pk} is not what it was" in said for said in messages(report, "commitments"))
    for name in ("waiting", "commitments"):
        assert poison in {found.record_id for found in report.step(name).findings}


def test_a_check_that_fails_in_the_database_leaves_the_others_their_snapshot(
    audited: Audit, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(found: Findings) -> None:
        list(Sweep.objects.extra(where=["1 / 0 = 1"]))

    monkeypatch.setattr(ledger_audit, "check_outputs", broken)
    report = audited()
    assert report.verdict == CANNOT_TELL
    assert {each.name for each in report.steps if each.status == OPEN} == {"outputs"}
    assert "The check itself failed" in step(report, "outputs")[1]


def test_a_cutout_that_points_at_another_decision_is_named(audited: Audit, as_superuser: Tamper) -> None:
    first, second = Cutout.objects.filter(output__isnull=False).order_by("pk")[:2]
    stated = first.decision
    assert stated is not None
    assert second.decision is not None
    as_superuser("UPDATE governance_cutout SET decision_id = %s WHERE id = %s", second.decision_id, first.pk)
    found = audited().step("outputs").findings[0]
    assert found.record_id == str(first.output.record_id)
    assert found.message == (
        f"The decision of its output is {second.decision.opaque_id}, its statement says {stated.opaque_id}."
    )


def test_a_record_moved_to_another_client_is_named(audited: Audit, as_superuser: Tamper, committed_cast: Cast) -> None:
    as_superuser(
        "UPDATE governance_provenancerecord SET client_id = %s WHERE id = %s",
        committed_cast.other_client.pk,
        a_record().pk,
    )
    assert step(audited(), "outputs") == (FAILED, "It is kept for another client than its statement says.")


def test_a_project_moved_to_another_client_is_named(audited: Audit, as_superuser: Tamper, committed_cast: Cast) -> None:
    here, there = committed_cast.client, committed_cast.other_client
    as_superuser("UPDATE governance_project SET client_id = %s", there.pk)
    assert step(audited(), "outputs") == (
        FAILED,
        f"The client of its output is {there.opaque_id}, its statement says {here.opaque_id}.",
    )


def test_an_event_made_to_be_about_another_row_is_named(audited: Audit, as_superuser: Tamper) -> None:
    event = an_event()
    as_superuser("UPDATE governance_provenancerecord SET about = 'entitlement:999' WHERE id = %s", event.pk)
    assert step(audited(), "commitments") == (
        FAILED,
        f"Record {event.pk} (entitlement, entitlement:999): it is about {event.about}, not about entitlement:999.",
    )


@pytest.mark.parametrize(
    ("sql", "message"),
    [
        ("asset SET file_name = 'nothing-to-see.png'", "The file name of its output is not the one it was made of."),
        ("asset SET sha256 = repeat('0', 64)", "The picture of its output is not the one it was made of."),
        (
            "job SET weights_sha256 = repeat('0', 64)",
            "The weights file of its job is neither the one it was made with nor the one it was asked for with.",
        ),
        (f"{OPENINGS} '[]' END", "What opens the commitment to its picture is gone."),
        (f"{OPENINGS} '{{}}' END", "Its openings are no list."),
        (f'{OPENINGS} \'[{{"field":"picture"}}]\' END', "One of its openings has another shape than we gave it."),
        (f"{OPENINGS} replace(openings, '=', '?') END", "What is stored of it cannot be read (ValueError: "),
    ],
)
def test_rows_behind_an_output_that_were_rewritten_are_named(
    audited: Audit, as_superuser: Tamper, sql: str, message: str
) -> None:
    as_superuser(f"UPDATE governance_{sql}")
    report = audited(files=0)
    assert report.verdict == TAMPERED
    assert any(said.startswith(message) for said in messages(report, "outputs"))


def test_an_opening_that_was_rewritten_with_its_row_is_named(audited: Audit, as_superuser: Tamper) -> None:
    record = a_record()
    named_x = record.openings.replace('"Y3VwLnBuZw=="', '"eC5wbmc="')
    as_superuser("UPDATE governance_provenancerecord SET openings = %s WHERE id = %s", named_x, record.pk)
    as_superuser("UPDATE governance_asset SET file_name = 'x.png'")
    report = audited()
    assert named_x != record.openings
    assert "What is kept to open the commitment to its file name does not open it." in messages(report, "outputs")


def test_an_output_dated_back_is_named(audited: Audit, as_superuser: Tamper) -> None:
    as_superuser("UPDATE governance_output SET created_at = '2020-01-01Z'")
    said = messages(audited(), "outputs")
    assert len(said) == 3
    assert all(
        each.startswith("Its output was made at 2020-01-01T00:00:00.000000Z, its statement at ") for each in said
    )


def test_a_picture_passed_to_another_client_is_named(
    audited: Audit, as_superuser: Tamper, committed_cast: Cast
) -> None:
    here, there = committed_cast.client, committed_cast.other_client
    as_superuser("UPDATE governance_asset SET client_id = %s", there.pk)
    assert step(audited(), "outputs") == (
        FAILED,
        f"The client of the picture of its output is {there.opaque_id}, its statement says {here.opaque_id}.",
    )


def test_a_cutout_record_passed_off_as_that_of_another_job_is_named(audited: Audit, as_superuser: Tamper) -> None:
    as_superuser("UPDATE governance_job SET opaque_id = gen_random_uuid()")
    assert step(audited(), "outputs")[1].startswith("The job of its output is ")


@pytest.mark.parametrize("name", ["outputs", "commitments"])
def test_a_record_dated_back_is_named(audited: Audit, as_superuser: Tamper, name: str) -> None:
    record = a_record() if name == "outputs" else an_event()
    issued = Statement.from_bytes(bytes(record.payload)).predicate.issued_at
    for dated in (issued - timedelta(days=1), issued + MERGE_WINDOW + timedelta(seconds=1)):
        as_superuser("UPDATE governance_provenancerecord SET created_at = %s WHERE id = %s", dated, record.pk)
        assert step(audited(), name) == (
            FAILED,
            f"Its row was made at {timestamp(dated)}, its statement at {timestamp(issued)}.",
        )


def test_a_record_kept_under_another_kind_is_named(audited: Audit, as_superuser: Tamper) -> None:
    as_superuser("UPDATE governance_provenancerecord SET kind = 'hold' WHERE id = %s", an_event().pk)
    assert "Its row is of kind hold, its statement of kind entitlement." in messages(audited(), "commitments")


def test_attack_the_events_of_an_entitlement_taken_out_with_their_places_leave_it_without_one(
    audited: Audit, as_superuser: Tamper, committed_cast: Cast
) -> None:
    row = make_entitlement(committed_cast)
    as_superuser(
        "WITH gone AS (DELETE FROM governance_provenancerecord WHERE about = %s RETURNING id)"
        " DELETE FROM governance_pendingentry WHERE record_id IN (SELECT id FROM gone)",
        f"entitlement:{row.pk}",
    )
    said = messages(audited(), "events")
    assert f"entitlement:{row.pk} stands in the database, but no entry of the log tells of it." in said


def test_a_set_of_keys_holds_what_was_put_in_and_nothing_else() -> None:
    keys, kept = Keys(), {1, 7, 8, 32_767, 32_768, 10**12}
    for key in kept:
        keys.add(key)
    assert {key for key in (*range(70_000), 10**12, 10**12 + 1) if key in keys} == kept
