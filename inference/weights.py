"""Find weights in the local store and prove they are the ones asked for. Nothing here downloads."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

from inference.errors import WeightsMismatch, WeightsMissing

_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class VerifiedWeights:
    """The bytes of a safetensors file and the SHA-256 computed from exactly these bytes."""

    sha256: str
    data: bytes


def locate(store: Path, sha256: str) -> Path:
    """Return where the store keeps the weights of this digest; raises WeightsMissing."""
    if not _SHA256.fullmatch(sha256):
        raise WeightsMissing(
            "weights.bad_digest",
            f"“{sha256}” is not a SHA-256 digest.",
            "Give 64 lower-case hexadecimal digits.",
        )
    path = store / f"{sha256}.safetensors"
    if not path.is_file():
        raise WeightsMissing(
            "weights.missing",
            f"The weights {sha256} are not in the local store.",
            "Pull them with: python manage.py weights pull <model>",
        )
    return path


def load_verified(path: Path, expected: str) -> VerifiedWeights:
    """Read the file once and verify those bytes, so that what is parsed later is what was hashed.

    Raises WeightsMismatch naming both digests; WeightsMissing if the file went away.
    """
    try:
        data = path.read_bytes()
    except FileNotFoundError as error:
        raise WeightsMissing(
            "weights.missing",
            f"The weights {expected} are not in the local store any more.",
            "Pull them with: python manage.py weights pull <model>",
        ) from error
    found = hashlib.sha256(data).hexdigest()
    if found != expected:
        raise WeightsMismatch(expected=expected, found=found)
    return VerifiedWeights(sha256=found, data=data)
