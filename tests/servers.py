"""A pytest plugin that must come before Django's settings: real PostgreSQL and Redis, and a database of their own.

Without DATABASE_URL the embedded servers are started under ``var/embedded-test``; with it, the servers named are used
and a database ``clearcut_test_…`` is made there and dropped at the end. With CLEARCUT_TEST_DURABLE=1 the embedded ones,
in a folder of their own, wait for the disk at every commit, as they do in earnest: for what is measured.
"""

from __future__ import annotations

import os
import tempfile
from contextlib import ExitStack, suppress
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from governance.adapters.database import provision
from governance.adapters.embedded import attach

ROOT = Path(__file__).resolve().parent.parent
# One per process, so that two test runs at once do not pull the floor from under each other.
TEST_DATABASE = f"clearcut_test_{os.getpid()}"
URLS = ("DATABASE_URL", "DATABASE_OWNER_URL", "DATABASE_LEDGER_URL")

stack = ExitStack()


def prepare() -> None:
    """Start or find the servers, make an empty database, and point the environment at it."""
    if "DATABASE_URL" in os.environ:
        os.environ["REDIS_URL"] = apart(os.environ.get("REDIS_URL", "redis://127.0.0.1:6379/0"))
    else:
        durable = os.environ.get("CLEARCUT_TEST_DURABLE") == "1"
        name = "embedded-bench" if durable else "embedded-test"
        stack.enter_context(attach(ROOT / "var", name=name, durable=durable))
        # A Redis database per process as well: workers of two runs must not take each other's ids.
        os.environ["REDIS_URL"] = os.environ["REDIS_URL"].replace("db=0", f"db={os.getpid() % 15 + 1}")
    for name in URLS[1:]:
        os.environ.setdefault(name, os.environ["DATABASE_URL"])
    os.environ["CLEARCUT_STATE_DIR"] = stack.enter_context(tempfile.TemporaryDirectory(prefix="clearcut-test-"))
    os.environ.setdefault("CLEARCUT_WEIGHTS_DIR", str(ROOT / "var" / "weights"))
    os.environ.setdefault("CLEARCUT_SECRET_KEY", "only-for-tests-" + "x" * 50)
    drop_abandoned()
    create_database(TEST_DATABASE)
    for name in URLS:
        os.environ[name] = with_database(os.environ[name], TEST_DATABASE)
    provision(*(os.environ[name] for name in (URLS[1], URLS[0], URLS[2])))


def apart(redis_url: str) -> str:
    """Another database of the same Redis: the tests empty theirs."""
    used = urlsplit(redis_url)
    return urlunsplit(used._replace(path="/14" if used.path == "/15" else "/15"))


def with_database(url: str, name: str) -> str:
    """The same server and login, another database."""
    return make_conninfo(**{**conninfo_to_dict(url), "dbname": name})


def create_database(name: str, template: str = "template1") -> None:
    with psycopg.connect(with_database(os.environ["DATABASE_OWNER_URL"], "postgres"), autocommit=True) as session:
        session.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        # A session that an earlier test left open, in a thread of its own, would keep the template from being copied.
        session.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [template])
        session.execute(f"CREATE DATABASE {name} TEMPLATE {template}")


def drop_database(name: str) -> None:
    with psycopg.connect(with_database(os.environ["DATABASE_OWNER_URL"], "postgres"), autocommit=True) as session:
        session.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


def drop_abandoned() -> None:
    """Drop databases and logins of test runs that were killed."""
    with psycopg.connect(with_database(os.environ["DATABASE_OWNER_URL"], "postgres"), autocommit=True) as session:
        rows = session.execute(r"SELECT datname FROM pg_database WHERE datname ~ '^clearcut_test_\d+(_|$)'").fetchall()
        logins = session.execute(
            r"SELECT rolname FROM pg_roles WHERE rolname ~ '^clearcut_test_[a-z]+_\d+$'"
        ).fetchall()
        for (name,) in rows:
            if not Path(f"/proc/{name.split('_')[2]}").exists():
                drop_database(name)
        # A login that may act as one of our roles would be found by every audit of the fence on this server.
        for (name,) in logins:
            if not Path(f"/proc/{name.split('_')[3]}").exists():
                with suppress(psycopg.errors.DependentObjectsStillExist):
                    session.execute(f"DROP ROLE IF EXISTS {name}")


prepare()


def pytest_unconfigure() -> None:
    drop_database(TEST_DATABASE)
    stack.close()
