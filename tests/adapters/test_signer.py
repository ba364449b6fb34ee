"""The signer's memory: what it signs again, what it refuses, and what survives it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from fcntl import LOCK_EX, LOCK_UN, flock
from pathlib import Path

import pytest

from governance.adapters.signer import Signer, SignerRefused
from governance.ledger.checkpoint import open_checkpoint
from governance.ledger.merkle import MemoryTree, consistency_path
from tests.adapters.signed_trees import KEY, ORIGIN, SEED, VERIFIER, root_of, sign, tree

ROOT = Path(__file__).resolve().parents[2]
# What another process does: sign one tree of a given size and say how it went.
SIGN = """
import sys
from pathlib import Path
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from governance.adapters.signer import Signer, SignerRefused
folder, origin, seed, size, root, *proof = sys.argv[1:]
signer = Signer(Path(folder), origin, Ed25519PrivateKey.from_private_bytes(bytes.fromhex(seed)))
print("ready", flush=True)
sys.stdin.readline()
try:
    signer.sign(int(size), bytes.fromhex(root), tuple(map(bytes.fromhex, proof)))
    print("signed")
except SignerRefused as problem:
    print(problem.code)
"""


def start(folder: Path, tree: MemoryTree, signed: int) -> subprocess.Popen[str]:
    """Another process that will sign the tree, given the proof from ``signed`` leaves, as soon as it reads a line."""
    proof = [item.hex() for item in consistency_path(signed, tree.size, tree.read)]
    command = [sys.executable, "-c", SIGN, str(folder), ORIGIN, SEED.hex(), str(tree.size), root_of(tree).hex(), *proof]
    process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


@pytest.fixture
def signer(tmp_path: Path) -> Signer:
    return Signer(tmp_path, ORIGIN, KEY)


def test_a_new_signer_has_signed_nothing(signer: Signer) -> None:
    assert signer.last() is None


def test_its_note_opens_with_its_public_key(signer: Signer) -> None:
    note = sign(signer, tree("a", "b"))
    opened = open_checkpoint(note, [VERIFIER], ORIGIN).checkpoint
    assert (opened.size, opened.root) == (2, root_of(tree("a", "b")))


def test_the_same_tree_again_gets_the_same_note(signer: Signer) -> None:
    assert sign(signer, tree("a", "b")) == sign(signer, tree("a", "b"))


def test_a_tree_that_continues_the_last_one_is_signed(signer: Signer) -> None:
    for leaves in ("a", "ab", "abcde", "abcdefgh"):
        sign(signer, tree(*leaves))
    last = signer.last()
    assert last is not None
    assert (last.size, last.root) == (8, root_of(tree(*"abcdefgh")))


def test_any_tree_continues_the_empty_one(signer: Signer) -> None:
    sign(signer, tree())
    assert "\n3\n" in sign(signer, tree("a", "b", "c"))


def test_a_smaller_tree_is_refused_as_a_rollback(signer: Signer) -> None:
    note = sign(signer, tree("a", "b", "c"))
    with pytest.raises(SignerRefused, match="a smaller tree: 2 leaves") as caught:
        sign(signer, tree("a", "b"))
    assert (caught.value.code, caught.value.permanent) == ("signer.rollback", True)
    assert "Keep both, stop writing, and investigate." in caught.value.how_to_fix
    assert sign(signer, tree("a", "b", "c")) == note


def test_another_tree_of_the_same_size_is_refused_as_a_fork(signer: Signer) -> None:
    sign(signer, tree("a", "b"))
    with pytest.raises(SignerRefused, match="another root for the same size") as caught:
        sign(signer, tree("a", "x"))
    assert caught.value.code == "signer.fork"
    assert root_of(tree("a", "x")).hex() in caught.value.message


def wrong_history(old: MemoryTree, new: MemoryTree) -> tuple[bytes, ...]:
    return consistency_path(old.size, new.size, new.read)


@pytest.mark.parametrize(
    ("leaves", "proof"),
    [
        ("axc", wrong_history),
        ("abc", lambda old, new: ()),
        ("abc", lambda old, new: (b"\0" * 32,)),
        ("abc", lambda old, new: (*wrong_history(old, new), b"\0" * 32)),
        ("abc", lambda old, new: (b"short",)),
    ],
    ids=["another history", "no proof", "a wrong hash", "one hash too many", "no hash at all"],
)
def test_a_larger_tree_without_a_sound_proof_is_refused(
    signer: Signer, leaves: str, proof: Callable[[MemoryTree, MemoryTree], tuple[bytes, ...]]
) -> None:
    old, new = tree("a", "b"), tree(*leaves)
    sign(signer, old)
    with pytest.raises(SignerRefused, match="3 leaves does not continue the one of 2 signed before") as caught:
        signer.sign(3, root_of(new), proof(old, new))
    assert caught.value.code == "signer.fork"
    last = signer.last()
    assert last is not None
    assert last.size == 2


def test_its_memory_survives_the_process(signer: Signer, tmp_path: Path) -> None:
    note = sign(signer, tree("a", "b"))
    again = Signer(tmp_path, ORIGIN, KEY)
    assert again.last() == signer.last()
    assert sign(again, tree("a", "b")) == note
    with pytest.raises(SignerRefused, match="a smaller tree"):
        sign(again, tree("a"))


def test_the_memory_of_another_log_is_refused(signer: Signer, tmp_path: Path) -> None:
    sign(signer, tree("a"))
    other = Signer(tmp_path, "log.example/two", KEY)
    with pytest.raises(SignerRefused, match=f"is for '{ORIGIN}'; expected 'log.example/two'") as caught:
        sign(other, tree("a"))
    assert "CLEARCUT_SIGNER_DIR" in caught.value.how_to_fix


@pytest.mark.parametrize(
    "content", ["", "{", "[]", '{"size": 1}', '{"origin": "x", "size": 1, "root": "zz", "note": ""}']
)
def test_a_damaged_memory_is_refused_not_forgotten(signer: Signer, tmp_path: Path, content: str) -> None:
    sign(signer, tree("a", "b"))
    (tmp_path / "last-signed.json").write_text(content, encoding="utf-8")
    with pytest.raises(SignerRefused, match=r"last-signed\.json cannot be read") as caught:
        sign(signer, tree("a", "b"))
    assert caught.value.code == "signer.damaged"


def test_its_files_are_its_owners_alone(signer: Signer, tmp_path: Path) -> None:
    sign(signer, tree("a"))
    assert {path.name: oct(path.stat().st_mode & 0o777) for path in tmp_path.iterdir()} == {
        "last-signed.json": "0o600",
        "lock": "0o600",
    }


def test_the_memory_holds_no_private_key(signer: Signer, tmp_path: Path) -> None:
    sign(signer, tree("a"))
    assert set(json.loads((tmp_path / "last-signed.json").read_text())) == {
        *("origin", "size", "root", "note", "signed_at")
    }


def test_another_process_waits_for_the_lock_and_then_sees_what_was_signed(signer: Signer, tmp_path: Path) -> None:
    folder, elsewhere = tmp_path, tmp_path / "elsewhere"
    sign(signer, tree("a"))
    elsewhere.mkdir()
    (elsewhere / "last-signed.json").write_bytes((folder / "last-signed.json").read_bytes())
    sign(Signer(elsewhere, ORIGIN, KEY), tree("a", "b"))
    process = start(folder, tree("a", "x"), signed=1)
    with (folder / "lock").open("w") as lock:
        flock(lock, LOCK_EX)
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(timeout=0.5)
        (elsewhere / "last-signed.json").rename(folder / "last-signed.json")
        flock(lock, LOCK_UN)
    assert process.communicate(timeout=30)[0] == "signer.fork\n"


def test_of_two_processes_with_two_histories_one_gets_a_signature(signer: Signer, tmp_path: Path) -> None:
    sign(signer, tree("a"))
    processes = [start(tmp_path, tree("a", name), signed=1) for name in "xy"]
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    assert sorted(process.communicate(timeout=30)[0] for process in processes) == ["signed\n", "signer.fork\n"]
