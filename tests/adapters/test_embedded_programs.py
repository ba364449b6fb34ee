"""Which copy of the server programs is used."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from governance.adapters import embedded_programs
from governance.adapters.embedded_account import Account
from governance.adapters.embedded_process import EmbeddedError
from governance.adapters.embedded_programs import find_programs


class Outsider(Account):
    """An account that the folder of the installation is closed to."""

    def can(self, test: str, path: Path) -> bool:
        return False


def test_programs_the_account_can_reach_are_used_where_they_are(tmp_path: Path) -> None:
    programs = find_programs(Account(os.geteuid(), os.getegid(), foreign=False), tmp_path)
    assert "site-packages" in str(programs.postgres)
    assert list(tmp_path.iterdir()) == []


def test_programs_out_of_reach_are_copied_whole_and_run(tmp_path: Path) -> None:
    programs = find_programs(Outsider(os.geteuid(), os.getegid(), foreign=False), tmp_path / "spare")
    for program in (programs.postgres, programs.initdb, programs.redis_server):
        assert program.is_relative_to(tmp_path)
        assert subprocess.run([program, "--version"], check=True, capture_output=True).stdout
    assert find_programs(Outsider(os.geteuid(), os.getegid(), foreign=False), tmp_path / "spare") == programs


def test_a_missing_package_names_what_to_install() -> None:
    with pytest.raises(EmbeddedError, match=r"no_such_package is not installed.*\[embedded\]"):
        embedded_programs._package_folder("no_such_package")
