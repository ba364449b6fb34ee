"""Many pictures after one another: the next are decoded and the last encoded while the network computes.

The stages are those of ``inference.pipeline``, so a cutout's bytes are the same as if it was made alone. Neither torch
nor Django is imported.
"""

from __future__ import annotations

import io
from collections import deque
from collections.abc import Collection, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from PIL import Image

from inference import pipeline
from inference.errors import InferenceError
from inference.pipeline import Inferred, Prepared
from inference.processor import cores, memory_mib
from inference.registry import engine, runnable_card
from inference.types import CutoutRequest, CutoutResult

Outcome = CutoutResult | Exception
"""An InferenceError for whatever is foreseen; any other exception as it was raised."""

# Of the machine's memory, and of memory for each pixel of a picture on its way: samples, alpha, and the work on them.
_MEMORY_SHARE, _BYTES_PER_PIXEL = 16, 16
# Batches begun besides those in the network: before and behind it.
_BATCHES_AHEAD = 3
AHEAD_PIXELS = memory_mib() * 2**20 // _MEMORY_SHARE // _BYTES_PER_PIXEL


def run_many(requests: Iterable[CutoutRequest], store: Path, *, ahead_pixels: int = AHEAD_PIXELS) -> Iterator[Outcome]:
    """Yield a cutout, or the exception that prevented it, for each request in order.

    ``requests`` is read in the caller's thread, a few pictures ahead: as many as keep the network busy, begun while
    they have at most ``ahead_pixels`` pixels together, but always one. What reading it raises ends the iteration,
    after the outcomes of the pictures before. Whoever stops early closes the iterator; what was begun is given up.
    """
    source = _Source(requests)
    flow = _Flow(store)
    waiting: deque[_Job] = deque()
    try:
        while waiting or source.following() is not None:
            while (job := source.following()) is not None and _has_room(waiting, job, ahead_pixels):
                flow.begin(job)
                waiting.append(job)
                source.took()
            yield flow.outcome(waiting.popleft())
        if source.problem is not None:
            raise source.problem
    finally:
        flow.close()


@dataclass(slots=True, eq=False)
class _Job:
    """One picture on its way. ``pixels``: what its header claims, 0 if it cannot be read."""

    request: CutoutRequest
    pixels: int
    prepared: Future[Prepared] = field(default_factory=Future)
    finished: Future[CutoutResult] = field(default_factory=Future)
    group: _Group | None = None


@dataclass(slots=True, eq=False)
class _Group:
    """Pictures that the network may see at once; ``sent``: no more are added."""

    key: tuple[str, str, str]
    size: int
    lanes: int
    jobs: list[_Job] = field(default_factory=list)
    sent: bool = False


class _Source:
    """The requests, one read beyond those begun. ``problem``: what reading them raised."""

    def __init__(self, requests: Iterable[CutoutRequest]) -> None:
        self._requests = iter(requests)
        self._following: _Job | None = None
        self._ended = False
        self.problem: Exception | None = None

    def following(self) -> _Job | None:
        """Return the next job without taking it, or None if there is none."""
        if self._following is None and not self._ended:
            try:
                request = next(self._requests)
                self._following = _Job(request, _claimed_pixels(request.picture))
            except StopIteration:
                self._ended = True
            except Exception as problem:
                self._ended, self.problem = True, problem
        return self._following

    def took(self) -> None:
        self._following = None


class _Flow:
    """The threads, and the group being filled. Used by one thread."""

    def __init__(self, store: Path) -> None:
        self._store = store
        self._hands = ThreadPoolExecutor(max(2, cores()), thread_name_prefix="pictures")
        self._network: ThreadPoolExecutor | None = None
        self._lanes = 0
        self._group: _Group | None = None

    def begin(self, job: _Job) -> None:
        """Let a picture be decoded, and given to the network as soon as its group is full."""
        job.prepared = self._hands.submit(pipeline.prepare, job.request)
        request = job.request
        key = (request.model, request.weights_sha256, request.profile)
        if self._group is None or self._group.sent or self._group.key != key:
            if self._group is not None:
                self._send(self._group)
            self._group = _Group(key, *_device_share(request))
        job.group = self._group
        self._group.jobs.append(job)
        if len(self._group.jobs) == self._group.size:
            self._send(self._group)

    def outcome(self, job: _Job) -> Outcome:
        """Wait for a picture. Its group goes to the network as it is: nothing is added while the caller waits."""
        if job.group is not None:
            self._send(job.group)
        problem = job.finished.exception()
        if problem is None:
            return job.finished.result()
        if isinstance(problem, Exception):
            return problem
        raise problem

    def close(self) -> None:
        for pool in (self._network, self._hands):
            if pool is not None:
                pool.shutdown(cancel_futures=True)

    def _send(self, group: _Group) -> None:
        if group.sent:
            return
        group.sent = True
        # Another model may be worth more or fewer lanes: those of the one before are finished first.
        if self._network is None or self._lanes != group.lanes:
            if self._network is not None:
                self._network.shutdown()
            self._network, self._lanes = ThreadPoolExecutor(group.lanes, thread_name_prefix="network"), group.lanes
        self._network.submit(self._compute, group)

    def _compute(self, group: _Group) -> None:
        """Run the network on those of a group that could be decoded; other threads do the rest."""
        decoded: list[tuple[_Job, Prepared]] = []
        for job in group.jobs:
            with _failing(job):
                decoded.append((job, job.prepared.result()))
            job.prepared = Future()  # let go of the samples as soon as the cutout is made
        try:
            answers = pipeline.infer([prepared for _, prepared in decoded], self._store, group.lanes) if decoded else []
        except Exception as problem:
            if len(decoded) == 1:
                decoded[0][0].finished.set_exception(problem)
                return
            answers = []
        for number, (job, prepared) in enumerate(decoded):
            with _failing(job):  # if one of several fails, or all do together, each gets its own chance
                inferred = answers[number] if answers else pipeline.infer([prepared], self._store, group.lanes)[0]
                self._hands.submit(_finish, job, prepared, inferred)


def _device_share(request: CutoutRequest) -> tuple[int, int]:
    """Return the size of batches and how many at once, loading the engine (1 each if it fails: the stages will say)."""
    try:
        card, _ = runnable_card(request.model, request.profile)
        loaded = engine(card.engine)
        return loaded.batch_size(card), loaded.lanes(card)
    except InferenceError:
        return 1, 1


def _finish(job: _Job, prepared: Prepared, inferred: Inferred) -> None:
    with _failing(job):
        job.finished.set_result(pipeline.finish(prepared, inferred))


@contextmanager
def _failing(job: _Job) -> Iterator[None]:
    """Make whatever is raised the outcome of one picture."""
    try:
        yield
    except BaseException as problem:  # also what ends a thread: somebody waits for this outcome
        job.finished.set_exception(problem)


def _has_room(waiting: Collection[_Job], job: _Job, most_pixels: int) -> bool:
    if not waiting:
        return True
    ahead = max(each.group.size * (each.group.lanes + _BATCHES_AHEAD) for each in waiting if each.group)
    return len(waiting) < ahead and sum(each.pixels for each in waiting) + job.pixels <= most_pixels


def _claimed_pixels(picture: bytes) -> int:
    try:
        with Image.open(io.BytesIO(picture)) as header:
            return header.width * header.height
    except Exception:  # decoding will say what is wrong with it
        return 0
