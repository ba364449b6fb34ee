"""A log as the service makes it: outputs recorded, batches taken in, checkpoints signed, deliveries with receipts."""

from __future__ import annotations

import io
import json
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.core.management import call_command

from governance.adapters import keys
from governance.adapters.certificates import CA
from governance.adapters.log_files import LogFiles
from governance.adapters.signer import Signer
from governance.ledger.merkle import consistency_path
from governance.ledger.tile import nodes_from_tiles
from governance.management.handover import hand_over
from governance.models import Job
from governance.services import cutouts
from governance.services.ledger import integrate_pending, publish_checkpoint
from governance.services.outputs import record_output
from tests.conftest import Cast
from tests.factories import made, make_job
from tests.interop.evidence import Envelope, Keys

# Pictures per job; a checkpoint follows each job.
JOBS = (1, 2, 3, 7, 9)


@dataclass(frozen=True, slots=True)
class ServiceLog:
    """What the ledger process publishes, what ``export_log`` hands an auditor, and what a client is delivered.

    ``delivered`` holds ``NAME.png`` and ``NAME.receipt.json``.
    """

    published: Path
    export: Path
    delivered: Path
    trust: bytes
    authority: bytes
    """The certificate (PEM) that whoever reads content credentials is handed."""

    @property
    def keys(self) -> Keys:
        return Keys.read(self.trust)

    @property
    def notes(self) -> tuple[str, ...]:
        """The exported checkpoints, ascending by size."""
        lines = (self.export / "checkpoints.jsonl").read_text(encoding="utf-8").splitlines()
        return tuple(json.loads(line)["note"] for line in lines)

    @property
    def envelopes(self) -> tuple[Envelope, ...]:
        """The exported statement of every entry."""
        lines = (self.export / "envelopes.jsonl").read_text(encoding="utf-8").splitlines()
        return tuple(Envelope.read(json.loads(line)["envelope"]) for line in lines)

    @property
    def names(self) -> tuple[str, ...]:
        """Of the delivered files, in the order they were made."""
        return tuple(
            path.name.removesuffix(".receipt.json") for path in sorted(self.delivered.glob("*.receipt.json"), key=_age)
        )

    def file(self, which: int = -1) -> bytes:
        return (self.delivered / f"{self.names[which]}.png").read_bytes()

    def receipt(self, which: int = -1) -> bytes:
        return (self.delivered / f"{self.names[which]}.receipt.json").read_bytes()

    def consistency(self, old: int, new: int) -> tuple[bytes, ...]:
        """The proof between two trees, made from the exported tiles."""
        read = LogFiles(self.export).read_tile
        return consistency_path(old, new, nodes_from_tiles(size_of(self.notes[-1]), read))


def size_of(note: str) -> int:
    return int(note.split("\n")[1])


def build(cast: Cast, folder: Path) -> ServiceLog:
    """Make the jobs, entry batches and checkpoints, then release and deliver everything."""
    files = LogFiles(folder / "published", durable=False)
    signer = Signer(folder / "signer", settings.LOG_ORIGIN, keys.log_key())
    jobs = [_run_job(cast, pictures, signer, files) for pictures in JOBS]
    for job in jobs:
        assert all(".receipt.json" in line for line in hand_over(cast.owner, job, folder / "delivered"))
    call_command("export_log", str(folder / "export"), stdout=io.StringIO())
    return ServiceLog(
        published=files.folder,
        export=folder / "export",
        delivered=folder / "delivered",
        trust=keys.trust_path().read_bytes(),
        authority=keys.trust_path().with_name(CA).read_bytes(),
    )


def _run_job(cast: Cast, pictures: int, signer: Signer, files: LogFiles) -> Job:
    job = make_job(cast, pictures=pictures)
    for cutout in job.cutouts.order_by("pk"):
        claimed = cutouts.claim(cutout.pk)
        assert claimed is not None
        assert record_output(claimed, made(claimed)) is not None
    while integrate_pending(4):
        pass
    publish_checkpoint(signer, files)
    return job


def _age(receipt: Path) -> int:
    return int(receipt.name.removesuffix(".receipt.json").rpartition("-")[2])
