"""Signing keys in files: created once for the owner only, refused when anyone else can read them.

Record keys are ECDSA P-256 (they sign statements), log keys Ed25519 (they sign checkpoints): PKCS #8 PEM.
A log key may also be held elsewhere, by a token or a key service: whatever is a ``LogKey`` can sign checkpoints.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Protocol

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from governance.ledger.errors import KeyFileError

MAX_KEY_BYTES = 16_384
_OTHERS = stat.S_IRWXG | stat.S_IRWXO


class LogKey(Protocol):
    """Whoever can sign with one Ed25519 key: the key itself (``Ed25519PrivateKey``), a token, a key service."""

    def public_key(self) -> Ed25519PublicKey:
        """The public half; always the same one."""
        ...

    def sign(self, data: bytes) -> bytes:
        """The 64 bytes of RFC 8032 §5.1 over ``data`` (Ed25519, not Ed25519ph)."""
        ...


def create_record_key(path: Path) -> ec.EllipticCurvePrivateKey:
    """Write a new P-256 key to ``path`` (0600), which must not exist; raises KeyFileError."""
    key = ec.generate_private_key(ec.SECP256R1())
    _create(path, key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return key


def create_log_key(path: Path) -> Ed25519PrivateKey:
    """Write a new Ed25519 key to ``path`` (0600), which must not exist; raises KeyFileError."""
    key = Ed25519PrivateKey.generate()
    _create(path, key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return key


def load_record_key(path: Path) -> ec.EllipticCurvePrivateKey:
    """Read a P-256 key; raises KeyFileError when missing, readable by others, or of another kind."""
    key = _load(path)
    if not isinstance(key, ec.EllipticCurvePrivateKey) or not isinstance(key.curve, ec.SECP256R1):
        raise KeyFileError(f"Got a {type(key).__name__} in {path}, expected an ECDSA key on P-256.")
    return key


def load_log_key(path: Path) -> Ed25519PrivateKey:
    """Read an Ed25519 key; raises KeyFileError when missing, readable by others, or of another kind."""
    key = _load(path)
    if not isinstance(key, Ed25519PrivateKey):
        raise KeyFileError(f"Got a {type(key).__name__} in {path}, expected an Ed25519 key.")
    return key


def _create(path: Path, pem: bytes) -> None:
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError as error:
        raise KeyFileError(
            f"Got an existing file {path}, expected none.",
            how_to_fix="Keep it: a key that was overwritten can never sign for its log again.",
        ) from error
    except OSError as error:
        raise KeyFileError(f"Cannot create the key file {path}: {error.strerror}.") from error
    with os.fdopen(descriptor, "wb") as file:
        file.write(pem)
        file.flush()
        os.fsync(file.fileno())


def _load(path: Path) -> PrivateKeyTypes:
    try:
        with path.open("rb") as file:
            # Asked of the open file, so that it cannot be exchanged between the question and the reading.
            state = os.fstat(file.fileno())
            _check_private(path, state)
            pem = file.read(MAX_KEY_BYTES + 1)
    except OSError as error:
        denied = isinstance(error, PermissionError)
        raise KeyFileError(
            f"Cannot read the key file {path}: {error.strerror}.",
            how_to_fix="Run as the user it belongs to." if denied else "Create the key, or correct the path.",
        ) from error
    if len(pem) > MAX_KEY_BYTES:
        raise KeyFileError(f"Got a key file {path} of more than {MAX_KEY_BYTES} bytes, expected one PEM key.")
    try:
        return load_pem_private_key(pem, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise KeyFileError(f"Got no usable key in {path}, expected PKCS #8 PEM without a password.") from error


def _check_private(path: Path, state: os.stat_result) -> None:
    if not stat.S_ISREG(state.st_mode):
        raise KeyFileError(f"Got {path}, which is no regular file, expected a key file.")
    if state.st_mode & _OTHERS:
        raise KeyFileError(
            f"Got permissions {stat.S_IMODE(state.st_mode):04o} on {path}, expected 0600.",
            how_to_fix=f"Run: chmod 600 {path}; if others may have read it, retire the key.",
        )
