"""The log entry: a Rekor v2 ``hashedrekord`` 0.0.2, so that a receipt is a standard Sigstore bundle.

The entry holds a digest, a signature and a public key: nothing of the statement, so the log can be mirrored
in public. The digest is SHA-256 over the DSSE pre-authentication encoding, the bytes that were signed.
"""

from __future__ import annotations

import hmac
import re
from dataclasses import dataclass
from hashlib import sha256

from cryptography.hazmat.primitives.asymmetric import ec

from governance.ledger.errors import LeafError
from governance.provenance import base64_strict
from governance.provenance.canonical import JSON, canonical, parse_canonical
from governance.provenance.envelope import Envelope, spki
from governance.provenance.errors import NotCanonical

KIND = "hashedrekord"
VERSION = "0.0.2"
# A C2SP entry bundle gives the length of a leaf in 16 bits.
MAX_BYTES = 65_535


@dataclass(frozen=True, slots=True)
class Leaf:
    """What one entry commits to: SHA-256 of the PAE, the DER signature, the DER SubjectPublicKeyInfo."""

    digest: bytes
    signature: bytes
    spki: bytes

    def to_bytes(self) -> bytes:
        """Return the canonical entry, whose RFC 6962 leaf hash goes into the tree."""
        first, second, third, last = _FIXED
        data = b"%b%b%b%b%b%b%b" % (
            first,
            base64_strict.encode(self.digest).encode(),
            second,
            base64_strict.encode(self.signature).encode(),
            third,
            base64_strict.encode(self.spki).encode(),
            last,
        )
        if len(data) > MAX_BYTES:
            raise LeafError(f"Got a log entry of {len(data)} bytes, expected at most {MAX_BYTES}.")
        return data


def build_leaf(envelope: Envelope, public_key: ec.EllipticCurvePublicKey) -> bytes:
    """Return the entry for ``envelope``, signed by ``public_key``. Store these bytes; never rebuild them."""
    return _expected(envelope, public_key).to_bytes()


def parse_leaf(data: bytes) -> Leaf:
    """Read an entry strictly: canonical bytes, this kind and version, nothing else; raises LeafError."""
    leaf = _read_at_once(data) or _read_slowly(data)
    if len(leaf.digest) != sha256().digest_size:
        raise LeafError(f"Got a digest of {len(leaf.digest)} bytes in a log entry, expected 32.")
    return leaf


def _read_at_once(data: bytes) -> Leaf | None:
    """Read an entry that is nothing but the fixed bytes around three texts in canonical base64.

    Such an entry is what ``Leaf.to_bytes`` writes, so nothing is left to check. None when it is anything else.
    """
    found = _FORM.fullmatch(data) if len(data) <= MAX_BYTES else None
    if found is None:
        return None
    try:
        return Leaf(*(base64_strict.decode(part.decode("ascii")) for part in found.groups()))
    except ValueError:
        return None


def _read_slowly(data: bytes) -> Leaf:
    """Read any entry and say what is wrong with it."""
    try:
        value = parse_canonical(data, max_bytes=MAX_BYTES)
    except NotCanonical as error:
        raise LeafError(f"The log entry is not canonical JSON. {error.message}") from error
    record = _path(value, "spec", "hashedRekordV002")
    leaf = Leaf(
        digest=_bytes(_path(record, "data", "digest")),
        signature=_bytes(_path(record, "signature", "content")),
        spki=_bytes(_path(record, "signature", "verifier", "publicKey", "rawBytes")),
    )
    # Rebuilding settles every constant, every missing and every extra field at once.
    if leaf.to_bytes() != data:
        raise LeafError(f"Got a log entry with other fields, expected exactly {KIND} {VERSION} with a P-256 key.")
    return leaf


def check_leaf(data: bytes, envelope: Envelope, public_key: ec.EllipticCurvePublicKey) -> None:
    """Raise LeafError unless ``data`` is the entry of this very envelope, signature and key."""
    found, expected = parse_leaf(data), _expected(envelope, public_key)
    for name, got, want in (
        ("digest", found.digest, expected.digest),
        ("signature", found.signature, expected.signature),
        ("public key", found.spki, expected.spki),
    ):
        if not hmac.compare_digest(got, want):
            raise LeafError(
                f"The {name} in the log entry is {got.hex()[:64]}, the envelope has {want.hex()[:64]}.",
                how_to_fix="Ask for the receipt again; this entry belongs to another envelope.",
            )


def _expected(envelope: Envelope, public_key: ec.EllipticCurvePublicKey) -> Leaf:
    return Leaf(sha256(envelope.pae()).digest(), envelope.signature, spki(public_key))


def _document(digest: str, signature: str, public_key: str) -> dict[str, JSON]:
    return {
        "apiVersion": VERSION,
        "kind": KIND,
        "spec": {
            "hashedRekordV002": {
                "data": {"algorithm": "SHA2_256", "digest": digest},
                "signature": {
                    "content": signature,
                    "verifier": {
                        "keyDetails": "PKIX_ECDSA_P256_SHA_256",
                        "publicKey": {"rawBytes": public_key},
                    },
                },
            }
        },
    }


# Base64 needs no escapes in JSON, so the canonical form is these bytes around three texts.
_FIXED = canonical(_document("@", "@", "@")).split(b"@")
_FORM = re.compile(b"([A-Za-z0-9+/=]*)".join(map(re.escape, _FIXED)))


def _path(value: JSON, *keys: str) -> JSON:
    for key in keys:
        if not isinstance(value, dict) or key not in value:
            raise LeafError(f"Got a log entry without {'.'.join(keys)}, expected {KIND} {VERSION}.")
        value = value[key]
    return value


def _bytes(value: JSON) -> bytes:
    if not isinstance(value, str):
        raise LeafError(f"Got {type(value).__name__} in a log entry, expected base64 text.")
    try:
        return base64_strict.decode(value)
    except ValueError as error:
        raise LeafError(f"In the log entry: {error}") from error
