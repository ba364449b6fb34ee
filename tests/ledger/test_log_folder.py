from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from governance.ledger.audit import audit
from governance.ledger.audit_shapes import AuditOptions, AuditReport
from governance.ledger.errors import CannotTell, LedgerError, ReceiptError, TamperedError
from governance.ledger.log_folder import LogFolder
from governance.ledger.log_lines import (
    checkpoint_line,
    envelope_line,
    read_checkpoint_line,
    read_envelope_line,
)
from tests.ledger.factories import make_trust
from tests.ledger.log_factories import make_whole_log

SIZE, EVERY = 600, 300
LOG = make_whole_log(SIZE, every=EVERY)
LINE = envelope_line(7, LOG.envelope(7))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return LOG.write(tmp_path / "log")


def audited(folder: Path, *, structure_only: bool = True) -> AuditReport:
    log = LogFolder(folder)
    options = AuditOptions(structure_only=structure_only, read_tile=log.read_tile, processes=1)
    entries = log.entries(with_statements=not structure_only)
    return audit(entries, log.checkpoints(needed=not structure_only), make_trust(), options)


def assert_finds(report: AuditReport, step: str, message: str, verdict: str = "tampered") -> None:
    found = [finding.message for finding in report.step(step).findings]
    assert (report.verdict, any(message in text for text in found)) == (verdict, True), found


def change(path: Path, edit: Callable[[bytes], bytes]) -> None:
    path.write_bytes(edit(path.read_bytes()))


def flipped(position: int) -> Callable[[bytes], bytes]:
    return lambda data: data[:position] + bytes([data[position] ^ 1]) + data[position + 1 :]


def test_it_reads_back_what_was_written(folder: Path) -> None:
    log = LogFolder(folder)
    assert log.size == SIZE
    assert tuple(log.checkpoints()) == LOG.checkpoints
    entries = list(log.entries())
    assert [(entry.index, entry.leaf) for entry in entries] == [(entry.index, entry.leaf) for entry in LOG.entries]
    assert [read_envelope_line(bytes(entry.envelope), entry.index) for entry in entries] == [  # type: ignore[arg-type]
        entry.envelope for entry in LOG.entries
    ]


def test_an_export_is_sound_in_every_step(folder: Path) -> None:
    report = audited(folder, structure_only=False)
    assert report.verdict == "sound"
    assert (report.step("tiles").checked, report.step("roots").checked) == (4, 2)


def test_a_published_folder_without_our_lines_is_sound_in_its_structure(folder: Path) -> None:
    for name in ("checkpoints.jsonl", "envelopes.jsonl"):
        (folder / name).unlink()
    report = audited(folder)
    assert (report.verdict, report.step("checkpoints").checked) == ("sound", 1)


@pytest.mark.parametrize(("name", "step"), [("checkpoints.jsonl", "checkpoints"), ("envelopes.jsonl", "sequence")])
def test_an_export_without_its_lines_cannot_be_judged(name: str, step: str, folder: Path) -> None:
    (folder / name).unlink()
    assert_finds(audited(folder, structure_only=False), step, f"Cannot read {folder / name}", "cannot-tell")


@pytest.mark.parametrize("name", ["tile/0/000", "tile/0/001", "tile/0/002.p/88", "tile/1/000.p/2"])
def test_a_false_hash_tile_is_found(name: str, folder: Path) -> None:
    change(folder / name, flipped(40))
    assert_finds(audited(folder), "tiles", f"{name} does not hold the hashes of the entries")


@pytest.mark.parametrize("name", ["tile/0/000", "tile/1/000.p/2"])
def test_a_missing_hash_tile_cannot_be_judged(name: str, folder: Path) -> None:
    (folder / name).unlink()
    assert_finds(audited(folder), "tiles", "Cannot read", "cannot-tell")


def test_a_missing_entry_bundle_cannot_be_judged(folder: Path) -> None:
    (folder / "tile/entries/001").unlink()
    assert_finds(audited(folder), "sequence", "Cannot read", "cannot-tell")


def test_a_changed_entry_is_found(folder: Path) -> None:
    change(folder / "tile/entries/001", flipped(300))
    report = audited(folder)
    assert_finds(report, "roots", "The entries give root")
    assert_finds(report, "tiles", "tile/0/001 does not hold")


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (lambda data: data[:-1], "ends within leaf 87"),
        (lambda data: data[:-491], "Got 87 entries"),
        (lambda data: data + b"\0\0", "Got 89 entries"),
        (lambda data: b"\xff\xff" + data[2:], "ends within leaf 0"),
        (lambda data: b"", "Got 0 entries"),
    ],
)
def test_a_damaged_entry_bundle_is_found(edit: Callable[[bytes], bytes], message: str, folder: Path) -> None:
    change(folder / "tile/entries/002.p/88", edit)
    report = audited(folder)
    assert (report.verdict, report.step("sequence").status) == ("tampered", "failed")
    assert message in report.step("sequence").findings[0].message


def test_partial_files_may_have_given_way_to_full_ones(folder: Path) -> None:
    # As when the log has grown since its checkpoint: what lies beyond is cut off.
    for name, full in (("tile/entries/002.p/88", "tile/entries/002"), ("tile/0/002.p/88", "tile/0/002")):
        beyond = b"\0\x01x" * 168 if "entries" in name else bytes(32 * 168)
        (folder / full).write_bytes((folder / name).read_bytes() + beyond)
        (folder / name).unlink()
    assert audited(folder, structure_only=False).verdict == "sound"


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (lambda data: b"".join(data.splitlines(keepends=True)[:-1]), "ends before entry 599"),
        (lambda data: data + b"{}\n", "goes on after entry 599"),
        (lambda data: data[:-1], "is cut off"),
        (lambda data: b"x" * 200_000 + b"\n" + data, "Got a line of more than 131072 bytes"),
    ],
)
def test_attack_49_lines_added_or_taken_away_are_found(
    edit: Callable[[bytes], bytes], message: str, folder: Path
) -> None:
    change(folder / "envelopes.jsonl", edit)
    assert_finds(audited(folder, structure_only=False), "sequence", message)


def test_attack_49_lines_in_another_order_are_found(folder: Path) -> None:
    def swap(data: bytes) -> bytes:
        lines = data.splitlines(keepends=True)
        return b"".join([*lines[:6], lines[7], lines[6], *lines[8:]])

    change(folder / "envelopes.jsonl", swap)
    report = audited(folder, structure_only=False)
    assert_finds(report, "statements", "Got the statement of entry 7 in line 7, expected that of entry 6")
    assert report.step("statements").total == 2


def test_attack_16_an_older_checkpoint_in_front_is_noticed(folder: Path) -> None:
    (folder / "checkpoint").write_text(LOG.checkpoints[0].note, encoding="utf-8")
    message = "The file checkpoint signs 300 entries, checkpoints.jsonl ends with one of size 600"
    assert_finds(audited(folder), "checkpoints", message)


def test_attack_18_an_edited_checkpoint_file_is_found(folder: Path) -> None:
    change(folder / "checkpoint", lambda data: data.replace(b"\n600\n", b"\n599\n"))
    assert audited(folder).verdict == "tampered"


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"\xff", "not UTF-8"),
        (b"x" * 131_073, "Got more than 131072 bytes in checkpoint"),
        (b"no note", "expected origin, size and root only"),
        ("\u2014 a.example AAAAAAAAAAA=\n".encode() * 1_000_000, "Got more than 131072 bytes in checkpoint"),
    ],
)
def test_attack_53_an_endless_or_shapeless_checkpoint_is_refused(data: bytes, message: str, folder: Path) -> None:
    (folder / "checkpoint").write_bytes(data)
    with pytest.raises(TamperedError, match=message):
        LogFolder(folder)


@pytest.mark.parametrize("name", ["tile/0/000", "tile/entries/000"])
def test_attack_53_an_endless_tile_is_refused(name: str, folder: Path) -> None:
    (folder / name).write_bytes(b"\0" * 17_000_000)
    step = "tiles" if name == "tile/0/000" else "sequence"
    assert_finds(audited(folder), step, f"bytes in {name}, expected at most")


def test_attack_53_an_endless_line_of_checkpoints_is_refused(folder: Path) -> None:
    change(folder / "checkpoints.jsonl", lambda data: b" " * 2_000_000 + data)
    assert_finds(audited(folder), "checkpoints", "Got a line of more than 1048576 bytes")


def make_pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def test_attack_53_a_pipe_in_place_of_the_checkpoint_cannot_keep_the_reader_waiting(folder: Path) -> None:
    make_pipe(folder / "checkpoint")
    with pytest.raises(CannotTell, match="It is not a regular file"):
        LogFolder(folder)


@pytest.mark.parametrize(
    ("name", "step"),
    [
        ("checkpoints.jsonl", "checkpoints"),
        ("envelopes.jsonl", "sequence"),
        ("tile/entries/000", "sequence"),
        ("tile/0/000", "tiles"),
    ],
)
def test_attack_53_no_file_of_the_folder_may_be_a_pipe(name: str, step: str, folder: Path) -> None:
    make_pipe(folder / name)
    report = audited(folder, structure_only=False)
    assert report.verdict != "sound"
    assert {finding.status for finding in report.step(step).findings} == {"cannot tell"}
    assert "It is not a regular file" in report.step(step).findings[0].message


def test_attack_53_a_link_to_a_device_is_refused(folder: Path) -> None:
    (folder / "tile/0/000").unlink()
    (folder / "tile/0/000").symlink_to("/dev/zero")
    assert_finds(audited(folder), "tiles", "It is not a regular file", "cannot-tell")


def test_attack_14_a_flipped_bit_anywhere_in_an_entry_gives_another_root(folder: Path) -> None:
    bundle = folder / "tile/entries/002.p/88"
    sound = bundle.read_bytes()
    for position in range(2, len(sound) // 88, 97):
        bundle.write_bytes(flipped(position)(sound))
        assert_finds(audited(folder), "roots", "The entries give root")


def test_a_folder_that_is_none_cannot_be_judged(tmp_path: Path) -> None:
    with pytest.raises(CannotTell, match="Cannot read"):
        LogFolder(tmp_path)


def test_lines_read_back_equal() -> None:
    assert read_envelope_line(LINE, 7) == LOG.envelope(7)
    assert read_envelope_line(envelope_line(3, None), 3) is None
    assert [read_checkpoint_line(checkpoint_line(item)) for item in LOG.checkpoints] == list(LOG.checkpoints)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (LINE.replace(b'"index":7', b'"index":7,"index":7'), "twice in one object"),
        (LINE.replace(b'"index":7', b'"index":7.0'), "Got number 7.0"),
        (LINE.replace(b'"index":7', b'"index":"7"'), "expected a number of entries"),
        (LINE.replace(b'"index":7', b'"index":true'), "expected a number of entries"),
        (LINE.replace(b'"index":7', b'"index":7,"more":1'), "expected the fields"),
        (LINE.replace(b'"payloadType"', b'"PayloadType"'), "expected the fields"),
        (LINE.replace(b'"index":7', b'"index":8'), "expected that of entry 7"),
        (b"[]", "expected the fields"),
        (b"\xff", "not UTF-8"),
    ],
)
def test_attack_52_lines_with_two_meanings_are_refused(line: bytes, message: str) -> None:
    with pytest.raises(LedgerError, match=message):
        read_envelope_line(line, 7)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (b'"size":300', b'"size":-1', "expected a number of entries"),
        (b'"published_at":"2026', b'"published_at":"26', "expected YYYY-MM-DD"),
        (b'"root":"', b'"root":7,"x":"', "expected the fields"),
    ],
)
def test_refuses_a_malformed_checkpoint_line(old: bytes, new: bytes, message: str) -> None:
    with pytest.raises(ReceiptError, match=message):
        read_checkpoint_line(checkpoint_line(LOG.checkpoints[0]).replace(old, new))
