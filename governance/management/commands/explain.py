from __future__ import annotations

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from governance.reports.decisions import decisions_of_job, explained
from governance.reports.explanation_text import as_text


class Command(BaseCommand):
    help = "Explain why a job was allowed or not: the newest decision, or every one it had."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("job", type=int, metavar="JOB", help="the job's number")
        parser.add_argument("--all", action="store_true", help="every decision of the job, oldest first")
        parser.add_argument("--json", action="store_true", help="the same structure as JSON")

    def handle(self, job: int, *, all: bool, json: bool, **options: Any) -> None:
        rows = decisions_of_job(job)
        if not rows:
            raise CommandError(f"Job {job} has no decision: there is no such job. `manage.py submit` prints numbers.")
        chosen = [explained(row) for row in (reversed(rows) if all else rows[:1])]
        if json:
            self.stdout.write(_as_json([entry.as_json() for entry in chosen]))
            return
        self.stdout.write("\n".join(as_text(entry) for entry in chosen))
        if not all and len(rows) > 1:
            self.stdout.write(f"{len(rows) - 1} earlier: explain {job} --all")


def _as_json(entries: list[dict[str, Any]]) -> str:
    return json.dumps(entries, indent=2, ensure_ascii=False)
