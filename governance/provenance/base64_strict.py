"""RFC 4648 §4 base64 with one spelling per value: standard alphabet, padded, no spare bits, no whitespace."""

from __future__ import annotations

import base64
import binascii


def encode(data: bytes) -> str:
    """Return the one spelling of ``data``."""
    return base64.b64encode(data).decode("ascii")


def decode(text: str) -> bytes:
    """Return the bytes; raise ValueError unless ``text`` is exactly what ``encode`` writes for them."""
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise ValueError(f"Got text that is not base64: {error}.") from error
    # Two spellings of one signature would let a changed receipt pass as the issued one.
    if encode(data) != text:
        raise ValueError("Got base64 that is not in its canonical spelling (padding or spare bits).")
    return data
