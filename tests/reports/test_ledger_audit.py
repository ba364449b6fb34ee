"""The audit of the log in the database: sound as it is, and every forgery a superuser can make is named."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest
from django.conf import settings

from governance.adapters import blobs, keys
from governance.adapters.log_files import LogFiles
from governance.adapters.schema_lock import unlock_schema
from governance.adapters.signer import Signer
from governance.ledger.audit_shapes import AuditReport
from governance.ledger.verification import CANNOT_TELL, FAILED, OK, OPEN, SOUND, TAMPERED
from governance.models import Checkpoint, Entitlement, Output, ProvenanceRecord, SequencedEntry
from governance.reports.ledger_audit import HouseOptions, audit_ledger
from governance.services.ledger import integrate_pending, publish_checkpoint
from tests import dba
from tests.conftest import Cast
from tests.factories import make_entitlement, make_output

Audit = Callable[..., AuditReport]
Tamper = Callable[..., None]


@pytest.fixture
def signer(tmp_path: Path) -> Signer:
    return Signer(tmp_path / "signer", settings.LOG_ORIGIN, keys.log_key())


@pytest.fixture
def audited(committed: dict[str, str], committed_cast: Cast, signer: Signer, tmp_path: Path, settings: object) -> Audit:
    """A log of several batches and checkpoints, and the act of auditing it."""
    settings.LOG_DIR = tmp_path / "log"  # type: ignore[attr-defined]
    dba.lock(committed)
    make_entitlement(committed_cast)
    for _ in range(3):
        make_output(committed_cast)
        integrate_pending()
        publish_checkpoint(signer)

    def audit(**options: object) -> AuditReport:
        asked = replace(HouseOptions(processes=1), **options)  # type: ignore[arg-type]
        return audit_ledger(keys.trust(), signer, LogFiles(tmp_path / "log"), asked)

    return audit


@pytest.fixture
def as_superuser(committed: dict[str, str]) -> Callable[..., None]:
    """What a database administrator with time on their hands does: past roles, lock and triggers, and tidied up."""

    def run(sql: str, *values: object) -> None:
        url = committed["DATABASE_OWNER_URL"]
        unlock_schema(url)
        with psycopg.connect(url) as session:
            session.execute("SET session_replication_role = replica")
            found = session.execute(
                "SELECT tgrelid::regclass::text, tgname FROM pg_trigger WHERE tgname LIKE 'clearcut%'"
            ).fetchall()
            for table, trigger in found:
                session.execute(f"ALTER TABLE {table} DISABLE TRIGGER {trigger}")
            session.execute(sql, values)
            for table, trigger in found:
                session.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {trigger}")
        dba.lock(committed)

    return run


def step(report: AuditReport, name: str) -> tuple[str, str]:
    """The status of a step, and the first thing it found."""
    found = next(each for each in report.steps if each.name == name)
    return found.status, found.findings[0].message if found.findings else ""


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
    status, message = step(report, "commitments")
    assert (report.verdict, status) == (TAMPERED, FAILED)
    assert f"entitlement:{row.pk} is not what it was" in message


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
