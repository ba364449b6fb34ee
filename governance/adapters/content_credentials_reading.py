"""Which of our records a file claims to be of, even if somebody changed it since: where to begin, never proof.

What a file says of itself is a claim. Whether its bytes are the ones that were recorded is for the record to say.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import c2pa
from django.conf import settings

from governance.adapters.certificates import CA, trust_anchors
from governance.adapters.content_credentials_input import xmp_values
from governance.adapters.content_credentials_manifest import PRODUCT, RECORD_LABEL, document_id
from governance.adapters.rights_c2pa import OFFLINE, manifest_chain, read_store

State = Literal["Trusted", "Valid", "Invalid", "unreadable", "elsewhere", "none"]

_DIGEST = re.compile(r"[0-9a-f]{64}")
_XMP, _MM = "{http://ns.adobe.com/xap/1.0/}", "{http://ns.adobe.com/xap/1.0/mm/}"


@dataclass(frozen=True, slots=True)
class Claim:
    """What a file says it is.

    ``state``: of its C2PA manifest. Trusted: intact, signed under an authority of ours; Valid: intact, by somebody
    else; Invalid: changed since, or badly signed; unreadable; elsewhere: only an address, which is never fetched;
    none. ``reasons``: the validator's codes. ``found_in``: the file's own manifest, that of a picture it was made
    from, or its XMP.
    """

    record_id: str | None
    decision_sha256: str | None
    found_in: Literal["manifest", "ingredient", "xmp"] | None
    state: State
    reasons: tuple[str, ...] = ()


def read_claim(data: bytes, media_type: str) -> Claim:
    """The claim in a file, whatever state it is in.

    Raises PlatformError ``c2pa.certificate_unreadable`` if our own certificates are damaged.
    """
    anchors = trust_anchors(Path(settings.KEYS_DIR) / CA, Path(settings.C2PA_CERTIFICATE)).decode()
    try:
        store = read_store(data, media_type, {**OFFLINE, "trust": {"user_anchors": anchors}})
    except (c2pa.C2paError, ValueError) as error:
        state: State = "elsewhere" if str(error).startswith("Remote:") else "unreadable"
        return _from_xmp(data, media_type, state)
    if store is None:
        return _from_xmp(data, media_type, "none")
    state, reasons = _validity(store)
    for place, (record_id, digest) in _records(store):
        return Claim(record_id, digest, "ingredient" if place else "manifest", state, reasons)
    return _from_xmp(data, media_type, state, reasons)


def read_own_record_id(data: bytes, media_type: str) -> str | None:
    """The id of the record that a file claims; raises as ``read_claim`` does."""
    return read_claim(data, media_type).record_id


def _validity(store: dict[str, Any]) -> tuple[State, tuple[str, ...]]:
    codes = tuple(sorted({str(status.get("code")) for status in store.get("validation_status", ())}))
    match store.get("validation_state"):
        case "Trusted" | "Valid" as state:
            return state, codes
    return "Invalid", codes


def _records(store: dict[str, Any]) -> Iterator[tuple[int, tuple[str, str | None]]]:
    """The records claimed, and how far from the file: 0 is its own manifest."""
    try:
        manifests = manifest_chain(store)
    except ValueError:
        return
    for place, found in enumerate(manifests):
        for assertion in found.get("assertions", ()):
            content = assertion.get("data")
            if assertion.get("label") == RECORD_LABEL and isinstance(content, dict):
                record_id = _uuid(str(content.get("record_id")))
                digest = str(content.get("decision_sha256"))
                if record_id:
                    yield place, (record_id, digest if _DIGEST.fullmatch(digest) else None)


def _from_xmp(data: bytes, media_type: str, state: State, reasons: tuple[str, ...] = ()) -> Claim:
    record_id = _xmp_record_id(data, media_type)
    return Claim(record_id, None, "xmp" if record_id else None, state, reasons)


def _xmp_record_id(data: bytes, media_type: str) -> str | None:
    values = xmp_values(data, media_type)
    if not values.get(f"{_XMP}CreatorTool", "").startswith(f"{PRODUCT} "):
        return None
    return _uuid(values.get(f"{_MM}DocumentID", "").removeprefix(document_id("")))


def _uuid(text: str) -> str | None:
    try:
        return str(uuid.UUID(text))
    except ValueError:
        return None
