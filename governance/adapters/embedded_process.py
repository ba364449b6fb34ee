"""Server processes that outlive the command that started them: launch, recognise, stop."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from governance.adapters.embedded_account import Account
from governance.errors import PlatformError

POLL_SECONDS = 0.02
LOG_LIMIT_BYTES = 4 * 1024 * 1024

# The servers may go on after this process has left them to another user, so nobody waits for them here.
# Holding the handles lets `running` reap those that were stopped, and keeps Python from warning about them.
_launched: list[subprocess.Popen[bytes]] = []


class EmbeddedError(PlatformError):
    """The embedded servers could not be started, reached or stopped."""

    code = "embedded.failed"


def clean_environment() -> dict[str, str]:
    """Nothing of the user's PG* or locale settings may leak into the servers."""
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "TZ": "UTC"}


def launch(command: Sequence[str], account: Account, log: Path, folder: Path) -> subprocess.Popen[bytes]:
    """Start a server in a session of its own (Ctrl-C must not reach it), its output appended to `log`."""
    if log.exists() and log.stat().st_size > LOG_LIMIT_BYTES:
        log.unlink()
    # Statements that fail end up in the log: it is as private as the data.
    with open(os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600), "ab") as output:
        try:
            process = subprocess.Popen(  # noqa: S603 - our own binaries, no shell
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd=folder,
                env=clean_environment(),
                start_new_session=True,
                **account.popen_options(),
            )
        except OSError as error:
            raise EmbeddedError(
                f"{command[0]} could not be started: {error}.",
                how_to_fix="Set DATABASE_URL and REDIS_URL to use servers of your own.",
            ) from error
    _launched.append(process)
    return process


def read_pid(path: Path) -> int | None:
    """The number on the first line of a PID file, or None if there is no usable one."""
    try:
        return int(path.read_text().splitlines()[0])
    except (OSError, ValueError, IndexError):
        return None


def running(pid: int | None, mark: str) -> bool:
    """Whether `pid` lives and has `mark` in its command line.

    PID files outlive their process: after a reboot or in a fresh container the number belongs to another
    one. A zombie has an empty command line and so counts as gone.
    """
    for process in _launched:
        process.poll()
    if pid is None:
        return False
    if Path("/proc/self/cmdline").exists():
        try:
            return mark.encode() in Path(f"/proc/{pid}/cmdline").read_bytes()
        except OSError:
            return False
    try:
        os.kill(pid, 0)
    except OSError:
        return False
    return True


def wait_until(condition: Callable[[], bool], seconds: float) -> bool:
    """Poll `condition`; whether it came true in time."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(POLL_SECONDS)
    return True


def stop(pid: int | None, mark: str, signals: Sequence[tuple[signal.Signals, float]]) -> None:
    """Send each signal in turn, giving the process that many seconds to go.

    Raises:
        EmbeddedError: it is still there after the last one.
    """
    for number, seconds in signals:
        if pid is None or not running(pid, mark):
            return
        os.kill(pid, number)
        if wait_until(lambda: not running(pid, mark), seconds):
            return
    if running(pid, mark):
        raise EmbeddedError(f"Process {pid} did not stop.", how_to_fix=f"End it by hand: kill -9 {pid}")


def log_tail(log: Path, lines: int = 5) -> str:
    """The last lines of a server's log, for a message."""
    try:
        return "\n".join(log.read_text(errors="replace").splitlines()[-lines:])
    except OSError:
        return "(no log)"
