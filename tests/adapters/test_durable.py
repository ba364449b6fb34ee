"""Files that are there whole or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from governance.adapters.durable import replace_file, write_once


def test_a_file_is_replaced_as_a_whole_and_nothing_is_left_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "state"
    for content in (b"first", b"second, and longer", b""):
        replace_file(path, content)
        assert path.read_bytes() == content
    assert [item.name for item in tmp_path.iterdir()] == ["state"]


def test_what_was_written_once_stays_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "evidence"
    assert write_once(path, b"first")
    assert not write_once(path, b"second")
    assert path.read_bytes() == b"first"
    assert [item.name for item in tmp_path.iterdir()] == ["evidence"]


@pytest.mark.parametrize("write", [replace_file, write_once])
def test_its_owner_alone_may_read_it(tmp_path: Path, write: object) -> None:
    path = tmp_path / "private"
    assert callable(write)
    write(path, b"x")
    assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("write", [replace_file, write_once])
def test_what_a_killed_writer_left_is_overwritten(tmp_path: Path, write: object) -> None:
    (tmp_path / "state.incoming").write_bytes(b"half of something much longer")
    assert callable(write)
    write(tmp_path / "state", b"x")
    assert (tmp_path / "state").read_bytes() == b"x"
