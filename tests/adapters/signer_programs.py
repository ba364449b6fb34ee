"""The real signer program, started in a folder of a test's own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from governance.adapters.signer import RemoteSigner
from tests.adapters.signed_trees import KEY, ORIGIN

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = (sys.executable, "-m", "governance.adapters.signer_process")


def place_key(folder: Path) -> Path:
    """The tests' log key where the signer finds it."""
    path = folder / "log.pem"
    if not path.exists():
        path.write_bytes(KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        path.chmod(0o600)
    return path


def environment(folder: Path, **changes: str) -> dict[str, str]:
    """Only what the signer needs: no database, no secret key, no settings module."""
    return {
        "PATH": os.environ["PATH"],
        "CLEARCUT_SIGNER_DIR": str(folder / "memory"),
        "CLEARCUT_LOG_ORIGIN": ORIGIN,
        "CLEARCUT_LOG_KEY": str(folder / "log.pem"),
        "CLEARCUT_SIGNER_SOCKET": str(folder / "signer.sock"),
        **changes,
    }


def start(folder: Path, *options: str, **changes: str) -> subprocess.Popen[str]:
    """A signer that listens by the time this returns."""
    process = subprocess.Popen(
        [*PROGRAM, *options], cwd=ROOT, env=environment(folder, **changes), stderr=subprocess.PIPE, text=True
    )
    assert process.stderr is not None
    line = process.stderr.readline()
    if "signs as" not in line:
        process.kill()
        raise AssertionError(line + process.communicate()[1])
    return process


@contextmanager
def running(folder: Path, *options: str, **changes: str) -> Iterator[RemoteSigner]:
    """A signer with the tests' key for as long as the block takes."""
    place_key(folder)
    process = start(folder, *options, **changes)
    try:
        yield RemoteSigner(folder / "signer.sock")
    finally:
        process.terminate()
        process.communicate(timeout=30)


def run(folder: Path, options: Sequence[str] = (), **changes: Any) -> subprocess.CompletedProcess[str]:
    """The program where it is expected to end by itself."""
    return subprocess.run(
        [*PROGRAM, *options],
        cwd=ROOT,
        env=environment(folder, **changes),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
