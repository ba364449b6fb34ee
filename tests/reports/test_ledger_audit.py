"""The audit of the log in the database: sound as it is, and every forgery a superuser can make is named."""

from __future__ import annotations

from pathlib import Path

from governance.adapters import blobs
from governance.ledger.verification import CANNOT_TELL, FAILED, OK, OPEN, SOUND, TAMPERED
from governance.models import Checkpoint, Entitlement, Output, ProvenanceRecord, SequencedEntry
from tests import dba
from tests.reports.conftest import Audit, Tamper, messages, step


def a_record() -> ProvenanceRecord:
    return ProvenanceRecord.objects.of_outputs().order_by("created_at")[1]


def test_a_log_as_it_was_made_is_sound_in_every_step(audited: Audit) -> None:
    report = audited()
    assert [each for each in report.steps if each.findings] == []
    assert (report.verdict, report.exit_code) == (SOUND, 0)
    assert {each.name: each.status for each in report.steps if each.status != OK} == {"continuity": "not asked"}
    assert report.entries == SequencedEntry.objects.count() == ProvenanceRecord.objects.count()


def test_structure_alone_is_audited_without_statements(audited: Audit) -> None:
    report = audited(structure_only=True)
    assert report.verdict == SOUND
    assert step(report, "signatures")[0] == step(report, "commitments")[0] == "not asked"


def test_attack_1_an_altered_leaf_is_named(audited: Audit, as_superuser: Tamper) -> None:
    record = a_record()
    as_superuser("UPDATE governance_provenancerecord SET leaf = %s WHERE id = %s", b"x", record.pk)
    report = audited()
    assert report.verdict == TAMPERED
    assert step(report, "rows") == (FAILED, "The hash stored with this place is not that of its leaf.")
    assert step(report, "roots")[0] == FAILED


def test_attack_4_an_altered_statement_is_named(audited: Audit, as_superuser: Tamper) -> None:
    record = a_record()
    altered = bytes(record.payload).replace(b"u2netp", b"u2net2")
    as_superuser("UPDATE governance_provenancerecord SET payload = %s WHERE id = %s", altered, record.pk)
    report = audited()
    statements = next(each for each in report.steps if each.name == "statements")
    assert (report.verdict, statements.status) == (TAMPERED, FAILED)
    assert statements.findings[0].index == SequencedEntry.objects.get(record=record).seq


def test_attack_5_a_deleted_record_leaves_its_place_behind(audited: Audit, as_superuser: Tamper) -> None:
    record = a_record()
    place = SequencedEntry.objects.get(record=record).seq
    as_superuser("DELETE FROM governance_provenancerecord WHERE id = %s", record.pk)
    report = audited()
    rows = next(each for each in report.steps if each.name == "rows")
    assert (rows.status, rows.findings[0].index) == (FAILED, place)
    assert rows.findings[0].message == "The record in this place is gone."
    assert step(report, "outputs") == (FAILED, "The output it belongs to has no such record.")


def test_attack_5_a_deleted_place_is_a_gap(audited: Audit, as_superuser: Tamper) -> None:
    record = a_record()
    as_superuser("DELETE FROM governance_sequencedentry WHERE record_id = %s", record.pk)
    report = audited()
    assert (report.verdict, step(report, "sequence")[0]) == (TAMPERED, FAILED)


def test_attack_6_a_truncated_log_is_smaller_than_what_was_signed(audited: Audit, as_superuser: Tamper) -> None:
    last = Checkpoint.objects.latest().size
    cut = Checkpoint.objects.order_by("size").first()
    assert cut is not None
    for table, column in (("sequencedentry", "seq"), ("treestate", "size - 1"), ("checkpoint", "size - 1")):
        as_superuser(f"DELETE FROM governance_{table} WHERE {column} >= %s", cut.size)
    report = audited()
    assert report.verdict == TAMPERED
    assert step(report, "signer") == (
        FAILED,
        f"It signed {last} entries, the database holds {cut.size}: it was rolled back.",
    )
    assert step(report, "folder") == (FAILED, "The entry bundles go on where the database ends: it was rolled back.")


def test_attack_9_two_records_that_changed_places_are_named(audited: Audit, as_superuser: Tamper) -> None:
    first, second = SequencedEntry.objects.order_by("seq")[:2]
    aside = 1_000_000
    for place, becomes in ((first.seq, aside), (second.seq, first.seq), (aside, second.seq)):
        as_superuser("UPDATE governance_sequencedentry SET seq = %s WHERE seq = %s", becomes, place)
    report = audited()
    assert (report.verdict, step(report, "roots")[0]) == (TAMPERED, FAILED)
    assert step(report, "folder") == (FAILED, "The entry bundle holds another leaf than the database.")


def test_attack_11_a_trigger_that_is_not_always_on_is_named(audited: Audit, committed: dict[str, str]) -> None:
    dba.tamper(committed, "ALTER TABLE governance_decision ENABLE TRIGGER clearcut_no_change")
    status, message = step(audited(), "fence")
    assert status == FAILED
    assert "clearcut_no_change on governance_decision" in message


def test_attack_40_a_file_replaced_on_the_disk_is_named(audited: Audit) -> None:
    output = Output.objects.earliest("pk")
    blobs._path(output.sha256).write_bytes(b"another picture")
    files = next(each for each in audited().steps if each.name == "files")
    assert (files.status, files.findings[0].record_id) == (FAILED, str(output.record_id))


def test_attack_43_an_entitlement_edited_after_the_decision_is_named(audited: Audit, as_superuser: Tamper) -> None:
    row = Entitlement.objects.get()
    as_superuser("UPDATE governance_entitlement SET valid_until = valid_until + interval '1 year'")
    report = audited()
    assert (report.verdict, step(report, "commitments")[0]) == (TAMPERED, FAILED)
    assert any(f"entitlement:{row.pk} is not what it was" in said for said in messages(report, "commitments"))


def test_an_output_whose_row_names_other_bytes_is_named(audited: Audit, as_superuser: Tamper) -> None:
    record = a_record()
    as_superuser("UPDATE governance_output SET sha256 = %s WHERE record_id = %s", "0" * 64, record.pk)
    assert step(audited(files=0), "outputs") == (FAILED, "It speaks of other bytes than its output's row.")


def test_without_a_signer_the_audit_cannot_tell(audited: Audit, tmp_path: Path) -> None:
    (tmp_path / "signer" / "last-signed.json").unlink()
    report = audited()
    assert (report.verdict, step(report, "signer")[0]) == (CANNOT_TELL, OPEN)


def test_attack_16_an_older_checkpoint_is_continued(audited: Audit) -> None:
    old = Checkpoint.objects.earliest("size").note
    assert step(audited(old_checkpoint=old), "continuity")[0] == OK
