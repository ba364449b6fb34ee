"""Roles in PostgreSQL and the lock on the schema: made once, by whoever may, or said to whoever can."""

from __future__ import annotations

import os
from collections.abc import Iterator

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from governance.adapters.database import APP, LEDGER, OWNER, provision
from governance.adapters.schema_lock import DDL, DROP, lock_schema, unlock_schema
from governance.errors import PlatformError
from tests import servers

OWNER_URL = os.environ["DATABASE_OWNER_URL"]
PLAIN = f"clearcut_test_plain_{os.getpid()}"
DATABASE = f"{servers.TEST_DATABASE}_provision"


@pytest.fixture
def empty_database() -> Iterator[str]:
    """The owner's URL of a database that nothing was prepared in."""
    servers.create_database(DATABASE)
    yield servers.with_database(OWNER_URL, DATABASE)
    servers.drop_database(DATABASE)


@pytest.fixture
def plain_login(empty_database: str) -> Iterator[str]:
    """The URL of a login that may do nothing but sign in."""
    with psycopg.connect(empty_database, autocommit=True) as session:
        session.execute(f"CREATE ROLE {PLAIN} LOGIN PASSWORD 'plain'")
    yield make_conninfo(**{**conninfo_to_dict(empty_database), "user": PLAIN, "password": "plain"})
    unlock_schema(empty_database)
    with psycopg.connect(empty_database, autocommit=True) as session:
        session.execute(f"DROP OWNED BY {PLAIN}")
        session.execute(f"DROP ROLE {PLAIN}")


def ask(url: str, question: str, *values: object) -> list[tuple[object, ...]]:
    with psycopg.connect(url, autocommit=True) as session:
        return session.execute(sql.SQL(question), values).fetchall()  # type: ignore[arg-type]


def memberships(url: str) -> list[tuple[object, ...]]:
    return ask(url, "SELECT roleid::regrole::text, member::regrole::text FROM pg_auth_members ORDER BY 1, 2")


def test_the_roles_cannot_sign_in(empty_database: str) -> None:
    provision(empty_database, empty_database, empty_database)
    roles = ask(
        empty_database,
        "SELECT rolname, rolcanlogin, rolsuper FROM pg_roles WHERE rolname = ANY(%s)",
        [APP, LEDGER, OWNER],
    )
    assert sorted(roles) == [(APP, False, False), (LEDGER, False, False), (OWNER, False, False)]


def test_only_the_owner_role_may_make_tables(empty_database: str) -> None:
    provision(empty_database, empty_database, empty_database)
    may = "SELECT has_schema_privilege(%s, 'public', 'CREATE'), has_schema_privilege(%s, 'public', 'USAGE')"
    assert ask(empty_database, may, OWNER, OWNER) == [(True, True)]
    assert ask(empty_database, may, APP, APP) == [(False, True)]
    assert ask(empty_database, may, LEDGER, LEDGER) == [(False, True)]


def test_provisioning_again_changes_nothing(empty_database: str) -> None:
    provision(empty_database, empty_database, empty_database)
    before = memberships(empty_database)
    provision(empty_database, empty_database, empty_database)
    assert memberships(empty_database) == before


def test_each_login_may_act_in_its_role_alone(empty_database: str, plain_login: str) -> None:
    provision(empty_database, plain_login, empty_database)
    assert ask(plain_login, f"SELECT set_config('role', '{APP}', false)") == [(APP,)]
    for role in (OWNER, LEDGER):
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match=role):
            ask(plain_login, f"SELECT set_config('role', '{role}', false)")


def test_a_login_may_nothing_before_it_takes_its_role_by_name(empty_database: str, plain_login: str) -> None:
    provision(empty_database, plain_login, empty_database)
    assert ask(plain_login, f"SELECT pg_has_role('{APP}', 'USAGE'), pg_has_role('{APP}', 'SET')") == [(False, True)]


def test_a_login_without_rights_is_told_what_an_administrator_can_run(plain_login: str) -> None:
    with pytest.raises(PlatformError, match=f"The login {PLAIN} may not prepare the database") as caught:
        provision(plain_login, plain_login, plain_login)
    assert (caught.value.code, caught.value.permanent) == ("database.roles", True)
    advice = caught.value.how_to_fix
    assert f"CREATE ROLE {APP} NOLOGIN;" in advice
    assert f"GRANT {OWNER} TO {PLAIN} WITH INHERIT FALSE, SET TRUE;" in advice


def test_once_an_administrator_ran_it_the_same_login_gets_through(empty_database: str, plain_login: str) -> None:
    with pytest.raises(PlatformError) as caught:
        provision(plain_login, plain_login, plain_login)
    statements = caught.value.how_to_fix.partition("\n")[2].split(";")
    with psycopg.connect(empty_database, autocommit=True) as administrator:
        for statement in filter(None, map(str.strip, statements)):
            if not statement.startswith("CREATE ROLE"):  # these are there: the tests themselves run in them
                administrator.execute(statement)  # type: ignore[arg-type]
    provision(plain_login, plain_login, plain_login)
    assert ask(plain_login, f"SELECT set_config('role', '{OWNER}', false)") == [(OWNER,)]


def test_a_server_that_is_not_there_is_said_with_what_to_check() -> None:
    away = "postgresql://nobody@127.0.0.1:1/clearcut"
    with pytest.raises(PlatformError, match="PostgreSQL cannot be reached") as caught:
        provision(away, away, away)
    assert caught.value.code == "database.unreachable"
    assert "DATABASE_OWNER_URL" in caught.value.how_to_fix


def event_triggers(url: str) -> list[tuple[object, ...]]:
    return ask(url, "SELECT evtname, evtenabled FROM pg_event_trigger ORDER BY evtname")


@pytest.fixture
def locked(empty_database: str) -> str:
    provision(empty_database, empty_database, empty_database)
    lock_schema(empty_database, empty_database, empty_database)
    return empty_database


def test_a_locked_schema_takes_no_table(locked: str) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege, match="the schema is locked: CREATE TABLE is refused"):
        ask(locked, "CREATE TABLE late (id int)")


def test_an_unlocked_schema_takes_tables_and_is_locked_again(locked: str) -> None:
    unlock_schema(locked)
    with psycopg.connect(locked, autocommit=True) as session:
        session.execute("CREATE TABLE in_time (id int)")
    lock_schema(locked, locked, locked)
    with pytest.raises(psycopg.errors.InsufficientPrivilege, match="the schema is locked: DROP TABLE is refused"):
        ask(locked, "DROP TABLE in_time")


def test_locking_again_changes_nothing(locked: str) -> None:
    before = ask(locked, "SELECT oid, xmin::text FROM pg_event_trigger ORDER BY oid")
    lock_schema(locked, locked, locked)
    assert ask(locked, "SELECT oid, xmin::text FROM pg_event_trigger ORDER BY oid") == before


def test_unlocking_what_was_never_locked_changes_nothing(empty_database: str) -> None:
    unlock_schema(empty_database)
    assert event_triggers(empty_database) == []


def test_provisioning_a_locked_schema_changes_nothing(locked: str) -> None:
    provision(locked, locked, locked)
    assert event_triggers(locked) == [(DDL, "A"), (DROP, "A")]


@pytest.mark.parametrize("damage", ["DISABLE", "ENABLE", "ENABLE REPLICA"])
def test_a_lock_that_was_weakened_is_made_good(locked: str, damage: str) -> None:
    with psycopg.connect(locked, autocommit=True) as session:
        session.execute(f"ALTER EVENT TRIGGER {DROP} {damage}".encode())
    lock_schema(locked, locked, locked)
    assert event_triggers(locked) == [(DDL, "A"), (DROP, "A")]


def test_a_lock_that_was_hollowed_out_is_made_good(locked: str) -> None:
    unlock_schema(locked)
    with psycopg.connect(locked, autocommit=True) as session:
        session.execute(
            "CREATE OR REPLACE FUNCTION clearcut_lock.refuse_ddl() RETURNS event_trigger LANGUAGE plpgsql"
            " AS 'BEGIN END'"
        )
        session.execute(f"DROP EVENT TRIGGER {DROP}".encode())
    lock_schema(locked, locked, locked)
    with pytest.raises(psycopg.errors.InsufficientPrivilege, match="the schema is locked"):
        ask(locked, "CREATE TABLE late (id int)")
    assert event_triggers(locked) == [(DDL, "A"), (DROP, "A")]


def test_a_login_that_is_no_superuser_is_told_what_one_can_run(plain_login: str, empty_database: str) -> None:
    with pytest.raises(PlatformError, match=f"The schema is not locked: {PLAIN} is no superuser") as caught:
        lock_schema(plain_login, plain_login, plain_login)
    assert (caught.value.code, caught.value.permanent) == ("database.lock", True)
    assert event_triggers(empty_database) == []
    with psycopg.connect(empty_database, autocommit=True) as administrator:
        administrator.execute(caught.value.how_to_fix.partition("\n")[2].encode())
    lock_schema(plain_login, plain_login, plain_login)
    with pytest.raises(PlatformError, match="The schema is not unlocked") as refused:
        unlock_schema(plain_login)
    assert f"ALTER EVENT TRIGGER {DDL} DISABLE;" in refused.value.how_to_fix
