from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError, CommandParser

from governance.access import visible_clients
from governance.errors import GovernanceError
from governance.management.handover import hand_over
from governance.management.running import running_processes
from governance.models import Cutout, DeploymentTarget, Job, ModelVersion, Role
from governance.models.jobs import OPEN
from governance.reports.decisions import explained
from governance.reports.explanation_text import as_text
from governance.services.demo import ACCOUNTS
from governance.services.submissions import submit_pictures


@dataclass(frozen=True, slots=True)
class PhotoFile:
    """A file on this machine, as the submission service takes uploads."""

    name: str
    size: int
    read: Callable[[], bytes]


class Command(BaseCommand):
    help = "Submit pictures for a target, as the web page does; with --wait also release them and write the files."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("photos", nargs="+", type=Path)
        parser.add_argument("--target", required=True, help="number or name of the deployment target")
        parser.add_argument("--model", default="u2netp")
        parser.add_argument("--as", dest="username", help="the account that submits (left out: the demo requester)")
        parser.add_argument("--wait", action="store_true", help="until every picture is made, refused or failed")
        parser.add_argument("--out", type=Path, help="folder for cutouts and receipts (with --wait)")
        parser.add_argument("--timeout", type=int, default=600, help="seconds to wait at most")

    def handle(self, *, photos: list[Path], target: str, model: str, username: str | None, **options: Any) -> None:
        try:
            actor = User.objects.get(username=username or self._default_account())
            where = find_target(actor, target)
            job = self._submit(actor, where, ModelVersion.objects.get(slug=model), photos)
        except (User.DoesNotExist, ModelVersion.DoesNotExist) as problem:
            raise CommandError(f"No such account or model: {problem}") from problem
        except GovernanceError as problem:
            raise CommandError(str(problem)) from problem
        decision = job.decisions.earliest("id")
        self.stdout.write(f"Job {job.pk}: {decision.get_outcome_display()}")
        if not decision.allows:
            self.stdout.write(as_text(explained(decision)))
            raise CommandError(f"Job {job.pk} was not queued: {decision.get_outcome_display().lower()}.", returncode=3)
        if options["wait"]:
            # One machine: what does the work is started if it does not run. Servers have their own workers.
            with running_processes() if settings.EMBEDDED else nullcontext():
                self._finish(actor, job, options["out"], options["timeout"])

    def _default_account(self) -> str:
        if not settings.EMBEDDED:
            raise CommandError("Name the account that submits with --as.")
        return next(account.username for account in ACCOUNTS if account.role == Role.REQUESTER)

    def _submit(self, actor: User, target: DeploymentTarget, model: ModelVersion, photos: list[Path]) -> Job:
        """As the page does: a file that cannot be taken in is said, the others go on."""
        readable = []
        for photo in photos:
            try:
                with photo.open("rb"):  # said now, not when its turn comes
                    readable.append(PhotoFile(photo.name, photo.stat().st_size, photo.read_bytes))
            except OSError as problem:
                self.stderr.write(f"{photo.name}: cannot be read ({problem.strerror})")
        done = submit_pictures(actor, target, model, readable, uuid.uuid4())
        for file in done.left_out:
            self.stderr.write(f"{file.file_name}: [{file.code}] {file.message} {file.how_to_fix}")
        if done.job is None:
            raise CommandError("[job.no_pictures] None of the files could be taken in.")
        return done.job

    def _finish(self, actor: User, job: Job, out: Path | None, timeout: int) -> None:
        if not wait_for(job, timeout):
            raise CommandError(
                f"Job {job.pk} is not finished after {timeout} s. Is a worker running? Start one with `make run`."
            )
        for cutout in job.cutouts.select_related("asset").order_by("pk"):
            self.stdout.write(f"  {cutout.asset.file_name}: {cutout.get_status_display()} {cutout.error_message}")
        if out is not None:
            for line in hand_over(actor, job, out):
                self.stdout.write(line)
        failed = job.cutouts.exclude(status="succeeded").count()
        if failed:
            raise CommandError(f"{failed} of {job.cutouts.count()} pictures were not made.", returncode=4)


def find_target(actor: User, named: str) -> DeploymentTarget:
    """The target by number or name, among those ``actor`` may see. Raises CommandError."""
    mine = DeploymentTarget.objects.select_related("project__client").filter(
        project__client__in=visible_clients(actor), archived_at=None
    )
    found = mine.filter(pk=named) if named.isdecimal() else mine.filter(name=named)
    if (target := found.first()) is None:
        names = ", ".join(f"{each.pk} {each.name!r}" for each in mine.order_by("pk")[:20])
        raise CommandError(f"There is no target {named!r} for {actor}; there are {names or 'none'}.")
    return target


def wait_for(job: Job, seconds: int) -> bool:
    """Whether every cutout of the job came to an end within ``seconds``."""
    deadline = time.monotonic() + seconds
    while Cutout.objects.filter(job=job, status__in=OPEN).exists():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.1)
    return True
