"""Where the embedded servers keep their data, sockets and passwords."""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import stat
from dataclasses import dataclass
from pathlib import Path

from governance.adapters.embedded_account import Account, server_account
from governance.adapters.embedded_process import EmbeddedError

OUTSIDE = Path("/var/lib/clearcut")
SOCKET_PARENT = Path("/tmp")  # noqa: S108 - short, as socket paths end at 107 bytes; the folder in it is checked


@dataclass(frozen=True, slots=True)
class Identity:
    """One set of servers: a random name and the passwords of its logins."""

    instance: str
    superuser_password: str
    web_password: str
    ledger_password: str


@dataclass(frozen=True, slots=True)
class Place:
    """The folders of one set of servers.

    `state` is in the clone; `data` is too, unless the account cannot reach it there; `sockets` is a private
    folder with a short name.
    """

    state: Path
    data: Path
    sockets: Path
    account: Account
    identity: Identity

    @property
    def postgres_data(self) -> Path:
        return self.data / "pg"

    @property
    def redis_data(self) -> Path:
        return self.data / "redis"

    @property
    def spare_programs(self) -> Path:
        return OUTSIDE

    @property
    def redis_socket(self) -> Path:
        return self.sockets / "redis.sock"


def prepare_state(state: Path) -> None:
    """Make the folder in the clone, or say why it cannot be used.

    Raises:
        EmbeddedError: it belongs to another user, as after an earlier run as root.
    """
    try:
        state.mkdir(parents=True, exist_ok=True)
        # Its contents are private one by one; root's servers, under their own account, must pass through it.
        state.chmod(0o711 if os.geteuid() == 0 else 0o700)
    except PermissionError as error:
        raise EmbeddedError(
            f"{state} is closed to this user ({error.strerror}). Perhaps an earlier run was by root.",
            how_to_fix="Run as that user again, or remove the folder (its data is lost).",
        ) from error


def open_place(state: Path) -> Place:
    """Find or make the folders. Call with the lock held, after `prepare_state`."""
    identity = _ensure_identity(state / "identity.json", fresh_allowed=not (state / "pg").exists())
    outside = OUTSIDE / identity.instance
    account = server_account(outside / "pg" if outside.exists() else state / "pg")
    data = state
    if outside.exists() or not account.can("-x", state):
        data = _open_outside(outside, state)
    redis = data / "redis"
    redis.mkdir(exist_ok=True)
    redis.chmod(0o700)
    account.give(redis)
    return Place(state, data, _open_sockets(state, identity, account), account, identity)


def load_identity(path: Path) -> Identity:
    """Read the file in the clone. Raises OSError, ValueError, TypeError."""
    return Identity(**json.loads(path.read_text()))


def socket_folder_name(state: Path, identity: Identity, uid: int) -> str:
    """The name holds the clone's path, so that a copied clone does not reach the servers of the original."""
    return private_folder_name(f"{identity.instance}:{state}", uid)


def private_folder_name(what: str, uid: int) -> str:
    """A short name for this user's sockets of ``what``."""
    return f"clearcut-{uid}-{hashlib.sha256(what.encode()).hexdigest()[:12]}"


def _ensure_identity(path: Path, *, fresh_allowed: bool) -> Identity:
    """Read the passwords, or draw them before there is any data they could fail to open."""
    if path.exists():
        return load_identity(path)
    if not fresh_allowed:
        raise EmbeddedError(
            f"{path} is missing, and with it the passwords of the database next to it.",
            how_to_fix=f"Put the file back, or remove {path.parent} to start afresh (its data is lost).",
        )
    passwords = {f"{name}_password": secrets.token_hex(24) for name in ("superuser", "web", "ledger")}
    values = {"instance": secrets.token_hex(8), **passwords}
    draft = path.with_suffix(".draft")
    draft.unlink(missing_ok=True)
    with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as stream:
        json.dump(values, stream, indent=1)
    draft.replace(path)
    return Identity(**values)


def _open_outside(outside: Path, state: Path) -> Path:
    """The data's place beyond the clone; it remembers which clone it belongs to."""
    origin = outside / "origin"
    outside.mkdir(parents=True, exist_ok=True)
    for folder in (OUTSIDE, outside):
        folder.chmod(0o755)
    known = Path(origin.read_text()) if origin.exists() else state
    if known != state and (known / "identity.json").exists():
        # The folder was copied together with its identity: two clones would share one database.
        raise EmbeddedError(
            f"{state} is a copy of {known}, whose database is in {outside}.",
            how_to_fix=f"Remove {state} to give this copy a database of its own.",
        )
    origin.write_text(str(state))
    return outside


def _open_sockets(state: Path, identity: Identity, account: Account) -> Path:
    folder = SOCKET_PARENT / socket_folder_name(state, identity, account.uid)
    open_private_folder(folder, account)
    (folder / "origin").write_text(str(state))
    return folder


def open_private_folder(folder: Path, account: Account) -> None:
    """Make a folder that only the account may enter; refused if somebody else put one there first."""
    try:
        folder.mkdir(mode=0o700)
        account.give(folder)
    except FileExistsError:
        pass
    found = folder.lstat()
    mine = stat.S_ISDIR(found.st_mode) and found.st_uid in (account.uid, os.geteuid())
    if not mine or stat.S_IMODE(found.st_mode) & 0o077:
        raise EmbeddedError(
            f"{folder} exists, but is not a private folder of this user.", how_to_fix=f"Remove {folder}."
        )
    account.give(folder)
