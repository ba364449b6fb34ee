from __future__ import annotations

import json as jsonlib
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from governance.errors import GovernanceError
from governance.models import DeploymentTarget
from governance.reports.evaluation import dry_run
from governance.reports.explanation_text import as_text


class Command(BaseCommand):
    help = "What would be said of pictures by a model for a target, explained as `explain` does. Nothing is stored."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--model", required=True, help="such as u2netp")
        parser.add_argument("--target", required=True, help="number or name of the deployment target")
        parser.add_argument("--pictures", type=int, default=1, help="how many pictures the job would have")
        parser.add_argument("--json", action="store_true", help="the same structure as JSON")

    def handle(self, *, model: str, target: str, pictures: int, json: bool, **options: Any) -> None:
        try:
            explained = dry_run(_target(target), model, pictures)
        except GovernanceError as problem:
            raise CommandError(str(problem)) from problem
        as_json = jsonlib.dumps(explained.as_json(), indent=2, ensure_ascii=False)
        self.stdout.write(as_json if json else as_text(explained))


def _target(named: str) -> DeploymentTarget:
    """The target by number or name, whoever its client is. Raises CommandError."""
    known = DeploymentTarget.objects.select_related("project__client").filter(archived_at=None)
    found = list(known.filter(pk=named) if named.isdecimal() else known.filter(name=named))
    if len(found) != 1:
        offered = ", ".join(f"{each.pk} {each.name!r} ({each.project.client})" for each in (found or known)[:20])
        several = f"There are {len(found)} targets {named!r}" if found else f"There is no target {named!r}"
        raise CommandError(f"{several}; name one by its number: {offered or 'none'}.")
    return found[0]
