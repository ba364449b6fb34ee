from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from governance.reports.log_export import export_log


class Command(BaseCommand):
    help = (
        "Write the whole log into a folder, for an auditor: it names every client's statements. "
        "Check it with `python -m governance.ledger.verify --log FOLDER --trust TRUST`."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", type=Path, metavar="FOLDER", help="a folder that does not exist yet, or is empty")

    def handle(self, *, folder: Path, **options: Any) -> None:
        try:
            done = export_log(folder)
        except OSError as problem:
            raise CommandError(f"Cannot write {folder}: {problem.strerror}. Name another folder.") from problem
        self.stdout.write(f"{done.size} entries, {done.checkpoints} checkpoints, root {done.root}, in {folder}")
        self.stdout.write("The trust file must reach the auditor another way.")
