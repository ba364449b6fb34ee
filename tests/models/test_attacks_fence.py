"""Attacks on the rows and on the fence itself, each tried as the role that would try it, in a locked database.

The numbers are those of the list of attacks that the ledger must withstand. Nothing below may succeed, so the tests
share one database.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from django.core.management import call_command
from django.db import DatabaseError, connections, transaction
from django.db.models import ProtectedError
from django.urls import NoReverseMatch, reverse
from pytest_django.fixtures import Settings
from pytest_django.plugin import DjangoDbBlocker

from governance.ledger.merkle import leaf_hash
from governance.models import Client, Decision, ProvenanceRecord, SequencedEntry
from tests import dba
from tests.conftest import database_copy, make_cast
from tests.factories import make_output

ROLES = {"default": "clearcut_app", "ledger": "clearcut_ledger", "owner": "clearcut_owner"}


@pytest.fixture(scope="module", autouse=True)
def locked(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[dict[str, str]]:
    """A database with one output in the log and another on its way there, as `manage.py setup` leaves it."""
    with database_copy(django_db_blocker) as database:
        cast = make_cast()
        integrate(make_output(cast).record_id)
        make_output(cast)
        dba.lock(database)
        yield database


def integrate(record_id: uuid.UUID) -> None:
    digest = leaf_hash(bytes(ProvenanceRecord.objects.get(pk=record_id).leaf))
    with transaction.atomic(using="ledger"), connections["ledger"].cursor() as cursor:
        cursor.execute("DELETE FROM governance_pendingentry WHERE record_id = %s", [record_id])
        SequencedEntry.objects.using("ledger").create(seq=0, record_id=record_id, leaf_hash=digest)


def refused(alias: str, sql: str) -> tuple[str, str]:
    """Run ``sql`` as the role; the SQLSTATE and the message it was refused with."""
    with connections[alias].cursor() as cursor:
        cursor.execute("SELECT current_user")
        assert cursor.fetchone() == (ROLES[alias],)
        with pytest.raises(DatabaseError) as caught, transaction.atomic(using=alias):
            cursor.execute(sql)
    return str(caught.value.__cause__.sqlstate), str(caught.value)  # type: ignore[union-attr]


REWRITING = {
    "1-leaf": "UPDATE governance_provenancerecord SET leaf = 'forged'",
    "5-record": "DELETE FROM governance_provenancerecord",
    "5-entry": "DELETE FROM governance_sequencedentry",
    "7-truncate": "TRUNCATE governance_provenancerecord CASCADE",
    "13-merge": "MERGE INTO governance_provenancerecord r USING (VALUES (1)) AS v ON true"
    " WHEN MATCHED THEN UPDATE SET leaf = 'forged'",
    "13-merge-delete": "MERGE INTO governance_provenancerecord r USING (VALUES (1)) AS v ON true"
    " WHEN MATCHED THEN DELETE",
    "13-cte": "WITH gone AS (DELETE FROM governance_provenancerecord RETURNING 1) SELECT count(*) FROM gone",
    "13-upsert": "INSERT INTO governance_provenancerecord SELECT * FROM governance_provenancerecord"
    " ON CONFLICT (id) DO UPDATE SET leaf = 'forged'",
}


@pytest.mark.parametrize("alias", ROLES)
@pytest.mark.parametrize("sql", REWRITING.values(), ids=REWRITING)
def test_attacks_1_5_7_13_rewriting_what_is_recorded_is_refused(alias: str, sql: str) -> None:
    assert refused(alias, sql)[0] == "42501"


REMOVING = {
    "7-drop-table": "DROP TABLE governance_decision CASCADE",
    "7-drop-schema": "DROP SCHEMA public CASCADE",
    "7-drop-trigger": "DROP TRIGGER clearcut_no_change ON governance_decision",
    "7-drop-function": "DROP FUNCTION clearcut_refuse_change() CASCADE",
    "11-disable": "ALTER TABLE governance_decision DISABLE TRIGGER clearcut_no_change",
    "11-not-always": "ALTER TABLE governance_decision ENABLE TRIGGER clearcut_no_change",
    "11-replace": "CREATE OR REPLACE FUNCTION clearcut_refuse_change() RETURNS trigger LANGUAGE plpgsql AS"
    " 'BEGIN RETURN NEW; END'",
    "11-rename": "ALTER TRIGGER clearcut_no_change ON governance_decision RENAME TO clearcut_changes",
    "11-another": "CREATE TRIGGER a_first BEFORE UPDATE ON governance_decision FOR EACH ROW"
    " EXECUTE FUNCTION suppress_redundant_updates_trigger()",
    "11-rule": "CREATE RULE quiet AS ON INSERT TO governance_decision DO INSTEAD NOTHING",
    "11-row-security": "ALTER TABLE governance_decision ENABLE ROW LEVEL SECURITY",
    "11-grant": "GRANT UPDATE ON governance_cutout TO clearcut_app",
    "11-by-default": "ALTER DEFAULT PRIVILEGES GRANT ALL ON TABLES TO PUBLIC",
    "11-unlock": "ALTER EVENT TRIGGER clearcut_no_ddl DISABLE",
    "11-drop-lock": "DROP EVENT TRIGGER clearcut_no_drop",
    "11-drop-lock-function": "DROP FUNCTION clearcut_lock.refuse_ddl() CASCADE",
    "15-column-dropped": "ALTER TABLE governance_provenancerecord DROP COLUMN payload",
    "15-column-renamed": "ALTER TABLE governance_provenancerecord RENAME COLUMN leaf TO leaves",
    "15-type-changed": "ALTER TABLE governance_provenancerecord ALTER COLUMN payload TYPE text USING 'x'",
    "15-index-dropped": "DROP INDEX record_leaf_once",
    "15-table-added": "CREATE TABLE governance_shadow (id int)",
}


@pytest.mark.parametrize("alias", ["default", "owner"])
@pytest.mark.parametrize("sql", REMOVING.values(), ids=REMOVING)
def test_attacks_7_11_15_the_fence_of_a_locked_schema_stays(alias: str, sql: str) -> None:
    assert refused(alias, sql)[0] == "42501"


@pytest.mark.parametrize("sql", [sql for name, sql in REMOVING.items() if "lock" not in name])
def test_attacks_7_11_15_not_even_a_superuser_alters_a_locked_schema(locked: dict[str, str], sql: str) -> None:
    with psycopg.connect(locked["DATABASE_OWNER_URL"], autocommit=True) as session:
        session.execute("SET session_replication_role = replica")
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="the schema is locked"):
            session.execute(sql.encode())


@pytest.mark.parametrize("alias", ROLES)
def test_attack_11_replica_mode_is_refused(alias: str) -> None:
    sqlstate, message = refused(alias, "SET session_replication_role = replica")
    assert (sqlstate, "permission denied to set parameter" in message) == ("42501", True)


@pytest.mark.parametrize("setting", ["pgtrigger.ignore", "pgtrigger.ignore_execution_mode"])
def test_attack_12_no_session_setting_opens_the_fence(setting: str) -> None:
    with connections["owner"].cursor() as cursor:
        cursor.execute("SELECT set_config(%s, '{clearcut_no_change,clearcut_no_truncate}', false)", [setting])
    sqlstate, message = refused("owner", "UPDATE governance_decision SET outcome = 'permit'")
    assert sqlstate == "42501"
    assert "append-only" in message


def test_attack_13_deleting_a_client_takes_nothing_along() -> None:
    client = Client.objects.get(name="Harbour Coffee")
    with pytest.raises(ProtectedError, match="protected foreign keys"):
        client.delete()
    assert refused("default", f"DELETE FROM governance_client WHERE id = {client.pk}")[0] == "42501"
    assert refused("owner", f"DELETE FROM governance_client WHERE id = {client.pk}")[0] == "23503"


def test_attack_13_no_foreign_key_deletes_or_changes_rows_by_itself() -> None:
    with connections["default"].cursor() as cursor:
        cursor.execute(
            "SELECT conname FROM pg_constraint WHERE contype = 'f' AND 'a' <> ANY (ARRAY[confdeltype, confupdtype])"
        )
        assert cursor.fetchall() == []


def test_attack_13_bulk_update_is_refused() -> None:
    decision = Decision.objects.all()[0]
    decision.outcome = "permit"
    with pytest.raises(DatabaseError, match="permission denied for table governance_decision"):
        Decision.objects.bulk_update([decision], ["outcome"])


def test_attack_13_loading_a_fixture_over_a_row_is_refused(tmp_path: Path) -> None:
    record = ProvenanceRecord.objects.of_outputs()[0]
    fixture = tmp_path / "forged.json"
    call_command("dumpdata", "governance.provenancerecord", output=str(fixture), verbosity=0)
    rows = json.loads(fixture.read_text())
    fixture.write_text(json.dumps([row | {"fields": row["fields"] | {"leaf": "Zm9yZ2Vk"}} for row in rows]))
    with pytest.raises(DatabaseError, match="permission denied for table governance_provenancerecord"):
        call_command("loaddata", str(fixture), verbosity=0)
    assert bytes(ProvenanceRecord.objects.get(pk=record.pk).leaf) == bytes(record.leaf)


def test_attack_13_there_is_no_admin_site(settings: Settings) -> None:
    assert "django.contrib.admin" not in settings.INSTALLED_APPS
    with pytest.raises(NoReverseMatch):
        reverse("admin:index")


def test_attack_15_a_plain_migrate_is_told_to_go_through_setup(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    dba.late_migration(tmp_path, monkeypatch, settings)
    with pytest.raises(DatabaseError, match="the schema is locked: CREATE TABLE is refused; `manage.py setup` unlocks"):
        call_command("migrate", database="owner", interactive=False, verbosity=0)


@pytest.mark.parametrize("alias", ROLES)
def test_temporary_tables_stay_possible_in_a_locked_schema(alias: str) -> None:
    with connections[alias].cursor() as cursor:
        cursor.execute("CREATE TEMP TABLE t (id serial PRIMARY KEY, name text DEFAULT 'x' CHECK (name <> ''))")
        cursor.execute("CREATE INDEX ON t (name)")
        cursor.execute("DROP TABLE t")
