"""The fence, tried as the application's own role: what an append-only table refuses, and who may write what."""

from __future__ import annotations

import pytest
from django.apps import apps
from django.db import DatabaseError, connection, transaction

pytestmark = pytest.mark.django_db

# The only tables of ours that may change, and the columns that may.
MUTABLE = {
    "governance_cutout": {
        "status",
        "attempt",
        "decision_id",
        "enqueued_at",
        "started_at",
        "finished_at",
        "error_code",
        "error_message",
    },
    "governance_deploymenttarget": {
        "archived_at",
        "channel",
        "monetised",
        "territories",
        "hosting_mode",
        "output_distribution",
        "weights_distribution",
        "valid_until",
    },
    "governance_project": {"billable", "for_profit"},
    "governance_rolegrant": {"ended_at"},
}
CATALOGUE = {
    "governance_license",
    "governance_modelversion",
    "governance_weightsartifact",
    "governance_licensedeclaration",
    "governance_licenseresolution",
    "governance_dataset",
    "governance_traininguse",
    "governance_lineageclaim",
}
TABLES = sorted(model._meta.db_table for model in apps.get_app_config("governance").get_models())
FENCED = [table for table in TABLES if table not in MUTABLE and table not in CATALOGUE]
APPEND_ONLY = [table for table in FENCED if table != "governance_client"]


def refused(sql: str) -> str:
    """Run ``sql`` as the application role; return the SQLSTATE it was refused with."""
    with pytest.raises(DatabaseError) as caught, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql)
    return str(caught.value.__cause__.sqlstate)  # type: ignore[union-attr]


def first_column(table: str) -> str:
    with connection.cursor() as cursor:
        return str(connection.introspection.get_table_description(cursor, table)[0].name)


def test_the_tests_run_as_the_application_role() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user")
        assert cursor.fetchone() == ("clearcut_app",)


@pytest.mark.parametrize("table", FENCED)
def test_update_is_refused(table: str) -> None:
    column = first_column(table)
    assert refused(f'UPDATE {table} SET "{column}" = "{column}"') == "42501"


@pytest.mark.parametrize("table", TABLES)
def test_delete_is_refused(table: str) -> None:
    assert refused(f"DELETE FROM {table}") == "42501"


@pytest.mark.parametrize("table", TABLES)
def test_truncate_is_refused(table: str) -> None:
    assert refused(f"TRUNCATE {table} CASCADE") == "42501"


@pytest.mark.parametrize("table", FENCED)
def test_on_conflict_do_update_is_refused(table: str) -> None:
    column = first_column(table)
    upsert = f'INSERT INTO {table} ("{column}") VALUES (NULL) ON CONFLICT ("{column}") DO UPDATE SET "{column}" = NULL'
    assert refused(upsert) == "42501"


@pytest.mark.parametrize("table", APPEND_ONLY)
def test_a_trigger_cannot_be_disabled(table: str) -> None:
    assert refused(f"ALTER TABLE {table} DISABLE TRIGGER ALL") == "42501"


def test_replica_mode_is_refused() -> None:
    assert refused("SET session_replication_role = replica") == "42501"


def test_the_tables_are_owned_by_a_role_that_cannot_sign_in() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT tableowner, rolcanlogin FROM pg_tables JOIN pg_roles ON rolname = tableowner"
            " WHERE tablename LIKE 'governance_%'"
        )
        assert cursor.fetchall() == [("clearcut_owner", False)]


@pytest.mark.parametrize("table", APPEND_ONLY)
def test_every_append_only_table_has_its_triggers_always_on(table: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tgname, tgenabled FROM pg_trigger WHERE tgrelid = %s::regclass AND NOT tgisinternal"
            " AND tgname IN ('clearcut_no_change', 'clearcut_no_truncate') ORDER BY tgname",
            [table],
        )
        assert cursor.fetchall() == [("clearcut_no_change", "A"), ("clearcut_no_truncate", "A")]


@pytest.mark.parametrize("table", sorted(MUTABLE))
def test_only_the_named_columns_may_change(table: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0"
            " AND has_column_privilege(attrelid, attnum, 'UPDATE')",
            [table],
        )
        assert {row[0] for row in cursor.fetchall()} == MUTABLE[table]


def test_the_application_cannot_write_the_log() -> None:
    entry = "INSERT INTO governance_sequencedentry (seq, record_id, leaf_hash) VALUES (0, gen_random_uuid(), '')"
    assert refused(entry) == "42501"
