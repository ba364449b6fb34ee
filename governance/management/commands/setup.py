from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandParser

from governance.adapters import keys
from governance.management.schema import prepare_database
from governance.services.assets import read_missing_rights
from governance.services.baseline import enter_baseline
from governance.services.signing_keys import record_keys


class Command(BaseCommand):
    help = (
        "Prepare everything a start needs: roles, tables, catalogue, keys, weights, demo workspace. Safe to run again."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--no-weights", action="store_true", help="leave the weights to the worker's machine")
        parser.add_argument("--no-static", action="store_true", help="leave the web assets out")

    def handle(self, *, no_weights: bool, no_static: bool, **options: Any) -> None:
        prepare_database(self.stderr.write)
        # Before anything that stands in the log: what is recorded is signed.
        self.stdout.write(f"Keys: public ones in {keys.ensure_keys()}")
        # Before the first event, which is that of the keys: from then on a row without one was put past us.
        if found := enter_baseline():
            self.stdout.write(f"Log: {found} rows that were here already entered as found")
        record_keys()
        call_command("sync_catalogue", stdout=self.stdout)
        if read := read_missing_rights():
            self.stdout.write(f"Rights statements read from {read} pictures that were here already")
        if not no_weights:
            call_command("weights", "pull", "u2netp", stdout=self.stdout)
        if not no_static:
            call_command("collectstatic", interactive=False, verbosity=0)
        if settings.EMBEDDED:
            call_command("demo_workspace", stdout=self.stdout)
