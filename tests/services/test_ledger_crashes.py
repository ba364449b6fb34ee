"""The ledger process is killed between any two of its acts; the next one goes on as if nothing had been."""

from __future__ import annotations

import multiprocessing
import os
import signal
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connections

from governance.adapters import keys
from governance.adapters.log_files import LogFiles
from governance.adapters.signer import Signer
from governance.adapters.tree import HashReader, LeafReader
from governance.models import Checkpoint
from governance.services.ledger import integrate_pending
from governance.services.ledger_keeper import Keeper
from governance.services.ledger_tree import alone
from tests.services.ledger_rig import Log


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


class FilesThatDie(LogFiles):
    """Kills the process before the ``at``-th file is written, or before anything is."""

    def __init__(self, folder: Path, at: int) -> None:
        super().__init__(folder)
        self.left = at

    def extend(self, size: int, leaves: LeafReader, hashes: HashReader) -> None:
        if self.left == 0:
            die()
        super().extend(size, leaves, hashes)

    def _replace(self, path: Path, data: bytes) -> None:
        self.left -= 1
        if self.left == 0:
            die()
        super()._replace(path, data)


class FilesThatDieUnpublished(LogFiles):
    """Kills the process where the checkpoint file is due."""

    def publish(self, note: str) -> None:
        if note != self.note():
            die()


class SignerThatDies(Signer):
    """Kills the process before or after it signed."""

    def __init__(self, folder: Path, *, signs: bool) -> None:
        super().__init__(folder, settings.LOG_ORIGIN, keys.log_key())
        self.signs = signs

    def sign(self, size: int, root: bytes, consistency: tuple[bytes, ...]) -> str:
        if self.signs:
            super().sign(size, root, consistency)
        die()
        return ""


def keeper_that_dies(log: Log, point: str) -> Keeper:
    """``point``: "file 2" is before the second file; 300 entries make three bundles' worth of them."""
    if point.startswith("file"):
        return Keeper(log.signer, FilesThatDie(log.files_folder, int(point.removeprefix("file "))))
    if point == "unpublished":
        return Keeper(log.signer, FilesThatDieUnpublished(log.files_folder))
    return Keeper(SignerThatDies(log.folder / "signer", signs=point == "signed"), log.files)


def run_until_killed(log: Log, point: str) -> None:
    """One step in a process of its own, which must die of it."""
    keeper = keeper_that_dies(log, point)
    connections.close_all()
    process = multiprocessing.get_context("fork").Process(target=keeper.step)
    process.start()
    process.join(60)
    assert process.exitcode == -signal.SIGKILL


@pytest.mark.parametrize(
    "point", ["file 0", "file 1", "file 2", "file 3", "file 4", "file 6", "unsigned", "signed", "unpublished"]
)
def test_attack_39_killed_at_any_point_it_is_made_up_for_by_the_next_step(log: Log, point: str) -> None:
    before, roots = log.size, dict(Checkpoint.objects.values_list("size", "note"))
    log.add(300)
    run_until_killed(log, point)
    assert log.size == before + 300
    signed = log.signer.last()
    log.keeper().step()
    log.check()
    stored = dict(Checkpoint.objects.values_list("size", "note"))
    assert stored == {**roots, before + 300: stored[before + 300]}
    if point in ("signed", "unpublished"):
        assert signed is not None
        assert stored[before + 300] == signed.note


@pytest.mark.parametrize("point", ["file 1", "file 2", "unsigned", "signed", "unpublished"])
def test_attack_39_killed_again_and_again_it_loses_nothing(log: Log, point: str) -> None:
    before = log.size
    for _ in range(3):
        log.add(7)
        run_until_killed(log, point)
    log.keeper().step()
    assert log.size == before + 21
    log.check()


def test_attack_39_killed_within_the_batch_it_leaves_the_outbox_as_it_was(log: Log) -> None:
    before, records = log.size, log.add(3)
    run_until_killed_in_transaction(log)
    assert log.size == before
    log.keeper().step()
    assert log.sequence(before) == list(enumerate(records, before))
    log.check()


def run_until_killed_in_transaction(log: Log) -> None:
    """Dies after the entries have their places and before the commit."""
    connections.close_all()
    process = multiprocessing.get_context("fork").Process(target=_append_and_die)
    process.start()
    process.join(60)
    assert process.exitcode == -signal.SIGKILL


def _append_and_die() -> None:
    with alone():
        assert integrate_pending() == 3
        die()
