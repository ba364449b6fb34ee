"""Which Ed25519 public keys are fit to trust (RFC 8032 §5.1.3).

A key of small order accepts one signature for many texts, and a non-canonical encoding gives one key two
names; neither can come from honest key generation.
"""

from __future__ import annotations

from governance.ledger.errors import KeyFileError

PUBLIC_KEY_BYTES = 32
_P = 2**255 - 19
# y of the points of order 8; the points of order 1, 2 and 4 have y = 1, -1 and 0.
_Y8 = int.from_bytes(bytes.fromhex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"), "little")
_SMALL_ORDER = frozenset({0, 1, _P - 1, _Y8, _P - _Y8})


def check_public_key(public_key: bytes) -> None:
    """Raise KeyFileError unless these are 32 bytes encoding y canonically, on no point of small order."""
    if len(public_key) != PUBLIC_KEY_BYTES:
        raise KeyFileError(f"Got an Ed25519 key of {len(public_key)} bytes, expected {PUBLIC_KEY_BYTES}.")
    y = int.from_bytes(public_key, "little") & ((1 << 255) - 1)
    if y >= _P:
        raise KeyFileError("Got an Ed25519 key in a non-canonical encoding, expected y below 2^255 - 19.")
    if y in _SMALL_ORDER:
        raise KeyFileError(
            "Got an Ed25519 key of small order, under which signatures mean nothing.",
            how_to_fix="Generate a new key; this one was made to deceive.",
        )
