"""What does not belong to the log is moved aside within its folder: kept as evidence, never read again.

Up to what was signed the files are for others to check. What goes beyond is only there to be signed soon, so it must
be what the database holds; anything else somebody else put there, or a database left behind that is gone.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from itertools import count
from pathlib import Path

from governance.adapters.durable import sync_folder
from governance.adapters.tree import HashReader, LeafReader
from governance.ledger.tile import HEIGHT, WIDTH, entries_path, entry_bundle, tile_path

ASIDE = "aside"
TILES, ENTRIES = "tile", "entries"
_NAME = re.compile(r"tile/(entries|[0-9]{1,2})/((?:x[0-9]{3}/){0,6}[0-9]{3})(?:\.p/([1-9][0-9]{0,2}))?")


def strangers(folder: Path, signed: int, size: int, leaves: LeafReader, hashes: HashReader) -> list[Path]:
    """The tiles and bundles that go beyond ``signed`` entries and are not those of the ``size`` in the database."""
    found: list[Path] = []
    for path in _under(folder / TILES):
        name = path.relative_to(folder).as_posix()
        matched = _NAME.fullmatch(name)
        if matched is None:
            continue
        kind, index, width = matched[1], int(re.sub("[x/]", "", matched[2])), int(matched[3] or WIDTH)
        level = 0 if kind == ENTRIES else int(kind)
        first, end = index * WIDTH, index * WIDTH + width
        covered = end << (HEIGHT * level)
        if covered <= signed:
            continue
        if width > WIDTH or covered > size or name != _name(kind, level, index, width):
            found.append(path)
            continue
        due = entry_bundle(leaves(first, end)) if kind == ENTRIES else hashes(HEIGHT * level, first, end)
        if path.is_symlink() or not path.is_file() or path.stat().st_size != len(due) or path.read_bytes() != due:
            found.append(path)
    return sorted(found)


def _name(kind: str, level: int, index: int, width: int) -> str:
    return entries_path(index, width) if kind == ENTRIES else tile_path(level, index, width)


def set_aside(folder: Path, paths: Sequence[Path]) -> Path:
    """Move these files of ``folder`` into a new one below it, under the names they had; returns that."""
    aside = _next(folder / ASIDE)
    touched = {folder, folder / ASIDE, aside}
    for path in paths:
        kept = aside / path.relative_to(folder)
        kept.parent.mkdir(parents=True, exist_ok=True)
        path.rename(kept)
        touched |= {path.parent, *(parent for parent in kept.parents if parent.is_relative_to(aside))}
    for each in touched:
        sync_folder(each)
    return aside


def _next(folder: Path) -> Path:
    folder.mkdir(exist_ok=True)
    fresh = next(path for number in count(1) if not (path := folder / f"{number:04}").exists())
    fresh.mkdir()
    return fresh


def _under(folder: Path) -> Iterator[Path]:
    """Whatever has a name below ``folder``: a folder may stand where a file is due."""
    for parent, folders, names in os.walk(folder):
        yield from (Path(parent) / name for name in (*folders, *names))
