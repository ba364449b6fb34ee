"""Roles in PostgreSQL: who owns the tables, who may only add to them, who may extend the log.

Runs before the first migration, as a login that may create roles. Safe to run again.
"""

from __future__ import annotations

from contextlib import suppress

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from governance.errors import PlatformError

OWNER, APP, LEDGER = "clearcut_owner", "clearcut_app", "clearcut_ledger"


def provision(owner_url: str, app_url: str, ledger_url: str) -> None:
    """Create the three NOLOGIN roles and let the logins of the URLs act as them.

    Raises PlatformError ``database.unreachable`` or ``database.roles`` with the statements a DBA can run instead.
    """
    grants = {OWNER: owner_url, APP: app_url, LEDGER: ledger_url}
    try:
        with psycopg.connect(owner_url, autocommit=True, connect_timeout=10) as connection:
            login = connection.info.user
            for role, url in grants.items():
                _create_role(connection, role)
                # The owner login also acts as the other two: it runs migrations that grant to them.
                for member in {str(conninfo_to_dict(url).get("user", login)), login}:
                    connection.execute(sql.SQL("GRANT {} TO {}").format(sql.Identifier(role), sql.Identifier(member)))
            _secure_schema(connection)
    except psycopg.OperationalError as problem:
        raise PlatformError(
            f"PostgreSQL cannot be reached: {str(problem).strip()}.",
            how_to_fix="Check DATABASE_URL and DATABASE_OWNER_URL, and that the server runs.",
            code="database.unreachable",
        ) from problem
    except psycopg.errors.InsufficientPrivilege as problem:
        raise PlatformError(
            f"The owner login may not prepare the database: {str(problem).strip()}.",
            how_to_fix=(
                "Let a database administrator run: "
                + "; ".join(f"CREATE ROLE {role} NOLOGIN" for role in grants)
                + f"; GRANT CREATE, USAGE ON SCHEMA public TO {OWNER}; then grant the roles to the logins."
            ),
            code="database.roles",
            permanent=True,
        ) from problem


def _create_role(connection: psycopg.Connection, role: str) -> None:
    # It is there already, or another start made it at the same moment: either way it is there.
    with suppress(psycopg.errors.DuplicateObject, psycopg.errors.UniqueViolation):
        connection.execute(sql.SQL("CREATE ROLE {} NOLOGIN").format(sql.Identifier(role)))


def _secure_schema(connection: psycopg.Connection) -> None:
    connection.execute("REVOKE CREATE ON SCHEMA public FROM PUBLIC")
    connection.execute(sql.SQL("GRANT CREATE, USAGE ON SCHEMA public TO {}").format(sql.Identifier(OWNER)))
    connection.execute(
        sql.SQL("GRANT USAGE ON SCHEMA public TO {}, {}").format(sql.Identifier(APP), sql.Identifier(LEDGER))
    )
