"""Outputs to sign, certificates of every kind to sign with, and how a stranger reads what was signed."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import c2pa
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID, NameOID
from PIL import Image
from pytest_django import Settings

from governance.adapters.certificates import CHAIN, KEY, ensure_certificates
from governance.adapters.content_credentials import Credentials, embed

PHOTOS = Path(__file__).parent.parent / "data" / "photos"
RECORD_ID = "6f0c2f2e-58c3-4a55-9a44-2f1f4c1f2b11"
DECISION = "ab" * 32
WEIGHTS = "cd" * 32
CLAIM_SIGNING = x509.ObjectIdentifier("1.3.6.1.4.1.62558.2.1")
TYPES = {"PNG": "image/png", "JPEG": "image/jpeg", "WEBP": "image/webp", "TIFF": "image/tiff"}

Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


def credentials(**changes: Any) -> Credentials:
    given: dict[str, Any] = {
        "record_id": RECORD_ID,
        "decision_sha256": DECISION,
        "model_title": "BiRefNet general",
        "model_version": "2024-07",
        "weights_sha256": WEIGHTS,
        "weights_licenses": ("MIT", "LicenseRef-two & <three>"),
        "engine": "local-torch/transformers-5.0",
        "digital_source_type": "algorithmicallyEnhanced",
        "issued_at": datetime(2026, 11, 20, 8, 30, tzinfo=UTC),
    }
    return Credentials(**(given | changes))


def own_certificates(settings: Settings, folder: Path) -> Path:
    """Let outputs be signed with certificates of our own, made in ``folder``."""
    ensure_certificates(folder)
    settings.KEYS_DIR, settings.C2PA_CERTIFICATE, settings.C2PA_KEY = folder, folder / CHAIN, folder / KEY
    return folder


def photo(name: str = "coffee.png") -> bytes:
    return (PHOTOS / name).read_bytes()


@cache
def cutout(kind: str, name: str = "coffee.png") -> bytes:
    """A photograph with a gradient for transparency, as each type can hold it; JPEG has none."""
    with Image.open(io.BytesIO(photo(name))) as opened:
        image = opened.convert("RGB")
    if kind != "JPEG":
        image.putalpha(Image.linear_gradient("L").resize(image.size))
    stream = io.BytesIO()
    options: dict[str, Any] = {"lossless": True, "exact": True} if kind == "WEBP" else {}
    image.save(stream, kind, **options)
    return stream.getvalue()


def pixels(data: bytes) -> tuple[str, tuple[int, int], bytes]:
    with Image.open(io.BytesIO(data)) as image:
        return image.mode, image.size, image.tobytes()


def store_of(data: bytes, media_type: str, anchors: bytes = b"") -> dict[str, Any]:
    """The manifest store as the library reads it for somebody who trusts ``anchors`` (PEM)."""
    settings: dict[str, Any] = {"verify": {"remote_manifest_fetch": False, "ocsp_fetch": False}}
    if anchors:
        settings["trust"] = {"user_anchors": anchors.decode()}
    with (
        c2pa.Context.from_dict(settings) as context,
        c2pa.Reader(media_type, io.BytesIO(data), context=context) as reader,
    ):
        store: dict[str, Any] = json.loads(reader.json())
        return store


def active(store: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = store["manifests"][store["active_manifest"]]
    return found


def made_from(parent: bytes, parent_type: str = "image/png", kind: str = "PNG") -> bytes:
    """An output of ours, made from that picture."""
    return embed(cutout(kind), TYPES[kind], parent, parent_type, credentials())


def picture_in(data: bytes, media_type: str = "image/png") -> dict[str, object]:
    (found,) = [one for one in active(store_of(data, media_type))["ingredients"] if one["relationship"] == "parentOf"]
    return dict(found)


def actions(store: dict[str, Any]) -> list[dict[str, Any]]:
    (found,) = [one["data"] for one in active(store)["assertions"] if one["label"] == "c2pa.actions.v2"]
    steps: list[dict[str, Any]] = found["actions"]
    return steps


def with_thumbnails(
    picture: bytes, media_type: str, chain: bytes, key: bytes, made_from: Sequence[bytes] = ()
) -> bytes:
    """A signed picture that shows itself, and what it was made from, in thumbnails, as other programs write it."""
    first = "c2pa.opened" if made_from else "c2pa.created"
    step: dict[str, Any] = {"action": first}
    if made_from:
        step["parameters"] = {"ingredientIds": ["0"]}
    else:
        step["digitalSourceType"] = "http://cv.iptc.org/newscodes/digitalsourcetype/digitalCapture"
    definition = {
        "claim_generator_info": [{"name": "Another program"}],
        "assertions": [{"label": "c2pa.actions.v2", "data": {"actions": [step]}}],
    }
    settings = {"builder": {"thumbnail": {"enabled": True}, "actions": {"auto_opened_action": {"enabled": False}}}}
    info, result = c2pa.C2paSignerInfo(c2pa.C2paSigningAlg.ES256, chain, key, None), io.BytesIO()
    with (
        c2pa.Signer.from_info(info) as signer,
        c2pa.Context.from_dict(settings) as context,
        c2pa.Builder(definition, context) as builder,
    ):
        for number, ingredient in enumerate(made_from):
            described = {"title": "before", "relationship": "parentOf", "label": str(number)}
            builder.add_ingredient(described, media_type, io.BytesIO(ingredient))
        builder.sign(signer, media_type, io.BytesIO(picture), result)
    return result.getvalue()


def p256() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def certificate(
    key: Key,
    issuer_key: Key,
    *,
    subject: str = "Signer",
    issuer: str = "Authority",
    days: tuple[int, int] = (-1, 30),
    purposes: Sequence[x509.ObjectIdentifier] = (ExtendedKeyUsageOID.EMAIL_PROTECTION,),
    signs: bool = True,
    is_ca: bool = False,
    ocsp: str = "",
) -> x509.Certificate:
    """A certificate valid from and to so many days from now."""
    now = datetime.now(UTC)
    usage = {
        "digital_signature": signs and not is_ca,
        "content_commitment": False,
        "key_encipherment": not signs,
        "data_encipherment": False,
        "key_agreement": False,
        "key_cert_sign": is_ca,
        "crl_sign": is_ca,
        "encipher_only": False,
        "decipher_only": False,
    }
    builder = (
        x509.CertificateBuilder()
        .subject_name(_name(subject))
        .issuer_name(_name(issuer))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + timedelta(days=days[0]))
        .not_valid_after(now + timedelta(days=days[1]))
        .add_extension(x509.BasicConstraints(ca=is_ca, path_length=None), critical=True)
        .add_extension(x509.KeyUsage(**usage), critical=True)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )
    if purposes and not is_ca:
        builder = builder.add_extension(x509.ExtendedKeyUsage(purposes), critical=False)
    if ocsp:
        place = x509.AccessDescription(AuthorityInformationAccessOID.OCSP, x509.UniformResourceIdentifier(ocsp))
        builder = builder.add_extension(x509.AuthorityInformationAccess([place]), critical=False)
    return builder.sign(issuer_key, hashes.SHA256())


def authority(key: Key, **changes: Any) -> x509.Certificate:
    return certificate(key, key, **({"subject": "Authority", "is_ca": True} | changes))


def write_pair(folder: Path, key: Key, *chain: x509.Certificate) -> tuple[Path, Path]:
    """Write a chain and a private key for their owner; returns both paths."""
    paths = folder / "chain.pem", folder / "key.pem"
    paths[0].write_bytes(b"".join(one.public_bytes(Encoding.PEM) for one in chain))
    paths[1].write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    paths[1].chmod(0o600)
    return paths


def _name(common: str) -> x509.Name:
    organisation = x509.NameAttribute(NameOID.ORGANIZATION_NAME, "A customer")
    return x509.Name([organisation, x509.NameAttribute(NameOID.COMMON_NAME, common)])
