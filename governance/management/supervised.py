"""One supervised program: started in its own group, its output passed on, stopped with all it started."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

LAUNCHER = str(Path(__file__).with_name("launch.py"))
POLL_SECONDS = 0.05
KEPT_LINES = 5


@dataclass(frozen=True, slots=True)
class ProcessSpec:
    """What to run, and where. `environment` is added to ours; it may take `stop_seconds` to end by itself."""

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict)
    stop_seconds: float = 10.0
    folder: Path | None = None


class SupervisedProcess:
    """Start it, see whether it lives, stop it together with everything it started."""

    def __init__(self, spec: ProcessSpec, emit: Callable[[str, str], None]) -> None:
        self.spec = spec
        self.started_at = 0.0
        self.last_lines: deque[str] = deque(maxlen=KEPT_LINES)
        self._emit = emit
        self._process: subprocess.Popen[bytes] | None = None
        self._reader: threading.Thread | None = None

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process is not None else None

    def start(self) -> None:
        """Start it. The thread that calls this must live on: Linux ties the child to the thread."""
        self.started_at = time.monotonic()
        self.last_lines.clear()
        command = [sys.executable, "-I", "-S", LAUNCHER, str(os.getpid()), *self.spec.command]
        self._process = subprocess.Popen(  # noqa: S603 - our own command, no shell
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            cwd=self.spec.folder,
            env={**os.environ, "PYTHONUNBUFFERED": "1", **self.spec.environment},
            start_new_session=True,
        )
        assert self._process.stdout is not None  # noqa: S101 - asked for above
        self._reader = threading.Thread(target=self._read, args=(self._process.stdout,), daemon=True)
        self._reader.start()

    def exit_status(self) -> int | None:
        """None while it lives; negative: the signal that ended it."""
        return self._process.poll() if self._process is not None else None

    def stop(self, hurry: threading.Event) -> None:
        """Ask it to end, wait, then end it and its whole group. `hurry` cuts the waiting short."""
        if self._process is None:
            return
        if self._process.poll() is None:
            self._process.terminate()
            self._wait(lambda: self.exit_status() is not None, self.spec.stop_seconds, hurry)
        self.clear_group(hurry)
        self._process.wait()
        if self._reader is not None:
            self._reader.join(timeout=1)

    def clear_group(self, hurry: threading.Event | None = None) -> None:
        """End whatever is left of its process group, grandchildren included."""
        assert self._process is not None  # noqa: S101 - called after start only
        group = self._process.pid
        for number in (signal.SIGTERM, signal.SIGKILL):
            if not _group_members(group):
                return
            try:
                os.killpg(group, number)
            except ProcessLookupError:
                return
            self._wait(lambda: not _group_members(group), 1.0, hurry)

    def _wait(self, condition: Callable[[], bool], seconds: float, hurry: threading.Event | None) -> None:
        deadline = time.monotonic() + seconds
        while not condition() and time.monotonic() < deadline and not (hurry and hurry.is_set()):
            time.sleep(POLL_SECONDS)

    def _read(self, stream: IO[bytes]) -> None:
        with stream:
            for raw in stream:
                line = raw.decode(errors="replace").rstrip()
                self.last_lines.append(line)
                self._emit(self.spec.name, line)


def _group_members(group: int) -> list[int]:
    """Living processes of a group. Zombies do not count: an orphan's is for init to clear, not for us."""
    if not Path("/proc/self/stat").exists():
        try:
            os.killpg(group, 0)
        except (ProcessLookupError, PermissionError):
            return []
        return [group]
    members = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, _parent, found, *_rest = path.read_text().rpartition(")")[2].split()
        except (OSError, ValueError):
            continue
        if int(found) == group and state != "Z":
            members.append(int(path.parent.name))
    return members
