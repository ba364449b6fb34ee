"""Who uses the embedded servers: counted with `flock`, which the kernel lets go of even after `kill -9`."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class Occupancy:
    """Any number of users at a time; the last one to leave is told so.

    Two files: `changing.lock` is held alone while somebody starts, joins or stops the servers; `users.lock`
    is held shared by every user. (One would not do: turning a shared `flock` exclusive is not atomic.)
    """

    def __init__(self, folder: Path) -> None:
        self._changing = folder / "changing.lock"
        self._users = folder / "users.lock"
        self._held: int | None = None

    @contextmanager
    def changing(self) -> Iterator[None]:
        """Wait for, then keep, the sole right to start or stop the servers."""
        descriptor = _open(self._changing)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)

    def join(self) -> None:
        """Count as a user from now on. Call inside `changing`."""
        if self._held is None:
            self._held = _open(self._users)
            fcntl.flock(self._held, fcntl.LOCK_SH)

    def leave(self) -> bool:
        """Count no longer; True when nobody else is left. Call inside `changing`."""
        if self._held is not None:
            os.close(self._held)
            self._held = None
        return not self.occupied()

    def occupied(self) -> bool:
        """Whether anybody holds the servers. Call inside `changing`."""
        descriptor = _open(self._users)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        finally:
            os.close(descriptor)
        return False


def _open(path: Path) -> int:
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
