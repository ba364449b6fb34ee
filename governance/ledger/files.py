"""Opens what somebody else sent: a regular file or nothing, so that no pipe or device can keep the reader for ever."""

from __future__ import annotations

import errno
import os
import stat
from io import BufferedReader
from pathlib import Path


def open_regular(path: Path) -> BufferedReader:
    """Open ``path`` for reading; raises OSError, also for whatever is not a regular file (a link to one is)."""
    file = open(path, "rb", opener=_without_waiting)  # noqa: SIM115 - the caller closes it
    if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        file.close()
        raise OSError(errno.EINVAL, "It is not a regular file", str(path))
    return file


def _without_waiting(path: str, flags: int) -> int:
    # Opening a pipe waits for a writer, unless told otherwise; Windows knows neither the one nor the other.
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))
