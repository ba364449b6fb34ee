"""Go's checksum-database code must accept our notes and proofs, and reject each of them when one bit is wrong.

Needs the Debian packages golang-go and golang-golang-x-mod-dev; without them these tests fail, they do not skip.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

from governance.ledger import merkle
from governance.provenance import base64_strict
from tests.ledger.factories import Log, make_envelope, make_log, make_verifier_key

SOURCE = Path(__file__).with_name("go") / "main.go"
ENVELOPE = make_envelope()
VKEY = make_verifier_key().text
SHAPES = [(0, 1), (1, 2), (2, 3), (6, 7), (7, 8), (8, 9), (100, 255), (255, 256), (256, 257), (523, 1000)]


@pytest.fixture(scope="session")
def check(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Go program, built from source without a network."""
    folder = tmp_path_factory.mktemp("go")
    subprocess.run(
        ["go", "build", "-o", str(folder / "check"), str(SOURCE)],
        env={
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            "GO111MODULE": "off",
            "GOPATH": "/usr/share/gocode",
            "GOFLAGS": "-p=2",
            "GOPROXY": "off",
        },
        check=True,
        timeout=300,
    )
    return folder / "check"


def verdict(check: Path, *arguments: str | Path) -> str:
    found = subprocess.run([check, *arguments], capture_output=True, text=True, timeout=60, check=False)
    return found.stdout.strip()


def files(folder: Path, log: Log, path: Sequence[bytes]) -> tuple[Path, Path, Path]:
    note, leaf, proof = folder / "note", folder / "leaf", folder / "proof"
    note.write_text(log.note(), encoding="utf-8")
    leaf.write_bytes(log.leaf)
    proof.write_text("".join(base64_strict.encode(item) + "\n" for item in path))
    return note, leaf, proof


def flip_last_bit(data: bytes) -> bytes:
    return data[:-1] + bytes([data[-1] ^ 1])


@pytest.mark.parametrize(("index", "size"), SHAPES)
def test_go_accepts_our_checkpoint_and_inclusion_proof(index: int, size: int, check: Path, tmp_path: Path) -> None:
    log = make_log(ENVELOPE, index=index, size=size)
    note, leaf, proof = files(tmp_path, log, log.entry().path)
    assert verdict(check, "inclusion", VKEY, note, str(index), leaf, proof) == "accepted"


def test_go_rejects_a_leaf_with_one_bit_changed(check: Path, tmp_path: Path) -> None:
    log = make_log(ENVELOPE, index=523, size=1000)
    note, leaf, proof = files(tmp_path, log, log.entry().path)
    leaf.write_bytes(flip_last_bit(log.leaf))
    assert "invalid transparency proof" in verdict(check, "inclusion", VKEY, note, "523", leaf, proof)


def test_go_rejects_a_proof_with_one_bit_changed(check: Path, tmp_path: Path) -> None:
    log = make_log(ENVELOPE, index=523, size=1000)
    path = log.entry().path
    note, leaf, proof = files(tmp_path, log, [*path[:-1], flip_last_bit(path[-1])])
    assert "invalid transparency proof" in verdict(check, "inclusion", VKEY, note, "523", leaf, proof)


def test_go_rejects_an_edited_checkpoint(check: Path, tmp_path: Path) -> None:
    log = make_log(ENVELOPE, index=523, size=1000)
    note, leaf, proof = files(tmp_path, log, log.entry().path)
    note.write_text(log.note().replace("\n1000\n", "\n1001\n"), encoding="utf-8")
    assert "invalid signature" in verdict(check, "inclusion", VKEY, note, "523", leaf, proof)


def test_go_rejects_a_checkpoint_by_another_key(check: Path, tmp_path: Path) -> None:
    log = make_log(ENVELOPE, index=5, size=11)
    note, leaf, proof = files(tmp_path, log, log.entry().path)
    note.write_text(log.note(seed=10), encoding="utf-8")
    assert "no verifiable signatures" in verdict(check, "inclusion", VKEY, note, "5", leaf, proof)


@pytest.mark.parametrize(("old", "new"), [(1, 1), (1, 2), (3, 7), (6, 8), (8, 8), (255, 257), (256, 257), (700, 1000)])
def test_go_accepts_our_consistency_proof(old: int, new: int, check: Path, tmp_path: Path) -> None:
    before, after = make_log(ENVELOPE, index=0, size=old), make_log(ENVELOPE, index=0, size=new)
    earlier = tmp_path / "earlier"
    earlier.write_text(before.note(), encoding="utf-8")
    note, _, proof = files(tmp_path, after, merkle.consistency_path(old, new, after.tree.read))
    assert verdict(check, "consistency", VKEY, earlier, note, proof) == "accepted"


def test_go_rejects_a_log_that_was_rewritten(check: Path, tmp_path: Path) -> None:
    before, after = make_log(ENVELOPE, index=0, size=700), make_log(ENVELOPE, index=1, size=1000)
    earlier = tmp_path / "earlier"
    earlier.write_text(before.note(), encoding="utf-8")
    note, _, proof = files(tmp_path, after, merkle.consistency_path(700, 1000, after.tree.read))
    assert "invalid transparency proof" in verdict(check, "consistency", VKEY, earlier, note, proof)
