"""Finding the record of a file that was changed, stripped, re-edited or forged: a claim to look up, never proof."""

from __future__ import annotations

import io
from pathlib import Path

import c2pa
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from PIL import Image
from PIL.PngImagePlugin import PngInfo
from pytest_django import Settings

from governance.adapters.certificates import CA, CHAIN, KEY
from governance.adapters.content_credentials import embed
from governance.adapters.content_credentials_manifest import packet
from governance.adapters.content_credentials_reading import Claim, read_claim, read_own_record_id
from governance.errors import PlatformError
from tests.adapters import rights_files
from tests.adapters.credential_files import (
    DECISION,
    RECORD_ID,
    TYPES,
    authority,
    certificate,
    credentials,
    cutout,
    own_certificates,
    p256,
    photo,
    with_thumbnails,
    write_pair,
)


@pytest.fixture(autouse=True)
def folder(settings: Settings, tmp_path: Path) -> Path:
    return own_certificates(settings, tmp_path / "keys")


def signed(kind: str = "PNG") -> bytes:
    return embed(cutout(kind), TYPES[kind], photo(), "image/png", credentials())


def forged(record: dict[str, object]) -> bytes:
    """A stranger's manifest with an assertion under our label."""
    return rights_files.signed("PNG", {"label": "localhost.clearcut.record", "data": record})


@pytest.mark.parametrize("kind", TYPES)
def test_an_untouched_output_names_its_record_and_is_trusted(kind: str) -> None:
    assert read_claim(signed(kind), TYPES[kind]) == Claim(RECORD_ID, DECISION, "manifest", "Trusted")


@pytest.mark.parametrize("kind", TYPES)
def test_a_changed_picture_still_names_its_record(kind: str) -> None:
    data = bytearray(signed(kind))
    data[data.index(cutout(kind)[-2000:-1900]) + 50] ^= 1
    found = read_claim(bytes(data), TYPES[kind])
    assert (found.record_id, found.found_in, found.state) == (RECORD_ID, "manifest", "Invalid")
    assert "assertion.dataHash.mismatch" in found.reasons


def test_a_picture_saved_anew_with_its_xmp_still_names_its_record() -> None:
    texts, stream = PngInfo(), io.BytesIO()
    with Image.open(io.BytesIO(signed())) as image:
        texts.add_itxt("XML:com.adobe.xmp", image.info["xmp"].decode())
        image.resize((60, 40)).save(stream, "PNG", pnginfo=texts)
    assert read_claim(stream.getvalue(), "image/png") == Claim(RECORD_ID, None, "xmp", "none")


def test_a_picture_with_a_broken_manifest_is_found_by_its_xmp() -> None:
    data = signed()
    start = data.index(b"caBX") + 4
    found = read_claim(data[:start] + bytes(400) + data[start + 400 :], "image/png")
    assert found == Claim(RECORD_ID, None, "xmp", "unreadable")


def test_a_picture_edited_by_another_program_leads_to_the_record_it_was_made_from(folder: Path) -> None:
    chain, key = (folder / CHAIN).read_bytes(), (folder / KEY).read_bytes()
    edited = with_thumbnails(photo(), "image/png", chain, key, made_from=[signed()])
    found = read_claim(edited, "image/png")
    assert (found.record_id, found.decision_sha256, found.found_in) == (RECORD_ID, DECISION, "ingredient")


def test_a_forged_claim_is_found_and_not_trusted() -> None:
    data = forged({"record_id": RECORD_ID, "decision_sha256": DECISION})
    assert read_claim(data, "image/png") == Claim(
        RECORD_ID, DECISION, "manifest", "Valid", ("signingCredential.untrusted",)
    )


def test_outputs_signed_before_the_customers_certificate_came_are_trusted_still(
    settings: Settings, tmp_path: Path
) -> None:
    before = signed()
    ca_key, key = p256(), p256()
    settings.C2PA_CERTIFICATE, settings.C2PA_KEY = write_pair(
        tmp_path, key, certificate(key, ca_key), authority(ca_key)
    )
    assert [read_claim(data, "image/png").state for data in (before, signed())] == ["Trusted", "Trusted"]


@pytest.mark.parametrize("record_id", ["", "1", "urn:x", RECORD_ID + "0", None, ["a"], {"b": 1}])
def test_a_claim_of_something_that_is_no_record_is_none(record_id: object) -> None:
    found = read_claim(forged({"record_id": record_id, "decision_sha256": DECISION}), "image/png")
    assert (found.record_id, found.decision_sha256, found.found_in) == (None, None, None)


def test_a_digest_that_is_none_is_left_out() -> None:
    assert read_claim(forged({"record_id": RECORD_ID, "decision_sha256": "<b>"}), "image/png").decision_sha256 is None


def test_the_xmp_of_other_programs_is_no_claim() -> None:
    foreign = packet(credentials(), ()).replace(b"Clearcut ", b"Another ")
    assert read_claim(rights_files.picture("PNG", foreign), "image/png") == Claim(None, None, None, "none")


def test_a_manifest_of_others_claims_nothing() -> None:
    found = read_claim(rights_files.signed("JPEG"), "image/jpeg")
    assert (found.record_id, found.state) == (None, "Valid")


def test_a_manifest_that_lies_elsewhere_is_said_to_and_not_fetched() -> None:
    away = rights_files.packet(attributes='dcterms:provenance="http://127.0.0.1:9/manifest.c2pa"')
    assert read_claim(rights_files.picture("JPEG", away), "image/jpeg").state == "elsewhere"


@pytest.mark.parametrize("media_type", ["image/png", "image/jpeg", "image/bmp", "text/plain", ""])
@pytest.mark.parametrize("data", [b"", b"nonsense", photo()[:300], photo()])
def test_any_other_file_claims_nothing(data: bytes, media_type: str) -> None:
    assert read_own_record_id(data, media_type) is None


def test_no_damage_makes_a_trusted_file_claim_something_else() -> None:
    """A few bytes of JUMBF's own boxes are under no seal; what is claimed is."""
    original = embed(rights_files.picture("PNG"), "image/png", b"", "image/png", credentials())

    @hypothesis_settings(max_examples=150, deadline=None)
    @given(at=st.integers(0, len(original) - 1), value=st.integers(0, 255))
    def check(at: int, value: int) -> None:
        found = read_claim(original[:at] + bytes([value]) + original[at + 1 :], "image/png")
        claimed = (found.record_id, found.decision_sha256, found.found_in)
        assert found.state != "Trusted" or claimed == (RECORD_ID, DECISION, "manifest")

    check()


def test_certificates_of_our_own_that_are_damaged_are_an_error(folder: Path) -> None:
    data = signed()
    (folder / CA).write_bytes(b"damaged")
    with pytest.raises(PlatformError, match="no usable certificates") as caught:
        read_claim(data, "image/png")
    assert caught.value.code == "c2pa.certificate_unreadable"


def test_the_library_is_the_version_whose_behaviour_these_tests_pin() -> None:
    assert c2pa.sdk_version() == "0.91.3"
