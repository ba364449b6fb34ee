"""The log as plain files (C2SP tlog-tiles): what an auditor fetches, and what a restored database catches up from.

See: https://c2sp.org/tlog-tiles
Written and on disk before a signature is asked for, so that whatever was signed can be read back. A tile or entry
bundle never changes: where other bytes stand already, nothing is written and the log stops.
"""

from __future__ import annotations

import fcntl
import os
import tempfile
from bisect import bisect_left
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from governance.adapters import keys
from governance.adapters.durable import sync_folder
from governance.adapters.tree import HashReader, LeafReader
from governance.errors import PlatformError
from governance.ledger.checkpoint import Checkpoint
from governance.ledger.checks import open_trusted
from governance.ledger.merkle import HASH_BYTES
from governance.ledger.tile import HEIGHT, WIDTH, entries_path, entry_bundle, split_bundle, tile_path, tiles_of
from governance.ledger.trust import Trust

CHECKPOINT = "checkpoint"
_READABLE = 0o644  # nothing in here names a client; a web server may show it as it is


class LogFiles:
    """The files of one log under ``folder``. ``durable`` False for a copy nobody relies on yet, such as an export.

    ``trust``: whose signature a checkpoint found there must bear.
    """

    def __init__(self, folder: Path, *, durable: bool = True, trust: Callable[[], Trust] = keys.trust) -> None:
        self.folder = folder
        self._durable = durable
        self._trust = trust
        self._touched: set[Path] = set()
        self._written: int | None = None

    def note(self) -> str | None:
        """What stands as the published checkpoint, whoever put it there; None before the first."""
        found = _read(self.folder / CHECKPOINT)
        return None if found is None else found.decode("utf-8", errors="replace")

    def published(self) -> Checkpoint | None:
        """The published checkpoint. Raises NoteError when it is damaged or no trusted log key signed it."""
        note = self.note()
        return None if note is None else open_trusted(note, self._trust()).checkpoint

    def size(self) -> int:
        """How many leaves the entry bundles hold (a few dozen looks, however long the log)."""
        beyond = 1
        while self._is_full(beyond - 1):
            beyond *= 2
        full = bisect_left(range(beyond), True, key=lambda index: not self._is_full(index))
        widths = _partial_widths(self.folder / entries_path(full))
        return full * WIDTH + (widths[-1] if widths else 0)

    def _is_full(self, index: int) -> bool:
        return (self.folder / entries_path(index)).exists()

    def leaves(self, start: int, end: int) -> Iterator[list[bytes]]:
        """The leaves ``[start, end)``, bundle by bundle. Raises PlatformError ``log.short``, TamperedError."""
        while start < end:
            index, offset = divmod(start, WIDTH)
            upto = min(WIDTH, end - index * WIDTH)
            found = split_bundle(self._read_bundle(index, upto))
            if len(found) < upto:
                raise _short(self.folder / entries_path(index), index * WIDTH + len(found))
            yield found[offset:upto]
            start = index * WIDTH + upto

    def read_tile(self, level: int, index: int, width: int) -> bytes:
        """A tile of ``width`` hashes (a TileReader), from the full one where the partial one is gone."""
        for wide in dict.fromkeys((width, WIDTH)):
            path = self.folder / tile_path(level, index, wide)
            if path.exists():
                return path.read_bytes()[: width * HASH_BYTES]
        raise _short(self.folder / tile_path(level, index, width), index * WIDTH << HEIGHT * level)

    def extend(self, size: int, leaves: LeafReader, hashes: HashReader) -> None:
        """``write`` from where these files are known to be: the last ``write``, or else the published checkpoint."""
        published = self.published() if self._written is None else None
        before = self._written if self._written is not None else published.size if published else 0
        self.write(before, size, leaves, hashes)

    def write(self, before: int, after: int, leaves: LeafReader, hashes: HashReader) -> None:
        """Write every tile and bundle that is new or wider at ``after`` entries than at ``before``.

        On disk when this returns. What is there already must be the same bytes, and a wider tile must begin with what
        the narrower one held: else PlatformError ``log.bundle_differs``.
        """
        for level, index, width in tiles_of(after, since=before):
            first = index * WIDTH
            narrow = max((before >> (HEIGHT * level)) - first, 0)
            if level == 0:
                bundle = entry_bundle(leaves(first, first + width))
                self._put(entries_path(index, width), bundle, entries_path(index, narrow) if narrow else None)
            tile = hashes(HEIGHT * level, first, first + width)
            self._put(tile_path(level, index, width), tile, tile_path(level, index, narrow) if narrow else None)
        self._settle()
        self._written = max(before, after)

    def write_partial(self, size: int, upto: int, leaves: LeafReader, hashes: HashReader) -> None:
        """Write the partial tiles of a tree of ``size`` that no full tile of a tree of ``upto`` has replaced."""
        level = 0
        while count := size >> (HEIGHT * level):
            index, width = divmod(count, WIDTH)
            if width and (upto >> (HEIGHT * level)) < (index + 1) * WIDTH:
                if level == 0:
                    bundle = leaves(index * WIDTH, index * WIDTH + width)
                    self._put(entries_path(index, width), entry_bundle(bundle), None)
                tile = hashes(HEIGHT * level, index * WIDTH, index * WIDTH + width)
                self._put(tile_path(level, index, width), tile, None)
            level += 1
        self._settle()

    def publish(self, note: str) -> None:
        """Put the signed ``note`` in place of the checkpoint before, unless that is newer.

        Raises NoteError when what stands there was never signed: others may rely on it, so it is for a person to see.
        Partial tiles that full ones replace are dropped. The specification keeps them until the full one is there; ours
        stay until that is signed for, too.
        """
        if not note or note == self.note():
            return
        self._make_folder(self.folder)
        with self._alone():
            before, after = self.published(), Checkpoint.claimed_in(note)
            if before is not None and before.size > after.size:
                return
            for level, index, width in tiles_of(after.size, since=before.size if before else 0):
                if width == WIDTH:
                    self._drop_partial(tile_path(level, index))
                    if level == 0:
                        self._drop_partial(entries_path(index))
            self._replace(self.folder / CHECKPOINT, note.encode())
        self._touched.add(self.folder)
        self._settle()

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """No other process puts another checkpoint there meanwhile."""
        handle = os.open(self.folder, os.O_RDONLY)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            os.close(handle)

    def _read_bundle(self, index: int, width: int) -> bytes:
        """A bundle that holds at least ``width`` leaves: first the one that was signed for, then wider ones."""
        full = self.folder / entries_path(index)
        for name in (entries_path(index, width), entries_path(index)):
            if (found := _read(self.folder / name)) is not None:
                return found
        widths = _partial_widths(full)
        if not widths or widths[-1] < width:
            raise _short(full, index * WIDTH + (widths[-1] if widths else 0))
        return (self.folder / entries_path(index, widths[-1])).read_bytes()

    def _put(self, name: str, data: bytes, narrower: str | None) -> None:
        path = self.folder / name
        standing = _read(path)
        began = _read(self.folder / narrower) if narrower else None
        if (standing is not None and standing != data) or (began is not None and not data.startswith(began)):
            raise _differs(path)
        if standing is None:
            self._replace(path, data)
        # What stands may be left by a process that died before the folder was on disk.
        self._touched.add(path.parent)

    def _replace(self, path: Path, data: bytes) -> None:
        self._make_folder(path.parent)
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".incoming-")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
                file.flush()
                os.fchmod(file.fileno(), _READABLE)
                if self._durable:
                    os.fsync(file.fileno())
            os.rename(temporary, path)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise

    def _make_folder(self, folder: Path) -> None:
        if not folder.is_dir():
            self._make_folder(folder.parent)
            folder.mkdir(exist_ok=True)
            self._touched.add(folder.parent)

    def _settle(self) -> None:
        """Bring the names of the new files to disk, each folder once."""
        while self._touched:
            folder = self._touched.pop()
            if self._durable:
                sync_folder(folder)

    def _drop_partial(self, full: str) -> None:
        path = self.folder / full
        if path.exists() and (folder := path.with_name(f"{path.name}.p")).is_dir():
            for partial in folder.iterdir():
                partial.unlink()
            folder.rmdir()


def _read(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None


def _partial_widths(full: Path) -> list[int]:
    folder = full.with_name(f"{full.name}.p")
    names = [child.name for child in folder.iterdir()] if folder.is_dir() else []
    return sorted(int(name) for name in names if name.isdigit())


def _short(path: Path, size: int) -> PlatformError:
    return PlatformError(
        f"The log's files end at entry {size}: {path} is missing.",
        how_to_fix="Bring the folder (CLEARCUT_LOG_DIR) back from where it is copied to.",
        code="log.short",
        permanent=True,
    )


def _differs(path: Path) -> PlatformError:
    return PlatformError(
        f"{path} holds other entries than the database.",
        how_to_fix="One of both was altered or rolled back. Keep both and run `manage.py audit_ledger`; what no"
        " checkpoint covers may be moved aside once you know which is right.",
        code="log.bundle_differs",
        permanent=True,
    )
