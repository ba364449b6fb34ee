"""Put a file together that a package carries in pieces, each named by its SHA-256.

The manifest is the ``resources.json`` of IMG.LY's background-removal packages: for each resource the pieces in order,
with the part of the file each holds, and the size of the whole.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable
from typing import Any

from inference.errors import ConversionRefused, WeightsMismatch

_SHA256 = re.compile(r"[0-9a-f]{64}")
# Larger than any model distributed this way; a manifest cannot make us read without end.
_MOST_BYTES = 2**30


def assemble(manifest: bytes, resource: str, read: Callable[[str], bytes], expected_sha256: str) -> bytes:
    """Return one resource of a manifest; ``read`` returns a piece by its name, which is 64 hexadecimal digits.

    Raises ConversionRefused for a manifest or piece that does not fit, WeightsMismatch if the whole is not the
    expected file.
    """
    entry = _entry(manifest, resource)
    pieces: list[bytes] = []
    position = 0
    for chunk in entry["chunks"]:
        name, (start, end) = chunk["hash"], chunk["offsets"]
        if not _SHA256.fullmatch(name) or start != position or not start < end <= _MOST_BYTES:
            raise ConversionRefused(f"The pieces of {resource} do not follow each other at byte {position}.")
        piece = read(name)
        if len(piece) != end - start or hashlib.sha256(piece).hexdigest() != name:
            raise ConversionRefused(f"The piece {name} of {resource} is not the one the manifest names.")
        pieces.append(piece)
        position = end
    if position != entry["size"]:
        raise ConversionRefused(f"The pieces of {resource} make {position} bytes, expected {entry['size']}.")
    whole = b"".join(pieces)
    found = hashlib.sha256(whole).hexdigest()
    if found != expected_sha256:
        raise WeightsMismatch(expected=expected_sha256, found=found)
    return whole


def _entry(manifest: bytes, resource: str) -> dict[str, Any]:
    try:
        resources = json.loads(manifest)
        entry: dict[str, Any] = resources[resource]
        int(entry["size"])
        for chunk in entry["chunks"]:
            start, end = chunk["offsets"]
            int(start), int(end), len(chunk["hash"])
    except KeyError as error:
        raise ConversionRefused(f"The manifest has no {error.args[0]!r} (looking for {resource}).") from error
    except (ValueError, TypeError) as error:
        raise ConversionRefused("The manifest is not the expected JSON.") from error
    return entry
