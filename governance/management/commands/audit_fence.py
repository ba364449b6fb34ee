from __future__ import annotations

import json as jsonlib
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from governance.adapters.fence import Difference, compare
from governance.adapters.fence_catalogue import FenceUnreadable, read_fence
from governance.policy.phrases import count_of
from governance.reports.fence import pin_fence, pinned_fence

AS_PINNED, DIFFERS, CANNOT_TELL = 0, 1, 2


class Command(BaseCommand):
    help = (
        "Compare the triggers, rights, owners and roles in the database with the pinned list. Ends with 0 when they are"
        " as pinned, 1 when something differs, 2 when that cannot be told."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="the same as JSON")
        parser.add_argument(
            "--pin",
            action="store_true",
            help="for developers, after a migration and `manage.py setup`: write the pinned list anew; read its diff",
        )

    def handle(self, *, json: bool, pin: bool, **options: Any) -> None:
        try:
            if pin:
                self.stdout.write(f"Pinned {count_of(pin_fence(), 'part')}")
                return
            found = read_fence()
            differences = compare(found, pinned_fence())
        except FenceUnreadable as problem:
            self._tell(json, {"verdict": "cannot tell", "reason": str(problem)}, [f"Cannot tell: {problem}"])
            sys.exit(CANNOT_TELL)
        verdict = "differs" if differences else "as pinned"
        body = {"verdict": verdict, "differences": [_as_json(each) for each in differences]}
        said = [f"{each.sentence}." for each in differences] or [
            f"{count_of(len(found.parts), 'part')}, all as pinned."
        ]
        information = dict(found.information)
        lines = said + [f"For information: {name} {value}." for name, value in information.items()]
        self._tell(json, body | {"parts": len(found.parts), "information": information}, lines)
        sys.exit(DIFFERS if differences else AS_PINNED)

    def _tell(self, as_json: bool, body: dict[str, Any], lines: list[str]) -> None:
        self.stdout.write(jsonlib.dumps(body, indent=2, ensure_ascii=False) if as_json else "\n".join(lines))


def _as_json(difference: Difference) -> dict[str, str]:
    return {"kind": difference.kind, "name": difference.name, "sentence": difference.sentence}
