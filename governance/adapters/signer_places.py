"""Where the signer finds its log's name, key, memory and socket: the variables and defaults of the settings.

The signer reads them itself. Loading the settings would ask for a database and a secret key, neither of which it may
have; a test holds the two together.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from governance.adapters.embedded_account import Account
from governance.adapters.embedded_place import SOCKET_PARENT, open_private_folder, private_folder_name
from governance.errors import PlatformError

ROOT = Path(__file__).resolve().parents[2]
MAX_SOCKET_BYTES = 107  # sun_path of unix(7) holds 108, the last of them a NUL


@dataclass(frozen=True, slots=True)
class SignerPlaces:
    """``log_key`` names a key by scheme; ``group`` (name or number, or empty) may use the socket besides its owner."""

    folder: Path
    origin: str
    log_key: str
    socket: Path
    group: str


def signer_places(environ: Mapping[str, str]) -> SignerPlaces:
    """What ``environ`` says. Raises PlatformError ``signer.settings`` for a file it names that cannot be read."""

    def value(name: str, default: str) -> str:
        file = environ.get(f"{name}_FILE")
        if not file:
            return environ.get(name, default)
        try:
            return Path(file).read_text(encoding="utf-8").strip()
        except OSError as problem:
            raise PlatformError(
                f"{name}_FILE names a file that cannot be read: {problem}.", code="signer.settings", permanent=True
            ) from problem

    state = Path(value("CLEARCUT_STATE_DIR", str(ROOT / "var")))
    keys = Path(value("CLEARCUT_KEYS_DIR", str(state / "keys")))
    return SignerPlaces(
        folder=Path(value("CLEARCUT_SIGNER_DIR", str(state / "signer"))),
        origin=value("CLEARCUT_LOG_ORIGIN", "clearcut.localhost/log-1"),
        log_key=value("CLEARCUT_LOG_KEY", str(keys / "log.pem")),
        socket=Path(value("CLEARCUT_SIGNER_SOCKET", str(state / "run" / "signer.sock"))),
        group=value("CLEARCUT_SIGNER_GROUP", ""),
    )


def socket_address(path: Path) -> Path:
    """``path``, or where it is longer than a socket's may be, a short one that stands for it for this user."""
    full = path.absolute()
    if len(os.fsencode(full)) <= MAX_SOCKET_BYTES:
        return full
    return SOCKET_PARENT / private_folder_name(f"signer:{full}", os.geteuid()) / "signer.sock"


def open_socket_folder(path: Path) -> Path:
    """The address to listen at, its folder made. Raises EmbeddedError when a short one's folder is somebody else's."""
    address = socket_address(path)
    if address == path.absolute():
        address.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    else:
        open_private_folder(address.parent, Account(os.geteuid(), os.getegid(), foreign=False))
    return address
