"""Bytes by their SHA-256, on a file system. A blob is durable before any row names it."""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
from collections.abc import Iterator
from io import FileIO
from pathlib import Path
from urllib.parse import unquote, urlsplit

from django.conf import settings

from governance.adapters.durable import sync_folder
from governance.errors import PlatformError

CHUNK = 1024 * 1024
# What says that a stored file is not the one that was put.
NOT_AS_STORED = ("blob.damaged", "blob.missing")
_SHA256 = re.compile(r"[0-9a-f]{64}")


class BlobDamaged(PlatformError):
    """The stored bytes are not the ones that were put: swapped, truncated or rotten."""

    code = "blob.damaged"


def put(data: bytes) -> str:
    """Store ``data`` durably and return its SHA-256. Storing the same bytes again changes nothing."""
    sha256 = hashlib.sha256(data).hexdigest()
    path = _path(sha256)
    if path.exists():
        return sha256
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".incoming-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.rename(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    sync_folder(path.parent)
    return sha256


def get(sha256: str) -> bytes:
    """The bytes, hashed again on the way out. Raises PlatformError ``blob.missing`` or ``blob.damaged``."""
    with _opened(sha256) as file:
        data = file.read()
    _check(sha256, hashlib.sha256(data).hexdigest())
    return data


def check(sha256: str) -> None:
    """Raise as ``get`` does, without holding the file in memory."""
    open_checked(sha256).close()


class CheckedFile:
    """An open file that was read and hashed from end to end; what is read again is hashed again.

    One descriptor throughout: another file put in its place since is never read. To be read once, and closed.
    """

    def __init__(self, sha256: str, file: FileIO) -> None:
        self.sha256 = sha256
        self._file = file
        self.size = os.fstat(file.fileno()).st_size

    def pieces(self) -> Iterator[bytes]:
        """The file in pieces of up to CHUNK bytes. The last is withheld until the whole has the digest.

        Raises BlobDamaged when the bytes changed under way: what left by then is not a whole file.
        """
        hashed, left, held = hashlib.sha256(), self.size, b""
        self._file.seek(0)
        while left and (piece := self._file.read(min(CHUNK, left))):
            hashed.update(piece)
            left -= len(piece)
            if held:
                yield held
            held = piece
        _check(self.sha256, hashed.hexdigest())
        if held:
            yield held

    def close(self) -> None:
        self._file.close()


def open_checked(sha256: str) -> CheckedFile:
    """The stored file, open and checked as a whole, whatever its size: in pieces, never in memory.

    Raises PlatformError ``blob.missing`` or ``blob.damaged``.
    """
    file = _opened(sha256)
    try:
        _check(sha256, hashlib.file_digest(file, "sha256").hexdigest())
        return CheckedFile(sha256, file)
    except BaseException:
        file.close()
        raise


def _opened(sha256: str) -> FileIO:
    try:
        return FileIO(_path(sha256))  # unbuffered: what is read again is read from the file
    except FileNotFoundError as problem:
        raise PlatformError(
            f"No stored file has SHA-256 {sha256}.",
            how_to_fix="Check CLEARCUT_STORAGE_URL and restore the file from a backup.",
            code="blob.missing",
            permanent=True,
        ) from problem


def _check(sha256: str, found: str) -> None:
    if found != sha256:
        raise BlobDamaged(
            f"The stored file of SHA-256 {sha256} now has SHA-256 {found}.",
            how_to_fix="It is not handed over, and an alarm tells legal. For whoever runs the store: restore a backup.",
            permanent=True,
        )


def _path(sha256: str) -> Path:
    if not _SHA256.fullmatch(sha256):
        raise ValueError(f"Not a SHA-256 in lower-case hex: {sha256!r}")
    return _root() / "sha256" / sha256[:2] / sha256[2:4] / sha256


def _root() -> Path:
    url = urlsplit(settings.STORAGE_URL)
    if url.scheme != "file":
        raise PlatformError(
            f"CLEARCUT_STORAGE_URL has scheme {url.scheme!r}; expected file.",
            how_to_fix="Use file:///folder, or mount the bucket as a folder.",
            code="blob.scheme",
            permanent=True,
        )
    return Path(unquote(url.path))
