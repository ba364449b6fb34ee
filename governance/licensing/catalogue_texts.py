"""The licence texts shipped beside the catalogue: the bytes that were obtained, and nothing else."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path

from governance.licensing.catalogue_parse import Place
from governance.licensing.catalogue_shapes import LicenseTextEntry

FOLDER = "texts"


def check_texts(directory: Path, entries: Iterable[LicenseTextEntry]) -> None:
    """Raises CatalogueError when a text is missing, differs from its digest, stands there twice or unlisted."""
    listed: dict[str, LicenseTextEntry] = {}
    for entry in entries:
        if entry.file in listed:
            raise _place(entry).at("file").refuse(entry.file, "every file only once")
        listed[entry.file] = entry
        text_bytes(directory, entry)
    for path in sorted((directory / FOLDER).glob("*")):
        if path.name not in listed:
            raise Place(f"{FOLDER}/{path.name}", "file").refuse(path.name, "a file some [[license_text]] lists")


def text_bytes(directory: Path, entry: LicenseTextEntry) -> bytes:
    """The bytes of a shipped text, once their digest has been found to be the listed one. Raises CatalogueError."""
    try:
        content = (directory / FOLDER / entry.file).read_bytes()
    except OSError as problem:
        raise _place(entry).at("file").refuse(problem.strerror, f"a readable file {FOLDER}/{entry.file}") from problem
    found = hashlib.sha256(content).hexdigest()
    if found != entry.sha256:
        raise _place(entry).at("sha256").refuse(found, f"{entry.sha256}: the text is shipped as it was obtained")
    if len(content) != entry.size:
        raise _place(entry).at("size").refuse(entry.size, f"{len(content)}, the bytes there are")
    _decoded(content, entry)
    return content


def _decoded(content: bytes, entry: LicenseTextEntry) -> None:
    try:
        content.decode("utf-8")
    except UnicodeDecodeError as problem:
        raise _place(entry).at("file").refuse(str(problem), "text in UTF-8") from problem


def _place(entry: LicenseTextEntry) -> Place:
    return Place(f"{FOLDER}/{entry.file}", f"license_text {entry.slug}")
