"""Servers of clones that were killed and then deleted: nobody else would ever stop them."""

from __future__ import annotations

import shutil
import signal
from pathlib import Path

from governance.adapters.embedded_place import SOCKET_PARENT, Place, load_identity, socket_folder_name
from governance.adapters.embedded_process import read_pid, stop

# The data went with the clone: there is nothing left to save.
SIGNALS = ((signal.SIGQUIT, 1.0), (signal.SIGKILL, 5.0))


def stop_orphans(place: Place) -> None:
    """End the servers of our account whose clone is gone or has begun afresh; clear their socket folders."""
    for folder in SOCKET_PARENT.glob(f"clearcut-{place.account.uid}-*"):
        if folder == place.sockets or folder.is_symlink() or folder.stat().st_uid != place.account.uid:
            continue
        if _orphaned(folder, place.account.uid):
            end_servers(folder)


def end_servers(sockets: Path) -> None:
    """End both servers at once, without saving, and remove their socket folder."""
    for pid_file in (".s.PGSQL.5432.lock", "redis.pid"):
        stop(read_pid(sockets / pid_file), str(sockets), SIGNALS)
    shutil.rmtree(sockets, ignore_errors=True)


def _orphaned(folder: Path, uid: int) -> bool:
    """Only if it is certain: an unreadable or not yet written note speaks for leaving it alone."""
    try:
        state = Path((folder / "origin").read_text())
        if not state.name:
            return False
        identity = load_identity(state / "identity.json")
    except FileNotFoundError as error:
        return error.filename is not None and Path(error.filename).name == "identity.json"
    except (OSError, ValueError, TypeError):
        return False
    return folder.name != socket_folder_name(state, identity, uid)
