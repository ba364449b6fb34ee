"""How fast a whole log and one receipt are verified, and in how much memory.

python -m tests.bench.ledger_audit --entries 1000000 [--folder FOLDER]
Writes a synthetic export first (about 2.8 kB per entry under the temporary folder) unless FOLDER holds one. Each audit
runs in a fresh interpreter, so that its peak memory is its own.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from governance.ledger.tlog_proof import proof_receipt
from governance.ledger.verification import verify_receipt
from tests.bench.ledger_log import write_log
from tests.ledger.factories import make_log, make_trust
from tests.provenance.factories import OUTPUT

VERIFY = "from governance.ledger.verify import main; code = main({arguments!r})"
USED = (
    "import json, resource, sys; own, of_workers = (resource.getrusage(who) for who in "
    "(resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)); print(json.dumps([code, own.ru_maxrss // 1024, "
    "of_workers.ru_maxrss // 1024, own.ru_utime + own.ru_stime, of_workers.ru_utime + of_workers.ru_stime]), "
    "file=sys.stderr)"
)


def audited(folder: Path, *options: str) -> str:
    """Audit the export in a fresh interpreter; returns rate and peak memory as text."""
    trust = folder.parent / "keys" / "trust.json"
    arguments = ["--log", str(folder), "--trust", str(trust), "--json", *options]
    # A file and not -c: the workers load the main module again.
    with tempfile.TemporaryDirectory() as place:
        program = Path(place) / "audit_once.py"
        body = f"{VERIFY.format(arguments=arguments)}\n{USED}\n".replace("\n", "\n    ")
        program.write_text(f"if __name__ == '__main__':\n    {body}\n")
        started = time.perf_counter()
        environment = {**os.environ, "PYTHONPATH": os.getcwd()}
        found = subprocess.run([sys.executable, program], capture_output=True, text=True, check=True, env=environment)
        took = time.perf_counter() - started
    code, own, worker, seconds, of_workers = json.loads(found.stderr)
    report = json.loads(found.stdout)
    return (
        f"exit {code} ({report['verdict']}), {report['entries']} entries in {took:.1f} s: "
        f"{report['entries'] / took:,.0f} per second; processor time {seconds:.1f} s "
        f"and {of_workers:.1f} s of the workers; peak {own} MiB, largest worker {worker} MiB"
    )


def receipts() -> list[str]:
    """One receipt of a log of 1,000 entries: in this process, and as a program started for it."""
    log, trust, digest = make_log(index=523, size=1000), make_trust(), hashlib.sha256(OUTPUT).hexdigest()
    forms = {"bundle": log.receipt().to_bytes(), "tlog-proof": proof_receipt(log.envelope, log.entry()).encode()}
    lines = []
    for name, data in forms.items():
        times = []
        for _ in range(200):
            started = time.perf_counter()
            if verify_receipt(data, digest, trust).exit_code:
                raise SystemExit(f"The {name} did not verify.")
            times.append(1000 * (time.perf_counter() - started))
        lines.append(f"{name} in process: median {statistics.median(times):.2f} ms, slowest {max(times):.2f} ms")
    lines.append(f"bundle as a program: median {cold(forms['bundle']):.0f} ms of 10")
    return lines


def cold(receipt: bytes) -> float:
    """Median milliseconds of starting the verifier, reading and checking."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        for name, data in (("receipt", receipt), ("file", OUTPUT), ("trust", make_trust().to_bytes())):
            (folder / name).write_bytes(data)
        command = [sys.executable, "-m", "governance.ledger.verify", str(folder / "receipt")]
        command += ["--file", str(folder / "file"), "--trust", str(folder / "trust")]
        times = []
        for _ in range(10):
            started = time.perf_counter()
            subprocess.run(command, check=True, capture_output=True)
            times.append(1000 * (time.perf_counter() - started))
    return statistics.median(times)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--entries", type=int, default=100_000)
    parser.add_argument("--folder", type=Path, help="an export written by tests.bench.ledger_log")
    options = parser.parse_args()
    print(f"{len(os.sched_getaffinity(0))} cores, load {os.getloadavg()[0]:.1f}, Python {sys.version.split()[0]}")
    for line in receipts():
        print(line)
    with tempfile.TemporaryDirectory() as place:
        folder = options.folder or Path(place) / "log"
        if options.folder is None:
            write_log(folder, options.entries, processes=len(os.sched_getaffinity(0)))
        print("structure only:", audited(folder, "--structure-only"))
        print("with signatures:", audited(folder))
    print(f"this bench itself: peak {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024} MiB")


if __name__ == "__main__":
    main()
