"""One log, made once by the real service, and the foreign verifiers, each started once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest_django.plugin import DjangoDbBlocker

from tests.conftest import database_copy, make_cast
from tests.interop.service_log import ServiceLog, build
from tests.interop.tools import Node, build_go, start_node


@pytest.fixture(scope="session")
def service_log(
    django_db_setup: None, django_db_blocker: DjangoDbBlocker, tmp_path_factory: pytest.TempPathFactory
) -> ServiceLog:
    """Files only: the database they were made in is gone again."""
    with database_copy(django_db_blocker):
        return build(make_cast(), tmp_path_factory.mktemp("service-log"))


@pytest.fixture(scope="session")
def go_check(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Go program in ``go``."""
    return build_go(tmp_path_factory.mktemp("go"))


@pytest.fixture(scope="session")
def node() -> Iterator[Node]:
    with start_node() as running:
        yield running
