"""The public halves of the keys that sign for us, as verifiers know them."""

from __future__ import annotations

from dataclasses import dataclass

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.conf import settings

from governance.adapters import keys
from governance.errors import PlatformError
from governance.provenance.canonical import sha256_hex
from governance.provenance.envelope import spki

RECORD, LOG, CONTENT = "record", "log", "content"


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A key's DER SubjectPublicKeyInfo, and what it signs: ``RECORD``, ``LOG`` or ``CONTENT``."""

    purpose: str
    der: bytes

    @property
    def key_id(self) -> str:
        """SHA-256 of the DER in lower-case hex."""
        return sha256_hex(self.der)


def public_keys() -> tuple[PublicKey, ...]:
    """Every key of the trust file, retired ones too, and that of the content certificate where there is one.

    Raises CannotTell for a trust file that is missing or unusable, PlatformError ``keys.certificate``.
    """
    trust = keys.trust()
    return (
        *(PublicKey(RECORD, spki(item.public_key)) for item in trust.record_keys),
        *(PublicKey(LOG, _ed25519_spki(item.key.public_key)) for item in trust.log_keys),
        *_content_key(),
    )


def _ed25519_spki(raw: bytes) -> bytes:
    public = Ed25519PublicKey.from_public_bytes(raw)
    return public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def _content_key() -> tuple[PublicKey, ...]:
    """The key of the first certificate of the chain: the signer's own."""
    path = settings.C2PA_CERTIFICATE
    if not path.exists():
        return ()
    try:
        leaf = x509.load_pem_x509_certificates(path.read_bytes())[0]
    except (OSError, ValueError) as problem:
        raise PlatformError(
            f"Got no usable certificates in {path}: {problem}.",
            how_to_fix="Put PEM certificates there, the signer's first.",
            code="keys.certificate",
            permanent=True,
        ) from problem
    der = leaf.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return (PublicKey(CONTENT, der),)
