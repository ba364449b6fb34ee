"""A worker takes several pictures at a time: what is lost, cancelled, killed or stopped in between, with real ones."""

from __future__ import annotations

import os
import signal
import subprocess

from governance.celery import QUEUES
from governance.models import Cutout, Job, Output, ProvenanceRecord, Status
from governance.services import cutouts, jobs
from tests.conftest import Cast
from tests.factories import picture_job, png
from tests.flows.workers import Start, count, empty_the_queue, sessions_at_work, wait_until

PICTURES = 12


def large_pictures(cast: Cast) -> Job:
    """Each takes a worker long enough for something to happen meanwhile."""
    return picture_job(cast, {f"{index}.png": png(1000, 900, (index, 9, 9)) for index in range(PICTURES)})


def wait_for_the_first(job: Job) -> None:
    wait_until(lambda: count(job, Status.SUCCEEDED) >= 1, "the first picture made")


def end(worker: subprocess.Popen[bytes]) -> int:
    worker.send_signal(signal.SIGTERM)
    return worker.wait(timeout=60)


def test_what_is_cancelled_while_it_waits_in_the_chunk_does_not_run(cast: Cast, start_worker: Start) -> None:
    job = large_pictures(cast)
    start_worker()
    wait_for_the_first(job)
    cancelled = jobs.cancel(cast.owner, job)
    wait_until(lambda: count(job, Status.RUNNING) == 0, "the rest of the chunk made")
    assert cancelled >= 3
    assert (count(job, Status.CANCELLED), Output.objects.count()) == (cancelled, PICTURES - cancelled)


def test_a_worker_that_is_stopped_finishes_what_it_took_and_leaves_the_rest(cast: Cast, start_worker: Start) -> None:
    job = large_pictures(cast)
    worker = start_worker()
    wait_for_the_first(job)
    assert end(worker) == 0
    made, waiting = count(job, Status.SUCCEEDED), count(job, Status.QUEUED)
    assert waiting >= 1
    assert (made + waiting, Output.objects.count()) == (PICTURES, made)


def test_a_worker_killed_in_its_chunk_loses_and_doubles_nothing(cast: Cast, start_worker: Start) -> None:
    job = large_pictures(cast)
    worker = start_worker()
    wait_for_the_first(job)
    os.killpg(worker.pid, signal.SIGKILL)
    worker.wait()
    Cutout.objects.filter(job=job).running().update(started_at="2026-01-01T00:00:00Z")
    wait_until(lambda: cutouts.requeue_lost(silent=QUEUES) > 0, "the cutouts it was on were queued again")
    start_worker()
    wait_until(lambda: count(job, Status.SUCCEEDED) == PICTURES, "the second worker made the rest")
    assert (Output.objects.count(), ProvenanceRecord.objects.of_outputs().count()) == (PICTURES, PICTURES)


def test_emptying_redis_while_a_chunk_runs_loses_nothing(cast: Cast, start_worker: Start) -> None:
    job = large_pictures(cast)
    start_worker(CLEARCUT_CHUNK="4")
    wait_for_the_first(job)
    empty_the_queue()
    wait_until(lambda: count(job, Status.RUNNING) == 0, "the chunk made")
    assert count(job, Status.QUEUED) > 0
    Cutout.objects.filter(job=job).queued().update(enqueued_at="2026-01-01T00:00:00Z")
    cutouts.requeue_lost(silent=QUEUES)
    wait_until(lambda: count(job, Status.SUCCEEDED) == PICTURES, "the rest made after the scheduler called")


def test_one_call_wakes_as_many_workers_as_there_are(cast: Cast, start_worker: Start) -> None:
    start_worker()
    start_worker()
    job = large_pictures(cast)
    wait_until(lambda: len(sessions_at_work()) == 2, "both workers at work")
    wait_until(lambda: count(job, Status.SUCCEEDED) == PICTURES, "all made")
    assert (Output.objects.count(), ProvenanceRecord.objects.of_outputs().count()) == (PICTURES, PICTURES)
