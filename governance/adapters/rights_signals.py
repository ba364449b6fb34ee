"""Rights statements in a picture's own file, from wherever they lie: C2PA and CAWG, XMP, Exif, IPTC, texts of a PNG.

The file is read, never judged: what a statement means for a job is for the rules. Nothing a file holds is raised;
what cannot be read is a problem, and a signal ``unreadable`` that the rules can hold.
"""

from __future__ import annotations

from dataclasses import dataclass

from governance.adapters.rights_c2pa import READER_VERSION as C2PA_VERSION
from governance.adapters.rights_c2pa import read_c2pa
from governance.adapters.rights_containers import Block, blocks
from governance.adapters.rights_ifd import read_exif
from governance.adapters.rights_iptc import read_iim, read_photoshop
from governance.adapters.rights_reading import UNREADABLE, Part, Signal, combined, guarded, limited, signal, unreadable
from governance.adapters.rights_words import speaks_of_rights
from governance.adapters.rights_xmp import read_xmp

__all__ = ["READER", "READER_VERSION", "UNREADABLE", "Signal", "SignalReading", "read_signals"]

READER = "clearcut.rights_signals"
# Raise the first number whenever the same bytes would give other signals: a reading names the version it is from.
READER_VERSION = f"1 ({C2PA_VERSION})"

_PACKET = (b"<?xpacket begin=", b"<x:xmpmeta")


@dataclass(frozen=True, slots=True)
class SignalReading:
    """What was read, by which version of which reader, and in words what could not be."""

    reader: str
    reader_version: str
    signals: tuple[Signal, ...]
    problems: tuple[str, ...]


def read_signals(data: bytes, media_type: str) -> SignalReading:
    """The statements in the bytes of a picture of ``media_type``, each once, C2PA first.

    Never raises for what the bytes are; MemoryError passes.
    """
    parts = [guarded("c2pa", "The C2PA manifest", lambda: read_c2pa(data, media_type))]
    found: list[Block] = []

    def collect() -> Part:
        found.extend(blocks(data, media_type))
        return Part()

    # Blocks found before the damage are read all the same.
    container = guarded("xmp", "The metadata of the file", collect)
    parts.append(_misplaced(data, found) if not container.problems else container)
    extensions = frozenset(block.name for block in found if block.kind == "xmp extension")
    parts.extend(_read(block, extensions) for block in found)
    whole = limited(combined(parts))
    return SignalReading(READER, READER_VERSION, whole.signals, whole.problems)


def _misplaced(data: bytes, found: list[Block]) -> Part:
    """An XMP packet that lies where the type of the file has none (XMP part 3, 2: packets can be found by scanning)."""
    if any(block.kind == "xmp" for block in found) or not any(mark in data for mark in _PACKET):
        return Part()
    return unreadable("xmp", "The file holds an XMP packet that cannot be found in its place.")


def _read(block: Block, extensions: frozenset[str]) -> Part:
    match block.kind:
        case "xmp" | "xmp extension":
            return guarded("xmp", "The XMP packet", lambda: read_xmp(block.data, extensions))
        case "exif":
            return guarded("exif", "The Exif block", lambda: read_exif(block.data))
        case "photoshop":
            return guarded("iptc", "The block of Photoshop resources", lambda: read_photoshop(block.data))
        case "iim":
            return guarded("iptc", "The IPTC block", lambda: read_iim(block.data))
        case "text":
            return guarded("png", f"The text {block.name!r}", lambda: _text(block))


def _text(block: Block) -> Part:
    """A text of a PNG whose keyword speaks of rights: Copyright, License … (PNG, third edition, 11.3.3.2)."""
    if not speaks_of_rights(block.name):
        return Part()
    return Part((signal("png", f"png:{block.name}", block.data.decode("utf-8", "replace")),))
