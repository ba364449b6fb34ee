from __future__ import annotations

import uuid
from typing import Any

from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError, CommandParser

from governance.errors import GovernanceError
from governance.models import ProvenanceRecord
from governance.services.corrections import correct


class Command(BaseCommand):
    help = "Say in the log what is wrong with a record. The record stays as it was signed."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("record", type=uuid.UUID, help="the record's id")
        parser.add_argument("--reason", required=True, help="what is wrong with it; kept here, and committed to")
        parser.add_argument("--as", dest="username", required=True, help="the account that says so (legal)")

    def handle(self, *, record: uuid.UUID, reason: str, username: str, **options: Any) -> None:
        wrong = ProvenanceRecord.objects.filter(pk=record).first()
        if wrong is None:
            raise CommandError(f"There is no record {record}.")
        actor = User.objects.filter(username=username).first()
        if actor is None:
            raise CommandError(f"There is no account {username!r}.")
        try:
            correction = correct(actor, wrong, reason)
        except GovernanceError as problem:
            raise CommandError(str(problem)) from problem
        self.stdout.write(f"Record {record} is corrected by {correction.pk}")
