"""Who dates a row: the database, by whichever way somebody signs in; only a copy keeps the dates it was made with."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping

import psycopg
import pytest
from django.db import ProgrammingError, connection, connections
from django.utils import timezone
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from governance.models import Alarm
from tests.conftest import Cast

LOGIN = f"clearcut_test_inherits_{os.getpid()}"
BACK_DATED = (
    "INSERT INTO governance_alarm (kind, subject, message, raised_at) VALUES ('log', 'log', 'Once', '2020-01-01')"
)


@pytest.fixture
def inheriting_login(committed: Mapping[str, str]) -> Iterator[str]:
    """The URL of a login that may what the application may, without ever being its role."""
    owner_url = committed["DATABASE_OWNER_URL"]
    with psycopg.connect(owner_url, autocommit=True) as session:
        session.execute(f"CREATE ROLE {LOGIN} LOGIN INHERIT PASSWORD 'plain'".encode())
        session.execute(f"GRANT clearcut_app, clearcut_ledger TO {LOGIN}".encode())
    yield make_conninfo(**{**conninfo_to_dict(owner_url), "user": LOGIN, "password": "plain"})
    with psycopg.connect(owner_url, autocommit=True) as session:
        session.execute(f"DROP ROLE {LOGIN}".encode())


def raised_in(year: int) -> bool:
    return Alarm.objects.get().raised_at.year == year


def test_a_login_that_inherits_the_role_dates_nothing_back(inheriting_login: str) -> None:
    with psycopg.connect(inheriting_login, autocommit=True) as session:
        assert session.execute("SELECT current_user").fetchone() == (LOGIN,)
        session.execute(BACK_DATED)
    assert raised_in(timezone.now().year)


def test_nor_does_it_as_the_superuser_of_a_temporary_table(inheriting_login: str) -> None:
    with psycopg.connect(inheriting_login, autocommit=True) as session:
        session.execute("CREATE TEMPORARY TABLE pg_roles AS SELECT current_user::name AS rolname, true AS rolsuper")
        session.execute(BACK_DATED)
    assert raised_in(timezone.now().year)


def test_the_role_of_the_ledger_raises_no_alarm(committed: Mapping[str, str]) -> None:
    with connections["ledger"].cursor() as cursor, pytest.raises(ProgrammingError, match="permission denied"):
        cursor.execute(BACK_DATED)


@pytest.mark.parametrize("role", ["clearcut_owner", "NONE"], ids=["the owner", "a superuser"])
def test_whoever_restores_a_copy_keeps_its_dates(committed: Mapping[str, str], role: str) -> None:
    with psycopg.connect(committed["DATABASE_OWNER_URL"], autocommit=True) as session:
        session.execute(f"SET ROLE {role}".encode())
        session.execute(BACK_DATED)
    assert raised_in(2020)


@pytest.mark.django_db
def test_every_clock_asks_who_may_date(cast: Cast) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT proname FROM pg_proc WHERE proname LIKE 'clearcut\\_clock\\_%' AND (prosrc NOT LIKE"
            " '%current_user <> ''clearcut_owner''%' OR proconfig <> '{\"search_path=pg_catalog, pg_temp\"}')"
        )
        assert cursor.fetchall() == []
