from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from governance.services.catalogue import take_in


class Command(BaseCommand):
    help = "Take the shipped catalogue of models, weights, licences, readings and training data in. Safe to run again."

    def handle(self, **options: Any) -> None:
        report = take_in(settings.CATALOGUE_DIR)
        what = "unchanged" if report.unchanged else f"{report.added} added, {report.changed} changed"
        self.stdout.write(f"Catalogue {report.digest[:12]}: {what}")
