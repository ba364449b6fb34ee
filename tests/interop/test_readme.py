"""The commands that README.md gives to outsiders, run as they are printed there."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from governance.management.outsider import check, commands, missing
from tests.interop.evidence import damaged, flip
from tests.interop.service_log import ServiceLog
from tests.interop.tools import ROOT, tool

README = (ROOT / "README.md").read_text(encoding="utf-8")
NAME, TRUST = "var/demo/coffee-3", "var/keys/trust.json"


def printed() -> str:
    """The shell commands of the section for those who use none of our code."""
    found = re.search(r"^### Without a line of our code$.*?^```sh\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)
    assert found, "README.md has lost its section 'Without a line of our code'."
    return found[1]


def follow(folder: Path) -> tuple[int, str]:
    """Paste the commands into a shell in the folder of the repository."""
    for name in ("openssl", "go"):
        tool(name)
    done = subprocess.run(
        ["/bin/sh", "-c", printed()],
        cwd=folder,
        env={"HOME": str(folder), **os.environ, "TMPDIR": str(folder)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=300,
        check=False,
    )
    return done.returncode, done.stdout


@pytest.fixture
def repository(service_log: ServiceLog, tmp_path: Path) -> Path:
    """What the commands need: the Go program, and a delivery with its receipt under the names README.md uses."""
    shutil.copytree(ROOT / "tests" / "interop" / "go", tmp_path / "tests" / "interop" / "go")
    (tmp_path / TRUST).parent.mkdir(parents=True)
    (tmp_path / TRUST).write_bytes(service_log.trust)
    (tmp_path / NAME).parent.mkdir(parents=True)
    for ending in (".png", ".receipt.json"):
        shutil.copy(service_log.delivered / (service_log.names[5] + ending), tmp_path / (NAME + ending))
    return tmp_path


def damage(repository: Path, part: str) -> None:
    file = repository / (NAME + (".png" if part == "file" else ".receipt.json"))
    file.write_bytes(flip(file.read_bytes()) if part == "file" else damaged(file.read_bytes(), part))


def test_the_printed_commands_are_those_the_demo_runs() -> None:
    assert printed() == commands(NAME, TRUST)


def test_the_printed_commands_accept_a_delivery_and_its_receipt(service_log: ServiceLog, repository: Path) -> None:
    code, said = follow(repository)
    verified, digest, accepted = said.splitlines()
    assert (code, verified) == (0, "Verified OK")
    assert digest.startswith('"subject":[{"digest":{"sha256":"')
    assert accepted.startswith("accepted: entry ")
    assert accepted.endswith(f" in the log {service_log.keys.origin}")


@pytest.mark.parametrize(
    ("part", "verified", "said"),
    [
        ("file", True, ""),
        ("payload", False, "Verification failure"),
        ("record signature", False, "Verification failure"),
        ("proof hash", True, "rejected: invalid transparency proof"),
        ("index", True, "rejected: invalid transparency proof"),
        ("root", True, "rejected: invalid signature"),
        ("checkpoint signature", True, "rejected: invalid signature"),
    ],
)
def test_the_printed_commands_reject_one_wrong_bit(part: str, verified: bool, said: str, repository: Path) -> None:
    damage(repository, part)
    code, output = follow(repository)
    assert code != 0
    assert ("Verified OK" in output) == verified
    assert said in output
    assert "accepted" not in output


def test_the_printed_commands_take_no_key_that_the_trust_file_does_not_list(repository: Path) -> None:
    trust = repository / TRUST
    trust.write_text(trust.read_text().replace('"key_id":"', '"key_id":"0'))
    code, output = follow(repository)
    assert code != 0
    assert "Verified OK" not in output


def test_nothing_in_a_receipt_becomes_a_command(repository: Path) -> None:
    """A forger chooses the key id; it must not reach a shell or a pattern of sed, which can run programs."""
    receipt = repository / f"{NAME}.receipt.json"
    forged = f"x/e;touch {repository}/ran;$(touch {repository}/ran)`touch {repository}/ran`"
    receipt.write_text(re.sub(r'"keyid":"[0-9a-f]+"', lambda _: f'"keyid":"{forged}"', receipt.read_text()))
    code, _ = follow(repository)
    assert code != 0
    assert not (repository / "ran").exists()


def test_the_demo_runs_them_in_folders_with_any_name(repository: Path) -> None:
    folder = repository / "it's $(my) demo"
    shutil.copytree((repository / NAME).parent, folder)
    holds, said = check(repository, str(folder / Path(NAME).name), TRUST)
    assert holds, said
    assert "accepted: entry " in said


def test_the_demo_names_what_is_missing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert missing(tmp_path) == [
        "openssl (on Debian: apt-get install openssl)",
        "go (on Debian: apt-get install golang-go)",
        "tests/interop/go from the source code",
    ]


def test_the_demo_misses_nothing_here() -> None:
    assert missing(ROOT) == []
