from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from governance.licensing.catalogue import load_catalogue
from governance.rights.readings import encodings
from governance.services.catalogue import sync_catalogue


class Command(BaseCommand):
    help = "Take the shipped catalogue of models, weights, licences and training data in. Safe to run again."

    def handle(self, **options: Any) -> None:
        encodings()  # a reading that does not parse stops here, not at the first job
        report = sync_catalogue(load_catalogue(settings.CATALOGUE_DIR))
        what = "unchanged" if report.unchanged else f"{report.added} added, {report.changed} changed"
        self.stdout.write(f"Catalogue {report.digest[:12]}: {what}")
