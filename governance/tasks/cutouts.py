"""One picture through the network: claim, run, record. Where inference meets Django, and nowhere else."""

from __future__ import annotations

import logging

from django.conf import settings

from governance.adapters import blobs, liveness, queue
from governance.celery import app
from governance.errors import GovernanceError, PlatformError
from governance.models import Cutout
from governance.provenance.cutout import Run
from governance.rights.facts import decided_facts
from governance.services import cutouts
from governance.services.outputs import Made, record_output
from inference import pipeline
from inference.errors import InferenceError, WeightsMismatch
from inference.types import CutoutRequest, CutoutResult

logger = logging.getLogger(__name__)


@app.task(name=queue.PROCESS_CUTOUT)
def process_cutout(cutout_id: int) -> None:
    """Claim the cutout, run it with no transaction open, record the output with its provenance."""
    with liveness.holding(cutout_id):
        cutout = cutouts.claim(cutout_id)
        if cutout is None:
            return
        try:
            record_output(cutout, _made(pipeline.run(_request(cutout), settings.WEIGHTS_DIR)))
        except WeightsMismatch as problem:
            cutouts.refuse_loaded(cutout, problem.found, str(problem))
        except InferenceError as problem:
            cutouts.fail(cutout, code=problem.code, message=str(problem), permanent=problem.permanent)
        except PlatformError as problem:
            _report(cutout, problem)
            cutouts.fail(cutout, code=problem.code, message=str(problem), permanent=problem.permanent)
        except GovernanceError as problem:
            _report(cutout, problem)
            cutouts.fail(cutout, code=problem.code, message=str(problem), permanent=True)
        except Exception as problem:
            # Whatever it is, the picture must not stay "running" until its worker is believed dead.
            _report(cutout, problem)
            cutouts.fail(cutout, code="worker.error", message="The picture could not be processed.", permanent=False)


def _report(cutout: Cutout, problem: Exception) -> None:
    logger.error("Cutout %d, attempt %d: %s", cutout.pk, cutout.attempt, problem, exc_info=problem)


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
