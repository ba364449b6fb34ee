"""Rights statements in a C2PA manifest: the training and data mining assertion of CAWG (and its C2PA forerunner),
and metadata assertions that carry PLUS, IPTC and the like.

Offline: a manifest that lies elsewhere, a revocation list or an identity is never fetched. A file must not be able to
make this process call an address.
"""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

import c2pa

from governance.adapters.rights_reading import Part, Signal, Source, combined, signal, unreadable
from governance.adapters.rights_words import name_of, speaks_of_rights

READER_VERSION = f"c2pa-python {c2pa.__version__}, c2pa-rs {c2pa.sdk_version()}"

OFFLINE: Mapping[str, Any] = {
    "verify": {"remote_manifest_fetch": False, "ocsp_fetch": False},
    "core": {
        "decode_identity_assertions": False,
        "allowed_network_hosts": [],
        "max_decompressed_manifest_size_in_mb": 16,
    },
}
_CARRIERS = ("image/jpeg", "image/png", "image/webp", "image/tiff", "image/avif", "image/heic")
# The native library is asked only where one of these occurs: a manifest cannot do without.
MARKS = (b"jumb", b"c2pa", b"caBX", b"C2PA")
STORE = b"jumdc2pa"  # the description box every manifest store begins with (C2PA 2.2, 11.1.4.2)
_SOUND = ("Valid", "Trusted")  # Valid: intact, by a signer we do not know. Whose wish it is does not matter here.

_TRAINING_MINING = re.compile(r"(cawg|c2pa)\.training-mining(\.v\d+)?(__\d+)?")
_METADATA = re.compile(r"(?:(cawg|c2pa)\.metadata|stds\.(?:iptc|exif|schema-org)[\w.-]*)(\.v\d+)?(__\d+)?")
_ACTIONS = re.compile(r"c2pa\.actions(\.v\d+)?(__\d+)?")
_INFO = ("constraint_info", "constraints_info")  # the schema of CAWG 1.1 and its prose differ
_WRAPPERS = ("entries", "metadata")  # 1.0 forgot ``entries`` in its schema, so some writers leave it out


def read_c2pa(data: bytes, media_type: str) -> Part:
    """The statements of the active manifest, and of those of the pictures it was made from.

    Raises c2pa.C2paError or ValueError for a manifest that cannot be read. One that can be read and does not match
    the file is read all the same, and its state reported as ``c2pa.validation_state``.
    """
    if media_type not in _CARRIERS or not any(mark in data for mark in MARKS):
        return Part()
    store = _store(data, media_type)
    if store is None:
        if STORE in data:
            return unreadable("c2pa", "The file holds parts of a C2PA manifest that cannot be found in their place.")
        return Part()
    manifests = manifest_chain(store)
    assertions = [assertion for manifest in manifests for assertion in manifest.get("assertions", ())]
    return combined([_validity(store), *(_assertion(assertion) for assertion in assertions)])


def read_store(
    data: bytes, media_type: str, settings: Mapping[str, Any] = OFFLINE, *, detailed: bool = False
) -> dict[str, Any] | None:
    """The manifest store in a file, as the library describes it in JSON; None if it has none.

    ``detailed``: as it is stored, with every assertion by its label. Raises c2pa.C2paError for a store that cannot be
    read; its message begins with ``Remote:`` if the file only says where its manifest lies.
    """
    with c2pa.Context.from_dict(dict(settings)) as context:
        reader = c2pa.Reader.try_create(media_type, io.BytesIO(data), context=context)
        if reader is None:
            return None
        with reader:
            store: dict[str, Any] = json.loads(reader.detailed_json() if detailed else reader.json())
            return store


def _store(data: bytes, media_type: str) -> dict[str, Any] | None:
    try:
        return read_store(data, media_type)
    except c2pa.C2paError as error:
        if error.message.startswith("Remote:"):
            return None  # only an address in the XMP, whose reader reports it
        raise


def _validity(store: dict[str, Any]) -> Part:
    state = str(store.get("validation_state"))
    if state in _SOUND:
        return Part()
    codes = sorted({str(status.get("code")) for status in store.get("validation_status", ())})
    reasons = ", ".join(codes) or "no reason given"
    return Part(
        (signal("c2pa", "c2pa.validation_state", state, reasons),),
        (f"The C2PA manifest is {state}: {reasons}.",),
    )


def manifest_chain(store: dict[str, Any]) -> list[dict[str, Any]]:
    """The active manifest first, then those of its ingredients, as far as they are part of the picture.

    What was only ``inputTo`` a step (a model, a prompt) is not in the picture. Raises ValueError if the active
    manifest is missing.
    """
    manifests: dict[str, dict[str, Any]] = store.get("manifests", {})
    active = store.get("active_manifest")
    if active not in manifests:
        raise ValueError("the store has no active manifest")
    labels = [str(active)]
    for label in labels:  # grows while it is walked
        for ingredient in manifests[label].get("ingredients", ()):
            made_from = ingredient.get("active_manifest")
            if made_from in manifests and made_from not in labels and ingredient.get("relationship") != "inputTo":
                labels.append(made_from)
    return [manifests[label] for label in labels]


def _assertion(assertion: dict[str, Any]) -> Part:
    label, data = str(assertion.get("label", "")), assertion.get("data")
    if found := _TRAINING_MINING.fullmatch(label):
        return _training_mining(_source(found[1]), label, data)
    if found := _METADATA.fullmatch(label):
        return Part(tuple(_metadata(_source(found[1]), data)))
    if _ACTIONS.fullmatch(label):
        kinds = [step.get("digitalSourceType") for step in data.get("actions", ())] if isinstance(data, dict) else []
        return Part(tuple(signal("c2pa", "c2pa.digitalSourceType", kind) for kind in kinds if kind))
    return Part()


def _source(prefix: str | None) -> Source:
    return "cawg" if prefix == "cawg" else "c2pa"


def _training_mining(source: Source, label: str, data: object) -> Part:
    """CAWG training and data mining assertion 1.1: a map from kinds of use to ``use`` and what constrains it."""
    entries = data
    for wrapper in _WRAPPERS:
        if isinstance(entries, dict) and wrapper in entries:
            entries = entries[wrapper]
    if not isinstance(entries, dict) or not entries:
        lost = unreadable(source, f"The assertion {label} holds no entries: {_raw(data)[:200]}")
        return Part((signal(source, label, _raw(data)), *lost.signals), lost.problems)
    return Part(tuple(_entry(source, str(use), entry) for use, entry in entries.items()))


def _entry(source: Source, use: str, entry: object) -> Signal:
    if not isinstance(entry, dict) or "use" not in entry:
        return signal(source, use, _raw(entry))
    info = next((entry[key] for key in _INFO if entry.get(key)), "")
    return signal(source, use, _raw(entry["use"]), _raw(info))


def _metadata(source: Source, data: object) -> Iterator[Signal]:
    """JSON-LD with the properties of XMP (C2PA 2.2, 18.21; CAWG metadata assertion 1.1)."""
    if not isinstance(data, dict):
        return
    context = data.get("@context")
    namespaces = context if isinstance(context, dict) else {}
    for key, content in data.items():
        name = _name(str(key), namespaces)
        if not name.startswith("@") and speaks_of_rights(name):
            for value in content if isinstance(content, list) else [content]:
                yield signal(source, name, _raw(value.get("@value", value) if isinstance(value, dict) else value))


def _name(key: str, namespaces: dict[str, object]) -> str:
    prefix, colon, local = key.partition(":")
    namespace = namespaces.get(prefix) if colon else None
    return name_of(namespace, local) if isinstance(namespace, str) else key


def _raw(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, sort_keys=True)
