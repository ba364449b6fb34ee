"""Counting the users of the embedded servers."""

from __future__ import annotations

import os
from pathlib import Path

from governance.adapters.embedded_lock import Occupancy


def test_the_only_user_is_the_last_to_leave(tmp_path: Path) -> None:
    occupancy = Occupancy(tmp_path)
    with occupancy.changing():
        occupancy.join()
        assert occupancy.occupied()
        assert occupancy.leave() is True


def test_leaving_before_another_user_is_not_leaving_last(tmp_path: Path) -> None:
    first, second = Occupancy(tmp_path), Occupancy(tmp_path)
    first.join()
    second.join()
    assert first.leave() is False
    assert second.leave() is True


def test_a_user_that_died_does_not_count(tmp_path: Path) -> None:
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        Occupancy(tmp_path).join()
        os.write(write, b"joined")
        os._exit(0)
    assert os.read(read, 6) == b"joined"
    os.waitpid(child, 0)
    assert Occupancy(tmp_path).occupied() is False
