"""Who may ask the signer: asked as another user of the same machine."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import pytest

from tests.adapters.signer_programs import ROOT, running

NOBODY, SHARED, OTHERS = 65_534, 64_999, 64_998
# It becomes the other user only once everything is loaded, as that user may not be let into the checkout.
ASK = """
import os, sys
from pathlib import Path
from governance.adapters.signer import RemoteSigner
from governance.errors import PlatformError
path, user, group, *more = sys.argv[1:]
os.setgroups([int(item) for item in more])
os.setgid(int(group))
os.setuid(int(user))
try:
    print(RemoteSigner(Path(path)).last())
except PlatformError as problem:
    print(problem)
"""
Test = TypeVar("Test", bound=Callable[..., None])


def as_root(test: Test) -> Test:
    """Only root can become somebody else: for anybody else there is no such test."""
    test.__test__ = os.geteuid() == 0  # type: ignore[attr-defined]
    return test


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that anybody may pass through (pytest's own are private)."""
    base = Path(tempfile.mkdtemp(prefix="clearcut-peers-"))
    base.chmod(0o755)
    yield base
    shutil.rmtree(base)


def ask_as(folder: Path, user: int, *groups: int) -> str:
    command = [sys.executable, "-c", ASK, str(folder / "signer.sock"), str(user), *map(str, groups)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout


@as_root
def test_another_user_cannot_reach_the_socket(folder: Path) -> None:
    with running(folder):
        answer = ask_as(folder, NOBODY, NOBODY)
    assert "[signer.unreachable]" in answer
    assert "Permission denied" in answer


@as_root
def test_another_user_is_refused_even_where_the_socket_was_opened_to_all(folder: Path) -> None:
    with running(folder) as signer:
        (folder / "signer.sock").chmod(0o666)
        assert f"[signer.forbidden] User {NOBODY} (group {NOBODY}) may not use" in ask_as(folder, NOBODY, NOBODY)
        assert signer.last() is None


@as_root
@pytest.mark.parametrize("groups", [(SHARED,), (NOBODY, SHARED), (NOBODY, OTHERS, SHARED)])
def test_a_member_of_the_group_may_ask(folder: Path, groups: tuple[int, ...]) -> None:
    with running(folder, CLEARCUT_SIGNER_GROUP=str(SHARED)):
        assert ask_as(folder, NOBODY, *groups) == "None\n"


@as_root
def test_members_of_other_groups_may_not(folder: Path) -> None:
    with running(folder, CLEARCUT_SIGNER_GROUP=str(SHARED)):
        assert "Permission denied" in ask_as(folder, NOBODY, NOBODY, OTHERS)
        (folder / "signer.sock").chmod(0o666)
        assert "[signer.forbidden]" in ask_as(folder, NOBODY, NOBODY, OTHERS)


@as_root
def test_the_group_of_the_signers_user_counts_only_when_it_was_named(folder: Path) -> None:
    with running(folder) as signer:
        (folder / "signer.sock").chmod(0o666)
        assert "[signer.forbidden]" in ask_as(folder, NOBODY, os.getegid())
        assert signer.last() is None
