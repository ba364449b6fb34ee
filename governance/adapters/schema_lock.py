"""The lock on the schema: event triggers that refuse every DDL command in our database, whoever gives it.

Triggers and grants keep the rows; the lock keeps the triggers and grants. It is the state of two event triggers, not a
setting that a session could make, and only a superuser can switch those. Temporary tables stay possible, and so do
REINDEX and whatever else only rebuilds.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from hashlib import sha256
from typing import LiteralString

import psycopg
from psycopg import sql

from governance.adapters.database import members_of_roles, signed_in
from governance.errors import PlatformError

DDL, DROP = "clearcut_no_ddl", "clearcut_no_drop"

# DROP OWNED takes rights away without telling of them. What GRANT gives has no schema here, so it is always refused.
REFUSE_DDL: LiteralString = """
BEGIN
    IF tg_tag = 'DROP OWNED' OR EXISTS (
        SELECT 1 FROM pg_event_trigger_ddl_commands() AS done
        WHERE done.schema_name IS DISTINCT FROM 'pg_temp'
            AND done.command_tag NOT IN ('REINDEX', 'REFRESH MATERIALIZED VIEW')
    ) THEN
        RAISE EXCEPTION 'the schema is locked: % is refused; `manage.py setup` unlocks, migrates and locks', tg_tag
            USING ERRCODE = '42501';
    END IF;
END """
# What belongs to a temporary table goes with it, and has no schema of its own.
REFUSE_DROP: LiteralString = """
BEGIN
    IF EXISTS (
        SELECT 1 FROM pg_event_trigger_dropped_objects() AS dropped
        WHERE NOT dropped.is_temporary AND (dropped.schema_name IS NOT NULL OR dropped.original)
            AND dropped.schema_name IS DISTINCT FROM 'pg_temp' AND dropped.schema_name IS DISTINCT FROM 'pg_toast_temp'
    ) THEN
        RAISE EXCEPTION 'the schema is locked: % is refused; `manage.py setup` unlocks, migrates and locks', tg_tag
            USING ERRCODE = '42501';
    END IF;
END """

MAKE: LiteralString = """
CREATE SCHEMA IF NOT EXISTS clearcut_lock;
CREATE OR REPLACE FUNCTION clearcut_lock.refuse_ddl() RETURNS event_trigger LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp AS {refuse_ddl};
CREATE OR REPLACE FUNCTION clearcut_lock.refuse_drop() RETURNS event_trigger LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp AS {refuse_drop};
DROP EVENT TRIGGER IF EXISTS clearcut_no_ddl;
DROP EVENT TRIGGER IF EXISTS clearcut_no_drop;
CREATE EVENT TRIGGER clearcut_no_ddl ON ddl_command_end EXECUTE FUNCTION clearcut_lock.refuse_ddl();
CREATE EVENT TRIGGER clearcut_no_drop ON sql_drop EXECUTE FUNCTION clearcut_lock.refuse_drop();
COMMENT ON EVENT TRIGGER clearcut_no_ddl IS {members};
ALTER EVENT TRIGGER clearcut_no_ddl ENABLE ALWAYS;
ALTER EVENT TRIGGER clearcut_no_drop ENABLE ALWAYS;
"""
# Event trigger, when it fires, the SHA-256 of what it calls, and its comment.
STATE: LiteralString = """
SELECT e.evtname, e.evtenabled, encode(sha256(convert_to(p.prosrc, 'UTF8')), 'hex'),
    obj_description(e.oid, 'pg_event_trigger')
FROM pg_event_trigger e JOIN pg_proc p ON p.oid = e.evtfoid WHERE e.evtname IN ('clearcut_no_ddl', 'clearcut_no_drop')
"""


def lock_schema(owner_url: str, app_url: str, ledger_url: str) -> None:
    """Refuse DDL from here on; nothing happens where that is so. The lock also notes which logins belong to which role.

    Raises PlatformError ``database.unreachable``, or ``database.lock`` with the statements a superuser can run instead.
    """
    with signed_in(owner_url) as connection:
        members = json.dumps(members_of_roles(connection, owner_url, app_url, ledger_url), sort_keys=True)
        found = _state(connection)
        if found == _locked(members):
            return
        make = sql.SQL(MAKE).format(
            refuse_ddl=sql.Literal(REFUSE_DDL), refuse_drop=sql.Literal(REFUSE_DROP), members=sql.Literal(members)
        )
        _run(connection, _disable(found) + make.as_string(connection), "locked")


def unlock_schema(owner_url: str) -> None:
    """Let migrations through; nothing happens where there is no lock.

    Raises PlatformError ``database.unreachable``, or ``database.lock`` with the statements a superuser can run instead.
    """
    with signed_in(owner_url) as connection:
        closed = {name: state for name, state in _state(connection).items() if state[0] != "D"}
        if closed:
            _run(connection, _disable(closed), "unlocked")


State = dict[str, tuple[str, str, str | None]]


def _state(connection: psycopg.Connection) -> State:
    return {name: (fires, digest, comment) for name, fires, digest, comment in connection.execute(STATE)}


def _locked(members: str) -> State:
    ddl, drop = (sha256(body.encode()).hexdigest() for body in (REFUSE_DDL, REFUSE_DROP))
    return {DDL: ("A", ddl, members), DROP: ("A", drop, None)}


def _disable(names: Iterable[str]) -> str:
    return "\n".join(f"ALTER EVENT TRIGGER {name} DISABLE;" for name in sorted(names))


def _run(connection: psycopg.Connection, statements: str, outcome: str) -> None:
    """All of it or nothing: half a lock would be none."""
    try:
        with connection.transaction():
            connection.execute(statements.encode())
    except psycopg.errors.InsufficientPrivilege as problem:
        raise PlatformError(
            f"The schema is not {outcome}: {connection.info.user} is no superuser of PostgreSQL.",
            how_to_fix=f"Let a database administrator run in this database:\n{statements.strip()}",
            code="database.lock",
            permanent=True,
        ) from problem
