"""The first directory of a TIFF file or an Exif block (TIFF 6.0, section 2; BigTIFF), and the copyright in it."""

from __future__ import annotations

import struct
from collections.abc import Collection

from governance.adapters.rights_reading import MAX_BLOCK, Part, as_text, signal

_COPYRIGHT = 33432  # TIFF 6.0, section 8; Exif 2.32, 4.6.4: "photographer NUL editor NUL"

_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 16: 8, 17: 8, 18: 8, 129: 1}
_MOST_ENTRIES = 10_000


def read_exif(data: bytes) -> Part:
    """The copyright notice. Raises ValueError or struct.error for a block that is not built as TIFF demands."""
    raw = tags(data, (_COPYRIGHT,)).get(_COPYRIGHT, b"")
    notices = [text.strip() for text in as_text(raw).split("\0") if text.strip()]
    return Part(tuple(signal("exif", "exif:Copyright", notice) for notice in notices))


def tags(data: bytes, wanted: Collection[int]) -> dict[int, bytes]:
    """The values of ``wanted`` in the first directory as they lie in the file. Numbers keep their byte order.

    Raises ValueError or struct.error for a block that is not built as TIFF demands, as far as ``wanted`` goes:
    values that nobody asks for may be damaged without harm.
    """
    order = {b"II": "<", b"MM": ">"}.get(data[:2], "")
    version = struct.unpack_from(f"{order}H", data, 2)[0] if order else 0
    if version not in (42, 43):
        raise ValueError("the block does not begin as TIFF does")
    # Classic: 2-byte count, entries of 12 bytes, values of up to 4 bytes in place. BigTIFF: 8, 20 and 8.
    pointer, count_code, entry, inline = ("I", "H", 12, 4) if version == 42 else ("Q", "Q", 20, 8)
    (start,) = struct.unpack_from(order + pointer, data, inline)
    (count,) = struct.unpack_from(order + count_code, data, start)
    if count > _MOST_ENTRIES:
        raise ValueError(f"the directory claims {count} entries")
    first = start + struct.calcsize(count_code)
    found: dict[int, bytes] = {}
    for at in range(first, first + count * entry, entry):
        tag, kind, number = struct.unpack_from(f"{order}HH{pointer}", data, at)
        if tag not in wanted:
            continue
        size = number * _SIZES.get(kind, 1)
        where = at + entry - inline
        if size > inline:
            (where,) = struct.unpack_from(order + pointer, data, where)
        if size > MAX_BLOCK or where + size > len(data):
            raise ValueError(f"tag {tag} claims {size} bytes, which are too many or lie outside the block")
        found.setdefault(tag, data[where : where + size])
    return found
