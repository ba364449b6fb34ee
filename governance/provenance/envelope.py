"""DSSE v1: sign bytes together with their type, so that one kind of document can never pass as another.

See: https://github.com/secure-systems-lab/dsse/blob/master/protocol.md
Exactly one signature, ECDSA on P-256 with SHA-256; by a key held here with its nonce by RFC 6979. Sign once and
store the envelope: a second signature over the same statement would be another leaf in the log.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Protocol

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from governance.provenance import base64_strict
from governance.provenance.canonical import JSON, canonical, parse_strict, sha256_hex
from governance.provenance.errors import BadSignature, MalformedEnvelope, NotCanonical

MAX_PAYLOAD = 65_536
MAX_SIGNATURE = 128
_KEY_ID = re.compile(r"[0-9a-f]{64}")


class StatementSigner(Protocol):
    """Whoever can sign with one P-256 key: this process (``HeldKey``), a PKCS #11 token, a key service."""

    @property
    def key_id(self) -> str:
        """SHA-256 of the DER SubjectPublicKeyInfo in lower-case hex."""
        ...

    @property
    def public_key(self) -> ec.EllipticCurvePublicKey:
        """The public half; always the same one."""
        ...

    def sign(self, data: bytes) -> bytes:
        """ECDSA with SHA-256 over ``data`` (not over a digest), as DER ``ECDSA-Sig-Value`` (RFC 3279 §2.2.3)."""
        ...


class HeldKey:
    """A P-256 key in this process' memory. What it prints as never shows the private half."""

    __slots__ = ("_private", "key_id", "public_key")

    def __init__(self, private: ec.EllipticCurvePrivateKey) -> None:
        self._private = private
        self.public_key = private.public_key()
        _require_p256(self.public_key)
        self.key_id = key_id(self.public_key)

    def sign(self, data: bytes) -> bytes:
        """Sign with the nonce of RFC 6979: the same data always gives the same signature."""
        return self._private.sign(data, ec.ECDSA(SHA256(), deterministic_signing=True))

    def __repr__(self) -> str:
        return f"<HeldKey {self.key_id}>"


@dataclass(frozen=True, slots=True)
class Envelope:
    """A signed payload. ``signature`` is the DER form of ECDSA; ``key_id`` is a hint, never a proof."""

    payload_type: str
    payload: bytes
    key_id: str
    signature: bytes

    def pae(self) -> bytes:
        """Return the bytes that were signed."""
        return pae(self.payload_type, self.payload)

    def as_json(self) -> dict[str, JSON]:
        return {
            "payload": base64_strict.encode(self.payload),
            "payloadType": self.payload_type,
            "signatures": [{"keyid": self.key_id, "sig": base64_strict.encode(self.signature)}],
        }

    def to_bytes(self) -> bytes:
        """Return the canonical JSON form."""
        return canonical(self.as_json())

    @classmethod
    def from_bytes(cls, data: bytes) -> Envelope:
        """Read the JSON form strictly; raises MalformedEnvelope."""
        try:
            return cls.from_json(parse_strict(data))
        except NotCanonical as error:
            raise MalformedEnvelope(f"The envelope is not strict JSON. {error.message}") from error

    @classmethod
    def from_json(cls, value: JSON) -> Envelope:
        """Read an envelope with exactly one signature and canonical base64; raises MalformedEnvelope."""
        outer = _object(value, {"payload", "payloadType", "signatures"}, "the envelope")
        signatures = outer["signatures"]
        if not isinstance(signatures, list) or len(signatures) != 1:
            got = f"{len(signatures)} signatures" if isinstance(signatures, list) else "no list of signatures"
            raise MalformedEnvelope(f"Got {got}, expected exactly one.")
        inner = _object(signatures[0], {"keyid", "sig"}, "the signature")
        key = _text(inner, "keyid")
        if _KEY_ID.fullmatch(key) is None:
            raise MalformedEnvelope(f"Got keyid {key!r:.80}, expected the SHA-256 of the public key in hex.")
        return cls(
            payload_type=_text(outer, "payloadType"),
            payload=_bytes(outer, "payload", MAX_PAYLOAD),
            key_id=key,
            signature=_bytes(inner, "sig", MAX_SIGNATURE),
        )


def pae(payload_type: str, payload: bytes) -> bytes:
    """Return the pre-authentication encoding (DSSE v1); lengths count bytes, not characters."""
    kind = payload_type.encode("utf-8")
    return b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(payload), payload)


def sign(payload: bytes, payload_type: str, key: StatementSigner | ec.EllipticCurvePrivateKey) -> Envelope:
    """Have ``payload`` signed by a P-256 key, or by whoever holds one.

    Raises MalformedEnvelope for a payload that is too long, BadSignature when what comes back does not verify: a
    token may be set to another key or padding, and what is recorded can never be signed again.
    """
    signer = HeldKey(key) if isinstance(key, ec.EllipticCurvePrivateKey) else key
    if len(payload) > MAX_PAYLOAD:
        raise MalformedEnvelope(f"Got a payload of {len(payload)} bytes, expected at most {MAX_PAYLOAD}.")
    signature = signer.sign(pae(payload_type, payload))
    envelope = Envelope(payload_type, payload, signer.key_id, signature)
    verify(envelope, signer.public_key)
    return envelope


def verify(envelope: Envelope, public_key: ec.EllipticCurvePublicKey) -> None:
    """Raise BadSignature unless ``public_key`` signed this payload as this type."""
    _require_p256(public_key)
    if envelope.key_id != key_id(public_key):
        raise BadSignature(f"Got an envelope naming key {envelope.key_id}, expected {key_id(public_key)}.")
    try:
        public_key.verify(envelope.signature, envelope.pae(), ec.ECDSA(SHA256()))
    except InvalidSignature as error:
        raise BadSignature(
            f"The signature was not made over this statement by key {envelope.key_id}.",
            how_to_fix="Ask for the receipt again; the statement or its signature was changed.",
        ) from error


def spki(public_key: ec.EllipticCurvePublicKey) -> bytes:
    """Return the DER SubjectPublicKeyInfo (RFC 5280 §4.1)."""
    return public_key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def key_id(public_key: ec.EllipticCurvePublicKey) -> str:
    """Return the SHA-256 of the DER SubjectPublicKeyInfo, in lower-case hex."""
    return sha256_hex(spki(public_key))


def _require_p256(public_key: ec.EllipticCurvePublicKey) -> None:
    if not isinstance(public_key.curve, ec.SECP256R1):
        raise BadSignature(f"Got a key on {public_key.curve.name}, expected P-256 (secp256r1).")


def _object(value: JSON, keys: set[str], what: str) -> dict[str, JSON]:
    if not isinstance(value, dict) or set(value) != keys:
        got = sorted(value) if isinstance(value, dict) else type(value).__name__
        raise MalformedEnvelope(f"Got {got} as {what}, expected the fields {sorted(keys)}.")
    return value


def _text(fields: dict[str, JSON], key: str) -> str:
    value = fields[key]
    if not isinstance(value, str):
        raise MalformedEnvelope(f"Got {type(value).__name__} as {key}, expected text.")
    return value


def _bytes(fields: dict[str, JSON], key: str, limit: int) -> bytes:
    try:
        data = base64_strict.decode(_text(fields, key))
    except ValueError as error:
        raise MalformedEnvelope(f"At {key}: {error}") from error
    if not 0 < len(data) <= limit:
        raise MalformedEnvelope(f"Got {len(data)} bytes as {key}, expected 1 to {limit}.")
    return data
