"""Go's checksum-database code must accept the log that the service makes, and reject every copy with one bit wrong."""

from __future__ import annotations

import base64
import shutil
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest

from tests.interop import evidence
from tests.interop.evidence import damaged, encode, flip, read_receipt
from tests.interop.service_log import ServiceLog, size_of
from tests.interop.tools import go_says

TAMPERED = "rejected: invalid transparency proof"
FORGED = "rejected: invalid signature for key"


def inclusion(go_check: Path, folder: Path, log: ServiceLog, receipt: bytes) -> str:
    found = read_receipt(receipt)
    note, leaf, hashes = (folder / name for name in ("note", "leaf", "hashes"))
    note.write_text(found.note, encoding="utf-8")
    leaf.write_bytes(found.leaf)
    hashes.write_text("\n".join(map(encode, found.path)))
    return go_says(go_check, "inclusion", log.keys.vkey, note, str(found.index), leaf, hashes)


def consistency(go_check: Path, folder: Path, log: ServiceLog, old: str, new: str, path: tuple[bytes, ...]) -> str:
    older, newer, hashes = (folder / name for name in ("older", "newer", "hashes"))
    older.write_text(old, encoding="utf-8")
    newer.write_text(new, encoding="utf-8")
    hashes.write_text("\n".join(map(encode, path)))
    return go_says(go_check, "consistency", log.keys.vkey, older, newer, hashes)


def whole_log(go_check: Path, folder: Path, log: ServiceLog, *notes: str) -> str:
    files = [folder / f"note-{number}" for number in range(len(notes))]
    for file, note in zip(files, notes, strict=True):
        file.write_text(note, encoding="utf-8")
    return go_says(go_check, "log", log.keys.vkey, folder / "log", *files)


def receipt_says(go_check: Path, folder: Path, log: ServiceLog, receipt: bytes) -> str:
    found = read_receipt(receipt)
    trust, whole, signed, signature, key = (folder / name for name in ("trust", "whole", "signed", "signature", "key"))
    trust.write_bytes(log.trust)
    whole.write_bytes(receipt)
    signed.write_bytes(found.envelope.signed)
    signature.write_bytes(found.envelope.signature)
    key.write_bytes(base64.b64decode(log.keys.record_keys[found.envelope.key_id], validate=True))
    return go_says(go_check, "receipt", trust, whole, signed, signature, key)


@pytest.fixture
def copied(service_log: ServiceLog, tmp_path: Path) -> Path:
    """A copy of the exported log that a test may damage."""
    return Path(shutil.copytree(service_log.export, tmp_path / "log"))


@pytest.mark.parametrize("which", [0, 1, 10, -1])
def test_go_finds_the_entry_of_an_output_in_the_log(
    which: int, service_log: ServiceLog, go_check: Path, tmp_path: Path
) -> None:
    receipt = service_log.receipt(which)
    size = size_of(service_log.notes[-1])
    expected = f"accepted: entry {read_receipt(receipt).index} of {size}"
    assert inclusion(go_check, tmp_path, service_log, receipt) == expected


@pytest.mark.parametrize(
    ("part", "said"),
    [
        ("leaf", TAMPERED),
        ("proof hash", TAMPERED),
        ("index", TAMPERED),
        ("root", FORGED),
        ("size", FORGED),
        ("checkpoint signature", FORGED),
    ],
)
def test_go_rejects_a_proof_with_one_bit_wrong(
    part: str, said: str, service_log: ServiceLog, go_check: Path, tmp_path: Path
) -> None:
    assert inclusion(go_check, tmp_path, service_log, damaged(service_log.receipt(1), part)).startswith(said)


def test_go_finds_what_a_receipt_signs_in_the_log(service_log: ServiceLog, go_check: Path, tmp_path: Path) -> None:
    said = receipt_says(go_check, tmp_path, service_log, service_log.receipt())
    assert said.startswith("accepted: entry ")
    assert said.endswith(f" in the log {service_log.keys.origin}")


@pytest.mark.parametrize(
    ("part", "said"),
    [
        ("payload", TAMPERED),
        ("record signature", TAMPERED),
        ("proof hash", TAMPERED),
        ("index", TAMPERED),
        ("root", FORGED),
        ("size", FORGED),
        ("checkpoint signature", FORGED),
    ],
)
def test_go_rejects_a_receipt_with_one_bit_wrong(
    part: str, said: str, service_log: ServiceLog, go_check: Path, tmp_path: Path
) -> None:
    assert receipt_says(go_check, tmp_path, service_log, damaged(service_log.receipt(), part)).startswith(said)


@pytest.mark.parametrize("listed", ['"log_vkeys"', '"record_keys"'])
def test_go_rejects_a_receipt_of_a_key_retired_before_it(
    listed: str, service_log: ServiceLog, go_check: Path, tmp_path: Path
) -> None:
    before, _, after = service_log.trust.decode().partition(listed)
    retired = before + listed + after.replace('"retired_at_size":null', '"retired_at_size":0', 1)
    log = replace(service_log, trust=retired.encode())
    said = receipt_says(go_check, tmp_path, log, service_log.receipt())
    assert said.startswith(("rejected: no key that counts for", "rejected: the trust file lists no such record key"))


def test_go_sees_each_checkpoint_continue_the_one_before(
    service_log: ServiceLog, go_check: Path, tmp_path: Path
) -> None:
    notes = service_log.notes
    said = [
        consistency(go_check, tmp_path, service_log, old, new, service_log.consistency(size_of(old), size_of(new)))
        for old, new in pairwise(notes)
    ]
    sizes = [size_of(note) for note in notes]
    assert said == [f"accepted: grew from {old} to {new}" for old, new in pairwise(sizes)]


def test_go_rejects_a_consistency_proof_with_one_bit_wrong(
    service_log: ServiceLog, go_check: Path, tmp_path: Path
) -> None:
    old, new = service_log.notes[1], service_log.notes[-1]
    path = service_log.consistency(size_of(old), size_of(new))
    wrong = (*path[:-1], flip(path[-1]))
    assert consistency(go_check, tmp_path, service_log, old, new, wrong) == TAMPERED


@pytest.mark.parametrize("which", ["export", "published"])
def test_go_reads_the_log_entry_by_entry(which: str, service_log: ServiceLog, go_check: Path, tmp_path: Path) -> None:
    """What an auditor is handed, and the folder that the ledger process keeps."""
    shutil.copytree(getattr(service_log, which), tmp_path / "log")
    older = service_log.notes[:-1]
    expected = f"accepted: {size_of(service_log.notes[-1])} entries, {len(older)} older checkpoints"
    assert whole_log(go_check, tmp_path, service_log, *older) == expected


def test_go_rejects_an_exported_entry_with_one_bit_wrong(
    service_log: ServiceLog, copied: Path, go_check: Path, tmp_path: Path
) -> None:
    size = size_of(service_log.notes[-1])
    bundle = copied / "tile" / "entries" / "000.p" / str(size)
    bundle.write_bytes(flip(bundle.read_bytes()))
    assert whole_log(go_check, tmp_path, service_log) == f"rejected: entry {size - 1} is not the one in the tree"


def test_go_rejects_an_exported_tile_with_one_bit_wrong(
    service_log: ServiceLog, copied: Path, go_check: Path, tmp_path: Path
) -> None:
    tile = copied / "tile" / "0" / "000.p" / str(size_of(service_log.notes[-1]))
    tile.write_bytes(flip(tile.read_bytes()))
    assert whole_log(go_check, tmp_path, service_log) == "rejected: downloaded inconsistent tile"


def test_go_rejects_an_exported_checkpoint_with_one_bit_wrong(
    service_log: ServiceLog, copied: Path, go_check: Path, tmp_path: Path
) -> None:
    note = copied / "checkpoint"
    note.write_text(evidence.flip_root(note.read_text(encoding="utf-8")), encoding="utf-8")
    assert whole_log(go_check, tmp_path, service_log).startswith(FORGED)


def test_go_rejects_a_published_log_that_went_back(service_log: ServiceLog, go_check: Path, tmp_path: Path) -> None:
    """The log as it was at its second checkpoint, shown to somebody who has the newest."""
    old, newest = service_log.notes[1], service_log.notes[-1]
    shutil.copytree(service_log.published, tmp_path / "log")
    (tmp_path / "log" / "checkpoint").write_text(old, encoding="utf-8")
    assert whole_log(go_check, tmp_path, service_log).startswith("accepted: ")
    expected = f"rejected: the log shrank from {size_of(newest)} to {size_of(old)} entries"
    assert whole_log(go_check, tmp_path, service_log, newest) == expected
