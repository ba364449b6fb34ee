"""The real servers: started, shared, killed, started again."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import redis

from governance.adapters.embedded import Attachment, attach
from governance.adapters.embedded_place import OUTSIDE, SOCKET_PARENT, load_identity
from governance.adapters.embedded_process import EmbeddedError, read_pid, running, wait_until
from governance.adapters.embedded_removal import remove_servers

ROOT = Path(__file__).resolve().parents[2]
HOLDER = """
import sys
from pathlib import Path
from governance.adapters.embedded import attach
with attach(Path(sys.argv[1]), durable=False, environ={}) as attachment:
    print(attachment.services.database_url, flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def folder() -> Iterator[Path]:
    """A state folder with a space in its path that anybody may pass through (pytest's own are private)."""
    base = Path(tempfile.mkdtemp(prefix="embedded test "))
    base.chmod(0o755)
    yield base
    clean(base)


def clean(base: Path) -> None:
    if (base / "embedded" / "identity.json").exists():
        remove_servers(base / "embedded")
    shutil.rmtree(base, ignore_errors=True)


def start(folder: Path) -> Attachment:
    return attach(folder, durable=False, environ={})


def holder(folder: Path) -> subprocess.Popen[str]:
    """Another process that uses the servers until its input ends."""
    return subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(folder)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def url_from(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def finish(process: subprocess.Popen[str]) -> int:
    process.communicate(timeout=30)
    return process.returncode


def ask(url: str, statement: str) -> object:
    with psycopg.connect(url, autocommit=True) as connection:
        cursor = connection.execute(statement)
        return cursor.fetchone()[0] if cursor.description else None


def sockets_of(attachment: Attachment) -> Path:
    host = psycopg.conninfo.conninfo_to_dict(attachment.services.database_url)["host"]
    return Path(str(host))


def server_pids(attachment: Attachment) -> tuple[int, int]:
    sockets = sockets_of(attachment)
    postgres, redis_server = read_pid(sockets / ".s.PGSQL.5432.lock"), read_pid(sockets / "redis.pid")
    assert postgres is not None
    assert redis_server is not None
    return postgres, redis_server


def gone(pid: int, attachment: Attachment) -> bool:
    return wait_until(lambda: not running(pid, str(sockets_of(attachment))), 10)


def kill(attachment: Attachment) -> None:
    """Both servers at once, as a power cut or an out-of-memory killer would."""
    for pid in server_pids(attachment):
        os.kill(pid, signal.SIGKILL)
        assert gone(pid, attachment)


def test_it_serves_both_from_a_path_with_spaces(folder: Path) -> None:
    environ: dict[str, str] = {}
    with attach(folder, durable=False, environ=environ) as attachment:
        assert ask(environ["DATABASE_URL"], "SELECT current_user") == "clearcut_web_login"
        assert ask(environ["DATABASE_LEDGER_URL"], "SELECT current_user") == "clearcut_ledger_login"
        assert ask(environ["DATABASE_OWNER_URL"], "SELECT current_database()") == "clearcut"
        with redis.Redis.from_url(environ["REDIS_URL"]) as client:
            assert client.ping()
        assert environ["CLEARCUT_EMBEDDED"] == "1"
        assert attachment.services.environment() == environ


def test_its_logins_for_web_and_ledger_are_not_superusers(folder: Path) -> None:
    with start(folder) as attachment:
        query = "SELECT rolsuper OR rolcreaterole OR rolcreatedb FROM pg_roles WHERE rolname = current_user"
        assert ask(attachment.services.database_url, query) is False
        assert ask(attachment.services.database_ledger_url, query) is False


def test_it_opens_no_network_port(folder: Path) -> None:
    with start(folder) as attachment:
        assert ask(attachment.services.database_owner_url, "SHOW listen_addresses") == ""
        with redis.Redis.from_url(attachment.services.redis_url) as client:
            assert client.config_get("port") == {"port": "0"} or client.config_get("port") == {b"port": b"0"}


def test_it_keeps_passwords_and_sockets_private(folder: Path) -> None:
    with start(folder) as attachment:
        assert (folder / "embedded" / "identity.json").stat().st_mode & 0o777 == 0o600
        assert sockets_of(attachment).stat().st_mode & 0o777 == 0o700
        wrong = attachment.services.database_url.replace("clearcut_web_login:", "clearcut_web_login:x")
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            ask(wrong, "SELECT 1")


def test_the_last_to_leave_stops_the_servers(folder: Path) -> None:
    attachment = start(folder)
    pids = server_pids(attachment)
    attachment.close()
    assert all(gone(pid, attachment) for pid in pids)
    assert not sockets_of(attachment).exists()


def test_a_second_user_keeps_them_running_after_the_first_left(folder: Path) -> None:
    first = start(folder)
    second = holder(folder)
    assert url_from(second) == first.services.database_url
    pids = server_pids(first)
    first.close()
    assert ask(first.services.database_url, "SELECT 1") == 1
    assert finish(second) == 0
    assert all(gone(pid, first) for pid in pids)


def test_data_is_there_at_the_next_start(folder: Path) -> None:
    with start(folder) as attachment:
        ask(attachment.services.database_owner_url, "CREATE TABLE kept AS SELECT 7 AS seven")
    with start(folder) as attachment:
        assert ask(attachment.services.database_owner_url, "SELECT seven FROM kept") == 7


def test_it_starts_again_after_the_servers_were_killed(folder: Path) -> None:
    first = start(folder)
    ask(first.services.database_owner_url, "CREATE TABLE kept AS SELECT 7 AS seven")
    ask(first.services.database_owner_url, "CHECKPOINT")
    kill(first)
    with start(folder) as second:
        assert ask(second.services.database_owner_url, "SELECT seven FROM kept") == 7
        first.close()
        assert ask(second.services.database_url, "SELECT 1") == 1


def test_servers_of_a_killed_user_are_used_again_and_then_stopped(folder: Path) -> None:
    killed = holder(folder)
    url = url_from(killed)
    killed.kill()
    finish(killed)
    left_running = ask(url, "SELECT pg_postmaster_start_time()")
    attachment = start(folder)
    pids = server_pids(attachment)
    assert ask(attachment.services.database_url, "SELECT pg_postmaster_start_time()") == left_running
    attachment.close()
    assert all(gone(pid, attachment) for pid in pids)


def test_a_pid_file_naming_an_unrelated_process_does_not_stop_it(folder: Path) -> None:
    attachment = start(folder)
    pid_file = Path(str(ask(attachment.services.database_owner_url, "SHOW data_directory"))) / "postmaster.pid"
    lines = pid_file.read_text().splitlines()
    kill(attachment)
    attachment.close()
    # The owner's own number, as after a reboot: PostgreSQL alone would refuse for as long as that process lives.
    unrelated = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    pid_file.write_text("\n".join([str(unrelated.pid), *lines[1:], ""]))
    with start(folder) as again:
        assert ask(again.services.database_url, "SELECT 1") == 1
    unrelated.communicate(b"\n")


def test_concurrent_first_starts_share_one_database(folder: Path) -> None:
    users = [holder(folder) for _ in range(3)]
    urls = {url_from(user) for user in users}
    assert len(urls) == 1
    assert urls.pop().startswith("postgresql://clearcut_web_login:")
    assert [finish(user) for user in users] == [0, 0, 0]


def test_it_works_in_a_folder_that_only_its_owner_may_enter(folder: Path) -> None:
    private = folder / "private"
    private.mkdir(mode=0o700)
    with start(private) as attachment:
        assert ask(attachment.services.database_url, "SELECT 1") == 1
        identity = load_identity(private / "embedded" / "identity.json")
    assert (private / "embedded" / "pg").exists() == (os.geteuid() != 0)
    remove_servers(private / "embedded")
    assert not (OUTSIDE / identity.instance).exists()


def test_a_copied_folder_gets_servers_of_its_own(folder: Path) -> None:
    with start(folder) as attachment:
        url = attachment.services.database_url
    copy = folder / "copy"
    shutil.copytree(folder / "embedded", copy / "embedded", copy_function=shutil.copy2)
    if os.geteuid() == 0:
        data = folder / "embedded" / "pg"
        subprocess.run(["chown", "-R", f"--reference={data}", str(copy / "embedded" / "pg")], check=True)
    with start(folder) as original, start(copy) as other:
        assert original.services.database_url == url
        assert sockets_of(other) != sockets_of(original)
    remove_servers(copy / "embedded")


def test_servers_of_a_deleted_folder_are_ended_by_the_next_start_elsewhere(folder: Path) -> None:
    doomed = folder / "doomed"
    doomed.mkdir()
    doomed.chmod(0o755)
    killed = holder(doomed)
    url_from(killed)
    probe = start(doomed)
    pids = server_pids(probe)
    killed.kill()
    finish(killed)
    shutil.rmtree(doomed)
    with start(folder):
        assert all(gone(pid, probe) for pid in pids)
        assert not sockets_of(probe).exists()


def test_refuses_a_socket_folder_that_others_may_enter(folder: Path) -> None:
    with start(folder) as attachment:
        sockets = sockets_of(attachment)
    sockets.mkdir()
    sockets.chmod(0o777)
    with pytest.raises(EmbeddedError, match="is not a private folder of this user"):
        start(folder)
    sockets.rmdir()


def test_refuses_data_whose_passwords_are_missing(folder: Path) -> None:
    start(folder).close()
    identity = folder / "embedded" / "identity.json"
    kept = identity.read_text()
    identity.unlink()
    with pytest.raises(EmbeddedError, match="and with it the passwords of the database next to it"):
        start(folder)
    identity.write_text(kept)


def test_refuses_a_queue_address_without_a_database_address(folder: Path) -> None:
    with pytest.raises(EmbeddedError, match="REDIS_URL is set, but DATABASE_URL is not"):
        attach(folder, environ={"REDIS_URL": "redis://queue.example/0"})


def test_refuses_removal_while_somebody_uses_the_servers(folder: Path) -> None:
    with start(folder), pytest.raises(EmbeddedError, match="Clearcut is running from this folder"):
        remove_servers(folder / "embedded")


def test_its_socket_paths_fit_the_limit_of_the_kernel(folder: Path) -> None:
    with start(folder) as attachment:
        assert sockets_of(attachment).parent == SOCKET_PARENT
        assert len(str(sockets_of(attachment) / ".s.PGSQL.5432.lock")) <= 107
