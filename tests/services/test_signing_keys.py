"""Keys on record: each public key in use enters the log once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, load_der_public_key
from cryptography.x509.oid import NameOID

from governance.adapters import keys
from governance.errors import PlatformError
from governance.models import ProvenanceRecord, SigningKey
from governance.provenance.canonical import sha256_hex
from governance.provenance.envelope import spki
from governance.provenance.event import LedgerEvent
from governance.provenance.statement import Statement
from governance.services.signing_keys import record_keys

pytestmark = pytest.mark.django_db


@pytest.fixture
def certificate(tmp_path: Path, settings: object) -> ec.EllipticCurvePrivateKey:
    """A content certificate where the settings expect it; its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Test")])
    now = datetime.now(UTC)
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    made = made.serial_number(1).not_valid_before(now).not_valid_after(now + timedelta(days=1))
    path = tmp_path / "chain.pem"
    path.write_bytes(made.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM))
    settings.C2PA_CERTIFICATE = path  # type: ignore[attr-defined]
    return key


@pytest.fixture
def no_certificate(tmp_path: Path, settings: object) -> None:
    settings.C2PA_CERTIFICATE = tmp_path / "none.pem"  # type: ignore[attr-defined]


def test_every_key_of_the_trust_file_enters_the_log(no_certificate: None) -> None:
    trust = keys.trust()
    rows = {row.purpose: row for row in record_keys()}
    assert set(rows) == {"record", "log"}
    assert bytes(rows["record"].public_key) == spki(trust.record_keys[0].public_key)
    assert rows["record"].key_id == trust.record_keys[0].key_id
    log = load_der_public_key(bytes(rows["log"].public_key))
    assert log.public_bytes_raw() == trust.log_keys[0].key.public_key  # type: ignore[union-attr]


def test_the_event_names_the_key_and_what_it_signs(no_certificate: None) -> None:
    row = next(row for row in record_keys() if row.purpose == "record")
    (record,) = ProvenanceRecord.objects.about(f"signingkey:{row.pk}")
    event = Statement.from_bytes(bytes(record.payload)).predicate
    assert isinstance(event, LedgerEvent)
    assert (event.kind, event.details) == (
        "key-event",
        {"act": "introduced", "purpose": "record", "key_id": row.key_id},
    )


def test_the_key_of_the_content_certificate_enters_it_too(certificate: ec.EllipticCurvePrivateKey) -> None:
    row = next(row for row in record_keys() if row.purpose == "content")
    assert bytes(row.public_key) == spki(certificate.public_key())
    assert row.key_id == sha256_hex(spki(certificate.public_key()))


def test_again_changes_nothing(certificate: ec.EllipticCurvePrivateKey) -> None:
    assert len(record_keys()) == 3
    before = (SigningKey.objects.count(), ProvenanceRecord.objects.count())
    assert record_keys() == ()
    assert (SigningKey.objects.count(), ProvenanceRecord.objects.count()) == before


def test_says_which_certificate_is_no_use(certificate: ec.EllipticCurvePrivateKey, settings: object) -> None:
    settings.C2PA_CERTIFICATE.write_bytes(b"nothing of the kind")  # type: ignore[attr-defined]
    with pytest.raises(PlatformError, match=r"Got no usable certificates in .*chain\.pem") as caught:
        record_keys()
    assert caught.value.code == "keys.certificate"
