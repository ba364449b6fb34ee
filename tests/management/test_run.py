"""What `manage.py run` refuses before it starts anything, and which commands need servers at all."""

from __future__ import annotations

import fcntl
import os
import socket
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.test import override_settings

import manage
from governance.management.processes import process_specs


def test_a_taken_port_is_named_together_with_the_way_out(tmp_path: Path) -> None:
    with override_settings(STATE_DIR=tmp_path), socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with pytest.raises(CommandError, match=f"Port {port} on 127.0.0.1 .* make run PORT={port + 1}"):
            call_command("run", port=port)


def test_a_second_run_from_the_same_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    with override_settings(STATE_DIR=tmp_path), (tmp_path / "run" / "run.lock").open("a+") as lock:
        lock.write(str(os.getpid()))
        lock.flush()
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(CommandError, match=rf"already runs from this folder \(process {os.getpid()}\)"):
            call_command("run")


def test_demo_accounts_are_not_offered_to_other_machines(tmp_path: Path) -> None:
    with (
        override_settings(STATE_DIR=tmp_path, EMBEDDED=True),
        pytest.raises(CommandError, match=r"on loopback only, not on 0\.0\.0\.0"),
    ):
        call_command("run", bind="0.0.0.0")


def test_an_unknown_program_is_named(tmp_path: Path) -> None:
    with (
        override_settings(STATE_DIR=tmp_path),
        pytest.raises(CommandError, match="expected some of signer,ledger,worker,scheduler,web"),
    ):
        call_command("run", only="web,printer")


@pytest.mark.parametrize("gpus", ["cuda:0", "0,0", "-1"])
def test_gpus_that_are_no_indexes_are_refused(tmp_path: Path, gpus: str) -> None:
    with (
        override_settings(STATE_DIR=tmp_path),
        pytest.raises(CommandError, match=rf"--gpus got '{gpus}'; expected different whole numbers such as 0,1"),
    ):
        call_command("run", gpus=gpus, only="worker", no_setup=True)


@pytest.mark.parametrize(
    "arguments", [[], ["--help"], ["help", "run"], ["run", "--help"], ["check"], ["makemigrations", "--check"]]
)
def test_a_command_that_needs_no_servers_does_not_start_them(arguments: list[str]) -> None:
    assert not manage.needs_servers(arguments)


@pytest.mark.parametrize("arguments", [["run"], ["setup"], ["migrate"], ["makemigrations"], ["some_new_command"]])
def test_any_other_command_gets_them(arguments: list[str]) -> None:
    assert manage.needs_servers(arguments)


def test_the_signer_is_there_before_the_ledger_asks_it_and_until_it_asks_no_more() -> None:
    names = [spec.name for spec in process_specs()]
    assert names.index("signer") < names.index("ledger")


def test_the_signer_is_given_no_way_into_the_database_or_the_sessions() -> None:
    (signer,) = [spec for spec in process_specs() if spec.name == "signer"]
    withheld = {name for name, value in signer.environment.items() if value == ""}
    assert {"DATABASE_URL", "DATABASE_OWNER_URL", "DATABASE_LEDGER_URL", "REDIS_URL", "CLEARCUT_SECRET_KEY"} == withheld
