"""The log as files: what is written in steps is what is written at once, nothing changes, everything reads back."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from governance.adapters.log_files import LogFiles
from governance.errors import PlatformError
from governance.ledger.checkpoint import Checkpoint, sign_checkpoint
from governance.ledger.errors import TamperedError
from governance.ledger.merkle import MemoryTree, leaf_hash, root_at
from governance.ledger.tile import entries_path, nodes_from_tiles, tile_path, tiles_of

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
ORIGIN = "log.example/one"
LEAVES = [b"leaf %d" % number for number in range(1300)]
TREE = MemoryTree(map(leaf_hash, LEAVES))


def leaves(start: int, end: int) -> list[bytes]:
    return LEAVES[start:end]


def hashes(level: int, start: int, end: int) -> bytes:
    return b"".join(TREE.read(level, index) for index in range(start, end))


def note(size: int) -> str:
    return sign_checkpoint(Checkpoint(ORIGIN, size, root_at(size, TREE.read)), KEY)


def write(files: LogFiles, before: int, after: int) -> None:
    files.write(before, after, leaves, hashes)
    files.publish(note(after))


def content(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def names_of(size: int) -> set[str]:
    """Every file a log of this size must have."""
    tiles = list(tiles_of(size))
    bundles = {entries_path(index, width) for level, index, width in tiles if level == 0}
    return {tile_path(*tile) for tile in tiles} | bundles | {"checkpoint"}


@settings(max_examples=30, deadline=None)
@given(steps=st.lists(st.integers(0, 1300) | st.sampled_from([255, 256, 257, 512, 1024]), min_size=1, max_size=6))
def test_written_in_steps_it_holds_what_is_written_at_once(
    steps: list[int], tmp_path_factory: pytest.TempPathFactory
) -> None:
    sizes = sorted(steps)
    stepwise, at_once = (LogFiles(tmp_path_factory.mktemp("log")) for _ in range(2))
    for before, after in zip([0, *sizes], sizes, strict=False):
        write(stepwise, before, after)
    write(at_once, 0, sizes[-1])
    found, expected = content(stepwise.folder), content(at_once.folder)
    assert set(expected) == names_of(sizes[-1])
    assert {name: found[name] for name in expected} == expected
    # Beside it only partial tiles of earlier checkpoints, and none whose full tile is there.
    for name in set(found) - set(expected):
        assert ".p/" in name
        assert name.partition(".p/")[0] not in found


@settings(max_examples=30, deadline=None)
@given(size=st.integers(0, 1300), start=st.integers(0, 1300), end=st.integers(0, 1300))
def test_leaves_read_back_as_they_were_written(
    size: int, start: int, end: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    files = LogFiles(tmp_path_factory.mktemp("log"))
    write(files, 0, size)
    assert files.size() == size
    start, end = sorted((min(start, size), min(end, size)))
    assert [leaf for some in files.leaves(start, end) for leaf in some] == LEAVES[start:end]


def test_every_checkpoint_given_out_can_be_proved_from_the_files(tmp_path: Path) -> None:
    """As the specification asks: partial tiles stay until the full one is there."""
    files, sizes = LogFiles(tmp_path), [1, 3, 200, 256, 300, 513, 514]
    for before, after in zip([0, *sizes], sizes, strict=False):
        write(files, before, after)
    for size in sizes:
        assert root_at(size, nodes_from_tiles(size, files.read_tile)) == root_at(size, TREE.read)


def test_partial_tiles_go_once_the_full_one_is_signed_for_and_not_before(tmp_path: Path) -> None:
    files = LogFiles(tmp_path)
    write(files, 0, 200)
    files.write(200, 300, leaves, hashes)
    assert (tmp_path / entries_path(0, 200)).exists()
    files.publish(note(300))
    assert not (tmp_path / entries_path(0, 200)).parent.exists()
    assert not (tmp_path / tile_path(0, 0, 200)).parent.exists()


def test_extending_starts_where_the_published_checkpoint_ends(tmp_path: Path) -> None:
    write(LogFiles(tmp_path), 0, 300)
    read: list[int] = []

    def watched(start: int, end: int) -> list[bytes]:
        read.append(start)
        return leaves(start, end)

    LogFiles(tmp_path).extend(600, watched, hashes)
    assert read == [256, 512]


@pytest.mark.parametrize("name", [entries_path(0), tile_path(0, 0), entries_path(1, 44), tile_path(1, 0, 1)])
def test_other_bytes_where_a_file_is_due_are_kept_and_refused(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.parent.mkdir(parents=True)
    path.write_bytes(b"something else")
    with pytest.raises(PlatformError, match="holds other entries than the database") as caught:
        LogFiles(tmp_path).write(0, 300, leaves, hashes)
    assert (caught.value.code, caught.value.permanent) == ("log.bundle_differs", True)
    assert path.read_bytes() == b"something else"


def test_a_bundle_that_does_not_continue_the_narrower_one_is_refused(tmp_path: Path) -> None:
    files = LogFiles(tmp_path)
    write(files, 0, 200)
    with pytest.raises(PlatformError, match="holds other entries") as caught:
        files.write(200, 220, lambda start, end: [b"forged", *LEAVES[start + 1 : end]], hashes)
    assert caught.value.code == "log.bundle_differs"
    assert not (tmp_path / entries_path(0, 220)).exists()


def test_writing_the_same_again_changes_nothing(tmp_path: Path) -> None:
    write(LogFiles(tmp_path), 0, 300)
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*") if path.is_file()}
    write(LogFiles(tmp_path), 0, 300)
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*") if path.is_file()} == before


@pytest.mark.parametrize(("gone", "ends"), [(entries_path(0), 0), (entries_path(1), 256), (entries_path(2, 88), 512)])
def test_a_bundle_that_is_gone_is_named(tmp_path: Path, gone: str, ends: int) -> None:
    files = LogFiles(tmp_path)
    write(files, 0, 600)
    (tmp_path / gone).unlink()
    with pytest.raises(PlatformError, match=f"end at entry {ends}: ") as caught:
        list(files.leaves(0, 600))
    assert caught.value.code == "log.short"


def test_a_damaged_bundle_is_not_read_past(tmp_path: Path) -> None:
    files = LogFiles(tmp_path)
    write(files, 0, 3)
    path = tmp_path / entries_path(0, 3)
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(TamperedError, match="ends within leaf 2"):
        list(files.leaves(0, 3))


def test_nothing_half_written_is_left_behind_under_a_name_that_counts(tmp_path: Path) -> None:
    """A file that cannot take its place leaves no other one."""
    (tmp_path / tile_path(0, 0, 3)).mkdir(parents=True)
    with pytest.raises(OSError):
        LogFiles(tmp_path).write(0, 3, leaves, hashes)
    assert not list(tmp_path.rglob(".incoming-*"))


def test_its_files_can_be_read_by_a_web_server_of_another_user(tmp_path: Path) -> None:
    write(LogFiles(tmp_path), 0, 3)
    modes = {stat.S_IMODE(os.stat(path).st_mode) for path in tmp_path.rglob("*") if path.is_file()}
    assert modes == {0o644}


def test_before_the_first_checkpoint_nothing_is_published(tmp_path: Path) -> None:
    files = LogFiles(tmp_path / "log")
    assert (files.note(), files.published(), files.size()) == (None, None, 0)


def test_an_older_checkpoint_never_takes_the_place_of_a_newer_one(tmp_path: Path) -> None:
    files = LogFiles(tmp_path)
    write(files, 0, 300)
    files.publish(note(200))
    assert files.note() == note(300)
