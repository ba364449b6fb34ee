"""The names that an HEIF file gives its items, checked before its decoder sees them.

pi_heif 1.4 makes Python text of every item's type and content type and takes a failure for a pointer: bytes that are
not UTF-8 end the process. Nothing else of the file is judged here.
"""

from __future__ import annotations

from collections.abc import Iterator

_ENTRY = b"infe"  # ISO/IEC 14496-12, 8.11.6: an item's version, numbers, type and names
_LONGEST = 65_536


def unreadable_item(data: bytes) -> bool:
    """Whether an item of the file has a type or a name that is no text, or the boxes around them make no sense."""
    metas = list(_metas(data))
    return not metas or any(_bad_entry(meta) for meta in metas)


def _metas(data: bytes) -> Iterator[bytes]:
    """The contents of every ``meta`` box at the top of the file (ISO/IEC 14496-12, 4.2: size, type, contents)."""
    start = 0
    while start + 8 <= len(data):
        size, header = int.from_bytes(data[start : start + 4]), 8
        if size == 1:
            size, header = int.from_bytes(data[start + 8 : start + 16]), 16
        end = start + size if size else len(data)
        if end < start + header:
            return
        if data[start + 4 : start + 8] == b"meta":
            yield data[start + header : end]
        start = end


def _bad_entry(meta: bytes) -> bool:
    """Entries are found by their mark, not by walking: however the boxes nest, the decoder looks for the same mark."""
    place = meta.find(_ENTRY)
    while place != -1:
        size = int.from_bytes(meta[place - 4 : place]) if place >= 4 else 0
        if not 12 <= size <= _LONGEST or not _is_text(meta[place + 4 : place - 4 + size]):
            return True
        place = meta.find(_ENTRY, place + 4)
    return False


def _is_text(entry: bytes) -> bool:
    version = entry[0] if entry else 0
    numbers = 8 if version <= 2 else 10  # version and flags, item_ID (4 bytes from version 3 on), protection index
    try:
        entry[numbers:].decode("utf-8")
    except UnicodeDecodeError:
        return False
    return len(entry) >= numbers + 4
