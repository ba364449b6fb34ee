"""What the ledger costs the transaction that records an output, and how soon the log has it.

    CLEARCUT_TEST_DURABLE=1 python -m pytest -q -s tests/bench/ledger_append.py

1. Throughput: ``record_output`` by 8 and by 32 writer processes, against the same without the ledger's part (record,
   signature, outbox, the checkpoint it quotes). In pairs, one after the other in changing order, over several rounds;
   the file work, the same in both, is left out: it would hide the difference.
2. Merge delay: 32 writers with the real ledger and signer processes beside them; from the record's row to its place in
   the log, and to the checkpoint that covers it.

PostgreSQL waits for the disk at every commit.
"""

from __future__ import annotations

import hashlib
import multiprocessing
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from statistics import median, quantiles
from typing import Any

import psycopg
import pytest
from django.conf import settings
from django.db import connections
from django.utils import timezone

from governance.adapters import blobs
from governance.adapters.signer import RemoteSigner
from governance.models import Cutout, Output, SequencedEntry, Status
from governance.provenance.references import CheckpointRef
from governance.services import cutouts, output_statements, outputs
from governance.services.ledger import integrate_pending
from tests import servers
from tests.conftest import Cast
from tests.factories import made, make_job

ROUNDS = int(os.environ.get("ROUNDS", "5"))
SECONDS = float(os.environ.get("SECONDS", "4"))
DELAY_SECONDS = float(os.environ.get("DELAY_SECONDS", "20"))
FORK = multiprocessing.get_context("fork")


def prepare(cast: Cast) -> Cutout:
    """One claimed cutout to copy; several copies of a picture in a job are allowed from here on."""
    cutout = cutouts.claim(make_job(cast).cutouts.get().pk)
    assert cutout is not None
    superuser("ALTER TABLE governance_cutout DROP CONSTRAINT cutout_once_per_job_and_asset")
    while integrate_pending():
        pass
    return cutout


def superuser(*commands: str) -> None:
    name = str(connections["default"].settings_dict["NAME"])
    url = servers.with_database(os.environ["DATABASE_OWNER_URL"], name)
    with psycopg.connect(url, autocommit=True) as session:
        for command in commands:
            session.execute(command)


def queue_copies(template: Cutout, count: int) -> list[int]:
    """So many more claimed cutouts like it, which nobody has recorded yet."""
    copies = Cutout.objects.bulk_create(
        Cutout(
            job=template.job,
            asset=template.asset,
            status=Status.RUNNING,
            attempt=1,
            decision=template.decision,
            started_at=timezone.now(),
        )
        for _ in range(count)
    )
    return [copy.pk for copy in copies]


def allow_outputs_without_records() -> None:
    superuser(
        *(f"ALTER TABLE governance_output DROP CONSTRAINT {name}" for (name,) in constraints_to_records()),
        "ALTER TABLE governance_output DISABLE TRIGGER clearcut_pair",
    )


def constraints_to_records() -> list[Any]:
    with connections["default"].cursor() as cursor:
        cursor.execute(
            "SELECT conname FROM pg_constraint WHERE conrelid = 'governance_output'::regclass"
            " AND confrelid = 'governance_provenancerecord'::regclass"
        )
        return list(cursor.fetchall())


def without_files(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(outputs, "_with_credentials", lambda cutout, made, stated: made.data)
    patch.setattr(blobs, "put", lambda data: hashlib.sha256(data).hexdigest())


def without_ledger(patch: pytest.MonkeyPatch) -> None:
    nothing = CheckpointRef(settings.LOG_ORIGIN, 0, "0" * 64)
    patch.setattr(output_statements, "latest_checkpoint", lambda: nothing)
    patch.setattr(outputs, "store_entry", lambda *given, **named: None)


def write(ids: list[int], seconds: float, start: Any, results: Any) -> None:
    """One writer: record one cutout after the other until the time is up or there are none."""
    times: list[float] = []
    first = Cutout.objects.select_related("decision", "asset", "job__model", "job__target__project__client")
    waiting = first.filter(pk__in=ids).iterator(chunk_size=50)
    ready = next(waiting)
    result = made(ready)
    start.wait()
    began = time.perf_counter()
    for cutout in chain([ready], waiting):
        asked = time.perf_counter()
        if asked - began > seconds:
            break
        assert outputs.record_output(cutout, result) is not None
        times.append(time.perf_counter() - asked)
    results.put((len(times) / (time.perf_counter() - began), times))
    connections.close_all()


def run_writers(template: Cutout, writers: int, seconds: float) -> tuple[float, list[float]]:
    """Recordings per second of all writers together, and how long each took."""
    share = int(60 + 400 * seconds / writers)
    ids = queue_copies(template, share * writers)
    connections.close_all()
    start, results = FORK.Barrier(writers), FORK.Queue()
    processes = [
        FORK.Process(target=write, args=(ids[share * each : share * (each + 1)], seconds, start, results))
        for each in range(writers)
    ]
    for process in processes:
        process.start()
    found = [results.get(timeout=seconds + 120) for _ in processes]
    for process in processes:
        process.join()
    return sum(rate for rate, _ in found), [each for _, times in found for each in times]


@pytest.mark.parametrize("writers", [8, 32])
def test_throughput_with_and_without_the_ledger(
    committed_cast: Cast, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], writers: int
) -> None:
    template = prepare(committed_cast)
    allow_outputs_without_records()
    without_files(monkeypatch)

    def measure(*, ledger: bool) -> tuple[float, list[float]]:
        with pytest.MonkeyPatch.context() as patch:
            if not ledger:
                without_ledger(patch)
            return run_writers(template, writers, SECONDS)

    measure(ledger=True)
    rates: dict[bool, list[float]] = {True: [], False: []}
    times: dict[bool, list[float]] = {True: [], False: []}
    for number in range(ROUNDS):
        for ledger in (True, False) if number % 2 else (False, True):
            rate, took = measure(ledger=ledger)
            rates[ledger].append(rate)
            times[ledger] += took
        while integrate_pending():  # so that the outbox is as long at the start of each round
            pass
    ratios = [with_it / without for with_it, without in zip(rates[True], rates[False], strict=True)]
    with capsys.disabled():
        print(f"\n{writers} writers, {ROUNDS} rounds of {SECONDS:.0f} s; load {os.getloadavg()[0]:.1f}")
        for ledger, name in ((False, "without ledger"), (True, "with ledger")):
            ms = [1000 * each for each in times[ledger]]
            print(
                f"  {name:<15} {median(rates[ledger]):7.1f} per second;"
                f" p50 {median(ms):6.1f} ms, p99 {quantiles(ms, n=100)[-1]:6.1f} ms"
            )
        print(f"  with / without: median {median(ratios):.2f}, from {min(ratios):.2f} to {max(ratios):.2f}")


@contextmanager
def ledger_processes(environment: dict[str, str], folder: Path) -> Iterator[None]:
    """The signer and `manage.py ledger`, as in earnest, on this database."""
    own = {
        **os.environ,
        **environment,
        "CLEARCUT_SIGNER_DIR": str(folder / "signer"),
        "CLEARCUT_SIGNER_SOCKET": str(folder / "signer.sock"),
        "CLEARCUT_LOG_DIR": str(folder / "log"),
        "CLEARCUT_LOG_KEY": str(settings.LOG_KEY),
        "CLEARCUT_KEYS_DIR": str(settings.KEYS_DIR),
        "CLEARCUT_LOG_ORIGIN": settings.LOG_ORIGIN,
    }
    commands = (["-m", "governance.adapters.signer_process"], ["manage.py", "ledger"])
    started = [
        subprocess.Popen([sys.executable, *command], cwd=settings.ROOT, env=own, stderr=subprocess.DEVNULL)
        for command in commands
    ]
    try:
        wait_until(lambda: (folder / "signer.sock").exists() and _signed(folder) is not None)
        yield
    finally:
        for process in reversed(started):
            process.terminate()
            process.wait(30)


def _signed(folder: Path) -> object:
    return RemoteSigner(folder / "signer.sock").last()


def wait_until(come: Callable[[], bool], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not come():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_how_soon_the_log_has_it(
    committed: dict[str, str],
    committed_cast: Cast,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    template = prepare(committed_cast)
    without_files(monkeypatch)
    with ledger_processes(committed, tmp_path):
        rate, _ = run_writers(template, 32, DELAY_SECONDS)
        made_in_all = Output.objects.count()
        wait_until(lambda: SequencedEntry.objects.filter(record__kind="cutout").count() == made_in_all)
        wait_until(_all_covered)
    with connections["default"].cursor() as cursor:
        cursor.execute(
            "SELECT extract(epoch FROM s.integrated_at - r.created_at), extract(epoch FROM (SELECT min(c.published_at)"
            " FROM governance_checkpoint c WHERE c.size > s.seq) - r.created_at)"
            " FROM governance_provenancerecord r JOIN governance_sequencedentry s ON s.record_id = r.id"
            " WHERE r.kind = 'cutout'"
        )
        rows = [(float(placed), float(signed)) for placed, signed in cursor.fetchall()]
    with capsys.disabled():
        print(f"\n32 writers, {rate:.0f} outputs per second for {DELAY_SECONDS:.0f} s; load {os.getloadavg()[0]:.1f}")
        for place, name in enumerate(("has its place after", "checkpoint signed after")):
            found = [row[place] for row in rows]
            cuts = quantiles(found, n=100)
            print(f"  {name:<24} p50 {median(found):.2f} s, p99 {cuts[-1]:.2f} s, most {max(found):.2f} s")


def _all_covered() -> bool:
    with connections["default"].cursor() as cursor:
        cursor.execute(
            "SELECT (SELECT max(size) FROM governance_checkpoint) = (SELECT max(size) FROM governance_treestate)"
        )
        return bool(cursor.fetchone()[0])
