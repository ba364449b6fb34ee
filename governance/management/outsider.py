"""How somebody who trusts nobody checks a receipt: with sed, OpenSSL and Go, and without a line of Clearcut's own code.

README.md prints these commands, and the demo ends by running them. ``tests/interop/go`` is a small program around Go's
own implementation of signed notes and transparency logs.
"""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import tempfile
from pathlib import Path

from governance.provenance.statement import PAYLOAD_TYPE

PROGRAM = Path("tests/interop/go")
# Where Debian puts the sources of Go's note and tlog.
SOURCES = Path("/usr/share/gocode")
SECONDS = 300

# Nothing taken from a receipt becomes part of a command or of a pattern for sed: a forged one could run programs
# otherwise. The key comes from the trust file; the receipt only says which. The last three commands are the checks.
_COMMANDS = r"""name={name} trust={trust} work=$(mktemp -d)
text() {{ sed -E "s/.*\"$1\":\"([^\"]+)\".*/\1/"; }}
text payload < "$name.receipt.json" | base64 -d > "$work/statement"
text sig < "$name.receipt.json" | base64 -d > "$work/signature"
key=$(text keyid < "$name.receipt.json")
tr '{{' '\n' < "$trust" | grep -F -e "\"$key\"" | text spki_b64 | base64 -d > "$work/key"
size=$(wc -c < "$work/statement") sum=$(sha256sum < "$name.png" | cut -d ' ' -f 1)
{{ printf 'DSSEv1 {length} {type} %d ' "$size"; cat "$work/statement"; }} > "$work/signed"

openssl dgst -sha256 -keyform DER -verify "$work/key" -signature "$work/signature" "$work/signed" &&
grep -o "\"subject\":\[{{\"digest\":{{\"sha256\":\"$sum\"" "$work/statement" &&
GO111MODULE=off GOPATH={sources} go run ./{program} receipt \
    "$trust" "$name.receipt.json" "$work/signed" "$work/signature" "$work/key"
"""


def commands(name: str, trust: str) -> str:
    """The shell commands that check ``NAME.png`` and ``NAME.receipt.json``, to be run from the repository's folder."""
    return _COMMANDS.format(
        name=shlex.quote(name),
        trust=shlex.quote(trust),
        length=len(PAYLOAD_TYPE),
        type=PAYLOAD_TYPE,
        sources=SOURCES.as_posix(),
        program=PROGRAM.as_posix(),
    )


def missing(root: Path) -> list[str]:
    """What has to be installed or fetched before the commands can run; empty when they can."""
    there = {
        "openssl (on Debian: apt-get install openssl)": shutil.which("openssl") is not None,
        "go (on Debian: apt-get install golang-go)": shutil.which("go") is not None,
        "golang.org/x/mod (on Debian: apt-get install golang-golang-x-mod-dev)": (
            SOURCES / "src/golang.org/x/mod/sumdb"
        ).is_dir(),
        f"{PROGRAM} from the source code": (root / PROGRAM).is_dir(),
    }
    return [name for name, found in there.items() if not found]


def check(root: Path, name: str, trust: str) -> tuple[bool, str]:
    """Run the commands in the repository ``root``: whether all checks passed, and what the tools said."""
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(  # noqa: S603 -- the commands above, nothing from outside but two quoted paths
            ["/bin/sh", "-c", commands(name, trust)],
            cwd=root,
            env={**os.environ, "TMPDIR": folder},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=SECONDS,
            check=False,
        )
    return done.returncode == 0, done.stdout
