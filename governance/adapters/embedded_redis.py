"""The embedded Redis: one server on a UNIX socket, no TCP port."""

from __future__ import annotations

import signal

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from governance.adapters.embedded_place import Place
from governance.adapters.embedded_process import (
    EmbeddedError,
    launch,
    log_tail,
    read_pid,
    running,
    stop,
    wait_until,
)
from governance.adapters.embedded_programs import Programs

START_SECONDS = 20.0


class RedisServer:
    """Start, recognise and stop it. Call with the lock held."""

    def __init__(self, place: Place, programs: Programs) -> None:
        self._place = place
        self._programs = programs
        self._log = place.state / "redis.log"
        self._pid_file = place.sockets / "redis.pid"

    @property
    def url(self) -> str:
        """In redis-py's form."""
        return f"unix://{self._place.redis_socket}?db=0"

    def answers(self) -> bool:
        """Whether it serves."""
        try:
            with redis.Redis(
                unix_socket_path=str(self._place.redis_socket), socket_timeout=5, retry=Retry(NoBackoff(), 0)
            ) as client:
                return bool(client.ping())
        except redis.RedisError:  # not there, or still loading its file
            return False

    def start(self) -> None:
        """Make it serve, whatever an earlier run left behind.

        Raises:
            EmbeddedError: it does not; the message carries the end of its log.
        """
        if self.answers():
            return
        if self._runs() and not wait_until(self.answers, 5):
            self.stop()
        if self.answers():
            return
        process = launch(self._command(), self._place.account, self._log, self._place.redis_data)
        wait_until(lambda: process.poll() is not None or self.answers(), START_SECONDS)
        if process.poll() is not None or not self.answers():
            raise EmbeddedError(
                "Redis did not start.", how_to_fix=f"See {self._log}, which ends:\n{log_tail(self._log)}"
            )

    def stop(self) -> None:
        """Let it save its queue and go."""
        signals = ((signal.SIGTERM, 10.0), (signal.SIGKILL, 5.0))
        stop(read_pid(self._pid_file), self._mark(), signals)

    def _runs(self) -> bool:
        return running(read_pid(self._pid_file), self._mark())

    def _mark(self) -> str:
        # Redis rewrites its command line to "redis-server unixsocket:<path>".
        return str(self._place.redis_socket)

    def _command(self) -> list[str]:
        """Saved at exit and now and then only: it carries ids, and jobs are re-queued from the database."""
        options = {
            "port": "0",
            "unixsocket": str(self._place.redis_socket),
            "unixsocketperm": "700",
            "dir": str(self._place.redis_data),
            "pidfile": str(self._pid_file),
            "daemonize": "no",
            "appendonly": "no",
            "stop-writes-on-bgsave-error": "no",
        }
        flat = [part for name, value in options.items() for part in (f"--{name}", value)]
        return [str(self._programs.redis_server), *flat, "--save", "900", "1"]
