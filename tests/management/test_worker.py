"""`manage.py worker`: what it refuses before it takes any work, and which workers a machine gets."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from governance.management.processes import process_specs
from governance.models import Job, Status
from tests.conftest import Cast
from tests.factories import make_job

ROOT = Path(__file__).resolve().parents[2]
# None is visible, whatever the machine has.
NO_GPU = {"CLEARCUT_DEVICE": "cuda", "CUDA_VISIBLE_DEVICES": ""}


def test_a_worker_told_to_use_a_gpu_that_is_not_there_refuses_to_start(
    committed: dict[str, str], committed_cast: Cast
) -> None:
    job = make_job(committed_cast)
    done = subprocess.run(
        [sys.executable, "manage.py", "worker"],
        cwd=ROOT,
        env={**os.environ, **committed, **NO_GPU},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1
    assert "[engine.no_gpu]" in done.stderr
    assert "Traceback" not in done.stderr
    assert Job.objects.get(pk=job.pk).cutouts.get().status == Status.QUEUED


def test_an_unknown_queue_is_named() -> None:
    with pytest.raises(CommandError, match="--queues got 'cpu,printer'; expected some of cpu,gpu"):
        call_command("worker", queues="cpu,printer")


def test_without_gpus_one_worker_takes_everything() -> None:
    (worker,) = [spec for spec in process_specs() if spec.name.startswith("worker")]
    assert worker.command[1:] == ("manage.py", "worker")
    assert "CLEARCUT_DEVICE" not in worker.environment


def test_each_gpu_gets_a_worker_that_sees_no_other() -> None:
    specs = {spec.name: spec for spec in process_specs(gpus=["0", "3"])}
    assert [name for name in specs if name.startswith("worker")] == ["worker", "worker-gpu-0", "worker-gpu-3"]
    assert specs["worker-gpu-3"].environment["CUDA_VISIBLE_DEVICES"] == "3"
    assert specs["worker-gpu-3"].environment["CLEARCUT_DEVICE"] == "cuda"
    assert specs["worker-gpu-3"].command[3:] == ("--queues=gpu,cpu", "--name=worker-gpu-3")


def test_beside_gpus_the_processor_leaves_their_work_to_them() -> None:
    specs = {spec.name: spec for spec in process_specs(gpus=["0"])}
    assert specs["worker"].command[3:] == ("--queues=cpu",)
