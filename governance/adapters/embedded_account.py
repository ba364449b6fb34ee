"""The system account that embedded servers run as: PostgreSQL refuses to run as root."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from governance.errors import PlatformError

SYSTEM_USER = "clearcut"


class AccountError(PlatformError):
    """No unprivileged account could be had for the embedded servers."""

    code = "embedded.account"


@dataclass(frozen=True, slots=True)
class Account:
    """Whom the servers run as; `foreign` when that is not the user of this process (who then is root)."""

    uid: int
    gid: int
    foreign: bool

    def popen_options(self) -> dict[str, Any]:
        """Arguments for `subprocess` that make the child run as this account, and as nobody else."""
        return {"user": self.uid, "group": self.gid, "extra_groups": []} if self.foreign else {}

    def give(self, path: Path) -> None:
        """Make this account the owner of `path` (not of what is in it)."""
        if self.foreign:
            os.chown(path, self.uid, self.gid)

    def can(self, test: str, path: Path) -> bool:
        """Whether the account passes the shell's `test -r` (read) or `test -x` (traverse, execute) on `path`.

        Asked by trying, as modes, access lists and mounts on the way all have a say.
        """
        if not self.foreign:
            return True
        command = ["/bin/sh", "-c", 'test "$0" "$1"', test, str(path)]
        return subprocess.run(command, cwd="/", check=False, **self.popen_options()).returncode == 0  # noqa: S603


def server_account(data_folder: Path) -> Account:
    """The owner of the data if there is any, so that root can carry on what a user began; else a system user.

    Raises:
        AccountError: we are root and no such user exists or can be made.
    """
    if os.geteuid() != 0:
        return Account(os.geteuid(), os.getegid(), foreign=False)
    if data_folder.exists():
        owner = data_folder.stat()
        if owner.st_uid != 0:
            return Account(owner.st_uid, owner.st_gid, foreign=True)
    entry = _system_user()
    return Account(entry.pw_uid, entry.pw_gid, foreign=True)


def _system_user() -> pwd.struct_passwd:
    try:
        return pwd.getpwnam(SYSTEM_USER)
    except KeyError:
        pass
    program = shutil.which("useradd", path="/usr/sbin:/sbin:/usr/bin:/bin")
    if program is not None:
        command = [program, "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", SYSTEM_USER]
        subprocess.run(command, check=False, capture_output=True)  # noqa: S603
    try:
        return pwd.getpwnam(SYSTEM_USER)
    except KeyError:
        raise AccountError(
            f"PostgreSQL does not run as root, and the system user {SYSTEM_USER!r} could not be made for it.",
            how_to_fix=f"Run as an ordinary user, or create the system user {SYSTEM_USER!r} first.",
        ) from None
