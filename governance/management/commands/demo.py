from __future__ import annotations

import shlex
import subprocess
import sys
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser

from governance.adapters import keys
from governance.management import outsider
from governance.management.commands.submit import wait_for
from governance.management.handover import hand_over, name_of
from governance.management.running import running_processes
from governance.models import Job, ModelVersion, Output
from governance.reports.decisions import explained
from governance.reports.explanation_text import as_text
from governance.services.assets import ingest_asset
from governance.services.demo import Workspace, ensure_workspace
from governance.services.jobs import request_job

PHOTOS = settings.ROOT / "tests" / "data" / "photos"
SECONDS = 300


class Command(BaseCommand):
    help = "Walk the main job without a browser: cut out the sample photographs, show a refusal, verify every receipt."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--out", type=Path, default=settings.STATE_DIR / "demo")

    def handle(self, *, out: Path, **options: Any) -> None:
        call_command("setup", no_static=True, stdout=self.stdout)
        workspace = ensure_workspace({})
        out.mkdir(parents=True, exist_ok=True)
        with running_processes() as check:
            job = self._cut_out(workspace, out, check)
        refused = self._be_refused(workspace, out)
        outputs = Output.objects.filter(cutout__job=job).select_related("cutout__asset").order_by("pk")
        names = [name_of(output) for output in outputs]
        self._verify(out, names)
        self._verify_without_us(out, names[-1])
        self.stdout.write(f"Done: job {job.pk} made, job {refused.pk} refused. Everything is in {out}")

    def _cut_out(self, workspace: Workspace, out: Path, check: Callable[[], None]) -> Job:
        photos = sorted(path for path in PHOTOS.iterdir() if path.suffix in {".png", ".jpg"})
        job = self._submit(workspace, "u2netp", photos)
        self.stdout.write(f"Job {job.pk}: {len(photos)} photographs for {job.target} by {job.model}")
        for _ in range(SECONDS):
            if wait_for(job, 1):
                break
            check()
        else:
            raise CommandError(f"Job {job.pk} did not finish within {SECONDS} s.")
        failed = job.cutouts.exclude(status="succeeded").select_related("asset")
        for cutout in failed:
            self.stderr.write(f"  {cutout.asset}: {cutout.get_status_display()}: {cutout.error_message}")
        if failed:
            raise CommandError("Not every photograph was cut out.")
        for line in hand_over(workspace.requester, job, out):
            self.stdout.write(line)
        return job

    def _be_refused(self, workspace: Workspace, out: Path) -> Job:
        """RMBG-2.0 for a web shop, without a licence bought: refused before anything runs, and the reason kept."""
        job = self._submit(workspace, "rmbg-2.0", [PHOTOS / "coffee.png"])
        decision = job.decisions.earliest("id")
        if decision.allows:
            self.stdout.write(f"Job {job.pk}: {job.model} is allowed here, an entitlement covers it.")
            return job
        text = as_text(explained(decision))
        path = out / f"refused-job-{job.pk}.txt"
        path.write_text(text, encoding="utf-8")
        self.stdout.write(f"Job {job.pk}: {job.model} for {job.target}: {decision.get_outcome_display()}")
        self.stdout.write(text)
        return job

    def _submit(self, workspace: Workspace, slug: str, photos: list[Path]) -> Job:
        actor, target = workspace.requester, workspace.shop
        assets = [ingest_asset(actor, target.project.client, path.name, path.read_bytes()) for path in photos]
        return request_job(actor, target, ModelVersion.objects.get(slug=slug), assets, uuid.uuid4())

    def _verify(self, out: Path, names: list[str]) -> None:
        """As an outsider would: another process, no Django, only the file, the receipt and the public keys."""
        for name in names:
            command = ["-m", "governance.ledger.verify", str(out / f"{name}.receipt.json")]
            command += ["--file", str(out / f"{name}.png"), "--trust", str(keys.trust_path())]
            done = subprocess.run(  # noqa: S603 -- our own verifier
                [sys.executable, *command], cwd=settings.ROOT, capture_output=True, text=True, check=False
            )
            self.stdout.write(f"{shlex.join(['python', *command])}\n{done.stdout}")
            if done.returncode:
                raise CommandError(f"The receipt of {name} does not hold:\n{done.stdout}{done.stderr}")

    def _verify_without_us(self, out: Path, name: str) -> None:
        """As an outsider would who trusts nobody's code but OpenSSL's and Go's; printed where those are missing."""
        paths = _from_root(out / name), _from_root(keys.trust_path())
        self.stdout.write(f"Without a line of Clearcut's code, from {settings.ROOT}:\n\n{outsider.commands(*paths)}")
        if missing := outsider.missing(settings.ROOT):
            self.stdout.write(f"Not run here, for want of: {'; '.join(missing)}")
            return
        holds, said = outsider.check(settings.ROOT, *paths)
        self.stdout.write(said)
        if not holds:
            raise CommandError(f"OpenSSL and Go do not accept the receipt of {name}:\n{said}")


def _from_root(path: Path) -> str:
    path = path.resolve()
    return str(path.relative_to(settings.ROOT) if path.is_relative_to(settings.ROOT) else path)
