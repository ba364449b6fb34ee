"""PostgreSQL and Redis for a one-command start, kept as long as somebody uses them.

The servers listen on UNIX sockets in a private folder, so nothing is exposed and no port can be taken.
Whoever needs them attaches; the last one to leave stops them. Servers left running by a killed process are
used again.
"""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import MutableMapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from governance.adapters.embedded_leftovers import stop_orphans
from governance.adapters.embedded_lock import Occupancy
from governance.adapters.embedded_place import Place, open_place, prepare_state
from governance.adapters.embedded_postgres import LEDGER_LOGIN, SUPERUSER, WEB_LOGIN, PostgresServer
from governance.adapters.embedded_process import EmbeddedError
from governance.adapters.embedded_programs import find_programs
from governance.adapters.embedded_redis import RedisServer

MARK = "CLEARCUT_EMBEDDED"


@dataclass(frozen=True, slots=True)
class EmbeddedServices:
    """How to reach the running servers. The URLs hold passwords: do not print them."""

    database_url: str
    database_owner_url: str
    database_ledger_url: str
    redis_url: str
    folder: Path

    def environment(self) -> dict[str, str]:
        """The variables that settings read."""
        return {
            "DATABASE_URL": self.database_url,
            "DATABASE_OWNER_URL": self.database_owner_url,
            "DATABASE_LEDGER_URL": self.database_ledger_url,
            "REDIS_URL": self.redis_url,
            MARK: "1",
        }


class Attachment:
    """Use of the embedded servers, from `attach` until `close` (or the end of the `with` block)."""

    def __init__(self, state: Path, *, durable: bool) -> None:
        self._occupancy = Occupancy(state)
        self._owner = os.getpid()
        self._open = True
        with self._occupancy.changing():
            place = open_place(state)
            programs = find_programs(place.account, place.spare_programs)
            self._sockets = place.sockets
            self._postgres = PostgresServer(place, programs, durable=durable)
            self._redis = RedisServer(place, programs)
            stop_orphans(place)
            self._occupancy.join()
            try:
                self._redis.start()
                self._postgres.start()
            except BaseException:  # Ctrl-C too: leave nothing half started
                self._leave()
                raise
        self.services = self._describe(place)

    def close(self) -> None:
        """Leave; stop the servers if nobody else uses them. A forked child's copy does nothing."""
        if not self._open or os.getpid() != self._owner:
            return
        self._open = False
        # A second, impatient Ctrl-C must not leave the servers behind; stopping them takes seconds at worst.
        blocked = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM, signal.SIGHUP})
        try:
            with self._occupancy.changing():
                self._leave()
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, blocked)

    def __enter__(self) -> Attachment:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _leave(self) -> None:
        if self._occupancy.leave():
            try:
                self._postgres.stop()
            finally:
                self._redis.stop()
            shutil.rmtree(self._sockets, ignore_errors=True)

    def _describe(self, place: Place) -> EmbeddedServices:
        identity = place.identity
        return EmbeddedServices(
            database_url=self._postgres.url(WEB_LOGIN, identity.web_password),
            database_owner_url=self._postgres.url(SUPERUSER, identity.superuser_password),
            database_ledger_url=self._postgres.url(LEDGER_LOGIN, identity.ledger_password),
            redis_url=self._redis.url,
            folder=place.state,
        )


def attach(
    folder: Path,
    *,
    name: str = "embedded",
    durable: bool = True,
    environ: MutableMapping[str, str] = os.environ,
) -> Attachment:
    """Start the servers under `folder/name`, or join those running, and write their URLs into `environ`.

    `durable=False` trades safety against power failure for speed, for tests.

    Raises:
        EmbeddedError, AccountError: they cannot be had; the message says why and what to do.
    """
    if environ.get("REDIS_URL"):
        raise EmbeddedError(
            "REDIS_URL is set, but DATABASE_URL is not.",
            how_to_fix="Set both to use servers of your own, or neither to use the embedded ones.",
        )
    state = folder.resolve() / name
    prepare_state(state)
    attachment = Attachment(state, durable=durable)
    environ.update(attachment.services.environment())
    return attachment
