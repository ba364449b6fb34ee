"""Pictures that say something about their rights, made as other programs make them: XMP, Exif, IPTC and signed C2PA."""

from __future__ import annotations

import io
import json
import struct
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import c2pa
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from PIL import Image
from PIL.PngImagePlugin import PngInfo

PLUS = "http://ns.useplus.org/ldf/xmp/1.0/"
VOCABULARY = "http://ns.useplus.org/ldf/vocab/"
NAMESPACES = {
    "plus": PLUS,
    "dc": "http://purl.org/dc/elements/1.1/",
    "dcterms": "http://purl.org/dc/terms/",
    "xmpRights": "http://ns.adobe.com/xap/1.0/rights/",
    "photoshop": "http://ns.adobe.com/photoshop/1.0/",
    "Iptc4xmpExt": "http://iptc.org/std/Iptc4xmpExt/2008-02-29/",
    "xmpNote": "http://ns.adobe.com/xmp/note/",
    "acme": "http://example.com/acme/",
}
MEDIA_TYPES = {
    "JPEG": "image/jpeg",
    "PNG": "image/png",
    "WEBP": "image/webp",
    "TIFF": "image/tiff",
    "AVIF": "image/avif",
}


def packet(elements: str = "", attributes: str = "") -> bytes:
    """An XMP packet with one description, as Photoshop writes it: wrapped, and padded for changes in place."""
    spaces = " ".join(f'xmlns:{prefix}="{address}"' for prefix, address in NAMESPACES.items())
    text = (
        '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>\n'
        '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        f'<rdf:Description rdf:about="" {spaces} {attributes}>{elements}</rdf:Description>'
        f'</rdf:RDF></x:xmpmeta>\n{" " * 200}<?xpacket end="w"?>'
    )
    return text.encode()


def picture(kind: str, xmp: bytes | None = None, **options: Any) -> bytes:
    """A small picture, with an XMP packet where the type keeps it."""
    if xmp is not None and kind == "PNG":
        options["pnginfo"] = PngInfo()
        options["pnginfo"].add_itxt("XML:com.adobe.xmp", xmp.decode())
    elif xmp is not None and kind == "TIFF":
        options["tiffinfo"] = {700: xmp}
    elif xmp is not None:
        options["xmp"] = xmp
    stream = io.BytesIO()
    Image.new("RGB", (32, 24), (200, 60, 20)).save(stream, kind, **options)
    return stream.getvalue()


def png_ending_with(*chunks: bytes) -> bytes:
    """A PNG with these chunks behind the picture, where ExifTool puts what it adds."""
    whole = picture("PNG")
    end = whole.rindex(b"IEND") - 4
    return whole[:end] + b"".join(chunks) + whole[end:]


def jpeg_beginning_with(*segments: tuple[int, bytes]) -> bytes:
    """A JPEG with these segments (marker, content) in front."""
    whole = picture("JPEG")
    added = b"".join(struct.pack(">BBH", 0xFF, marker, len(data) + 2) + data for marker, data in segments)
    return whole[:2] + added + whole[2:]


def iim(**values: bytes) -> bytes:
    """IIM data sets of record 2 (IIM 4.2, 1.6), by name."""
    numbers = {"instructions": 40, "credit": 110, "source": 115, "copyright": 116, "caption": 120}
    return b"".join(struct.pack(">BBBH", 0x1C, 2, numbers[name], len(data)) + data for name, data in values.items())


def photoshop(number: int, data: bytes) -> bytes:
    """One image resource without a name, padded to an even length."""
    return b"8BIM" + struct.pack(">HHI", number, 0, len(data)) + data + b"\0" * (len(data) % 2)


def signed(kind: str, *assertions: dict[str, Any], made_from: tuple[tuple[str, bytes], ...] = ()) -> bytes:
    """A picture with a C2PA manifest by a signer nobody knows; ``made_from``: relationship and JPEG."""
    manifest = {
        "claim_generator_info": [{"name": "Clearcut tests", "version": "1"}],
        "title": "A picture",
        "assertions": [{"label": "c2pa.actions.v2", "data": {"actions": [CREATED]}}, *assertions],
    }
    media_type, result = MEDIA_TYPES[kind], io.BytesIO()
    chain, key = _credentials()
    signer = c2pa.Signer.from_info(c2pa.C2paSignerInfo(c2pa.C2paSigningAlg.ES256, chain, key, None))
    settings = {"builder": {"thumbnail": {"enabled": False}}}
    with signer, c2pa.Context.from_dict(settings) as context, c2pa.Builder(json.dumps(manifest), context) as builder:
        for relationship, ingredient in made_from:
            described = json.dumps({"title": "An ingredient", "relationship": relationship})
            builder.add_ingredient(described, "image/jpeg", io.BytesIO(ingredient))
        builder.sign(signer, media_type, io.BytesIO(picture(kind)), result)
    return result.getvalue()


CAPTURE = "http://cv.iptc.org/newscodes/digitalsourcetype/digitalCapture"
CREATED = {"action": "c2pa.created", "digitalSourceType": CAPTURE}


def training_mining(entries: object, label: str = "cawg.training-mining") -> dict[str, Any]:
    return {"label": label, "data": {"entries": entries}}


@cache
def _credentials() -> tuple[bytes, bytes]:
    """A signer's chain and key in PEM, from a certificate authority of this process alone (C2PA 2.2, 14.5)."""
    ca_key, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    ca = _certificate("CA", ca_key, ca_key, is_ca=True)
    leaf = _certificate("Signer", key, ca_key, is_ca=False)
    chain = b"".join(one.public_bytes(serialization.Encoding.PEM) for one in (leaf, ca))
    return chain, key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _certificate(
    subject: str, key: ec.EllipticCurvePrivateKey, issuer_key: ec.EllipticCurvePrivateKey, *, is_ca: bool
) -> x509.Certificate:
    now = datetime.now(UTC)
    usage = dict.fromkeys(_USAGES, False) | dict.fromkeys(_CA_USAGES if is_ca else _SIGNER_USAGES, True)
    builder = (
        x509.CertificateBuilder()
        .subject_name(_name(subject))
        .issuer_name(_name("CA"))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=is_ca, path_length=None), critical=True)
        .add_extension(x509.KeyUsage(**usage), critical=True)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )
    if not is_ca:
        purpose = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION])
        builder = builder.add_extension(purpose, critical=False)
    return builder.sign(issuer_key, hashes.SHA256())


_CA_USAGES = ("key_cert_sign", "crl_sign")
_SIGNER_USAGES = ("digital_signature",)
_USAGES = (
    *_CA_USAGES,
    *_SIGNER_USAGES,
    "content_commitment",
    "key_encipherment",
    "data_encipherment",
    "key_agreement",
    "encipher_only",
    "decipher_only",
)


def _name(common: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Throw-away"),
            x509.NameAttribute(NameOID.COMMON_NAME, common),
        ]
    )
