"""The licence encodings that ship with the catalogue, parsed once per process."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

from django.conf import settings

from governance.errors import PlatformError
from governance.licensing.encodings import parse_encoding
from governance.licensing.terms import Encoding


@cache
def encodings() -> Mapping[str, Encoding]:
    """Every reading by licence id. Raises EncodingRefused: nothing runs on half a law."""
    folder = settings.CATALOGUE_DIR / "encodings"
    read = [parse_encoding(path.read_bytes(), path.name) for path in sorted(folder.glob("*.toml"))]
    return MappingProxyType({encoding.license_id: encoding for encoding in read})


def encoding(license_id: str) -> Encoding:
    """The reading of one licence. Raises PlatformError ``license.not_encoded``."""
    try:
        return encodings()[license_id]
    except KeyError as problem:
        raise PlatformError(
            f"Licence {license_id} has no encoding; known are {', '.join(sorted(encodings()))}.",
            how_to_fix="Add an encoding under governance/catalogue/encodings.",
            code="license.not_encoded",
            permanent=True,
        ) from problem
