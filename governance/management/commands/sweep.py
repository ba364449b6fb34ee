from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from governance.services.sweeps import sweep


class Command(BaseCommand):
    help = "Judge everything that is waiting or in use again, now, and say what changed."

    def handle(self, **options: Any) -> None:
        done = sweep(timezone.now())
        self.stdout.write(
            f"Sweep {done.pk}: {done.examined} judged again, {done.changed} changed. SHA-256 {done.digest}"
        )
        for change in done.changes.select_related("decision__target"):
            decision = change.decision
            self.stdout.write(f"  decision {decision.pk}, {decision.target}: {change.before} -> {change.after}")
