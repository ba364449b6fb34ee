"""The cast, and databases: ``db`` rolls back, ``committed`` is a database of its own that really commits."""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.core.management import call_command
from django.db import connections
from django.test import Client as Browser
from django.test import override_settings
from pytest_django.plugin import DjangoDbBlocker

from governance.adapters import keys
from governance.models import Client, Role
from governance.services.accounts import add_user, grant_role
from tests import servers


@pytest.fixture(scope="session")
def django_db_setup(django_db_blocker: DjangoDbBlocker) -> None:
    """Migrate as the owner; everything after that runs as the application role, as in production."""
    with django_db_blocker.unblock():
        call_command("migrate", database="owner", interactive=False, verbosity=0)
        keys.ensure_keys()
        call_command("sync_catalogue", verbosity=0)
        connections.close_all()


@pytest.fixture
def committed(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[dict[str, str]]:
    """A fresh copy of the migrated database, for what only a real COMMIT shows; yields the environment to reach it."""
    with database_copy(django_db_blocker) as environment:
        yield environment


@contextmanager
def database_copy(blocker: DjangoDbBlocker) -> Iterator[dict[str, str]]:
    """All of Django's connections lead to a copy of the migrated database, which is dropped at the end.

    With a folder of its own for the log's files, which belong to one database.
    """
    name = f"{servers.TEST_DATABASE}_{uuid.uuid4().hex[:8]}"
    aliases = [connections[alias] for alias in ("default", "owner", "ledger")]
    with blocker.unblock(), override_settings(LOG_DIR=settings.STATE_DIR / "logs" / name):
        connections.close_all()
        servers.create_database(name, template=servers.TEST_DATABASE)
        for connection in aliases:
            connection.settings_dict["NAME"] = name
        yield {url: servers.with_database(os.environ[url], name) for url in servers.URLS}
        connections.close_all()
        for connection in aliases:
            connection.settings_dict["NAME"] = servers.TEST_DATABASE
        servers.drop_database(name)


@dataclass(frozen=True, slots=True)
class Cast:
    """Who appears in the tests. ``owner`` and ``colleague`` work for ``client``, ``outsider`` for ``other_client``."""

    client: Client
    other_client: Client
    owner: User
    colleague: User
    outsider: User
    legal: User
    second_legal: User
    admin: User
    second_admin: User
    auditor: User


def make_cast() -> Cast:
    client = Client.objects.create(name="Harbour Coffee")
    other_client = Client.objects.create(name="Fern & Field")

    def person(name: str, role: str, where: Client | None = None) -> User:
        user = add_user(name, None)
        grant_role(user, role, where)
        return user

    return Cast(
        client=client,
        other_client=other_client,
        owner=person("owner", Role.REQUESTER, client),
        colleague=person("colleague", Role.REQUESTER, client),
        outsider=person("outsider", Role.REQUESTER, other_client),
        legal=person("legal", Role.LEGAL),
        second_legal=person("second-legal", Role.LEGAL),
        admin=person("admin", Role.LICENSE_ADMIN),
        second_admin=person("second-admin", Role.LICENSE_ADMIN),
        auditor=person("auditor", Role.AUDITOR),
    )


@pytest.fixture
def cast(db: None) -> Cast:
    return make_cast()


@pytest.fixture
def committed_cast(committed: dict[str, str]) -> Cast:
    return make_cast()


@pytest.fixture
def browser_as() -> Callable[[User], Browser]:
    """A signed-in test browser for a member of the cast."""

    def sign_in(user: User) -> Browser:
        browser = Browser()
        browser.force_login(user)
        return browser

    return sign_in
