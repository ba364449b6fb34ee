"""What an input picture says of its own making, and what of that an output made from it keeps."""

from __future__ import annotations

import logging
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from xml.etree.ElementTree import ParseError

import c2pa

from governance.adapters.content_credentials_pictures import BOXES, assertions_with_pictures
from governance.adapters.rights_c2pa import MARKS, OFFLINE, STORE, manifest_chain, read_store
from governance.adapters.rights_containers import blocks
from governance.adapters.rights_xmp import properties

logger = logging.getLogger(__name__)

LOST = "Its own content credentials could not be read and are not kept."
ELSEWHERE = "Its own content credentials lie elsewhere; they were not fetched."

# The builder validates what it takes in. To find out what there is, parsing is enough.
_PARSED = {**OFFLINE, "verify": {**OFFLINE["verify"], "verify_after_reading": False}}
_PROVENANCE = b"provenance"  # dcterms:provenance in XMP says where a manifest lies


@dataclass(frozen=True, slots=True)
class Kept:
    """What of an input goes into the manifest of an output.

    ``data``: its bytes, if it has credentials to keep. ``redacted``: addresses of the assertions that must not be
    passed on: pictures, which show what was cut away (see ``assertions_with_pictures``). All that its credentials say
    in words is passed on, such as its author, place and device. ``note``: what became of credentials that are not kept.
    ``source_types``: kinds of source it declares, in C2PA or XMP.
    """

    data: bytes = b""
    redacted: tuple[str, ...] = ()
    note: str = ""
    source_types: tuple[str, ...] = ()


def read_input(parent: bytes, parent_type: str) -> Kept:
    """Whatever the bytes are, nothing is raised: an input that cannot be read has nothing to keep.

    Nor has one whose credentials hold pictures where they cannot be taken out.
    """
    declared = xmp_values(parent, parent_type).get("Iptc4xmpExt:DigitalSourceType")
    types = (declared,) if declared else ()
    marked = any(mark in parent for mark in MARKS)
    if not marked and _PROVENANCE not in parent:
        return Kept(source_types=types)
    try:
        store = read_store(parent, parent_type, _PARSED)
    except (c2pa.C2paError, ValueError) as error:
        elsewhere = str(error).startswith("Remote:")
        return Kept(note=ELSEWHERE if elsewhere else LOST if marked else "", source_types=types)
    if store is None:
        return Kept(note=LOST if STORE in parent else "", source_types=types)
    types = (*types, *_source_types(store))
    try:
        return Kept(parent, _pictures(parent, parent_type), "", types)
    except (c2pa.C2paError, ValueError) as error:
        logger.warning("The credentials of an input are not kept: %s", error)
        return Kept(note=LOST, source_types=types)


def _pictures(parent: bytes, parent_type: str) -> tuple[str, ...]:
    """Raises ValueError, as ``assertions_with_pictures`` does, or c2pa.C2paError."""
    if BOXES in parent:
        raise ValueError("they hold files that cannot be taken out")
    return assertions_with_pictures(read_store(parent, parent_type, _PARSED, detailed=True) or {})


def xmp_values(data: bytes, media_type: str) -> dict[str, str]:
    """The simple properties of the XMP in a file by their names; none where it is damaged."""
    found: dict[str, str] = {}
    try:
        for block in blocks(data, media_type):
            if block.kind == "xmp":
                found.update((path[0], value) for path, value in properties(block.data) if len(path) == 1)
    except (ValueError, struct.error, zlib.error, ParseError):
        return found  # what lay before the damage
    return found


def _source_types(store: dict[str, Any]) -> Iterator[str]:
    try:
        manifests = manifest_chain(store)
    except ValueError:
        return
    for found in manifests:
        for assertion in found.get("assertions", ()):
            content = assertion.get("data")
            actions = content.get("actions", ()) if isinstance(content, dict) else ()
            for action in actions if isinstance(actions, list) else ():
                if isinstance(action, dict) and isinstance(action.get("digitalSourceType"), str):
                    yield action["digitalSourceType"]
