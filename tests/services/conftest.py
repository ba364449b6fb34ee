from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import Cast
from tests.services.ledger_rig import Backup, Log


@pytest.fixture
def log(committed_cast: Cast, tmp_path: Path) -> Log:
    log = Log(committed_cast, tmp_path)
    log.grow(0)
    return log


@pytest.fixture
def backup(committed: dict[str, str]) -> Iterator[Backup]:
    backup = Backup()
    yield backup
    backup.drop()
