"""What the signer's process makes of requests without meaning, and who its socket is open to."""

from __future__ import annotations

import json
import os
import socket
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from governance.adapters.signer import RemoteSigner
from tests.adapters.signer_programs import place_key, run, running


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


@pytest.fixture
def signer(folder: Path) -> Iterator[RemoteSigner]:
    with running(folder) as remote:
        yield remote


def send(folder: Path, data: bytes) -> bytes:
    """What the signer answers to these bytes, however odd they are."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(30)
        connection.connect(str(folder / "signer.sock"))
        try:
            connection.sendall(data)
            connection.shutdown(socket.SHUT_WR)
        except BrokenPipeError:  # it has heard enough
            pass
        answer = b""
        try:
            while chunk := connection.recv(65_536):
                answer += chunk
        except ConnectionResetError:
            pass
        return answer


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"\n", "not JSON"),
        (b"[]\n", "expected the fields"),
        (b"\xff\n", "not UTF-8"),
        (b'{"op":"last","op":"last"}\n', "twice"),
        (b'{"op":"last","more":1}\n', "expected the fields"),
        (b'{"op":"key","size":1,"root":"","consistency":[]}\n', "expected last or sign"),
        (b'{"op":"sign","size":1}\n', "expected the fields"),
        (b'{"op":"sign","size":-1,"root":"%s","consistency":[]}\n' % (b"0" * 64), "Got size -1"),
        (b'{"op":"sign","size":1.5,"root":"%s","consistency":[]}\n' % (b"0" * 64), "expected an integer"),
        (b'{"op":"sign","size":true,"root":"%s","consistency":[]}\n' % (b"0" * 64), "Got size True"),
        (b'{"op":"sign","size":1,"root":"%s","consistency":[]}\n' % (b"A" * 64), "expected a hash"),
        (b'{"op":"sign","size":1,"root":"00","consistency":[]}\n', "expected a hash"),
        (b'{"op":"sign","size":0,"root":"%s","consistency":[]}\n' % (b"0" * 64), "for an empty log"),
        (b'{"op":"sign","size":9007199254740993,"root":"00","consistency":[]}\n', "less than 2^53"),
        (
            b'{"op":"sign","size":1,"root":"%s","consistency":%s}\n'
            % (b"0" * 64, json.dumps(["0" * 64] * 64).encode()),
            "at most 63 hashes",
        ),
        (b'{"op":"sign","size":1,"root":"%s","consistency":["zz"]}\n' % (b"0" * 64), "expected a hash"),
        (b'{"op":"last"}\n{"op":"last"}\n', "one line only"),
        (b"[" * 5000 + b"\n", "nest"),
        (b"x" * 20_000, "more than 16384 bytes"),
    ],
)
def test_a_request_without_meaning_is_refused_and_the_next_one_heard(
    folder: Path, signer: RemoteSigner, data: bytes, message: str
) -> None:
    answer = json.loads(send(folder, data))
    assert answer["refused"]["code"] == "signer.malformed"
    assert message in answer["refused"]["message"]
    assert signer.last() is None


def test_a_request_of_any_length_ends_at_the_bound(folder: Path, signer: RemoteSigner) -> None:
    assert b"more than 16384 bytes" in send(folder, b"x" * 10_000_000)
    assert signer.last() is None


def test_a_request_that_breaks_off_is_dropped(folder: Path, signer: RemoteSigner) -> None:
    assert send(folder, b'{"op":"last"') == b""
    assert signer.last() is None


def test_somebody_who_says_nothing_holds_it_up_for_seconds_only(folder: Path, signer: RemoteSigner) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as silent:
        silent.connect(str(folder / "signer.sock"))
        silent.sendall(b"{")
        assert signer.last() is None


def test_the_socket_is_its_owners_alone(folder: Path, signer: RemoteSigner) -> None:
    assert stat.S_IMODE((folder / "signer.sock").stat().st_mode) == 0o600


def test_a_group_may_be_let_in(folder: Path) -> None:
    with running(folder, CLEARCUT_SIGNER_GROUP=str(os.getegid())) as signer:
        found = (folder / "signer.sock").stat()
        assert (stat.S_IMODE(found.st_mode), found.st_gid) == (0o660, os.getegid())
        assert signer.last() is None


def test_a_group_that_does_not_exist_is_named(folder: Path) -> None:
    place_key(folder)
    assert "There is no group 'nobody-knows'" in run(folder, CLEARCUT_SIGNER_GROUP="nobody-knows").stderr
