"""Who is still alive on a cutout: a lock that ends with its process, however it ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
from django.db import transaction

from governance.adapters.liveness import CUTOUT_LOCKS, hold, let_go, without_holder
from tests import servers

ROOT = Path(__file__).resolve().parents[2]
HOLD = """
import sys
import django
django.setup()
from governance.adapters.liveness import hold
hold(int(sys.argv[1]))
print("holding", flush=True)
sys.stdin.read()
"""
Start = Callable[[int], "subprocess.Popen[str]"]


@pytest.fixture
def start_holder(committed: dict[str, str]) -> Iterator[Start]:
    """Starts real processes, each holding one cutout until its input ends or it is killed."""
    started: list[subprocess.Popen[str]] = []

    def start(cutout_id: int) -> subprocess.Popen[str]:
        environment = {**os.environ, **committed, "DJANGO_SETTINGS_MODULE": "governance.settings"}
        started.append(
            subprocess.Popen(
                [sys.executable, "-c", HOLD, str(cutout_id)],
                cwd=ROOT,
                env=environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
        )
        stdout = started[-1].stdout
        assert stdout is not None
        assert stdout.readline() == "holding\n"
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.communicate()


def wait_until(condition: Callable[[], bool], seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_a_cutout_that_is_held_is_not_among_those_without_a_holder(committed: dict[str, str]) -> None:
    hold(7)
    assert without_holder([6, 7, 8]) == [6, 8]


def test_letting_go_lets_go_of_all(committed: dict[str, str]) -> None:
    hold(7)
    hold(7)
    hold(8)
    let_go()
    assert without_holder([6, 7, 8]) == [6, 7, 8]


def test_a_claim_taken_back_does_not_drop_the_lock(committed: dict[str, str]) -> None:
    with transaction.atomic():
        hold(7)
        transaction.set_rollback(True)
    assert without_holder([7]) == []
    let_go()


def test_letting_go_needs_no_living_session(committed: dict[str, str]) -> None:
    hold(7)
    with psycopg.connect(committed["DATABASE_OWNER_URL"], autocommit=True) as owner:
        owner.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    let_go()
    assert without_holder([7]) == [7]


def test_the_lock_of_a_killed_process_vanishes(start_holder: Start) -> None:
    worker = start_holder(7)
    before = without_holder([7])
    os.kill(worker.pid, signal.SIGKILL)
    assert worker.wait() == -signal.SIGKILL
    wait_until(lambda: without_holder([7]) == [7])
    assert before == []


def test_as_long_as_one_of_two_holders_lives_the_cutout_is_held(start_holder: Start) -> None:
    first = start_holder(7)
    hold(7)
    first.kill()
    first.wait()
    time.sleep(0.1)
    assert without_holder([7]) == []
    let_go()


def test_a_lock_of_another_database_says_nothing_here(committed: dict[str, str]) -> None:
    elsewhere = servers.with_database(committed["DATABASE_URL"], servers.TEST_DATABASE)
    with psycopg.connect(elsewhere, autocommit=True) as session:
        session.execute("SELECT pg_advisory_lock_shared(%s::int, 7)", [CUTOUT_LOCKS])
        assert without_holder([7]) == [7]


def test_an_id_beyond_thirty_one_bits_can_be_held(committed: dict[str, str]) -> None:
    large = 2**40 + 7
    hold(large)
    assert without_holder([large, 8]) == [8]
    let_go()
