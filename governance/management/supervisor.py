"""Keeps a set of programs running, and leaves none behind."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from types import TracebackType

from governance.errors import PlatformError
from governance.management.supervised import POLL_SECONDS, ProcessSpec, SupervisedProcess

__all__ = ["ProcessGaveUp", "ProcessSpec", "Supervisor"]

QUICK_SECONDS = 10.0
QUICK_DEATHS_ALLOWED = 4
FIRST_DELAY_SECONDS = 0.5


class ProcessGaveUp(PlatformError):
    """A supervised program kept ending right after its start."""

    code = "supervisor.gave-up"


class Supervisor:
    """Starts programs in order, restarts those that die, stops all in reverse order at the end of the block.

    Everything happens in one thread of its own: the caller is free, and as Linux ties a child to the thread
    that started it, that thread must be one that stays. If this process is killed, the programs end too.
    """

    def __init__(
        self,
        specs: Sequence[ProcessSpec],
        *,
        emit: Callable[[str], None] | None = None,
        first_delay: float = FIRST_DELAY_SECONDS,
    ) -> None:
        self._processes = {spec.name: SupervisedProcess(spec, self._pass_on) for spec in specs}
        self._width = max((len(spec.name) for spec in specs), default=0)
        self._sink = emit
        self._first_delay = first_delay
        self._quick_deaths = dict.fromkeys(self._processes, 0)
        self._due: dict[str, float] = {}
        self._failure: Exception | None = None
        self._started, self._ending, self._hurry = threading.Event(), threading.Event(), threading.Event()
        self._line_lock = threading.Lock()
        self._keeper = threading.Thread(target=self._keep, name="supervisor", daemon=True)

    def __enter__(self) -> Supervisor:
        self._keeper.start()
        self._started.wait()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ending.set()
        while self._keeper.is_alive():
            try:
                self._keeper.join()
            except KeyboardInterrupt:  # an impatient second Ctrl-C
                self._hurry.set()

    def check(self) -> None:
        """Raise what made the supervisor give up, if anything.

        Raises:
            ProcessGaveUp: a program ended again and again within seconds of its start.
        """
        if self._failure is not None:
            raise self._failure

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until a stop is asked for or a program is given up; False if neither came in time."""
        return self._ending.wait(timeout)

    def request_stop(self) -> None:
        """End `wait`. Asked a second time: stop without further patience. For signal handlers."""
        if self._ending.is_set():
            self._hurry.set()
        self._ending.set()

    def pid(self, name: str) -> int | None:
        """The program's process id; None while it waits to be started again."""
        process = self._processes[name]
        return process.pid if process.exit_status() is None else None

    def say(self, text: str) -> None:
        """Print lines between those of the programs."""
        if self._sink is not None:
            with self._line_lock:
                for line in text.splitlines():
                    self._sink(line)

    def _pass_on(self, name: str, line: str) -> None:
        self.say(f"{name:<{self._width}} | {line}")

    def _keep(self) -> None:
        try:
            for process in self._processes.values():
                process.start()
            self._started.set()
            while not self._ending.wait(POLL_SECONDS):
                for process in self._processes.values():
                    self._tend(process)
        except Exception as error:  # handed to the caller by check()
            self._failure = error
        finally:
            for process in reversed(self._processes.values()):
                process.stop(self._hurry)
            self._ending.set()
            self._started.set()

    def _tend(self, process: SupervisedProcess) -> None:
        name, status = process.spec.name, process.exit_status()
        if status is None:
            return
        if name in self._due:
            if time.monotonic() >= self._due[name]:
                del self._due[name]
                process.start()
            return
        process.clear_group()
        quick = time.monotonic() - process.started_at < QUICK_SECONDS
        self._quick_deaths[name] = self._quick_deaths[name] + 1 if quick else 0
        if self._quick_deaths[name] > QUICK_DEATHS_ALLOWED:
            tail = "\n".join(f"  {line}" for line in process.last_lines)
            raise ProcessGaveUp(
                f"{name} ended {self._quick_deaths[name]} times right after its start: {_reason(status)}.",
                how_to_fix=f"Remove the cause and start again. Its last lines:\n{tail}",
            )
        delay = self._first_delay * 2 ** max(self._quick_deaths[name] - 1, 0)
        self._due[name] = time.monotonic() + delay
        self.say(f"{name} ended {_reason(status)}; it is started again in {delay:g} s.")


def _reason(status: int) -> str:
    return f"by signal {-status}" if status < 0 else f"with exit status {status}"
