"""Pictures through the network: claim, run, record. Where inference meets Django, and nowhere else."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Iterator

from celery.worker import state
from django.conf import settings

from governance.adapters import blobs, liveness, queue
from governance.celery import app
from governance.errors import GovernanceError, PlatformError
from governance.models import Cutout
from governance.provenance.cutout import Run
from governance.rights.facts import decided_facts
from governance.services import cutouts
from governance.services.outputs import Made, record_output
from inference.batches import run_many
from inference.errors import InferenceError, WeightsMismatch
from inference.types import CutoutRequest, CutoutResult

logger = logging.getLogger(__name__)


@app.task(name=queue.TAKE_CUTOUTS)
def take_cutouts(waiting_on: str) -> None:
    """Answer a call: take up to a chunk of what waits on this queue, run it, and record each picture once it is made.

    No transaction is open while the network runs. Whatever ends this early, a lost database included, leaves cutouts
    "running" without a holder, which the scheduler puts back.
    """
    chunk = _Chunk(waiting_on)
    try:
        for outcome in run_many(chunk.requests(), settings.WEIGHTS_DIR):
            _finish(chunk.next_made(), outcome)
    finally:
        liveness.let_go()


class _Chunk:
    """Some pictures, each claimed on its own when the pipeline asks for it and no earlier."""

    def __init__(self, waiting_on: str) -> None:
        self._waiting_on = waiting_on
        self._taken: list[int] = []
        self._under_way: deque[Cutout] = deque()

    def requests(self) -> Iterator[CutoutRequest]:
        """Yield what to run until the chunk is full, nothing waits any more or the worker is asked to end."""
        while len(self._taken) < settings.CHUNK and not _ending():
            cutout = cutouts.claim_next(self._waiting_on, self._taken)
            if cutout is None:
                return
            self._taken.append(cutout.pk)
            if len(self._taken) == 1:
                queue.call(self._waiting_on)  # where one picture waited there may be more, for an idle worker
            try:
                request = _request(cutout)
            except Exception as problem:
                _give_up(cutout, problem)
                continue
            self._under_way.append(cutout)
            yield request

    def next_made(self) -> Cutout:
        """The cutout of the next outcome: they come in the order of the requests."""
        return self._under_way.popleft()


def _ending() -> bool:
    # Celery's word for "not asked to" is None or False; 0 is the exit status it was asked to end with.
    return state.should_stop is not None and state.should_stop is not False


def _finish(cutout: Cutout, outcome: CutoutResult | Exception) -> None:
    if isinstance(outcome, Exception):
        _give_up(cutout, outcome)
        return
    try:
        record_output(cutout, _made(outcome))
    except Exception as problem:
        _give_up(cutout, problem)


def _give_up(cutout: Cutout, problem: Exception) -> None:
    """Whatever it was, the picture must not stay "running", and the others go on."""
    if isinstance(problem, WeightsMismatch):
        cutouts.refuse_loaded(cutout, problem.found, str(problem))
        return
    if isinstance(problem, InferenceError):
        cutouts.fail(cutout, code=problem.code, message=str(problem), permanent=problem.permanent)
        return
    logger.error("Cutout %d, attempt %d: %s", cutout.pk, cutout.attempt, problem, exc_info=problem)
    if isinstance(problem, GovernanceError):
        permanent = problem.permanent if isinstance(problem, PlatformError) else True
        cutouts.fail(cutout, code=problem.code, message=str(problem), permanent=permanent)
    else:
        cutouts.fail(cutout, code="worker.error", message="The picture could not be processed.", permanent=False)


def _request(cutout: Cutout) -> CutoutRequest:
    decision = cutout.decision
    if decision is None:
        raise PlatformError("The cutout has no decision.", code="cutout.undecided", permanent=True)
    decided = decided_facts(decision).route.weights_sha256 or ""
    return CutoutRequest(cutout.job.model.slug, decided, blobs.get(cutout.asset.sha256))


def _made(result: CutoutResult) -> Made:
    run = result.run
    return Made(
        data=result.png,
        media_type=result.media_type,
        width=result.width,
        height=result.height,
        weights_sha256=run.weights_sha256,
        run=Run(
            profile=run.profile,
            precision=run.precision,
            device=run.device,
            engine=run.engine,
            code_revision=run.code_revision,
            input_width=run.input_width,
            input_height=run.input_height,
            foreground=run.foreground,
            coverage_permille=run.coverage_permille,
            torch_version=run.torch_version,
            threads=run.threads,
        ),
        details=dict(run.as_json()),
    )
