"""The signer as a program of its own: asked over its socket, killed, and started twice."""

from __future__ import annotations

import json
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from governance.adapters.signer import RemoteSigner, Signer
from governance.ledger.checkpoint import open_checkpoint
from governance.provenance.canonical import timestamp
from tests.adapters.signed_trees import KEY, ORIGIN, VERIFIER, refused, root_of, sign, tree
from tests.adapters.signer_programs import ROOT, place_key, run, running, start


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


@pytest.fixture
def signer(folder: Path) -> Iterator[RemoteSigner]:
    with running(folder) as remote:
        yield remote


def eventually(condition: Callable[[], object]) -> bool:
    deadline = time.monotonic() + 20
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True


def test_it_signs_what_continues_and_remembers_it(signer: RemoteSigner) -> None:
    assert signer.last() is None
    for leaves in ("a", "ab", "abcde"):
        note = sign(signer, tree(*leaves))
    assert open_checkpoint(note, [VERIFIER], ORIGIN).checkpoint.size == 5
    last = signer.last()
    assert last is not None
    assert (last.size, last.root, last.note) == (5, root_of(tree(*"abcde")), note)
    assert last.signed_at is not None


def test_it_says_which_key_it_signs_with(signer: RemoteSigner) -> None:
    assert signer.verifier_key() == VERIFIER


def test_it_needs_no_django(folder: Path) -> None:
    code = (
        "import sys, governance.adapters.signer_process;"
        "print({'django', 'celery', 'psycopg', 'redis', 'governance.settings'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"


def test_refusals_come_back_with_their_own_codes(folder: Path, signer: RemoteSigner) -> None:
    sign(signer, tree("a", "b"))
    assert refused(lambda: sign(signer, tree("a"))).code == "signer.rollback"
    problem = refused(lambda: sign(signer, tree("a", "x")))
    assert (problem.code, problem.permanent) == ("signer.fork", True)
    assert root_of(tree("a", "x")).hex() in problem.message
    assert "Keep both, stop writing, and investigate." in problem.how_to_fix
    assert refused(lambda: signer.sign(3, root_of(tree("a", "b", "c")), ())).code == "signer.fork"
    assert len(list((folder / "memory" / "refused").iterdir())) == 3


def test_a_clock_that_was_put_back_is_refused(folder: Path, signer: RemoteSigner) -> None:
    sign(signer, tree("a"))
    path = folder / "memory" / "last-signed.json"
    ahead = {**json.loads(path.read_text()), "signed_at": timestamp(datetime.now(UTC) + timedelta(hours=1))}
    path.write_text(json.dumps(ahead))
    problem = refused(lambda: sign(signer, tree("a", "b")))
    assert (problem.code, problem.permanent) == ("signer.clock", False)


def test_killed_after_it_signed_and_before_anybody_read_it_gives_the_same_note_again(folder: Path) -> None:
    place_key(folder)
    leaves = tree("a", "b", "c")
    process = start(folder)
    state = folder / "memory" / "last-signed.json"
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.connect(str(folder / "signer.sock"))
        request = {"op": "sign", "size": 3, "root": root_of(leaves).hex(), "consistency": []}
        connection.sendall(json.dumps(request).encode() + b"\n")
        assert eventually(state.exists)
        process.kill()
    process.communicate(timeout=30)
    kept = json.loads(state.read_text())["note"]
    with running(folder) as again:
        assert sign(again, leaves) == kept
        assert refused(lambda: sign(again, tree("a", "b", "x"))).code == "signer.fork"


def test_a_socket_left_by_a_killed_signer_is_replaced(folder: Path) -> None:
    place_key(folder)
    process = start(folder)
    process.kill()
    process.communicate(timeout=30)
    assert (folder / "signer.sock").exists()
    with running(folder) as signer:
        assert signer.last() is None


def test_sigterm_ends_it_cleanly_and_removes_the_socket(folder: Path) -> None:
    place_key(folder)
    process = start(folder)
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=30)
    assert process.returncode == 0
    assert not (folder / "signer.sock").exists()


def test_a_second_process_on_the_same_memory_does_not_start(folder: Path, signer: RemoteSigner) -> None:
    done = run(folder, CLEARCUT_SIGNER_SOCKET=str(folder / "other.sock"))
    assert done.returncode == 1
    assert "[signer.taken] A signer already uses" in done.stderr
    assert signer.last() is None


def test_a_second_process_on_the_same_socket_does_not_start(folder: Path, signer: RemoteSigner) -> None:
    done = run(folder, CLEARCUT_SIGNER_DIR=str(folder / "another-memory"))
    assert done.returncode == 1
    assert "[signer.socket] Another process answers at" in done.stderr
    assert signer.last() is None


def test_what_is_no_socket_is_not_removed(folder: Path) -> None:
    place_key(folder)
    (folder / "signer.sock").write_text("precious")
    done = run(folder)
    assert done.returncode == 1
    assert "exists and is no socket" in done.stderr
    assert (folder / "signer.sock").read_text() == "precious"


def test_a_damaged_memory_keeps_it_from_starting(folder: Path) -> None:
    place_key(folder)
    sign(Signer(folder / "memory", ORIGIN, KEY), tree("a"))
    path = folder / "memory" / "last-signed.json"
    path.write_text(path.read_text().replace('"size": 1', '"size": 0'))
    done = run(folder)
    assert done.returncode == 1
    assert "[signer.damaged]" in done.stderr


def test_a_key_that_others_can_read_keeps_it_from_starting(folder: Path) -> None:
    place_key(folder).chmod(0o640)
    done = run(folder)
    assert done.returncode == 1
    assert "permissions 0640" in done.stderr


def test_a_memory_that_others_may_write_to_keeps_it_from_starting(folder: Path) -> None:
    place_key(folder)
    (folder / "memory").mkdir()
    (folder / "memory").chmod(0o770)
    done = run(folder)
    assert done.returncode == 1
    assert "[signer.folder] Others may write" in done.stderr
    assert "its permissions are 0770; expected 0700" in done.stderr


def test_a_key_held_where_it_cannot_reach_is_named(folder: Path) -> None:
    done = run(folder, CLEARCUT_LOG_KEY="pkcs11:token=log")
    assert done.returncode == 1
    assert "[keys.scheme] CLEARCUT_LOG_KEY names its key by 'pkcs11'; supported: file." in done.stderr


def test_it_makes_its_key_only_where_it_may(folder: Path) -> None:
    assert "Cannot read the key file" in run(folder).stderr
    process = start(folder, "--make-key")
    process.terminate()
    process.communicate(timeout=30)
    assert stat.S_IMODE((folder / "log.pem").stat().st_mode) == 0o600


def test_a_key_lost_beside_its_memory_is_not_replaced(folder: Path) -> None:
    sign(Signer(folder / "memory", ORIGIN, KEY), tree("a"))
    done = run(folder, ["--make-key"])
    assert done.returncode == 1
    assert "Cannot read the key file" in done.stderr
    assert not (folder / "log.pem").exists()


def test_its_log_names_each_signature_and_no_key(folder: Path) -> None:
    place_key(folder)
    process = start(folder)
    sign(RemoteSigner(folder / "signer.sock"), tree("a", "b"))
    process.terminate()
    log = process.communicate(timeout=30)[1]
    assert f"signed 2 entries, root {root_of(tree('a', 'b')).hex()[:16]}…" in log
    assert KEY.private_bytes_raw().hex() not in log


def test_its_health_can_be_asked(folder: Path) -> None:
    assert run(folder, ["--check"]).returncode == 1
    with running(folder):
        assert run(folder, ["--check"]).returncode == 0
