"""Small real programs, started, killed and stopped."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from governance.management.supervisor import ProcessGaveUp, ProcessSpec, Supervisor

ROOT = Path(__file__).resolve().parents[2]
SLEEP = "import time; print('up', flush=True); time.sleep(600)"
STUBBORN = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN);" + SLEEP
PARENT = f"""
import subprocess, sys
child = subprocess.Popen([sys.executable, "-c", {STUBBORN!r}], stdout=subprocess.DEVNULL)
print("child", child.pid, flush=True)
child.wait()
"""
# A supervisor in a process of its own, so that it can be killed.
SUPERVISING = f"""
import sys, time
from governance.management.supervisor import ProcessSpec, Supervisor
with Supervisor([ProcessSpec("sleeper", (sys.executable, "-c", {SLEEP!r}))], emit=None) as supervisor:
    print(supervisor.pid("sleeper"), flush=True)
    time.sleep(600)
"""


def program(name: str, code: str, stop_seconds: float = 10.0) -> ProcessSpec:
    return ProcessSpec(name, (sys.executable, "-S", "-c", code), stop_seconds=stop_seconds)


def eventually(condition: Callable[[], object]) -> bool:
    deadline = time.monotonic() + 10
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def lives(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def pid_of(supervisor: Supervisor, name: str) -> int:
    pid = supervisor.pid(name)
    assert pid is not None
    return pid


def test_output_lines_carry_the_name_of_their_program() -> None:
    lines: list[str] = []
    specs = [program("web", "print('one'); print('two'); import time; time.sleep(600)"), program("worker", SLEEP)]
    with Supervisor(specs, emit=lines.append):
        assert eventually(lambda: len(lines) == 3)
    assert sorted(lines) == ["web    | one", "web    | two", "worker | up"]


def test_a_killed_program_is_started_again() -> None:
    lines: list[str] = []
    with Supervisor([program("worker", SLEEP)], emit=lines.append, first_delay=0.01) as supervisor:
        first = pid_of(supervisor, "worker")
        os.kill(first, signal.SIGKILL)
        assert eventually(lambda: supervisor.pid("worker") not in {None, first})
        supervisor.check()
    assert "worker ended by signal 9; it is started again in 0.01 s." in lines


def test_nothing_is_left_after_the_block_not_even_stubborn_grandchildren() -> None:
    lines: list[str] = []
    with Supervisor([program("web", PARENT)], emit=lines.append) as supervisor:
        parent = pid_of(supervisor, "web")
        assert eventually(lambda: lines)
        grandchild = int(lines[0].split()[-1])
        assert lives(grandchild)
    assert not lives(parent)
    assert not lives(grandchild)


def test_a_program_that_does_not_end_when_asked_is_killed() -> None:
    lines: list[str] = []
    with Supervisor([program("worker", STUBBORN, stop_seconds=0.1)], emit=lines.append) as supervisor:
        assert eventually(lambda: lines)
        pid = pid_of(supervisor, "worker")
    assert not lives(pid)


def test_a_second_request_to_stop_ends_the_patience() -> None:
    lines: list[str] = []
    began = time.monotonic()
    with Supervisor([program("worker", STUBBORN, stop_seconds=60)], emit=lines.append) as supervisor:
        assert eventually(lambda: lines)
        supervisor.request_stop()
        supervisor.request_stop()
    assert time.monotonic() - began < 30


def test_programs_are_stopped_in_reverse_order() -> None:
    lines: list[str] = []
    code = (
        "import signal, sys, time\n"
        "def end(*_):\n    print('ending', flush=True); sys.exit()\n"
        "signal.signal(signal.SIGTERM, end); print('up', flush=True); time.sleep(600)"
    )
    with Supervisor([program(name, code) for name in ("a", "b", "c")], emit=lines.append):
        assert eventually(lambda: len(lines) == 3)
    assert [line for line in lines if "ending" in line] == ["c | ending", "b | ending", "a | ending"]


def test_it_gives_up_on_a_program_that_keeps_ending_and_says_what_it_said() -> None:
    specs = [program("worker", SLEEP), program("ledger", "raise SystemExit('no signing key')")]
    with Supervisor(specs, first_delay=0.001) as supervisor:
        worker = pid_of(supervisor, "worker")
        assert supervisor.wait(timeout=10)
    with pytest.raises(ProcessGaveUp, match=r"ledger ended 5 times .* exit status 1.*\n  no signing key"):
        supervisor.check()
    assert not lives(worker)


def test_it_gives_up_on_a_program_that_does_not_exist() -> None:
    with Supervisor([ProcessSpec("web", ("/no/such/program",))], first_delay=0.001) as supervisor:
        assert supervisor.wait(timeout=10)
    with pytest.raises(ProcessGaveUp, match="/no/such/program: No such file or directory"):
        supervisor.check()


def test_its_programs_end_when_it_is_killed() -> None:
    command = [sys.executable, "-c", SUPERVISING]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as supervising:
        assert supervising.stdout is not None
        sleeper = int(supervising.stdout.readline())
        assert lives(sleeper)
        supervising.kill()
    assert eventually(lambda: not lives(sleeper))


def test_a_program_gets_its_own_environment_on_top_of_ours() -> None:
    lines: list[str] = []
    code = "import os; print(os.environ['GREETING'], 'PATH' in os.environ); import time; time.sleep(600)"
    spec = ProcessSpec("web", (sys.executable, "-c", code), environment={"GREETING": "hello"})
    with Supervisor([spec], emit=lines.append):
        assert eventually(lambda: lines)
    assert lines == ["web | hello True"]
