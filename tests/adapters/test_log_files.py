"""The log as files: what is written in steps is what is written at once, nothing changes, everything reads back."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from governance.adapters.log_aside import set_aside, strangers
from governance.adapters.log_files import LogFiles
from governance.errors import PlatformError
from governance.ledger.checkpoint import Checkpoint, sign_checkpoint
from governance.ledger.errors import NoteError, TamperedError
from governance.ledger.merkle import MemoryTree, leaf_hash, root_at
from governance.ledger.note import VerifierKey
from governance.ledger.tile import entries_path, entry_bundle, nodes_from_tiles, tile_path, tiles_of
from governance.ledger.trust import Trust, TrustedLogKey
from tests.ledger.factories import make_trust

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


def trust() -> Trust:
    return make_trust(origin=ORIGIN, log_keys=(TrustedLogKey(VerifierKey.of(ORIGIN, KEY)),))


def log_at(folder: Path) -> LogFiles:
    return LogFiles(folder, trust=trust)


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
    stepwise, at_once = (log_at(tmp_path_factory.mktemp("log")) for _ in range(2))
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
    files = log_at(tmp_path_factory.mktemp("log"))
    write(files, 0, size)
    assert files.size() == size
    start, end = sorted((min(start, size), min(end, size)))
    assert [leaf for some in files.leaves(start, end) for leaf in some] == LEAVES[start:end]


def test_every_checkpoint_given_out_can_be_proved_from_the_files(tmp_path: Path) -> None:
    """As the specification asks: partial tiles stay until the full one is there."""
    files, sizes = log_at(tmp_path), [1, 3, 200, 256, 300, 513, 514]
    for before, after in zip([0, *sizes], sizes, strict=False):
        write(files, before, after)
    for size in sizes:
        assert root_at(size, nodes_from_tiles(size, files.read_tile)) == root_at(size, TREE.read)


def test_partial_tiles_go_once_the_full_one_is_signed_for_and_not_before(tmp_path: Path) -> None:
    files = log_at(tmp_path)
    write(files, 0, 200)
    files.write(200, 300, leaves, hashes)
    assert (tmp_path / entries_path(0, 200)).exists()
    files.publish(note(300))
    assert not (tmp_path / entries_path(0, 200)).parent.exists()
    assert not (tmp_path / tile_path(0, 0, 200)).parent.exists()


def test_extending_starts_where_the_published_checkpoint_ends(tmp_path: Path) -> None:
    write(log_at(tmp_path), 0, 300)
    read: list[int] = []

    def watched(start: int, end: int) -> list[bytes]:
        read.append(start)
        return leaves(start, end)

    log_at(tmp_path).extend(600, watched, hashes)
    assert read == [256, 512]


@pytest.mark.parametrize("name", [entries_path(0), tile_path(0, 0), entries_path(1, 44), tile_path(1, 0, 1)])
def test_other_bytes_where_a_file_is_due_are_kept_and_refused(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.parent.mkdir(parents=True)
    path.write_bytes(b"something else")
    with pytest.raises(PlatformError, match="holds other entries than the database") as caught:
        log_at(tmp_path).write(0, 300, leaves, hashes)
    assert (caught.value.code, caught.value.permanent) == ("log.bundle_differs", True)
    assert path.read_bytes() == b"something else"


def test_a_bundle_that_does_not_continue_the_narrower_one_is_refused(tmp_path: Path) -> None:
    files = log_at(tmp_path)
    write(files, 0, 200)
    with pytest.raises(PlatformError, match="holds other entries") as caught:
        files.write(200, 220, lambda start, end: [b"forged", *LEAVES[start + 1 : end]], hashes)
    assert caught.value.code == "log.bundle_differs"
    assert not (tmp_path / entries_path(0, 220)).exists()


def test_writing_the_same_again_changes_nothing(tmp_path: Path) -> None:
    write(log_at(tmp_path), 0, 300)
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*") if path.is_file()}
    write(log_at(tmp_path), 0, 300)
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*") if path.is_file()} == before


@pytest.mark.parametrize(("gone", "ends"), [(entries_path(0), 0), (entries_path(1), 256), (entries_path(2, 88), 512)])
def test_a_bundle_that_is_gone_is_named(tmp_path: Path, gone: str, ends: int) -> None:
    files = log_at(tmp_path)
    write(files, 0, 600)
    (tmp_path / gone).unlink()
    with pytest.raises(PlatformError, match=f"end at entry {ends}: ") as caught:
        list(files.leaves(0, 600))
    assert caught.value.code == "log.short"


def test_a_damaged_bundle_is_not_read_past(tmp_path: Path) -> None:
    files = log_at(tmp_path)
    write(files, 0, 3)
    path = tmp_path / entries_path(0, 3)
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(TamperedError, match="ends within leaf 2"):
        list(files.leaves(0, 3))


def test_nothing_half_written_is_left_behind_under_a_name_that_counts(tmp_path: Path) -> None:
    """A file that cannot take its place leaves no other one."""
    (tmp_path / tile_path(0, 0, 3)).mkdir(parents=True)
    with pytest.raises(OSError):
        log_at(tmp_path).write(0, 3, leaves, hashes)
    assert not list(tmp_path.rglob(".incoming-*"))


def test_its_files_can_be_read_by_a_web_server_of_another_user(tmp_path: Path) -> None:
    write(log_at(tmp_path), 0, 3)
    modes = {stat.S_IMODE(os.stat(path).st_mode) for path in tmp_path.rglob("*") if path.is_file()}
    assert modes == {0o644}


def test_before_the_first_checkpoint_nothing_is_published(tmp_path: Path) -> None:
    files = log_at(tmp_path / "log")
    assert (files.note(), files.published(), files.size()) == (None, None, 0)


def test_an_older_checkpoint_never_takes_the_place_of_a_newer_one(tmp_path: Path) -> None:
    files = log_at(tmp_path)
    write(files, 0, 300)
    files.publish(note(200))
    assert files.note() == note(300)


def test_attack_18_a_checkpoint_nobody_signed_is_neither_relied_on_nor_written_over(tmp_path: Path) -> None:
    """Whoever put it there must be looked for first."""
    files = log_at(tmp_path)
    write(files, 0, 3)
    forged = sign_checkpoint(Checkpoint(ORIGIN, 99_999, b"1" * 32), Ed25519PrivateKey.generate())
    (tmp_path / "checkpoint").write_text(forged)
    for act in (files.published, lambda: files.publish(note(3)), lambda: log_at(tmp_path).extend(5, leaves, hashes)):
        with pytest.raises(NoteError, match="expected one by one of"):
            act()
    assert files.note() == forged
    assert not (tmp_path / entries_path(0, 5)).exists()


def test_leaves_are_read_from_the_bundle_that_was_signed_for(tmp_path: Path) -> None:
    """Not from a wider one, which nobody has signed for yet."""
    files = log_at(tmp_path)
    write(files, 0, 3)
    (tmp_path / entries_path(0, 7)).write_bytes(entry_bundle([b"forged"] * 7))
    (tmp_path / entries_path(0)).write_bytes(entry_bundle([b"forged"] * 256))
    assert list(files.leaves(0, 3)) == [LEAVES[:3]]


@pytest.mark.parametrize("size", [0, 3, 300, 1300])
def test_what_the_database_holds_is_no_stranger(tmp_path: Path, size: int) -> None:
    log_at(tmp_path).write(0, size, leaves, hashes)
    assert strangers(tmp_path, 0, size, leaves, hashes) == []


@pytest.mark.parametrize("name", [entries_path(1, 44), tile_path(0, 1, 45), tile_path(1, 0, 2), entries_path(1234)])
def test_whatever_goes_beyond_what_was_signed_and_is_not_of_the_database_is_a_stranger(
    tmp_path: Path, name: str
) -> None:
    write(log_at(tmp_path), 0, 280)
    (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / name).write_bytes(b"something else")
    assert strangers(tmp_path, 280, 300, leaves, hashes) == [tmp_path / name]


def test_a_link_or_a_folder_where_a_file_is_due_is_a_stranger(tmp_path: Path) -> None:
    log_at(tmp_path).write(0, 300, leaves, hashes)
    bundle, tile = tmp_path / entries_path(1, 44), tmp_path / tile_path(0, 1, 44)
    bundle.rename(tmp_path / "elsewhere")
    bundle.symlink_to(tmp_path / "elsewhere")
    tile.unlink()
    tile.mkdir()
    assert strangers(tmp_path, 256, 300, leaves, hashes) == [tile, bundle]


def test_what_is_moved_aside_is_kept_under_its_name(tmp_path: Path) -> None:
    for number in ("0001", "0002"):
        path = tmp_path / entries_path(0, 3)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(number)
        assert set_aside(tmp_path, [path]) == tmp_path / "aside" / number
        assert not path.exists()
    assert (tmp_path / "aside" / "0001" / entries_path(0, 3)).read_text() == "0001"
    assert (tmp_path / "aside" / "0002" / entries_path(0, 3)).read_text() == "0002"
