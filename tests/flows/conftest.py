"""A cast and workers on a database that really commits."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.conftest import Cast, make_cast
from tests.flows.workers import Start, worker_processes


@pytest.fixture
def start_worker(committed: dict[str, str]) -> Iterator[Start]:
    with worker_processes(committed) as start:
        yield start


@pytest.fixture
def cast(committed: dict[str, str]) -> Cast:
    return make_cast()
