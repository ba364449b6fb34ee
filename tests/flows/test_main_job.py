"""The main job with everything real: a worker process, Redis, committed rows, the log, the stand-alone verifier."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import redis
from django.conf import settings
from PIL import Image

from governance.adapters import keys
from governance.adapters.signer import Signer
from governance.celery import QUEUES
from governance.management.handover import hand_over
from governance.models import Cutout, Output, PendingEntry, ProvenanceRecord, Status
from governance.services import cutouts, ledger
from tests.conftest import Cast
from tests.factories import make_job, photo, picture_job, png
from tests.flows.workers import Start, count, empty_the_queue, wait_until

ROOT = settings.ROOT


def verify(receipt: Path, file: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "governance.ledger.verify", str(receipt), "--file", str(file)]
    return subprocess.run(
        [*command, "--trust", str(keys.trust_path())], cwd=ROOT, capture_output=True, text=True, check=False
    )


def test_photographs_become_cutouts_whose_receipts_hold_for_an_outsider(
    cast: Cast, start_worker: Start, tmp_path: Path
) -> None:
    job = picture_job(cast, {"coffee.png": photo("coffee.png"), "rocket.jpg": photo("rocket.jpg")})
    start_worker()
    wait_until(lambda: count(job, Status.SUCCEEDED) == 2, "both pictures made")
    signer = Signer(tmp_path / "signer", settings.LOG_ORIGIN, keys.log_key())
    waiting = PendingEntry.objects.count()
    assert ledger.integrate_pending() == waiting
    assert ledger.publish_checkpoint(signer) is not None
    assert len(list(hand_over(cast.owner, job, tmp_path))) == 2
    for cutout in sorted(tmp_path.glob("*.png")):
        with Image.open(cutout) as picture:
            assert picture.mode == "RGBA"
        done = verify(cutout.with_suffix(".receipt.json"), cutout)
        assert (done.returncode, "SOUND" in done.stdout) == (0, True), done.stdout


def test_a_flipped_byte_in_a_delivered_file_is_named_by_the_verifier(
    cast: Cast, start_worker: Start, tmp_path: Path
) -> None:
    job = picture_job(cast, {"coffee.png": photo("coffee.png")})
    start_worker()
    wait_until(lambda: count(job, Status.SUCCEEDED) == 1, "the picture made")
    ledger.integrate_pending()
    ledger.publish_checkpoint(Signer(tmp_path / "signer", settings.LOG_ORIGIN, keys.log_key()))
    list(hand_over(cast.owner, job, tmp_path))
    (file,) = tmp_path.glob("*.png")
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(data)
    done = verify(file.with_suffix(".receipt.json"), file)
    assert done.returncode == 1
    assert re.search(r"^3 file digest +(?!ok)\w+", done.stdout, re.MULTILINE), done.stdout


def test_attack_36_a_worker_killed_in_the_middle_leaves_one_output_and_one_record(
    cast: Cast, start_worker: Start
) -> None:
    job = picture_job(cast, {"big.png": png(5000, 4000)})
    worker = start_worker()
    wait_until(lambda: count(job, Status.RUNNING) == 1, "the worker took the picture")
    os.killpg(worker.pid, signal.SIGKILL)
    worker.wait()
    assert Output.objects.count() == 0
    Cutout.objects.filter(job=job).update(started_at="2026-01-01T00:00:00Z")
    wait_until(lambda: cutouts.requeue_lost(silent=QUEUES) == 1, "the lost cutout was queued again")
    start_worker()
    wait_until(lambda: count(job, Status.SUCCEEDED) == 1, "the second worker made it")
    assert (Output.objects.count(), ProvenanceRecord.objects.of_outputs().count()) == (1, 1)


def test_a_living_worker_is_not_taken_for_dead_however_long_it_takes(cast: Cast, start_worker: Start) -> None:
    job = picture_job(cast, {"big.png": png(5000, 4000)})
    start_worker()
    wait_until(lambda: count(job, Status.RUNNING) == 1, "the worker took the picture")
    looks = 0
    while count(job, Status.RUNNING):
        running = Cutout.objects.filter(job=job, status=Status.RUNNING)
        running.update(started_at="2026-01-01T00:00:00Z")
        assert cutouts.requeue_lost(silent=QUEUES) == 0
        looks += 1
    assert looks > 1
    assert (count(job, Status.SUCCEEDED), job.cutouts.get().attempt) == (1, 1)


def test_emptying_redis_loses_nothing(cast: Cast, start_worker: Start) -> None:
    job = picture_job(cast, {"coffee.png": photo("coffee.png")})
    empty_the_queue()
    Cutout.objects.filter(job=job).update(enqueued_at="2026-01-01T00:00:00Z")
    assert cutouts.requeue_lost(silent=QUEUES) == 1
    start_worker()
    wait_until(lambda: count(job, Status.SUCCEEDED) == 1, "made after the queue was emptied")


def test_attack_37_two_workers_and_doubled_calls_make_one_output_each(cast: Cast, start_worker: Start) -> None:
    job = picture_job(cast, {f"{index}.png": png(40, 30, (index, 9, 9)) for index in range(4)})
    for _ in range(3):
        Cutout.objects.filter(job=job).update(enqueued_at="2026-01-01T00:00:00Z")
        cutouts.requeue_lost(silent=QUEUES)
    start_worker()
    start_worker()
    wait_until(lambda: count(job, Status.SUCCEEDED) == 4, "all four made")
    assert (Output.objects.count(), ProvenanceRecord.objects.of_outputs().count()) == (4, 4)


def test_a_refused_job_never_reaches_a_worker(cast: Cast, start_worker: Start) -> None:
    job = make_job(cast, slug="rmbg-2.0")
    with redis.Redis.from_url(settings.REDIS_URL) as queue:
        assert [queue.llen(name) for name in QUEUES] == [0, 0]
    assert count(job, Status.REFUSED) == 1
