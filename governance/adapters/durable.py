"""Small files that must survive a power cut: whole or not at all, and on disk before anybody relies on them."""

from __future__ import annotations

import os
from pathlib import Path


def replace_file(path: Path, data: bytes) -> None:
    """Put ``data`` in place of whatever ``path`` holds, readable by its owner alone. One writer at a time."""
    os.replace(_written_beside(path, data), path)
    sync_folder(path.parent)


def write_once(path: Path, data: bytes) -> bool:
    """Write ``path`` unless it is there already; returns whether it was written. What is there stays as it is."""
    temporary = _written_beside(path, data)
    try:
        os.link(temporary, path)  # unlike a rename this fails where the name is taken
    except FileExistsError:
        return False
    finally:
        temporary.unlink()
    sync_folder(path.parent)
    return True


def sync_folder(folder: Path) -> None:
    """A rename survives a power cut only once its folder is on disk too."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _written_beside(path: Path, data: bytes) -> Path:
    temporary = path.with_name(f"{path.name}.incoming")
    with open(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    return temporary
