"""Reads a log from a folder, bit by bit: an export of ours, or any C2SP tlog-tiles folder.

What is in it:

1. ``checkpoint``: the newest signed checkpoint;
2. ``tile/<L>/<N>[.p/<W>]``: the hash tiles; ``tile/entries/<N>[.p/<W>]``: the entries;
3. ``checkpoints.jsonl``, ``envelopes.jsonl`` (see log_lines.py): only in an export of ours.

See: https://c2sp.org/tlog-tiles
Every read is bounded, so that no file can exhaust the reader: what is longer than it may be raises TamperedError.
What is not there, or no regular file, raises CannotTell. Nothing read here is verified; audit.py does that.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from governance.ledger.audit_shapes import AuditedEntry, PublishedCheckpoint
from governance.ledger.checkpoint import Checkpoint
from governance.ledger.errors import CannotTell, TamperedError
from governance.ledger.files import open_regular
from governance.ledger.leaf import MAX_BYTES
from governance.ledger.log_lines import MAX_CHECKPOINT_LINE, MAX_ENVELOPE_LINE, read_checkpoint_line
from governance.ledger.merkle import HASH_BYTES
from governance.ledger.note import MAX_NOTE_BYTES
from governance.ledger.tile import WIDTH, entries_path, split_bundle, tile_path

_LENGTH_BYTES = 2
_MAX_BUNDLE = WIDTH * (_LENGTH_BYTES + MAX_BYTES)
_ADVICE = "Get the whole folder again from where it was exported or published."


class LogFolder:
    """A log in a folder. ``size`` is that of the newest checkpoint, unverified; raises as said above."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.note = self._note()
        self._newest = Checkpoint.claimed_in(self.note)
        self.size = self._newest.size

    def checkpoints(self, *, needed: bool = True) -> Iterator[PublishedCheckpoint]:
        """Yield the published checkpoints, the newest last; it must be the one in ``checkpoint``.

        Without ``checkpoints.jsonl`` only the newest is known: raises CannotTell if the earlier ones are ``needed``.
        """
        path = self._folder / "checkpoints.jsonl"
        if not needed and not path.exists():
            yield PublishedCheckpoint(self.size, self._newest.root.hex(), self.note, None)
            return
        last: PublishedCheckpoint | None = None
        with _open(path) as file:
            while line := _line(file, MAX_CHECKPOINT_LINE, path.name):
                last = read_checkpoint_line(line)
                yield last
        if last is None or not hmac.compare_digest(last.note.encode("utf-8"), self.note.encode("utf-8")):
            size = "none" if last is None else f"one of size {last.size}"
            raise TamperedError(f"The file checkpoint signs {self.size} entries, checkpoints.jsonl ends with {size}.")

    def entries(self, *, with_statements: bool = True) -> Iterator[AuditedEntry]:
        """Yield the entries below ``size``, each with its line of ``envelopes.jsonl`` unless left out."""
        if not with_statements:
            for index, leaf in self._leaves():
                yield AuditedEntry(index, leaf, None)
            return
        path = self._folder / "envelopes.jsonl"
        with _open(path) as file:
            for index, leaf in self._leaves():
                line = _line(file, MAX_ENVELOPE_LINE, path.name)
                if not line:
                    raise TamperedError(f"{path.name} ends before entry {index}, expected {self.size} lines.")
                yield AuditedEntry(index, leaf, line)
            if file.read(1):
                raise TamperedError(f"{path.name} goes on after entry {self.size - 1}, expected {self.size} lines.")

    def read_tile(self, level: int, index: int, width: int) -> bytes:
        """Return the bytes of a hash tile (a TileReader)."""
        path, found = self._partial_or_full(tile_path(level, index, width), tile_path(level, index))
        data = self._bounded(path, WIDTH * HASH_BYTES)
        if len(data) != found * HASH_BYTES:
            raise TamperedError(f"Got {len(data)} bytes in {path}, expected {found * HASH_BYTES}.")
        return data[: width * HASH_BYTES]

    def _leaves(self) -> Iterator[tuple[int, bytes]]:
        for bundle in range(-(-self.size // WIDTH)):
            width = min(WIDTH, self.size - bundle * WIDTH)
            path, found = self._partial_or_full(entries_path(bundle, width), entries_path(bundle))
            leaves = _split(self._bounded(path, _MAX_BUNDLE), path)
            if len(leaves) != found:
                raise TamperedError(f"Got {len(leaves)} entries in {path}, expected {found}.")
            yield from enumerate(leaves[:width], start=bundle * WIDTH)

    def _partial_or_full(self, partial: str, full: str) -> tuple[str, int]:
        """Return the file to read and its width: partial files may be dropped once the full one is there."""
        if not (self._folder / partial).exists() and (self._folder / full).exists():
            return full, WIDTH
        width = partial.rpartition(".p/")[2] if partial != full else WIDTH
        return partial, int(width)

    def _note(self) -> str:
        data = self._bounded("checkpoint", MAX_NOTE_BYTES)
        try:
            return data.decode("utf-8")
        except UnicodeDecodeError as error:
            raise TamperedError("The file checkpoint is not UTF-8 text.") from error

    def _bounded(self, name: str, limit: int) -> bytes:
        with _open(self._folder / name) as file:
            data = file.read(limit + 1)
        if len(data) > limit:
            raise TamperedError(f"Got more than {limit} bytes in {name}, expected at most that many.")
        return data


def _split(data: bytes, path: str) -> list[bytes]:
    try:
        return split_bundle(data)
    except TamperedError as error:
        raise TamperedError(f"In {path}: {error.message}") from error


def _open(path: Path) -> BinaryIO:
    try:
        return open_regular(path)
    except OSError as error:
        raise CannotTell(f"Cannot read {path}: {error.strerror}.", how_to_fix=_ADVICE) from error


def _line(file: BinaryIO, limit: int, name: str) -> bytes:
    """Return the next line without its newline, b"" at the end."""
    line = file.readline(limit + 1)
    if len(line) > limit:
        raise TamperedError(f"Got a line of more than {limit} bytes in {name}, expected at most that many.")
    if line and not line.endswith(b"\n"):
        raise TamperedError(f"The last line of {name} is cut off.")
    return line
