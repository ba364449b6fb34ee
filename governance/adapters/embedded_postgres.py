"""The embedded PostgreSQL: one cluster on a UNIX socket, no TCP port, passwords throughout."""

from __future__ import annotations

import shutil
import signal
import subprocess
import time
from functools import partial
from pathlib import Path
from urllib.parse import quote

import psycopg
from psycopg import sql

from governance.adapters.embedded_place import Place
from governance.adapters.embedded_process import (
    EmbeddedError,
    clean_environment,
    launch,
    log_tail,
    read_pid,
    running,
    stop,
    wait_until,
)
from governance.adapters.embedded_programs import Programs

DATABASE = "clearcut"
SUPERUSER = "postgres"
WEB_LOGIN = "clearcut_web_login"
LEDGER_LOGIN = "clearcut_ledger_login"

START_SECONDS = 60.0
NOT_DURABLE = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")
# A killed postmaster's children need a moment to notice; until then the next one says this and ends.
PASSING_TROUBLE = ("pre-existing shared memory block", "lock file")


class PostgresServer:
    """Start, recognise and stop it. Call with the lock held."""

    def __init__(self, place: Place, programs: Programs, *, durable: bool) -> None:
        self._place = place
        self._programs = programs
        self._durable = durable
        self._log = place.state / "postgres.log"

    def url(self, user: str, password: str, database: str = DATABASE) -> str:
        """A libpq URI; the host is the folder of the socket."""
        host = quote(str(self._place.sockets), safe="")
        return f"postgresql://{user}:{password}@/{database}?host={host}"

    def answers(self) -> bool:
        """Whether it lets us in.

        Raises:
            EmbeddedError: it runs, but with another password than the one on file.
        """
        try:
            self._connect().close()
        except psycopg.OperationalError as error:
            if "password authentication failed" in str(error):
                raise EmbeddedError(
                    f"The database in {self._place.data} does not take the password in {self._place.state}.",
                    how_to_fix="Put back the identity.json that belongs to it, or remove both.",
                ) from error
            return False
        return True

    def start(self) -> None:
        """Make it serve, with its logins and database, whatever an earlier run left behind.

        Raises:
            EmbeddedError: it does not; the message carries the end of its log.
        """
        if not self._place.postgres_data.exists():
            self._create_cluster()
        if not self.answers():
            self._clear_the_way()
            if not self.answers():
                self._launch_until_it_answers()
        self._ensure_logins()

    def stop(self) -> None:
        """Fast shutdown: open transactions are rolled back, everything else is written."""
        signals = ((signal.SIGINT, 15.0), (signal.SIGQUIT, 5.0), (signal.SIGKILL, 5.0))
        stop(read_pid(self._pid_file), self._mark(), signals)

    @property
    def _pid_file(self) -> Path:
        return self._place.postgres_data / "postmaster.pid"

    def _mark(self) -> str:
        return f"unix_socket_directories={self._place.sockets}"

    def _connect(self) -> psycopg.Connection:
        password = self._place.identity.superuser_password
        return psycopg.connect(self.url(SUPERUSER, password, "postgres"), connect_timeout=5, autocommit=True)

    def _create_cluster(self) -> None:
        """initdb into a draft, renamed when complete: a kill in the middle leaves nothing half done."""
        draft = self._place.data / "pg.draft"
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(mode=0o700)
        self._place.account.give(draft)
        password_file = self._place.sockets / "password"
        password_file.touch(mode=0o600)
        password_file.write_text(self._place.identity.superuser_password)
        self._place.account.give(password_file)
        try:
            done = subprocess.run(  # noqa: S603 - our own binary, no shell
                self._initdb_command(draft, password_file),
                cwd=self._place.sockets,
                env=clean_environment(),
                check=False,
                capture_output=True,
                text=True,
                errors="replace",
                **self._place.account.popen_options(),
            )
        finally:
            password_file.unlink()
        if done.returncode != 0:
            raise EmbeddedError(
                f"PostgreSQL could not create its files in {self._place.data}:\n{done.stderr.strip()}\n",
                how_to_fix="Remove the cause, or set DATABASE_URL and REDIS_URL to use servers of your own.",
            )
        draft.rename(self._place.postgres_data)

    def _initdb_command(self, folder: Path, password_file: Path) -> list[str]:
        """The built-in locale sorts the same on every machine and never changes with the C library."""
        return [
            *(str(self._programs.initdb), "--pgdata", str(folder)),
            *(f"--username={SUPERUSER}", f"--pwfile={password_file}", "--auth=scram-sha-256"),
            *("--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"),
            *("--no-instructions", "--no-sync"),  # the first checkpoint and the kernel sync soon enough
        ]

    def _clear_the_way(self) -> None:
        """Deal with what a killed or still stopping server left; PostgreSQL itself only looks at the PID."""
        pid = read_pid(self._pid_file)
        if running(pid, self._mark()):
            # Starting, recovering or shutting down: let it finish. Otherwise it has lost its socket.
            if not wait_until(lambda: self.answers() or not running(pid, self._mark()), 10):
                self.stop()
        elif pid is not None and running(pid, ""):
            self._pid_file.unlink()  # the number now belongs to an unrelated process

    def _settled(self, process: subprocess.Popen[bytes]) -> bool:
        return process.poll() is not None or self.answers()

    def _launch_until_it_answers(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while True:
            process = launch(self._command(), self._place.account, self._log, self._place.data)
            wait_until(partial(self._settled, process), START_SECONDS)
            if process.poll() is None and self.answers():
                return
            tail = log_tail(self._log)
            passing = any(words in tail for words in PASSING_TROUBLE)
            if not passing or time.monotonic() > deadline:
                break
            time.sleep(0.2)
        raise EmbeddedError("PostgreSQL did not start.", how_to_fix=f"See {self._log}, which ends:\n{tail}")

    def _command(self) -> list[str]:
        settings = [
            "listen_addresses=",
            self._mark(),
            "unix_socket_permissions=0700",
            "port=5432",
            "timezone=UTC",
            "log_timezone=UTC",
            "log_checkpoints=off",
            *(() if self._durable else NOT_DURABLE),
        ]
        options = [part for setting in settings for part in ("-c", setting)]
        return [str(self._programs.postgres), "-D", str(self._place.postgres_data), *options]

    def _ensure_logins(self) -> None:
        """At each start, as an earlier one may have been killed half-way. `provision` gives them rights."""
        identity = self._place.identity
        logins = {WEB_LOGIN: identity.web_password, LEDGER_LOGIN: identity.ledger_password}
        with self._connect() as connection:
            known = {row[0] for row in connection.execute("SELECT rolname FROM pg_roles")}
            for name, password in logins.items():
                if name not in known:
                    statement = sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}")
                    connection.execute(statement.format(sql.Identifier(name), sql.Literal(password)))
            if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone():
                connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(DATABASE)))
