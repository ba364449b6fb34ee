"""What an output states of itself: the definition of its C2PA manifest, and the XMP packet that says the same.

Both are public, so neither holds anything that was not meant for everybody: no names of clients or files, no
contracts, no decision beyond its digest. What the input's own credentials say in words stays in them, beside ours:
whoever made the input published it, and they are kept whole but for pictures. C2PA 2.2, 18 (assertions); IPTC Photo
Metadata Standard 2025.1; XMP specification part 2, 1.2.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from html import escape
from importlib.metadata import version
from typing import Any

PRODUCT, VERSION = "Clearcut", version("clearcut")

# Labels of our own are a reversed name that nobody can own but the machine itself (RFC 6761, 6.3).
RECORD_LABEL = "localhost.clearcut.record"
MODEL_KEY = "localhost.clearcut.model"
WEIGHTS_KEY = "localhost.clearcut.weights"
SHOWS_REMOVED = "localhost.clearcut.shows-what-was-cut-away"

SOURCE_TYPES = "http://cv.iptc.org/newscodes/digitalsourcetype/"
# The AI properties of IPTC name what was used "to generate this image", and readers take a picture that has them for
# a generated one. So they go with the source types that say so, and with no other.
_GENERATED = ("trainedAlgorithmicMedia", "compositeWithTrainedAlgorithmicMedia", "compositeSynthetic")

_PICTURE, _MODEL = "picture", "model"  # how actions call the ingredients
_UNREAD = "application/octet-stream"  # a type under which the library does not look into an ingredient

_NAMESPACES = {
    "xmp": "http://ns.adobe.com/xap/1.0/",
    "xmpMM": "http://ns.adobe.com/xap/1.0/mm/",
    "stRef": "http://ns.adobe.com/xap/1.0/sType/ResourceRef#",
    "stEvt": "http://ns.adobe.com/xap/1.0/sType/ResourceEvent#",
    "Iptc4xmpExt": "http://iptc.org/std/Iptc4xmpExt/2008-02-29/",
}


@dataclass(frozen=True, slots=True)
class Credentials:
    """What is stated of one output.

    ``record_id``: UUID. ``digital_source_type``: the last part of an IPTC term, as ``algorithmicallyEnhanced``.
    ``weights_licenses``: ids of the public licences declared for the weights. ``issued_at``: timezone-aware.
    """

    record_id: str
    decision_sha256: str
    model_title: str
    model_version: str
    weights_sha256: str
    weights_licenses: tuple[str, ...]
    engine: str
    digital_source_type: str
    issued_at: datetime


@dataclass(frozen=True, slots=True)
class Ingredient:
    """One ingredient for the builder: its description, the type its bytes are read as, and the bytes."""

    description: dict[str, Any]
    media_type: str
    data: bytes


def definition(credentials: Credentials, redacted: Sequence[str]) -> dict[str, Any]:
    """The manifest: opened, then edited with the model. ``redacted``: addresses of the parent's assertions to drop."""
    removals = [
        {"action": "c2pa.redacted", "reason": SHOWS_REMOVED, "parameters": {"redacted": address}}
        for address in redacted
    ]
    actions = {"actions": [_opened(credentials), _edited(credentials), *removals], "allActionsIncluded": True}
    record = {"record_id": credentials.record_id, "decision_sha256": credentials.decision_sha256}
    return {
        "claim_version": 2,
        "claim_generator_info": [{"name": PRODUCT, "version": VERSION}],
        "title": "cutout",
        "instance_id": instance_id(credentials.record_id),
        "assertions": [
            {"label": "c2pa.actions.v2", "created": True, "data": actions},
            {"label": RECORD_LABEL, "created": True, "data": record},
        ],
        **({"redactions": list(redacted)} if redacted else {}),
    }


def parent(credentials: Credentials, media_type: str, data: bytes, note: str) -> Ingredient:
    """The input picture. Without ``data`` it is only named; ``note`` says what became of credentials it had."""
    description = {
        "title": _PICTURE,
        "format": media_type,
        "relationship": "parentOf",
        "label": _PICTURE,
        "instance_id": _input_id(credentials),
    }
    if note:
        description["description"] = note
    return Ingredient(description, media_type if data else _UNREAD, data)


def model(credentials: Credentials) -> Ingredient:
    """The model that was used: not in the picture, but put into the step (``inputTo``)."""
    weights = {"sha256": credentials.weights_sha256, "licenses": list(credentials.weights_licenses)}
    description = {
        "title": credentials.model_title,
        "format": _UNREAD,
        "relationship": "inputTo",
        "label": _MODEL,
        "instance_id": f"sha256:{credentials.weights_sha256}",
        "data_types": [{"type": _model_type(credentials.engine), "version": credentials.model_version}],
        "metadata": {WEIGHTS_KEY: weights},
    }
    return Ingredient(description, _UNREAD, b"")


def instance_id(record_id: str) -> str:
    return f"xmp.iid:{record_id}"


def document_id(record_id: str) -> str:
    return f"xmp.did:{record_id}"


def packet(credentials: Credentials, declared: Collection[str]) -> bytes:
    """The XMP packet, UTF-8, marked read-only because a change would break the seal of the manifest.

    ``declared``: kinds of source that the input says of itself, as terms or addresses. XMP has room for one, and the
    whole picture's: an input that was generated stays so when something is cut out of it.
    """
    terms = [value.rsplit("/", 1)[-1] for value in (*declared, credentials.digital_source_type)]
    source_type = next((term for term in _GENERATED if term in terms), credentials.digital_source_type)
    spaces = " ".join(f'xmlns:{prefix}="{address}"' for prefix, address in _NAMESPACES.items())
    properties = {
        "xmp:CreatorTool": f"{PRODUCT} {VERSION}",
        "xmpMM:DocumentID": document_id(credentials.record_id),
        "xmpMM:InstanceID": instance_id(credentials.record_id),
        "Iptc4xmpExt:DigitalSourceType": SOURCE_TYPES + source_type,
    }
    if credentials.digital_source_type in _GENERATED:
        properties["Iptc4xmpExt:AISystemUsed"] = credentials.model_title
        properties["Iptc4xmpExt:AISystemVersionUsed"] = credentials.model_version
    step = {
        "stEvt:action": "derived",
        "stEvt:instanceID": instance_id(credentials.record_id),
        "stEvt:softwareAgent": f"{PRODUCT} {VERSION}",
        "stEvt:parameters": f"{credentials.model_title} {credentials.model_version}",
        "stEvt:when": _time(credentials),
    }
    source = {"stRef:instanceID": _input_id(credentials)}
    return (
        '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>'
        '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        f'<rdf:Description rdf:about="" {spaces}>{_elements(properties)}'
        f'<xmpMM:DerivedFrom rdf:parseType="Resource">{_elements(source)}</xmpMM:DerivedFrom>'
        f'<xmpMM:History><rdf:Seq><rdf:li rdf:parseType="Resource">{_elements(step)}</rdf:li></rdf:Seq></xmpMM:History>'
        '</rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end="r"?>'
    ).encode()


def _opened(credentials: Credentials) -> dict[str, Any]:
    return {"action": "c2pa.opened", "when": _time(credentials), "parameters": {"ingredientIds": [_PICTURE]}}


def _edited(credentials: Credentials) -> dict[str, Any]:
    used = {
        "name": credentials.model_title,
        "version": credentials.model_version,
        "weights_sha256": credentials.weights_sha256,
        "weights_licenses": list(credentials.weights_licenses),
        "engine": credentials.engine,
    }
    return {
        "action": "c2pa.edited",
        "when": _time(credentials),
        "softwareAgent": {"name": PRODUCT, "version": VERSION},
        "digitalSourceType": SOURCE_TYPES + credentials.digital_source_type,
        "parameters": {"ingredientIds": [_MODEL], MODEL_KEY: used},
    }


def _model_type(engine: str) -> str:
    kinds = [kind for word, kind in (("torch", "pytorch"), ("onnx", "onnx")) if word in engine]
    return ".".join(["c2pa.types.model", *kinds[:1]])


def _input_id(credentials: Credentials) -> str:
    """The input's own ids may say whose picture it is. This one says nothing, and can be found again."""
    return instance_id(str(uuid.uuid5(uuid.UUID(credentials.record_id), _PICTURE)))


def _time(credentials: Credentials) -> str:
    return credentials.issued_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _elements(properties: dict[str, str]) -> str:
    texts = {name: escape("".join(filter(str.isprintable, value))) for name, value in properties.items()}
    return "".join(f"<{name}>{text}</{name}>" for name, text in texts.items())
