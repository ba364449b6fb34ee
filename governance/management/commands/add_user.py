from __future__ import annotations

from getpass import getpass
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from governance.errors import GovernanceError
from governance.models import Client, Role
from governance.services.accounts import add_user, grant_role


class Command(BaseCommand):
    help = "Create an account with a role, for one client or for all. The password is asked for."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username")
        parser.add_argument("--role", required=True, choices=Role.values)
        parser.add_argument("--client", default="", help="name of the client the role is for; left out: every client")

    def handle(self, *, username: str, role: str, client: str, **options: Any) -> None:
        where = Client.objects.filter(name=client).first() if client else None
        if client and where is None:
            raise CommandError(f"There is no client called {client!r}.")
        try:
            grant_role(add_user(username, getpass("Password: ")), role, where)
        except GovernanceError as problem:
            raise CommandError(str(problem)) from problem
        self.stdout.write(f"{username}: {role}{f' for {client}' if client else ''}")
