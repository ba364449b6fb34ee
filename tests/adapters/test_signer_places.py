"""The signer reads the variables itself; here it is held to what the settings read."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from governance.adapters.signer_places import MAX_SOCKET_BYTES, signer_places, socket_address
from governance.errors import PlatformError

ROOT = Path(__file__).resolve().parents[2]
SETTINGS = """
import json
from governance import settings
names = ("SIGNER_DIR", "LOG_ORIGIN", "LOG_KEY", "SIGNER_SOCKET")
print(json.dumps([str(getattr(settings, name)) for name in names]))
"""
ELSEWHERE = {
    "CLEARCUT_SIGNER_DIR": "/srv/signer",
    "CLEARCUT_LOG_ORIGIN": "log.example/one",
    "CLEARCUT_LOG_KEY": "/srv/keys/log.pem",
    "CLEARCUT_SIGNER_SOCKET": "/run/signer.sock",
}


@pytest.mark.parametrize(
    "variables",
    [{}, {"CLEARCUT_STATE_DIR": "/srv/state"}, {"CLEARCUT_KEYS_DIR": "/srv/keys"}, ELSEWHERE],
    ids=["defaults", "another state folder", "another key folder", "each elsewhere"],
)
def test_it_reads_what_the_settings_read(variables: dict[str, str]) -> None:
    environ = {"PATH": os.environ["PATH"], "CLEARCUT_SECRET_KEY": "x" * 50, **variables}
    done = subprocess.run(
        [sys.executable, "-c", SETTINGS], cwd=ROOT, env=environ, capture_output=True, text=True, check=True
    )
    places = signer_places(environ)
    assert [str(places.folder), places.origin, places.log_key, str(places.socket)] == json.loads(done.stdout)


def test_a_variable_may_name_a_file_that_holds_the_value(tmp_path: Path) -> None:
    (tmp_path / "origin").write_text("log.example/one\n")
    assert signer_places({"CLEARCUT_LOG_ORIGIN_FILE": str(tmp_path / "origin")}).origin == "log.example/one"


def test_a_named_file_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PlatformError, match="CLEARCUT_LOG_ORIGIN_FILE names a file that cannot be read") as caught:
        signer_places({"CLEARCUT_LOG_ORIGIN_FILE": str(tmp_path / "absent")})
    assert (caught.value.code, caught.value.permanent) == ("signer.settings", True)


def test_a_path_as_long_as_a_socket_may_be_is_used_as_it_is() -> None:
    longest = Path("/" + "x" * (MAX_SOCKET_BYTES - 1))
    assert socket_address(longest) == longest
    assert socket_address(Path(f"{longest}x")) != Path(f"{longest}x")


def test_each_path_that_is_too_long_has_a_short_one_of_its_own() -> None:
    paths = [Path("/" + name * 120) for name in ("é", "y")]
    short = {socket_address(path) for path in paths}
    assert len(short) == 2
    assert all(len(os.fsencode(path)) <= MAX_SOCKET_BYTES for path in short)
