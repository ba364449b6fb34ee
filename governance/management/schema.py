"""Bring the database to what this release expects: roles, tables, and the lock on the schema."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.core.management import call_command
from django.db import connections
from django.db.migrations.executor import MigrationExecutor

from governance.adapters.schema_lock import lock_schema, unlock_schema
from governance.errors import PlatformError


def prepare_database(say: Callable[[str], object]) -> None:
    """Unlock only where there is something to migrate, and lock whatever becomes of it.

    Without a superuser's login it goes on and ``say``s what an administrator has to run; until then the audit of the
    fence tells that the lock is missing.
    """
    urls = (settings.DATABASE_OWNER_URL, settings.DATABASE_URL, settings.DATABASE_LEDGER_URL)
    call_command("provision")
    try:
        if _migrations_wait():
            _or_say(say, lambda: unlock_schema(urls[0]))
        call_command("migrate", database="owner", interactive=False, verbosity=0)
    finally:
        _or_say(say, lambda: lock_schema(*urls))


def _migrations_wait() -> bool:
    executor = MigrationExecutor(connections["owner"])
    return bool(executor.migration_plan(executor.loader.graph.leaf_nodes()))


def _or_say(say: Callable[[str], object], act: Callable[[], None]) -> None:
    try:
        act()
    except PlatformError as problem:
        if problem.code != "database.lock":
            raise
        say(f"{problem.message} {problem.how_to_fix}")
