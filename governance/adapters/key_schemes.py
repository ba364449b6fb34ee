"""Where private keys are held, by the scheme of what names them. No Django: the signer's process uses it too.

``file:PATH`` (or just a path) is a PEM file of mode 0600. A PKCS #11 token or a key service is one entry more in the
tables below: a function from the text of the setting to a ``StatementSigner`` or a ``LogKey``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import TypeVar
from urllib.parse import unquote, urlsplit

from governance.errors import PlatformError
from governance.ledger.errors import KeyFileError
from governance.ledger.keys import LogKey, load_log_key, load_record_key
from governance.provenance.envelope import HeldKey, StatementSigner

FILE = "file"
Holder = TypeVar("Holder")
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):")


def record_signer(reference: str) -> StatementSigner:
    """The holder of the P-256 key that signs statements. Raises PlatformError ``keys.scheme``, KeyFileError."""
    return _by_scheme("CLEARCUT_RECORD_KEY", reference, {FILE: _record_key_in_file})


def log_key(reference: str) -> LogKey:
    """The holder of the Ed25519 key that signs checkpoints. Raises PlatformError ``keys.scheme``, KeyFileError."""
    return _by_scheme("CLEARCUT_LOG_KEY", reference, {FILE: lambda text: load_log_key(_path(text))})


def scheme(reference: str) -> str:
    """The scheme of ``reference`` in lower case; a path without one is a file."""
    found = _SCHEME.match(reference)
    return found[1].lower() if found else FILE


def file_of(reference: str) -> Path | None:
    """The file that holds the key, None where no file does."""
    return _path(reference) if scheme(reference) == FILE else None


def missing_file(reference: str) -> Path | None:
    """The file that should hold the key where there is none yet; None for one that is there, readable or not."""
    path = file_of(reference)
    try:
        if path is not None:
            path.lstat()
    except FileNotFoundError:
        return path
    except OSError:
        return None  # in a folder closed to us: whoever loads it will say so
    return None


def _by_scheme(setting: str, reference: str, known: Mapping[str, Callable[[str], Holder]]) -> Holder:
    opener = known.get(scheme(reference))
    if opener is None:
        raise PlatformError(
            f"{setting} names its key by {scheme(reference)!r}; supported: {', '.join(sorted(known))}.",
            how_to_fix=f"Set {setting} to file:PATH, a PEM file of mode 0600.",
            code="keys.scheme",
            permanent=True,
        )
    return opener(reference)


def _path(reference: str) -> Path:
    if reference.lower().startswith("file://"):
        return Path(unquote(urlsplit(reference).path))
    return Path(reference[len(FILE) + 1 :] if _SCHEME.match(reference) else reference)


def _record_key_in_file(reference: str) -> StatementSigner:
    path = _path(reference)
    try:
        found = path.stat()
    except OSError as problem:
        raise KeyFileError(
            f"Cannot read the key file {path}: {problem.strerror}.", how_to_fix="Create the key, or correct the path."
        ) from problem
    # Whatever happens to the file or its permissions changes one of these, and it is read and checked anew.
    return _held(path, (found.st_dev, found.st_ino, found.st_mtime_ns, found.st_ctime_ns))


@lru_cache(maxsize=4)
def _held(path: Path, _stamp: tuple[int, ...]) -> HeldKey:
    return HeldKey(load_record_key(path))
