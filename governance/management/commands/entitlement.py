from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError, CommandParser

from governance.errors import RequestError
from governance.services.entitlement_entry import field_of, grant_of
from governance.services.entitlements import enter_entitlement
from governance.services.entry import EntryRefused


class Command(BaseCommand):
    help = "Enter a purchased right from a TOML file, as the page does. Another person has to verify it."

    def add_arguments(self, parser: CommandParser) -> None:
        acts = parser.add_subparsers(dest="act", required=True)
        enter = acts.add_parser("enter", help="a new right, or with `ref` in the file its next version")
        enter.add_argument("file", type=Path, help="its fields; `evidence` lists the papers, beside the file")
        enter.add_argument("--as", dest="username", required=True, help="the account that enters it")

    def handle(self, *, file: Path, username: str, **options: Any) -> None:
        try:
            actor = User.objects.get(username=username)
            data = tomllib.loads(file.read_text(encoding="utf-8"))
            ref, evidence = data.pop("ref", ""), _papers(file.parent, data.pop("evidence", []))
            row = enter_entitlement(actor, grant_of(data), evidence, str(ref))
        except RequestError as problem:
            where = f"{field}: " if (field := field_of(problem)) else ""
            raise CommandError(f"[{problem.code}] {where}{problem.message} {problem.how_to_fix}".rstrip()) from problem
        except User.DoesNotExist as problem:
            raise CommandError(f"There is no account {username!r}.") from problem
        except (OSError, ValueError) as problem:
            raise CommandError(f"{file} cannot be read: {problem}") from problem
        self.stdout.write(f"{row} entered. It gives no right until another person verifies it.")


def _papers(folder: Path, given: Any) -> tuple[bytes, ...]:
    if not isinstance(given, list) or not all(isinstance(name, str) for name in given):
        raise EntryRefused(
            "evidence", f"evidence: got {given!r}; expected a list of file names.", how_to_fix="List the papers."
        )
    return tuple((folder / name).read_bytes() for name in given)
