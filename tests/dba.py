"""What only somebody with a superuser's login does to a database, in tests that show what is noticed of it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import LiteralString

import psycopg
import pytest
from pytest_django.fixtures import Settings

from governance.adapters.schema_lock import lock_schema, unlock_schema


def lock(database: Mapping[str, str]) -> None:
    """As after `manage.py setup`; ``database`` is what the fixture ``committed`` yields."""
    lock_schema(database["DATABASE_OWNER_URL"], database["DATABASE_URL"], database["DATABASE_LEDGER_URL"])


def tamper(database: Mapping[str, str], *statements: LiteralString) -> None:
    """Unlock, do it, and lock again so that nothing shows."""
    unlock_schema(database["DATABASE_OWNER_URL"])
    by_superuser(database, *statements)
    lock(database)


def by_superuser(database: Mapping[str, str], *statements: LiteralString) -> None:
    with psycopg.connect(database["DATABASE_OWNER_URL"], autocommit=True) as session:
        for statement in statements:
            session.execute(statement)


LATE = """
from django.db import migrations

class Migration(migrations.Migration):
    operations = [migrations.RunSQL("CREATE TABLE governance_late (id int)")]
"""


def late_migration(folder: Path, monkeypatch: pytest.MonkeyPatch, settings: Settings) -> None:
    """One migration more than the database has seen, as after an update of the code."""
    package = folder / "late_migrations"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "0001_late.py").write_text(LATE)
    monkeypatch.syspath_prepend(folder)
    settings.MIGRATION_MODULES = {"staticfiles": package.name}
