"""Certificates for content credentials: our own, made once, and the customer's, taken only if they can sign claims."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID

from governance.adapters.certificates import (
    CA,
    CA_KEY,
    CHAIN,
    KEY,
    ensure_certificates,
    load_signing_material,
    trust_anchors,
)
from governance.errors import PlatformError
from governance.ledger.errors import KeyFileError
from tests.adapters.credential_files import CLAIM_SIGNING, Key, authority, certificate, p256, write_pair


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "keys"


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def refusal(chain: Path, key: Path) -> PlatformError:
    with pytest.raises(PlatformError) as caught:
        load_signing_material(chain, key)
    assert caught.value.permanent
    return caught.value


def test_it_makes_an_authority_and_a_chain(folder: Path) -> None:
    ensure_certificates(folder)
    assert sorted(contents(folder)) == sorted([CA, CA_KEY, CHAIN, KEY])


def test_private_keys_are_their_owners_alone(folder: Path) -> None:
    ensure_certificates(folder)
    assert [oct((folder / name).stat().st_mode & 0o777) for name in (KEY, CA_KEY)] == ["0o600", "0o600"]
    assert folder.stat().st_mode & 0o077 == 0


def test_no_certificate_file_holds_a_private_key(folder: Path) -> None:
    ensure_certificates(folder)
    assert not [name for name in (CA, CHAIN) if b"PRIVATE" in (folder / name).read_bytes()]


def test_the_chain_is_the_signer_and_the_authority_that_issued_it(folder: Path) -> None:
    ensure_certificates(folder)
    signer, root = x509.load_pem_x509_certificates((folder / CHAIN).read_bytes())
    signer.verify_directly_issued_by(root)
    assert [root] == x509.load_pem_x509_certificates((folder / CA).read_bytes())


def test_the_signer_is_for_c2pa_claims_and_may_issue_nothing(folder: Path) -> None:
    ensure_certificates(folder)
    signer, root = x509.load_pem_x509_certificates((folder / CHAIN).read_bytes())
    purposes = signer.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert set(purposes) == {CLAIM_SIGNING, ExtendedKeyUsageOID.EMAIL_PROTECTION}
    assert [one.extensions.get_extension_for_class(x509.BasicConstraints).value.ca for one in (signer, root)] == [
        False,
        True,
    ]


def test_no_certificate_names_an_address_to_ask(folder: Path) -> None:
    ensure_certificates(folder)
    for one in x509.load_pem_x509_certificates((folder / CHAIN).read_bytes()):
        kinds = {type(extension.value) for extension in one.extensions}
        assert kinds.isdisjoint({x509.AuthorityInformationAccess, x509.CRLDistributionPoints})


def test_what_was_made_can_be_loaded_and_is_valid_for_years(folder: Path) -> None:
    ensure_certificates(folder)
    material = load_signing_material(folder / CHAIN, folder / KEY)
    material.check_valid(datetime.now(UTC))
    assert material.not_after - datetime.now(UTC) > timedelta(days=9 * 365)


def test_making_again_replaces_nothing(folder: Path) -> None:
    ensure_certificates(folder)
    before = contents(folder)
    ensure_certificates(folder)
    assert contents(folder) == before


@pytest.mark.parametrize("lost", [(CHAIN,), (CHAIN, KEY), (CHAIN, KEY, CA)])
def test_what_a_crash_left_unfinished_is_finished(folder: Path, lost: tuple[str, ...]) -> None:
    ensure_certificates(folder)
    kept = {name: data for name, data in contents(folder).items() if name not in lost}
    for name in lost:
        (folder / name).unlink()
    ensure_certificates(folder)
    assert kept.items() <= contents(folder).items()
    load_signing_material(folder / CHAIN, folder / KEY)


def test_a_new_chain_is_trusted_by_those_who_hold_the_authority(folder: Path) -> None:
    ensure_certificates(folder)
    root = x509.load_pem_x509_certificate((folder / CA).read_bytes())
    (folder / CHAIN).unlink()
    ensure_certificates(folder)
    signer = x509.load_pem_x509_certificate((folder / CHAIN).read_bytes())
    signer.verify_directly_issued_by(root)


def test_the_authoritys_key_may_be_moved_away(folder: Path) -> None:
    ensure_certificates(folder)
    (folder / CA_KEY).unlink()
    before = contents(folder)
    ensure_certificates(folder)
    assert contents(folder) == before


def test_a_lost_authority_is_taken_from_the_chain(folder: Path) -> None:
    ensure_certificates(folder)
    before = (folder / CA).read_bytes()
    (folder / CA).unlink()
    ensure_certificates(folder)
    assert (folder / CA).read_bytes() == before


@pytest.mark.parametrize(("lost", "named"), [((KEY,), KEY), ((CHAIN, CA_KEY), CA_KEY)])
def test_a_lost_key_is_not_replaced_in_silence(folder: Path, lost: tuple[str, ...], named: str) -> None:
    ensure_certificates(folder)
    for name in lost:
        (folder / name).unlink()
    with pytest.raises(PlatformError, match=f"{named} is not") as caught:
        ensure_certificates(folder)
    assert (caught.value.code, caught.value.permanent) == ("c2pa.certificates_incomplete", True)
    assert f"Restore {named} from a backup" in caught.value.how_to_fix


def test_an_authoritys_key_that_others_can_read_issues_nothing(folder: Path) -> None:
    ensure_certificates(folder)
    (folder / CHAIN).unlink()
    (folder / CA_KEY).chmod(0o644)
    with pytest.raises(KeyFileError, match="permissions 0644"):
        ensure_certificates(folder)


@pytest.mark.parametrize("purpose", [CLAIM_SIGNING, ExtendedKeyUsageOID.EMAIL_PROTECTION])
def test_it_takes_a_customers_certificate_for_either_purpose(tmp_path: Path, purpose: x509.ObjectIdentifier) -> None:
    ca_key, key = p256(), p256()
    paths = write_pair(tmp_path, key, certificate(key, ca_key, purposes=[purpose]), authority(ca_key))
    load_signing_material(*paths).check_valid(datetime.now(UTC))


def test_the_key_never_shows_in_what_is_printed(folder: Path) -> None:
    ensure_certificates(folder)
    material = load_signing_material(folder / CHAIN, folder / KEY)
    assert "PRIVATE" in material.key.decode()
    assert "PRIVATE" not in repr(material)


@pytest.mark.parametrize("days", [(-30, -1), (1, 30)], ids=["expired", "not yet valid"])
def test_refuses_a_certificate_out_of_its_time(tmp_path: Path, days: tuple[int, int]) -> None:
    ca_key, key = p256(), p256()
    paths = write_pair(tmp_path, key, certificate(key, ca_key, days=days), authority(ca_key, days=(-60, 60)))
    with pytest.raises(PlatformError, match="The signing certificate is valid from") as caught:
        load_signing_material(*paths).check_valid(datetime.now(UTC))
    assert (caught.value.code, caught.value.permanent) == ("c2pa.certificate_expired", True)
    assert "CLEARCUT_C2PA_CERTIFICATE" in caught.value.how_to_fix


def test_a_chain_ends_with_the_first_of_its_certificates_to_end(tmp_path: Path) -> None:
    ca_key, key = p256(), p256()
    paths = write_pair(tmp_path, key, certificate(key, ca_key), authority(ca_key, days=(-60, -1)))
    with pytest.raises(PlatformError) as caught:
        load_signing_material(*paths).check_valid(datetime.now(UTC))
    assert caught.value.code == "c2pa.certificate_expired"


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"purposes": [ExtendedKeyUsageOID.SERVER_AUTH]}, "name neither C2PA claim signing nor e-mail protection"),
        ({"purposes": []}, "name neither C2PA claim signing nor e-mail protection"),
        (
            {"purposes": [CLAIM_SIGNING, ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE]},
            "its purposes allow anything",
        ),
        ({"signs": False}, "its key usage leaves out digital signatures"),
        ({"is_ca": True}, "it is an authority's"),
        ({"subject": "Authority"}, "it signs itself"),
    ],
)
def test_refuses_a_certificate_of_the_wrong_kind(tmp_path: Path, changes: dict[str, Any], fault: str) -> None:
    ca_key, key = p256(), p256()
    found = refusal(*write_pair(tmp_path, key, certificate(key, ca_key, **changes), authority(ca_key)))
    assert found.code == "c2pa.certificate_unfit"
    assert fault in found.message


@pytest.mark.parametrize(
    "key", [rsa.generate_private_key(65537, 2048), ec.generate_private_key(ec.SECP384R1())], ids=["RSA", "P-384"]
)
def test_refuses_a_key_that_is_not_on_p256(tmp_path: Path, key: Key) -> None:
    ca_key = p256()
    found = refusal(*write_pair(tmp_path, key, certificate(key, ca_key), authority(ca_key)))
    assert found.code == "c2pa.key_unusable"
    assert "expected an ECDSA key on P-256" in found.message


def test_refuses_a_certificate_of_another_key(tmp_path: Path) -> None:
    ca_key = p256()
    found = refusal(*write_pair(tmp_path, p256(), certificate(p256(), ca_key), authority(ca_key)))
    assert found.code == "c2pa.key_mismatch"
    assert "belongs to another key" in found.message


def test_refuses_a_chain_in_the_wrong_order(tmp_path: Path) -> None:
    ca_key, key = p256(), p256()
    stranger = authority(p256(), subject="Stranger", issuer="Stranger")
    found = refusal(*write_pair(tmp_path, key, certificate(key, ca_key), stranger))
    assert found.code == "c2pa.certificate_unfit"
    assert "CN=Stranger" in found.message
    assert "did not issue the certificate before it" in found.message


def test_refuses_a_key_that_others_can_read(folder: Path) -> None:
    ensure_certificates(folder)
    (folder / KEY).chmod(0o640)
    found = refusal(folder / CHAIN, folder / KEY)
    assert found.code == "c2pa.key_unusable"
    assert "permissions 0640" in found.message
    assert "chmod 600" in found.how_to_fix


def test_says_which_certificate_file_is_missing(folder: Path) -> None:
    found = refusal(folder / CHAIN, folder / KEY)
    assert found.code == "c2pa.certificate_missing"
    assert str(folder / CHAIN) in found.message
    assert "manage.py setup" in found.how_to_fix


@pytest.mark.parametrize(
    "content", [b"", b"not PEM", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"]
)
def test_refuses_a_file_without_certificates(folder: Path, content: bytes) -> None:
    ensure_certificates(folder)
    (folder / CHAIN).write_bytes(content)
    found = refusal(folder / CHAIN, folder / KEY)
    assert found.code == "c2pa.certificate_unreadable"


def test_refuses_a_certificate_file_far_too_large(folder: Path) -> None:
    ensure_certificates(folder)
    (folder / CHAIN).write_bytes((folder / CHAIN).read_bytes() * 60)
    assert "more than 65536 bytes" in refusal(folder / CHAIN, folder / KEY).message


def test_the_anchors_are_our_authority_and_the_customers(folder: Path, tmp_path: Path) -> None:
    ensure_certificates(folder)
    ca_key, key = p256(), p256()
    root = authority(ca_key)
    chain, _ = write_pair(tmp_path, key, certificate(key, ca_key), root)
    own = x509.load_pem_x509_certificate((folder / CA).read_bytes())
    assert x509.load_pem_x509_certificates(trust_anchors(folder / CA, chain)) == [own, root]


def test_without_certificates_there_are_no_anchors(folder: Path) -> None:
    assert trust_anchors(folder / CA, folder / CHAIN) == b""
