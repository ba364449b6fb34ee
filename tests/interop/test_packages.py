"""What is fetched for the verifiers in JavaScript is named by digest, wherever it is fetched from."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.interop.tools import HERE, PROGRAMS, tool

LOCK = json.loads((HERE / "node" / "package-lock.json").read_text(encoding="utf-8"))
PACKAGES = {name: package for name, package in LOCK["packages"].items() if name}


def test_every_package_is_named_by_its_digest() -> None:
    assert [name for name, package in PACKAGES.items() if not package["integrity"].startswith("sha512-")] == []


def test_no_registry_is_named() -> None:
    assert [name for name, package in PACKAGES.items() if "resolved" in package] == []


def test_every_license_is_permissive() -> None:
    assert {package["license"] for package in PACKAGES.values()} <= {"0BSD", "Apache-2.0", "BSD-3-Clause", "MIT"}


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_missing_program_is_a_failure_that_says_what_to_install(
    name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(AssertionError, match=f"^{name} is missing. Install it .*: apt-get install {PROGRAMS[name]}"):
        tool(name)
