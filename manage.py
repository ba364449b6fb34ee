"""Clearcut's command line. Without DATABASE_URL it brings its own PostgreSQL and Redis along."""

from __future__ import annotations

import os
import signal
import sys
from contextlib import ExitStack
from pathlib import Path
from types import FrameType

try:
    from django.core.management import execute_from_command_line
    from django.db import OperationalError, ProgrammingError

    from governance.adapters.embedded import MARK, attach
    from governance.errors import GovernanceError
except ModuleNotFoundError as missing:
    sys.exit(
        f"The Python package {missing.name!r} is not installed for {sys.executable}.\n"
        "Run `make setup` once, then use `.venv/bin/python manage.py …`."
    )

ROOT = Path(__file__).resolve().parent
NEED_NO_SERVERS = {"help", "version", "check", "collectstatic", "compilemessages", "makemessages"}


def needs_servers(arguments: list[str]) -> bool:
    """Whether this command may touch the database or the queue; when in doubt it may."""
    if not arguments or arguments[0].startswith("-") or arguments[0] in NEED_NO_SERVERS:
        return False
    if arguments[0] == "makemigrations" and "--check" in arguments:
        return False
    return not {"--help", "-h"} & set(arguments)


def end_on(number: int, _frame: FrameType | None) -> None:
    """Unwind, so that the servers are stopped, as Ctrl-C does."""
    sys.exit(128 + number)


def main() -> None:
    """Attach if need be, run the command, leave."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "governance.settings")
    with ExitStack() as stack:
        if not os.environ.get("DATABASE_URL") and not os.environ.get("DATABASE_URL_FILE"):
            os.environ[MARK] = "1"
            if needs_servers(sys.argv[1:]):
                for number in (signal.SIGTERM, signal.SIGHUP):
                    if signal.getsignal(number) is signal.SIG_DFL:
                        signal.signal(number, end_on)
                stack.enter_context(attach(Path(os.environ.get("CLEARCUT_STATE_DIR", ROOT / "var"))))
        execute_from_command_line(sys.argv)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
    except GovernanceError as error:
        sys.exit(str(error))
    except (OperationalError, ProgrammingError) as error:
        sys.exit(f"The database refused: {error}\nIf it was never prepared, or the code is newer: make setup")
