from __future__ import annotations

from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from governance.errors import GovernanceError
from governance.services.agents import AGENT, Sign, take_acknowledgement


class Command(BaseCommand):
    help = (
        "The licensor acknowledged a report of an entitlement's attribution agent. For the machine the agent runs on."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("ref", help="such as ENT-0017")
        parser.add_argument(
            "--at", type=datetime.fromisoformat, help="such as 2027-01-31T09:30:00+01:00; left out: now"
        )
        parser.add_argument("--detail", default="", help="what the licensor answered")
        parser.add_argument("--agent", default=AGENT, help="its name and version")

    def handle(self, *, ref: str, at: datetime | None, detail: str, agent: str, **options: Any) -> None:
        try:
            kept = take_acknowledgement(Sign(ref, at or timezone.now(), detail, agent))
        except GovernanceError as problem:
            raise CommandError(str(problem)) from problem
        self.stdout.write(f"{ref}: {kept.agent} acknowledged at {kept.acknowledged_at:%Y-%m-%dT%H:%M:%SZ}")
