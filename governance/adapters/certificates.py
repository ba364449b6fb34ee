"""The certificates that content credentials are signed with: a chain of our own for a start, then the customer's.

Our own authority makes signatures that a verifier trusts once it was handed ``c2pa-ca.pem``; no public trust list
knows it. Its private key is kept (``c2pa-ca-key.pem``): without it the signing certificate could never be renewed
under the anchor that verifiers already hold. Only ``ensure_certificates`` reads it, so it may be moved off the machine
once the chain exists. Nothing here names an address to ask for revocation or time stamps.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import TypeVar

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from cryptography.x509.oid import ExtendedKeyUsageOID

from governance.adapters.certificates_made import PURPOSES, new_authority, new_signer
from governance.errors import PlatformError
from governance.ledger.errors import KeyFileError
from governance.ledger.keys import create_record_key, load_record_key

CA, CA_KEY, CHAIN, KEY = "c2pa-ca.pem", "c2pa-ca-key.pem", "c2pa-chain.pem", "c2pa.pem"

_MOST_BYTES = 65_536
_Extension = TypeVar("_Extension", bound=x509.ExtensionType)


@dataclass(frozen=True, slots=True)
class SigningMaterial:
    """A chain (PEM, the signer's certificate first), its P-256 key (PKCS #8 PEM) and how long they can be used."""

    chain: bytes
    key: bytes
    anchors: bytes
    not_before: datetime
    not_after: datetime

    def __repr__(self) -> str:  # a key must not reach a log by way of a traceback
        return f"SigningMaterial({self.not_before:%Y-%m-%d} to {self.not_after:%Y-%m-%d})"

    def check_valid(self, at: datetime) -> None:
        """Raises PlatformError ``c2pa.certificate_expired`` outside the certificate's validity."""
        if not self.not_before <= at <= self.not_after:
            raise PlatformError(
                f"The signing certificate is valid from {self.not_before:%Y-%m-%d %H:%M} to "
                f"{self.not_after:%Y-%m-%d %H:%M} UTC; it is {at:%Y-%m-%d %H:%M} UTC.",
                how_to_fix="Put a current certificate where CLEARCUT_C2PA_CERTIFICATE points, or correct the clock.",
                code="c2pa.certificate_expired",
                permanent=True,
            )


def ensure_certificates(folder: Path) -> None:
    """Create the authority and a signing chain in ``folder`` as far as they are missing; nothing is ever replaced.

    What was begun is carried on after a crash: the chain is written last. Raises PlatformError
    ``c2pa.certificates_incomplete`` where a part is lost that only another part could replace, and KeyFileError.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    if (folder / CHAIN).exists():
        if not (folder / KEY).exists():
            raise _incomplete(folder / KEY, folder / CHAIN)
        if not (folder / CA).exists():
            _write(folder / CA, _pem(_read_chain(folder / CHAIN)[-1]))
        return
    if (folder / CA).exists() and not (folder / CA_KEY).exists():
        raise _incomplete(folder / CA_KEY, folder / CA)
    authority_key = _key(folder / CA_KEY)
    if not (folder / CA).exists():
        _write(folder / CA, _pem(new_authority(authority_key)))
    authority = _read_chain(folder / CA)[0]
    signer = new_signer(_key(folder / KEY).public_key(), authority, authority_key)
    _write(folder / CHAIN, _pem(signer) + _pem(authority))


def load_signing_material(chain_path: Path, key_path: Path) -> SigningMaterial:
    """Read a chain and its key, and make sure that claims can be signed with them; the date is not looked at.

    Raises PlatformError ``c2pa.certificate_missing``, ``c2pa.certificate_unreadable``, ``c2pa.certificate_unfit``,
    ``c2pa.key_unusable`` or ``c2pa.key_mismatch``, all permanent.
    """
    chain = _read_chain(chain_path)
    try:
        key = load_record_key(key_path)
    except KeyFileError as error:
        raise _refused(error.message, error.how_to_fix, "key_unusable") from error
    _check_fit(chain[0], chain_path)
    if _public(chain[0].public_key()) != _public(key.public_key()):  # type: ignore[arg-type]
        raise _refused(
            f"The first certificate in {chain_path} belongs to another key than {key_path}.",
            "Put the signer's own certificate first, or point CLEARCUT_C2PA_KEY at its key.",
            "key_mismatch",
        )
    _check_chain(chain, chain_path)
    return SigningMaterial(
        b"".join(map(_pem, chain)),
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
        b"".join(map(_pem, chain[1:])),
        max(one.not_valid_before_utc for one in chain),
        min(one.not_valid_after_utc for one in chain),
    )


def trust_anchors(authority: Path, chain: Path) -> bytes:
    """The authorities (PEM) that our signatures lead to: our own and those of ``chain``, as far as the files exist.

    Raises PlatformError ``c2pa.certificate_unreadable``.
    """
    own = _read_chain(authority) if authority.exists() else []
    configured = _read_chain(chain)[1:] if chain.exists() else []
    return b"".join(dict.fromkeys(map(_pem, [*own, *configured])))


def _check_fit(signer: x509.Certificate, path: Path) -> None:
    """What a claim signer's certificate must be (C2PA 2.2, 14.5.1), as far as signing with ES256 goes."""
    public = signer.public_key()
    usage, purposes = _extension(signer, x509.KeyUsage), _extension(signer, x509.ExtendedKeyUsage)
    basic = _extension(signer, x509.BasicConstraints)
    faults = {
        "its key is not ECDSA on P-256": not (
            isinstance(public, ec.EllipticCurvePublicKey) and isinstance(public.curve, ec.SECP256R1)
        ),
        "it is an authority's": basic is not None and basic.ca,
        "it signs itself": signer.issuer == signer.subject,
        "its key usage leaves out digital signatures": usage is None or not usage.digital_signature,
        "its purposes name neither C2PA claim signing nor e-mail protection": purposes is None
        or not any(purpose in purposes for purpose in PURPOSES),
        "its purposes allow anything": purposes is not None and ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE in purposes,
        "it names no authority key identifier": _extension(signer, x509.AuthorityKeyIdentifier) is None,
    }
    found = [fault for fault, applies in faults.items() if applies]
    if found:
        raise _refused(
            f"The certificate in {path} cannot sign C2PA claims: {'; '.join(found)}.",
            "Ask your authority for a C2PA claim signing certificate on P-256 (ES256).",
            "certificate_unfit",
        )


def _check_chain(chain: list[x509.Certificate], path: Path) -> None:
    for issued, issuer in pairwise(chain):
        try:
            issued.verify_directly_issued_by(issuer)
        except (ValueError, TypeError, InvalidSignature) as error:
            raise _refused(
                f"In {path}, {issuer.subject.rfc4514_string()} did not issue the certificate before it.",
                "List the signer's certificate first, then each one's issuer.",
                "certificate_unfit",
            ) from error


def _read_chain(path: Path) -> list[x509.Certificate]:
    try:
        with path.open("rb") as file:
            pem = file.read(_MOST_BYTES + 1)
    except OSError as error:
        raise _refused(
            f"Cannot read the certificate file {path}: {error.strerror}.",
            "Run `python manage.py setup`, or correct CLEARCUT_C2PA_CERTIFICATE.",
            "certificate_missing",
        ) from error
    try:
        if len(pem) > _MOST_BYTES:
            raise ValueError(f"more than {_MOST_BYTES} bytes")
        return x509.load_pem_x509_certificates(pem)
    except ValueError as error:
        raise _refused(
            f"Got no usable certificates in {path}: {error}.",
            "Put PEM certificates there, the signer's first.",
            "certificate_unreadable",
        ) from error


def _extension(certificate: x509.Certificate, kind: type[_Extension]) -> _Extension | None:
    try:
        return certificate.extensions.get_extension_for_class(kind).value
    except x509.ExtensionNotFound:
        return None


def _key(path: Path) -> ec.EllipticCurvePrivateKey:
    return load_record_key(path) if path.exists() else create_record_key(path)


def _write(path: Path, pem: bytes) -> None:
    with path.open("xb") as file:
        file.write(pem)
        file.flush()
        os.fsync(file.fileno())


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(Encoding.PEM)


def _public(key: ec.EllipticCurvePublicKey) -> bytes:
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def _incomplete(lost: Path, kept: Path) -> PlatformError:
    return _refused(
        f"{kept} is there and {lost} is not.",
        f"Restore {lost.name} from a backup, or move the c2pa files away to begin with a new authority.",
        "certificates_incomplete",
    )


def _refused(message: str, how_to_fix: str, code: str) -> PlatformError:
    return PlatformError(message, how_to_fix=how_to_fix, code=f"c2pa.{code}", permanent=True)
