"""The log caught up with what was committed, for pages that show its state."""

from __future__ import annotations

from pathlib import Path

from django.conf import settings

from governance.adapters import keys
from governance.adapters.log_files import LogFiles
from governance.adapters.signer import Signer
from governance.services.ledger import integrate_pending, publish_checkpoint


def take_in() -> None:
    """Everything that waits is in the log."""
    while integrate_pending():
        pass


def seal(folder: Path) -> None:
    """Everything that waits is in the log, under a checkpoint; signer and files are in ``folder``."""
    take_in()
    signer = Signer(folder / "signer", settings.LOG_ORIGIN, keys.log_key())
    publish_checkpoint(signer, LogFiles(folder / "log"))
