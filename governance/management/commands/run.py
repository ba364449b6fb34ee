"""`manage.py run`: everything in the foreground until Ctrl-C."""

from __future__ import annotations

import fcntl
import http.client
import ipaddress
import json
import os
import signal
import socket
import subprocess
import sys
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from governance.management.processes import process_specs
from governance.management.supervisor import ProcessGaveUp, ProcessSpec, Supervisor

NAMES = ("signer", "ledger", "worker", "scheduler", "web")
READY_SECONDS = 90.0


class Command(BaseCommand):
    """Set up, start the programs, say where, and stop them all at the end."""

    help = "Run web server, worker, signer, ledger process and scheduler in the foreground."
    requires_system_checks = ()  # `setup` runs them

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--bind", default="127.0.0.1", help="address of the web server (default: loopback)")
        parser.add_argument("--port", type=int, default=8000, help="port of the web server (default: 8000)")
        parser.add_argument("--only", default=",".join(NAMES), help=f"some of {','.join(NAMES)}")
        parser.add_argument(
            "--gpus",
            default=",".join(settings.GPUS),
            help="the GPUs to start a worker for, by index, such as 0,1 (default: CLEARCUT_GPUS)",
        )
        parser.add_argument("--no-setup", action="store_true", help="skip `manage.py setup`")

    def handle(self, *_args: Any, **options: Any) -> None:
        bind, port, names = options["bind"], options["port"], _chosen(options["only"])
        gpus = _indexes(options["gpus"])
        if settings.EMBEDDED and not _is_loopback(bind):
            raise CommandError(
                f"The demo accounts may be offered on loopback only, not on {bind}. "
                "Set DATABASE_URL and REDIS_URL to serve other machines."
            )
        with _alone(settings.STATE_DIR / "run" / "run.lock"):
            if "web" in names:
                _check_port(bind, port)
            if not options["no_setup"]:
                _set_up()
            specs = [spec for spec in process_specs(bind, port, gpus) if _kind(spec) in names]
            self._supervise(specs, bind, port)

    def _supervise(self, specs: list[ProcessSpec], bind: str, port: int) -> None:
        with Supervisor(specs, emit=self._line) as supervisor:
            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
                signal.signal(number, lambda _number, _frame: supervisor.request_stop())
            if any(spec.name == "web" for spec in specs) and _wait_for_web(supervisor, bind, port):
                supervisor.say(_welcome(bind, port))
            supervisor.wait()
            self._line("Stopping …")
        try:
            supervisor.check()
        except ProcessGaveUp as error:
            raise CommandError(str(error)) from error
        self._line("Stopped.")

    def _line(self, text: str) -> None:
        try:
            self.stdout.write(text)
            self.stdout.flush()
        except (BrokenPipeError, OSError):  # the terminal went away; stopping must go on without it
            self.stdout = type(self.stdout)(open(os.devnull, "w"))  # noqa: SIM115 - lives as long as we do


def _chosen(text: str) -> set[str]:
    names = {name.strip() for name in text.split(",") if name.strip()}
    if not names or names - set(NAMES):
        raise CommandError(f"--only got {text!r}; expected some of {','.join(NAMES)}.")
    return names


def _indexes(text: str) -> tuple[str, ...]:
    indexes = tuple(index.strip() for index in text.split(",") if index.strip())
    if not all(index.isdecimal() for index in indexes) or len(set(indexes)) < len(indexes):
        raise CommandError(f"--gpus got {text!r}; expected different whole numbers such as 0,1.")
    return indexes


def _kind(spec: ProcessSpec) -> str:
    """Workers with a GPU are workers too."""
    return spec.name.partition("-")[0]


def _is_loopback(bind: str) -> bool:
    try:
        return ipaddress.ip_address(bind).is_loopback
    except ValueError:
        return bind == "localhost"


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Two runs on one database would be two ledger processes and two schedulers."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+") as stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            stream.seek(0)
            raise CommandError(
                f"Clearcut already runs from this folder (process {stream.read().strip() or 'unknown'}). "
                "Use that one, or stop it first."
            ) from None
        stream.truncate(0)
        stream.write(str(os.getpid()))
        stream.flush()
        yield


def _check_port(bind: str, port: int) -> None:
    family = socket.AF_INET6 if ":" in bind else socket.AF_INET
    with closing(socket.socket(family, socket.SOCK_STREAM)) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((bind, port))
        except OSError as error:
            raise CommandError(
                f"Port {port} on {bind} cannot be used: {error.strerror}. "
                f"Choose another, for instance: make run PORT={port + 1}"
            ) from error


def _set_up() -> None:
    """In a process of its own: what it loads (torch, for the weights) need not stay in memory here."""
    if subprocess.run([sys.executable, "manage.py", "setup"], cwd=settings.ROOT, check=False).returncode != 0:
        raise CommandError("Setting up failed; the reason is above.")


def _wait_for_web(supervisor: Supervisor, bind: str, port: int) -> bool:
    """Ask /healthz until it says yes; False if we are to stop instead."""
    answer = "no answer"
    for _attempt in range(int(READY_SECONDS / 0.2)):
        if supervisor.wait(0.2):
            return False
        answer = _health(bind, port)
        if answer == "200":
            return True
    supervisor.say(f"The web server is not healthy after {READY_SECONDS:g} s (/healthz: {answer}).")
    return True


def _health(bind: str, port: int) -> str:
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(bind, bind)  # noqa: S104 - compared, not bound
    connection = http.client.HTTPConnection(host, port, timeout=5)
    try:
        connection.request("GET", "/healthz")
        return str(connection.getresponse().status)
    except (OSError, http.client.HTTPException) as error:
        return str(error)
    finally:
        connection.close()


def _welcome(bind: str, port: int) -> str:
    host = f"[{bind}]" if ":" in bind else bind
    lines = ["", f"  Clearcut runs at http://{host}:{port}/   (Ctrl-C stops it)"]
    accounts = settings.STATE_DIR / "demo-accounts.json"
    if settings.EMBEDDED and accounts.exists():
        lines += ["", "  Demo accounts:"]
        for account in json.loads(accounts.read_text()):
            lines.append("    {username:<14} {password:<20} {role}".format(**account))
    return "\n".join([*lines, " "])
