"""The signer as its callers see it: away, slow, or somebody else in its place."""

from __future__ import annotations

import json
import os
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from governance.adapters.signer import RemoteSigner, Signer, SignerUnreachable
from governance.adapters.signer_places import MAX_SOCKET_BYTES, socket_address
from tests.adapters.signed_trees import KEY, ORIGIN, refused, root_of, sign, tree
from tests.adapters.signer_programs import place_key, running, start


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


def test_a_path_too_long_for_a_socket_has_a_short_one_in_its_place(folder: Path) -> None:
    place_key(folder)
    path = folder / ("deep" * 30) / "signer.sock"
    assert len(os.fsencode(path)) > MAX_SOCKET_BYTES
    with running(folder, CLEARCUT_SIGNER_SOCKET=str(path)):
        assert RemoteSigner(path).last() is None
        short = socket_address(path)
        assert stat.S_IMODE(short.parent.stat().st_mode) == 0o700
    assert not short.exists()
    short.parent.rmdir()


def test_away_it_is_unreachable_and_nothing_is_lost(folder: Path) -> None:
    with pytest.raises(SignerUnreachable, match="does not answer at .*: No such file or directory") as caught:
        RemoteSigner(folder / "signer.sock").last()
    assert (caught.value.code, caught.value.permanent) == ("signer.unreachable", False)
    assert "python -m governance.adapters.signer_process" in caught.value.how_to_fix


def test_a_signer_that_does_not_answer_in_time_is_unreachable(folder: Path) -> None:
    place_key(folder)
    process = start(folder)
    process.send_signal(signal.SIGSTOP)
    try:
        with pytest.raises(SignerUnreachable, match="timed out"):
            RemoteSigner(folder / "signer.sock", seconds=0.2).last()
    finally:
        process.kill()
        process.communicate(timeout=30)


ANSWERS = [
    (b"{}\n", "expected the fields"),
    (b'{"note":"no note"}\n', "checkpoint"),
    (b'{"note":5}\n', "expected text"),
    (b'{"refused":{"code":"other","message":"","how_to_fix":"","permanent":true}}\n', "a refusal with code 'other'"),
    (b"x" * 20_000, "more than 16384 bytes"),
]


def one_answer(path: Path, answer: bytes) -> subprocess.Popen[bytes]:
    """Somebody else at the signer's socket, who says ``answer`` to whatever is asked."""
    code = (
        "import socket, sys\n"
        "server = socket.socket(socket.AF_UNIX); server.bind(sys.argv[1]); server.listen(); print(flush=True)\n"
        "peer, _ = server.accept(); peer.recv(65536); peer.sendall(sys.stdin.buffer.read())\n"
    )
    process = subprocess.Popen([sys.executable, "-c", code, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(answer)
    process.stdin.close()
    process.stdout.readline()
    return process


@pytest.mark.parametrize(("answer", "message"), ANSWERS)
def test_an_answer_without_meaning_is_refused(folder: Path, answer: bytes, message: str) -> None:
    with one_answer(folder / "signer.sock", answer) as impostor:
        problem = refused(lambda: RemoteSigner(folder / "signer.sock").sign(1, root_of(tree("a")), ()))
        impostor.kill()
    assert problem.code == "signer.malformed"
    assert message in problem.message


def test_a_note_for_another_tree_than_asked_is_refused(folder: Path) -> None:
    note = sign(Signer(folder / "memory", ORIGIN, KEY), tree("a", "b"))
    with one_answer(folder / "signer.sock", json.dumps({"note": note}).encode() + b"\n") as impostor:
        problem = refused(lambda: RemoteSigner(folder / "signer.sock").sign(1, root_of(tree("a")), ()))
        impostor.kill()
    assert "Asked for 1 leaves" in problem.message
