"""Roles in PostgreSQL: who owns the tables, who may only add to them, who may extend the log.

Runs before the first migration, as a login that may create roles. Safe to run again.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import LiteralString

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from governance.errors import PlatformError

OWNER, APP, LEDGER = "clearcut_owner", "clearcut_app", "clearcut_ledger"
# A login may nothing until it has taken its role by name (settings.database does), so every session says what it is.
# Servers before 16 know this of the login alone: make it NOINHERIT there.
_BY_NAME: LiteralString = "WITH INHERIT FALSE, SET TRUE"
_BY_NAME_SINCE = 160000


def provision(owner_url: str, app_url: str, ledger_url: str) -> None:
    """Create the three NOLOGIN roles and let the logins of the URLs act as them; what is there already is left alone.

    Raises PlatformError ``database.unreachable`` or ``database.roles`` with the statements a DBA can run instead.
    """
    with signed_in(owner_url) as connection:
        members = members_of_roles(connection, owner_url, app_url, ledger_url)
        try:
            for role, logins in members.items():
                _create_role(connection, role)
                for login in logins:
                    _let_act_as(connection, login, role)
            _secure_schema(connection)
        except psycopg.errors.InsufficientPrivilege as problem:
            raise PlatformError(
                f"The login {connection.info.user} may not prepare the database: {str(problem).strip()}.",
                how_to_fix=f"Let a database administrator run in this database:\n{_statements(members)}",
                code="database.roles",
                permanent=True,
            ) from problem


@contextmanager
def signed_in(owner_url: str) -> Iterator[psycopg.Connection]:
    """A session of the owner's login itself, not of its role. Raises PlatformError ``database.unreachable``."""
    try:
        with psycopg.connect(owner_url, autocommit=True, connect_timeout=10) as connection:
            yield connection
    except psycopg.OperationalError as problem:
        raise PlatformError(
            f"PostgreSQL cannot be reached: {str(problem).strip()}.",
            how_to_fix="Check DATABASE_URL and DATABASE_OWNER_URL, and that the server runs.",
            code="database.unreachable",
        ) from problem


def members_of_roles(
    connection: psycopg.Connection, owner_url: str, app_url: str, ledger_url: str
) -> dict[str, list[str]]:
    """Which logins may act as which role. The owner's acts as all: it runs migrations that grant to them."""
    login = connection.info.user
    urls = {OWNER: owner_url, APP: app_url, LEDGER: ledger_url}
    return {role: sorted({str(conninfo_to_dict(url).get("user", login)), login}) for role, url in urls.items()}


def _statements(members: dict[str, list[str]]) -> str:
    lines = [f"CREATE ROLE {role} NOLOGIN;" for role in members]
    lines += [f"GRANT {role} TO {login} {_BY_NAME};" for role, logins in members.items() for login in logins]
    lines += [f"GRANT CREATE, USAGE ON SCHEMA public TO {OWNER};", f"GRANT USAGE ON SCHEMA public TO {APP}, {LEDGER};"]
    return "\n".join(f"  {line}" for line in lines)


def _create_role(connection: psycopg.Connection, role: str) -> None:
    if _yes(connection, "SELECT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = %s)", role):
        return
    # Another start may make it at the same moment: either way it is there.
    with suppress(psycopg.errors.DuplicateObject, psycopg.errors.UniqueViolation):
        connection.execute(sql.SQL("CREATE ROLE {} NOLOGIN").format(sql.Identifier(role)))


def _let_act_as(connection: psycopg.Connection, member: str, role: str) -> None:
    if not _yes(connection, "SELECT pg_has_role(%s, %s, 'MEMBER')", member, role):
        grant = sql.SQL("GRANT {} TO {} {}")
        how = sql.SQL(_BY_NAME if connection.info.server_version >= _BY_NAME_SINCE else "")
        connection.execute(grant.format(sql.Identifier(role), sql.Identifier(member), how))


def _secure_schema(connection: psycopg.Connection) -> None:
    # Asked first, each time: where it is so already there is no command that a locked schema would refuse.
    if _yes(connection, "SELECT has_schema_privilege('public', 'public', 'CREATE')"):
        connection.execute("REVOKE CREATE ON SCHEMA public FROM PUBLIC")
    if not _yes(connection, "SELECT has_schema_privilege(%s, 'public', 'CREATE')", OWNER):
        connection.execute(sql.SQL("GRANT CREATE, USAGE ON SCHEMA public TO {}").format(sql.Identifier(OWNER)))
    for role in (APP, LEDGER):
        if not _yes(connection, "SELECT has_schema_privilege(%s, 'public', 'USAGE')", role):
            connection.execute(sql.SQL("GRANT USAGE ON SCHEMA public TO {}").format(sql.Identifier(role)))


def _yes(connection: psycopg.Connection, question: LiteralString, *values: str) -> bool:
    row = connection.execute(question, values).fetchone()
    return bool(row and row[0])
