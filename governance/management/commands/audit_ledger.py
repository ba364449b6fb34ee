from __future__ import annotations

import io
import sys
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError

from governance.adapters import keys
from governance.adapters.log_files import LogFiles
from governance.adapters.signer import RemoteSigner
from governance.errors import GovernanceError
from governance.ledger.verify_text import print_audit, print_json
from governance.reports.ledger_audit import HouseOptions, audit_ledger

SAMPLE = 200


class Command(BaseCommand):
    help = (
        "Audit the whole log as this installation keeps it: every entry, root and signature, the rows and files beside"
        " it, the signer's memory and the database's fence. Exit status 0 sound, 1 tampered, 2 cannot tell."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--files", choices=["none", "sample", "all"], default="sample", help="hash stored files")
        parser.add_argument("--structure-only", action="store_true", help="leave statements, rows and files out")
        parser.add_argument("--old-checkpoint", type=Path, help="a checkpoint kept from before: must be continued")
        parser.add_argument("--json", action="store_true", help="print the report as JSON")

    def handle(
        self, *, files: str, structure_only: bool, old_checkpoint: Path | None, json: bool, **options: Any
    ) -> None:
        try:
            note = old_checkpoint.read_text(encoding="utf-8") if old_checkpoint else None
        except (OSError, UnicodeDecodeError) as problem:
            raise CommandError(f"Cannot tell: {old_checkpoint} cannot be read: {problem}", returncode=2) from problem
        asked = HouseOptions(
            files={"none": 0, "sample": SAMPLE, "all": None}[files], structure_only=structure_only, old_checkpoint=note
        )
        try:
            report = audit_ledger(keys.trust(), RemoteSigner(settings.SIGNER_SOCKET), LogFiles(settings.LOG_DIR), asked)
        except (GovernanceError, DatabaseError, OSError) as problem:  # not looked at, which is not tampered with
            raise CommandError(f"Cannot tell: {problem}", returncode=2) from problem
        said = io.StringIO()
        (print_json if json else print_audit)(report, said)
        self.stdout.write(said.getvalue(), ending="")
        if report.exit_code:
            sys.exit(report.exit_code)
