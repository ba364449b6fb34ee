"""Setup unlocks the schema only to migrate it, and locks it again whatever happens."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
from django.db import DatabaseError, connections
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from pytest_django.fixtures import Settings

from governance.management.schema import prepare_database
from tests import dba

LIMITED = f"clearcut_test_limited_{os.getpid()}"


@pytest.fixture
def prepare(committed: dict[str, str], settings: Settings) -> Callable[[], list[str]]:
    """Prepare the test's own database; what was said of it."""
    for name, url in committed.items():
        setattr(settings, name, url)

    def run() -> list[str]:
        said: list[str] = []
        prepare_database(said.append)
        return said

    return run


def locked() -> bool:
    with connections["default"].cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_event_trigger WHERE evtenabled = 'A'")
        return cursor.fetchone() == (2,)


def test_the_schema_is_locked_afterwards(prepare: Callable[[], list[str]]) -> None:
    assert (prepare(), locked()) == ([], True)


def test_a_migration_passes_a_locked_schema_and_leaves_it_locked(
    prepare: Callable[[], list[str]], settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepare()
    dba.late_migration(tmp_path, monkeypatch, settings)
    assert (prepare(), locked()) == ([], True)
    assert "governance_late" in connections["owner"].introspection.table_names()


def test_a_migration_that_fails_leaves_the_schema_locked(
    prepare: Callable[[], list[str]], committed: dict[str, str]
) -> None:
    prepare()
    dba.by_superuser(committed, "DELETE FROM django_migrations WHERE id = (SELECT max(id) FROM django_migrations)")
    with pytest.raises(DatabaseError, match="already exists"):
        prepare()
    assert locked()


@pytest.fixture
def limited(committed: dict[str, str]) -> Iterator[dict[str, str]]:
    """The environment of an installation whose owner's login may act as the roles, but is no superuser."""
    dba.by_superuser(
        committed,
        f"CREATE ROLE {LIMITED} LOGIN PASSWORD 'limited' IN ROLE clearcut_owner, clearcut_app, clearcut_ledger",  # type: ignore[arg-type]
    )
    owner = {**conninfo_to_dict(committed["DATABASE_OWNER_URL"]), "user": LIMITED, "password": "limited"}
    yield committed | {"DATABASE_OWNER_URL": make_conninfo(**owner)}
    connections.close_all()
    with psycopg.connect(committed["DATABASE_OWNER_URL"], autocommit=True) as session:
        session.execute(f"DROP ROLE {LIMITED}".encode())


def test_without_a_superuser_it_goes_on_and_says_what_one_has_to_run(
    prepare: Callable[[], list[str]], limited: dict[str, str], settings: Settings
) -> None:
    settings.DATABASE_OWNER_URL = limited["DATABASE_OWNER_URL"]
    [said] = prepare()
    assert f"The schema is not locked: {LIMITED} is no superuser of PostgreSQL." in said
    assert "CREATE EVENT TRIGGER clearcut_no_ddl ON ddl_command_end" in said
    assert not locked()
