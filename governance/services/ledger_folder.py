"""What the log's folder is worth when the log is opened: it is a copy, the truth is what was signed and the database.

Others may be able to write to it. What bears no signature of ours, or goes beyond what was signed and is not in the
database, is moved aside and kept, with an alarm, and the log goes on without it.
"""

from __future__ import annotations

from django.conf import settings

from governance.adapters.log_aside import set_aside, strangers
from governance.adapters.log_files import CHECKPOINT, LogFiles
from governance.adapters.signer import LastSigned
from governance.adapters.tree import hash_reader, leaf_reader, node_reader
from governance.errors import PlatformError
from governance.ledger.checkpoint import Checkpoint
from governance.ledger.edge import Edge
from governance.ledger.errors import NoteError, TamperedError
from governance.ledger.merkle import leaf_hash, root_at
from governance.ledger.tile import nodes_from_tiles
from governance.models import Alarm
from governance.services.alarms import raise_alarm
from governance.services.ledger_tree import ALIAS


def published_in(files: LogFiles, last: LastSigned | None) -> Checkpoint | None:
    """The checkpoint the files were last published with.

    Where what stands there was never signed, the signer's last one: before it was signed its files were written. None
    when they are not there, as before the first. Raises PlatformError ``log.other_origin``.
    """
    try:
        return files.published()
    except NoteError as problem:
        ours = last if last is not None and _holds(files, last) else None
        if ours is None:
            _check_origin(files)
        raise_alarm(
            Alarm.Kind.LOG,
            "log:checkpoint-forged",
            f"No log key of ours signed the checkpoint in CLEARCUT_LOG_DIR: {problem.message} Somebody else wrote to"
            " the folder. The checkpoint is kept in `aside`; the signer's own takes its place.",
        )
        set_aside(files.folder, [files.folder / CHECKPOINT])
        return Checkpoint(settings.LOG_ORIGIN, ours.size, ours.root) if ours else None


def _holds(files: LogFiles, signed: LastSigned) -> bool:
    """Whether the tiles lead to what was signed."""
    try:
        return root_at(signed.size, nodes_from_tiles(signed.size, files.read_tile)) == signed.root
    except (PlatformError, TamperedError):
        return False


def _check_origin(files: LogFiles) -> None:
    try:
        found = Checkpoint.claimed_in(files.note() or "").origin
    except NoteError:
        return
    if found != settings.LOG_ORIGIN:
        raise PlatformError(
            f"CLEARCUT_LOG_DIR holds the log {found!r}; expected {settings.LOG_ORIGIN!r}.",
            how_to_fix="Give every log its own CLEARCUT_LOG_DIR.",
            code="log.other_origin",
            permanent=True,
        )


def check_files(files: LogFiles, published: Checkpoint | None, edge: Edge, signed: int) -> int:
    """As far as both reach and was ``signed``, files and database must hold the same leaves.

    Returns how far the files are whole. Raises PlatformError ``log.bundle_differs``, ``log.short``, TamperedError.
    """
    whole = min(published.size, files.size()) if published else 0
    checked = min(whole, edge.size)
    if published is not None:
        in_files = root_at(checked, nodes_from_tiles(published.size, files.read_tile))
        if in_files != root_at(checked, node_reader(ALIAS)):
            raise _files_differ(files, f"the first {checked} entries")
    for leaves in files.leaves(checked, min(files.size(), edge.size, signed)):
        if b"".join(map(leaf_hash, leaves)) != hash_reader(ALIAS)(0, checked, checked + len(leaves)):
            raise _files_differ(files, f"entries {checked} to {checked + len(leaves) - 1}")
        checked += len(leaves)
    return whole


def clear(files: LogFiles, signed: int, size: int) -> bool:
    """Move aside what goes beyond ``signed`` entries and is not in the database of ``size``; says if there was any."""
    found = strangers(files.folder, signed, size, leaf_reader(ALIAS), hash_reader(ALIAS))
    if not found:
        return False
    first = found[0].relative_to(files.folder)
    raise_alarm(
        Alarm.Kind.LOG,
        "log:not-ours",
        f"CLEARCUT_LOG_DIR held {len(found)} files beyond the {signed} entries signed for that are not of this"
        f" database, such as {first}: somebody else wrote them, or a database that is gone. They are kept in `aside`;"
        " the log goes on without them.",
    )
    set_aside(files.folder, found)
    return True


def _files_differ(files: LogFiles, what: str) -> PlatformError:
    return PlatformError(
        f"{files.folder} and the database hold {what} differently.",
        how_to_fix="One of both was altered or rolled back. Keep both and run `manage.py audit_ledger`.",
        code="log.bundle_differs",
        permanent=True,
    )
