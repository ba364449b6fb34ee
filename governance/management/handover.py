"""Release a finished job to its own target and write the files, each with the receipt that proves it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

from django.contrib.auth.models import User

from governance.models import Job, Output
from governance.reports.evidence import receipt_bytes, standing_of
from governance.services.releases import deliver, release_output


def hand_over(actor: User, job: Job, out: Path) -> Iterator[str]:
    """Yield a line per file written into ``out``: ``NAME.png`` and ``NAME.receipt.json``."""
    out.mkdir(parents=True, exist_ok=True)
    for output in Output.objects.filter(cutout__job=job).select_related("cutout__asset", "provenance").order_by("pk"):
        decision, release = release_output(actor, output, job.target)
        name = name_of(output)
        if release is None:
            yield f"  {name}: not released, {decision.get_outcome_display().lower()} (decision {decision.pk})"
            continue
        (out / f"{name}.png").write_bytes(deliver(actor, release).data)
        signed = wait_for_checkpoint(output)
        (out / f"{name}.receipt.json").write_bytes(receipt_bytes(output))
        pending = "" if signed else ", still pending: the log has not signed for it yet; fetch the receipt again later"
        yield f"  {out / name}.png with {name}.receipt.json{pending}"


def name_of(output: Output) -> str:
    """What the files of an output are called, without an ending."""
    return f"{Path(output.cutout.asset.file_name).stem}-{output.pk}"


def wait_for_checkpoint(output: Output, seconds: float = 30.0) -> bool:
    """Whether the log took the record in and signed a checkpoint for it within ``seconds``."""
    deadline = time.monotonic() + seconds
    while standing_of(output.provenance).checkpoint_size is None:
        if time.monotonic() > deadline:
            return False
        time.sleep(0.1)
    return True
