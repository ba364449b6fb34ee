"""The foreign verifiers as programs: found or the test fails, saying what to install. None is ever skipped."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
PROGRAMS = {
    "go": "golang-go golang-golang-x-mod-dev",
    "node": "nodejs npm",
    "openssl": "openssl",
    "signify-openbsd": "signify-openbsd",
}
# Debian's packages of Go sources, and no network.
GO = {"GO111MODULE": "off", "GOPATH": "/usr/share/gocode", "GOPROXY": "off", "GOFLAGS": "-p=2"}
NODE_MODULES = HERE / "node" / "node_modules"


def tool(name: str) -> str:
    """Where the program is; fails the test, with the command that installs it, when it is not there."""
    found = shutil.which(name)
    assert found, f"{name} is missing. Install it (on Debian): apt-get install {PROGRAMS[name]}"
    return found


def run(name: str, *arguments: str | Path) -> tuple[int, str]:
    """The program's exit status and what it said."""
    done = subprocess.run(
        [tool(name), *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=60,
        check=False,
    )
    return done.returncode, done.stdout.strip()


def build_go(folder: Path) -> Path:
    """The Go verifier, built from source without a network."""
    done = subprocess.run(
        [tool("go"), "build", "-o", str(folder / "check"), "."],
        cwd=HERE / "go",
        env={"HOME": str(folder), **os.environ, **GO},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, f"Install (on Debian): apt-get install {PROGRAMS['go']}\n{done.stderr}"
    return folder / "check"


def go_says(check: Path, *arguments: str | Path) -> str:
    """What the Go program says: ``accepted: …`` with status 0, or ``rejected: …`` with status 1."""
    done = subprocess.run([check, *arguments], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == (0 if done.stdout.startswith("accepted: ") else 1), done.stderr
    return done.stdout.strip()


@dataclass(frozen=True, slots=True)
class Answer:
    """What a verifier in JavaScript says.

    ``code`` is its own for what is wrong. Of a picture: ``codes`` are all that it found, ``certificates`` (PEM, the
    signer's first) those that came with the signature.
    """

    ok: bool
    code: str
    said: str
    codes: tuple[str, ...]
    certificates: tuple[str, ...]


class Node:
    """One process that answers all questions: starting Node.js anew for each would take longer than the answers."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def ask(self, kind: str, **question: object) -> Answer:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps({"ask": kind, **question}) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        assert line, f"Node.js ended with status {self._process.wait(timeout=30)}; what it said is above."
        answer = json.loads(line)
        return Answer(
            ok=answer["ok"],
            code=answer.get("code", ""),
            said=answer.get("said", ""),
            codes=tuple(answer.get("codes", ())),
            certificates=tuple(answer.get("certificates", ())),
        )


@contextmanager
def start_node() -> Iterator[Node]:
    """Node.js with the verifiers of ``node/package-lock.json``."""
    node = tool("node")
    assert NODE_MODULES.is_dir(), (
        "The verifiers in JavaScript are missing. Install them: npm ci --ignore-scripts --prefix tests/interop/node"
        " (make test does it)."
    )
    command = [node, str(HERE / "node" / "check.mjs")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        yield Node(process)
