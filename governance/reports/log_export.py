"""The whole log for an auditor: tiles, entries, checkpoints and signed statements, in one folder.

Everything is what one moment's database holds, unrepaired: whether it is sound is for the auditor's program to say.
No trust file is inside; it must reach them another way.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from governance.adapters.log_files import LogFiles
from governance.adapters.log_rows import one_snapshot, stored_entries
from governance.adapters.tree import hash_reader, leaf_reader
from governance.errors import RequestError
from governance.ledger.audit_shapes import PublishedCheckpoint
from governance.ledger.log_lines import checkpoint_line, envelope_line
from governance.models import Checkpoint

CHECKPOINTS, ENVELOPES = "checkpoints.jsonl", "envelopes.jsonl"


@dataclass(frozen=True, slots=True)
class LogExport:
    """What was written: entries covered by the newest checkpoint, their root, how many checkpoints."""

    size: int
    root: str
    checkpoints: int


def export_log(folder: Path) -> LogExport:
    """Write the log up to its newest checkpoint into ``folder``, in constant memory, from one snapshot.

    Raises RequestError ``export.not_empty`` or ``export.no_checkpoint``.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise RequestError(
            f"{folder} is not empty.",
            how_to_fix="Name a folder that does not exist yet.",
            code="export.not_empty",
        )
    with one_snapshot():
        newest = Checkpoint.objects.order_by("-size").first()
        if newest is None:
            raise RequestError(
                "No checkpoint has been signed yet.",
                how_to_fix="Run `python manage.py ledger --once`.",
                code="export.no_checkpoint",
            )
        folder.mkdir(parents=True, exist_ok=True)
        files = LogFiles(folder, durable=False)
        files.write(0, newest.size, leaf_reader("default", checked=False), hash_reader("default"))
        checkpoints = _write(folder / CHECKPOINTS, map(_checkpoint_line, _checkpoints(newest.size)))
        entries = islice(stored_entries(), newest.size)
        _write(folder / ENVELOPES, (envelope_line(entry.index, entry.envelope) for entry in entries))
        files.publish(newest.note)
    return LogExport(newest.size, newest.root, checkpoints)


def _checkpoints(size: int) -> Iterable[Checkpoint]:
    return Checkpoint.objects.filter(size__lte=size).order_by("size").iterator()


def _checkpoint_line(signed: Checkpoint) -> bytes:
    return checkpoint_line(PublishedCheckpoint(signed.size, signed.root, signed.note, signed.published_at))


def _write(path: Path, lines: Iterable[bytes]) -> int:
    count = 0
    with path.open("xb") as file:
        for line in lines:
            file.write(line)
            count += 1
    return count
