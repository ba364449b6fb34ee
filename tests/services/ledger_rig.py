"""A log with real commits to try things on: entries, steps, several at once, a database rolled back or rewritten."""

from __future__ import annotations

import os
import threading
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import psycopg
from django.conf import settings
from django.db import connections, transaction

from governance.adapters import keys
from governance.adapters.log_files import LogFiles
from governance.adapters.signer import Signer
from governance.adapters.tree import hash_reader, leaf_reader
from governance.ledger.merkle import leaf_hash, root
from governance.models import Checkpoint, SequencedEntry, TreeState
from governance.services.entries import record_event
from governance.services.ledger import integrate_pending, publish_checkpoint
from governance.services.ledger_keeper import Keeper
from governance.services.ledger_opening import Opening, open_log
from tests import servers
from tests.conftest import Cast

Result = TypeVar("Result")
ALIASES = ("default", "owner", "ledger")


@dataclass(slots=True)
class Log:
    """The log of a database, its signer and its files. What making the cast entered is in it already, and signed."""

    cast: Cast
    folder: Path
    files_name: str = "log"

    @property
    def signer(self) -> Signer:
        return Signer(self.folder / "signer", settings.LOG_ORIGIN, keys.log_key())

    @property
    def files(self) -> LogFiles:
        return LogFiles(self.files_folder)

    @property
    def files_folder(self) -> Path:
        return self.folder / self.files_name

    def add(self, count: int = 1) -> list[uuid.UUID]:
        """Commit so many new entries, which wait; returns their records."""
        return [self._add() for _ in range(count)]

    def _add(self) -> uuid.UUID:
        with transaction.atomic():
            return record_event("claim", "tried", self.cast.client).pk

    def take_in(self, count: int) -> None:
        """Enter so many, with no checkpoint."""
        self.add(count)
        while integrate_pending():
            pass

    def grow(self, count: int) -> int:
        """Enter so many and publish the checkpoint that covers them; returns the size."""
        self.take_in(count)
        publish_checkpoint(self.signer, self.files)
        return self.size

    def write_files(self) -> None:
        """Bring the files up to the database, and ask for no signature."""
        self.files.extend(self.size, leaf_reader("ledger"), hash_reader("ledger"))

    def open(self) -> Opening:
        return open_log(self.signer, self.files)

    def keeper(self) -> Keeper:
        return Keeper(self.signer, self.files)

    @property
    def size(self) -> int:
        state = TreeState.objects.order_by("-size").first()
        return state.size if state else 0

    @property
    def signed_size(self) -> int:
        last = self.signer.last()
        return last.size if last else 0

    def sequence(self, start: int = 0) -> list[tuple[int, object]]:
        """Places from ``start`` on and whose they are."""
        rows = SequencedEntry.objects.filter(seq__gte=start).order_by("seq")
        return list(rows.values_list("seq", "record_id"))

    def check(self) -> None:
        """Everything agrees: places without a gap, the root over the leaves, files, checkpoints and the signer."""
        rows = list(SequencedEntry.objects.order_by("seq").select_related("record"))
        assert [row.seq for row in rows] == list(range(len(rows)))
        leaves = [bytes(row.record.leaf if row.record else row.recovered_leaf) for row in rows]
        assert TreeState.objects.latest().root == root([leaf_hash(leaf) for leaf in leaves]).hex()
        assert [leaf for bundle in self.files.leaves(0, len(rows)) for leaf in bundle] == leaves
        for checkpoint in Checkpoint.objects.all():
            assert checkpoint.root == root([leaf_hash(leaf) for leaf in leaves[: checkpoint.size]]).hex()
        last, newest = self.signer.last(), Checkpoint.objects.latest()
        assert last is not None
        assert (newest.note, self.files.note()) == (last.note, last.note)
        assert last.size == self.size == self.files.size()


def at_once(*acts: Callable[[], Result]) -> list[Result]:
    """Run the acts in threads of their own, each with its own connections; returns what they returned."""
    ready = threading.Barrier(len(acts))

    def run(act: Callable[[], Result]) -> Result:
        try:
            ready.wait(timeout=30)
            return act()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(acts)) as pool:
        return [future.result(timeout=60) for future in [pool.submit(run, act) for act in acts]]


def use_database(name: str) -> None:
    connections.close_all()
    for alias in ALIASES:
        connections[alias].settings_dict["NAME"] = name


class Backup:
    """A backup of the database as it was, and going on with it, or with the original again."""

    def __init__(self) -> None:
        self.original = str(connections["default"].settings_dict["NAME"])
        self._copies: list[str] = []

    def take(self) -> None:
        connections.close_all()
        self._copies.append(f"{self.original}_{len(self._copies)}")
        servers.create_database(self._copies[-1], template=self.original)

    def restore(self, number: int = -1) -> None:
        use_database(self._copies[number])

    def leave(self) -> None:
        use_database(self.original)

    def drop(self) -> None:
        self.leave()
        for name in self._copies:
            servers.drop_database(name)


@contextmanager
def unfenced(*tables: str) -> Iterator[Callable[..., object]]:
    """Yields ``execute`` of an administrator who has turned the triggers of these tables off."""
    name = str(connections["default"].settings_dict["NAME"])
    with psycopg.connect(servers.with_database(os.environ["DATABASE_OWNER_URL"], name)) as session:
        for table in tables:
            session.execute(f"ALTER TABLE governance_{table} DISABLE TRIGGER ALL")
        yield session.execute
        for table in tables:
            session.execute(f"ALTER TABLE governance_{table} ENABLE TRIGGER ALL")
