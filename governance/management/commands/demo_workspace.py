from __future__ import annotations

import json
import os
import secrets
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from governance.services.demo import ACCOUNTS, ensure_workspace


class Command(BaseCommand):
    help = "Create the demo clients, targets and accounts. Passwords are given in embedded mode only."

    def handle(self, **options: Any) -> None:
        known = self._passwords() if settings.EMBEDDED else {}
        ensure_workspace(known)
        self.stdout.write(f"Demo workspace: {len(ACCOUNTS)} accounts")

    def _passwords(self) -> dict[str, str]:
        """The passwords of this installation, made once and kept in a file only its owner can read."""
        path = settings.STATE_DIR / "demo-accounts.json"
        if path.exists():
            return {entry["username"]: entry["password"] for entry in json.loads(path.read_text(encoding="utf-8"))}
        accounts = [
            {"username": account.username, "password": secrets.token_urlsafe(9), "role": str(account.role)}
            for account in ACCOUNTS
        ]
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            json.dump(accounts, file, indent=2)
        return {entry["username"]: entry["password"] for entry in accounts}
