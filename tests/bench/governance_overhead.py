"""What governance adds to a worker's time per picture: everything that happens around the network, on record.

make bench-governance. Counted is all that ``take_cutouts`` does apart from waiting for ``inference``: a new database
session per chunk (Celery closes the one before), the call to the next worker, claim, evaluation, reading and hashing
the picture, hashing and writing the cutout, signing, the record's transaction. PostgreSQL waits for the disk.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median, quantiles
from typing import Any

import pytest
from django.conf import settings
from django.db import connections

from governance.adapters import blobs
from governance.celery import CPU
from governance.models import Job, Output, ProvenanceRecord
from governance.tasks import cutouts as worker
from inference.batches import run_many
from inference.types import CutoutRequest, CutoutResult
from tests.bench.governance_pictures import distinct_photos, queue_photos
from tests.conftest import Cast

CHUNKS = 6
TARGET_MS = 10.0


@dataclass(slots=True)
class Clock:
    """Seconds of the worker's thread: of the wall and of its processor time."""

    wall: float = field(default_factory=time.perf_counter)
    own: float = field(default_factory=time.thread_time)

    def lap(self) -> Clock:
        """What has passed since."""
        now = Clock()
        return Clock(now.wall - self.wall, now.own - self.own)


@dataclass(slots=True)
class Chunk:
    """What the parts of one chunk took: claims and records per picture, and inference as the worker waited for it."""

    claims: list[Clock] = field(default_factory=list)
    records: list[Clock] = field(default_factory=list)
    inference: Clock = field(default_factory=lambda: Clock(0.0, 0.0))

    def timed(
        self, requests: Iterable[CutoutRequest], store: Path, **options: Any
    ) -> Iterator[CutoutResult | Exception]:
        """``run_many``, watched from both ends."""
        outcomes = run_many(self._timed(requests), store, **options)
        while True:
            asked, claimed = Clock(), len(self.claims)
            outcome = next(outcomes, None)
            passed, claims = asked.lap(), self.claims[claimed:]
            self.inference.wall += passed.wall - sum(each.wall for each in claims)
            self.inference.own += passed.own - sum(each.own for each in claims)
            if outcome is None:
                return
            handed = Clock()
            yield outcome
            self.records.append(handed.lap())

    def _timed(self, requests: Iterable[CutoutRequest]) -> Iterator[CutoutRequest]:
        waiting = iter(requests)
        while True:
            asked = Clock()
            request = next(waiting, None)
            self.claims.append(asked.lap())
            if request is None:
                return
            yield request


def run_chunk(monkeypatch: pytest.MonkeyPatch) -> list[Clock]:
    """Let the worker answer one call; returns what each of its pictures took besides inference."""
    connections.close_all()
    chunk, started = Chunk(), Clock()
    monkeypatch.setattr(worker, "run_many", chunk.timed)
    worker.take_cutouts(CPU)
    whole = started.lap()
    made = len(chunk.records)
    assert made == settings.CHUNK
    # All that belongs to no single picture, shared among them.
    wall = whole.wall - chunk.inference.wall - sum(each.wall for each in (*chunk.claims[:made], *chunk.records))
    own = whole.own - chunk.inference.own - sum(each.own for each in (*chunk.claims[:made], *chunk.records))
    return [
        Clock(claim.wall + record.wall + wall / made, claim.own + record.own + own / made)
        for claim, record in zip(chunk.claims, chunk.records, strict=False)
    ]


def run_bare(requests: list[CutoutRequest]) -> float:
    """Seconds per picture for the same pictures through the same pipeline, with nothing around it."""
    started = time.perf_counter()
    made = [outcome for outcome in run_many(iter(requests), settings.WEIGHTS_DIR) if isinstance(outcome, CutoutResult)]
    assert len(made) == len(requests)
    return (time.perf_counter() - started) / len(requests)


def requests_of(job: Job) -> list[CutoutRequest]:
    assets = [cutout.asset for cutout in job.cutouts.select_related("asset").order_by("pk")]
    return [CutoutRequest(job.model_id, job.weights_sha256, blobs.get(asset.sha256)) for asset in assets]


def test_what_governance_adds_per_picture(
    committed_cast: Cast, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    photos = distinct_photos()
    pictures: list[Clock] = []
    added: list[float] = []
    for number in range(CHUNKS + 1):
        job = queue_photos(committed_cast, photos, settings.CHUNK)
        bare = run_bare(requests_of(job))
        started = time.perf_counter()
        found = run_chunk(monkeypatch)
        whole = (time.perf_counter() - started) / settings.CHUNK
        if number:  # the first one loads the weights and fills what is kept
            pictures += found
            added.append(1000 * (whole - bare))
    assert Output.objects.count() == ProvenanceRecord.objects.of_outputs().count() == (CHUNKS + 1) * settings.CHUNK
    wall = [1000 * each.wall for each in pictures]
    own = [1000 * each.own for each in pictures]
    with capsys.disabled():
        print(
            f"\n{len(pictures)} pictures in chunks of {settings.CHUNK}; load {os.getloadavg()[0]:.1f}; ms per picture:"
        )
        print(f"  governance, wall       median {median(wall):6.1f}   p95 {quantiles(wall, n=20)[-1]:6.1f}")
        print(f"  governance, processor  median {median(own):6.1f}   p95 {quantiles(own, n=20)[-1]:6.1f}")
        print(
            f"  worker against bare pipeline, in pairs: median {median(added):+.1f} (target: at most {TARGET_MS:.0f})"
        )
