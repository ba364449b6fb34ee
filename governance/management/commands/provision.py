from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from governance.adapters.database import provision


class Command(BaseCommand):
    help = "Create the database roles (owner, application, ledger) and let the configured logins act as them."

    def handle(self, **options: Any) -> None:
        provision(settings.DATABASE_OWNER_URL, settings.DATABASE_URL, settings.DATABASE_LEDGER_URL)
