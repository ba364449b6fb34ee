"""Go's checksum-database code must accept trees of every shape, and reject what is wrong in one bit."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from governance.adapters.log_files import LogFiles
from governance.ledger import merkle
from governance.ledger.checkpoint import Checkpoint, sign_checkpoint
from governance.ledger.merkle import MemoryTree, leaf_hash
from governance.provenance import base64_strict
from tests.interop.evidence import flip
from tests.interop.tools import go_says
from tests.ledger.factories import Log, make_envelope, make_log, make_log_key, make_trust, make_verifier_key
from tests.provenance.factories import ORIGIN

ENVELOPE = make_envelope()
VKEY = make_verifier_key().text
SHAPES = [(0, 1), (1, 2), (2, 3), (6, 7), (7, 8), (8, 9), (100, 255), (255, 256), (256, 257), (523, 1000)]


def files(folder: Path, log: Log, path: Sequence[bytes]) -> tuple[Path, Path, Path]:
    note, leaf, proof = folder / "note", folder / "leaf", folder / "proof"
    note.write_text(log.note(), encoding="utf-8")
    leaf.write_bytes(log.leaf)
    proof.write_text("".join(base64_strict.encode(item) + "\n" for item in path))
    return note, leaf, proof


@pytest.mark.parametrize(("index", "size"), SHAPES)
def test_go_accepts_our_checkpoint_and_inclusion_proof(index: int, size: int, go_check: Path, tmp_path: Path) -> None:
    log = make_log(ENVELOPE, index=index, size=size)
    note, leaf, proof = files(tmp_path, log, log.entry().path)
    assert go_says(go_check, "inclusion", VKEY, note, str(index), leaf, proof) == f"accepted: entry {index} of {size}"


def test_go_rejects_a_leaf_with_one_bit_changed(go_check: Path, tmp_path: Path) -> None:
    log = make_log(ENVELOPE, index=523, size=1000)
    note, leaf, proof = files(tmp_path, log, log.entry().path)
    leaf.write_bytes(flip(log.leaf))
    assert "invalid transparency proof" in go_says(go_check, "inclusion", VKEY, note, "523", leaf, proof)


def test_go_rejects_a_proof_with_one_bit_changed(go_check: Path, tmp_path: Path) -> None:
    log = make_log(ENVELOPE, index=523, size=1000)
    path = log.entry().path
    note, leaf, proof = files(tmp_path, log, [*path[:-1], flip(path[-1])])
    assert "invalid transparency proof" in go_says(go_check, "inclusion", VKEY, note, "523", leaf, proof)


def test_go_rejects_an_edited_checkpoint(go_check: Path, tmp_path: Path) -> None:
    log = make_log(ENVELOPE, index=523, size=1000)
    note, leaf, proof = files(tmp_path, log, log.entry().path)
    note.write_text(log.note().replace("\n1000\n", "\n1001\n"), encoding="utf-8")
    assert "invalid signature" in go_says(go_check, "inclusion", VKEY, note, "523", leaf, proof)


def test_go_rejects_a_checkpoint_by_another_key(go_check: Path, tmp_path: Path) -> None:
    log = make_log(ENVELOPE, index=5, size=11)
    note, leaf, proof = files(tmp_path, log, log.entry().path)
    note.write_text(log.note(seed=10), encoding="utf-8")
    assert "no verifiable signatures" in go_says(go_check, "inclusion", VKEY, note, "5", leaf, proof)


@pytest.mark.parametrize(("old", "new"), [(1, 1), (1, 2), (3, 7), (6, 8), (8, 8), (255, 257), (256, 257), (700, 1000)])
def test_go_accepts_our_consistency_proof(old: int, new: int, go_check: Path, tmp_path: Path) -> None:
    before, after = make_log(ENVELOPE, index=0, size=old), make_log(ENVELOPE, index=0, size=new)
    earlier = tmp_path / "earlier"
    earlier.write_text(before.note(), encoding="utf-8")
    note, _, proof = files(tmp_path, after, merkle.consistency_path(old, new, after.tree.read))
    assert go_says(go_check, "consistency", VKEY, earlier, note, proof) == f"accepted: grew from {old} to {new}"


def test_go_rejects_a_log_that_was_rewritten(go_check: Path, tmp_path: Path) -> None:
    before, after = make_log(ENVELOPE, index=0, size=700), make_log(ENVELOPE, index=1, size=1000)
    earlier = tmp_path / "earlier"
    earlier.write_text(before.note(), encoding="utf-8")
    note, _, proof = files(tmp_path, after, merkle.consistency_path(700, 1000, after.tree.read))
    assert "invalid transparency proof" in go_says(go_check, "consistency", VKEY, earlier, note, proof)


def publish(folder: Path, leaves: Sequence[bytes], sizes: Sequence[int]) -> list[Path]:
    """Publish a log of the leaves, growing through ``sizes``, and return the checkpoint files of all but the last."""
    tree = MemoryTree(map(leaf_hash, leaves))
    files, notes = LogFiles(folder / "log", durable=False, trust=make_trust), []
    for size in sizes:
        files.extend(
            size,
            lambda start, end: list(leaves[start:end]),
            lambda level, start, end: b"".join(tree.read(level, index) for index in range(start, end)),
        )
        notes.append(folder / f"note-{size}")
        checkpoint = Checkpoint(ORIGIN, size, merkle.root_at(size, tree.read))
        notes[-1].write_text(sign_checkpoint(checkpoint, make_log_key()), encoding="utf-8")
        files.publish(notes[-1].read_text(encoding="utf-8"))
    return notes[:-1]


@pytest.mark.parametrize("sizes", [(1,), (1, 255), (100, 256), (256, 257), (7, 255, 513, 1000), (3000, 65_535, 65_800)])
def test_go_reads_our_published_files_of_every_shape(sizes: tuple[int, ...], go_check: Path, tmp_path: Path) -> None:
    """Partial, full and next-level tiles; every entry, and every older checkpoint as the beginning of the newest."""
    older = publish(tmp_path, [b"entry %d" % number for number in range(sizes[-1])], sizes)
    expected = f"accepted: {sizes[-1]} entries, {len(older)} older checkpoints"
    assert go_says(go_check, "log", VKEY, tmp_path / "log", *older) == expected


def test_go_rejects_published_files_that_do_not_continue_an_older_checkpoint(go_check: Path, tmp_path: Path) -> None:
    publish(tmp_path, [b"entry %d" % number for number in range(300)], (200, 300))
    rewritten = publish(tmp_path / "other", [b"other %d" % number for number in range(300)], (200, 300))
    expected = "rejected: the first 200 entries are not those that were signed"
    assert go_says(go_check, "log", VKEY, tmp_path / "log", *rewritten) == expected
