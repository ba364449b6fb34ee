"""Certificates of our own for C2PA claims (C2PA 2.2, 14.5; RFC 5280): an authority, and signers that it issues.

ECDSA on P-256 throughout. No address is named in them: nobody is asked whether they were revoked.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

# C2PA 2.2, 14.5.1: a claim signer's certificate names one of these purposes. Ours names both, because validators
# older than the first of them look for the second.
_CLAIM_SIGNING = x509.ObjectIdentifier("1.3.6.1.4.1.62558.2.1")
PURPOSES = (_CLAIM_SIGNING, ExtendedKeyUsageOID.EMAIL_PROTECTION)
# Without a time stamp a signature is held against today's date, so a certificate that ends takes every picture it
# signed with it.
_CA_YEARS, _SIGNER_YEARS = 20, 10
_USAGES = (
    "digital_signature",
    "content_commitment",
    "key_encipherment",
    "data_encipherment",
    "key_agreement",
    "key_cert_sign",
    "crl_sign",
    "encipher_only",
    "decipher_only",
)


def new_authority(key: ec.EllipticCurvePrivateKey) -> x509.Certificate:
    """A root certificate for ``key``, self-signed; it may sign signers and nothing in between."""
    name = _name("Clearcut content credentials authority")
    builder = _builder(name, name, key.public_key(), key.public_key(), _CA_YEARS)
    return (
        builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage("key_cert_sign", "crl_sign"), critical=True)
        .sign(key, hashes.SHA256())
    )


def new_signer(
    key: ec.EllipticCurvePublicKey, authority: x509.Certificate, authority_key: ec.EllipticCurvePrivateKey
) -> x509.Certificate:
    """A certificate for ``key`` that ``authority`` issues for signing C2PA claims."""
    name = _name("Clearcut content credentials")
    builder = _builder(name, authority.subject, key, authority_key.public_key(), _SIGNER_YEARS)
    return (
        builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage("digital_signature"), critical=True)
        .add_extension(x509.ExtendedKeyUsage(PURPOSES), critical=False)
        .sign(authority_key, hashes.SHA256())
    )


def _builder(
    name: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePublicKey,
    issuer_key: ec.EllipticCurvePublicKey,
    years: int,
) -> x509.CertificateBuilder:
    now = datetime.now(UTC).replace(microsecond=0)
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=5))  # clocks of workers differ
        .not_valid_after(now + timedelta(days=365 * years))
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )


def _usage(*wanted: str) -> x509.KeyUsage:
    return x509.KeyUsage(**{usage: usage in wanted for usage in _USAGES})


def _name(common: str) -> x509.Name:
    organisation = x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Clearcut")
    return x509.Name([organisation, x509.NameAttribute(NameOID.COMMON_NAME, common)])
