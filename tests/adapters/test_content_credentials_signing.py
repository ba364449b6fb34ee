"""With which certificate outputs are signed, when none is, and that nobody is asked over the network."""

from __future__ import annotations

import socket
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from pytest_django import Settings

from governance.adapters.certificates import CHAIN, KEY, ensure_certificates
from governance.adapters.content_credentials import MEDIA_TYPES, embed
from governance.errors import PlatformError
from tests.adapters.credential_files import (
    TYPES,
    active,
    authority,
    certificate,
    credentials,
    cutout,
    own_certificates,
    p256,
    photo,
    store_of,
    write_pair,
)


@pytest.fixture(autouse=True)
def folder(settings: Settings, tmp_path: Path) -> Path:
    return own_certificates(settings, tmp_path / "keys")


def signed(kind: str = "PNG", parent: bytes | None = None, **changes: object) -> bytes:
    parent = photo() if parent is None else parent
    return embed(cutout(kind), TYPES[kind], parent, "image/png", credentials(**changes))


def refusal(kind: str = "PNG", data: bytes | None = None, media_type: str = "") -> PlatformError:
    with pytest.raises(PlatformError) as caught:
        embed(cutout(kind) if data is None else data, media_type or TYPES[kind], photo(), "image/png", credentials())
    return caught.value


def test_it_signs_with_the_customers_certificate(settings: Settings, tmp_path: Path) -> None:
    ca_key, key = p256(), p256()
    root = authority(ca_key)
    settings.C2PA_CERTIFICATE, settings.C2PA_KEY = write_pair(tmp_path, key, certificate(key, ca_key), root)
    store = store_of(signed(), "image/png", settings.C2PA_CERTIFICATE.read_bytes())
    assert store["validation_state"] == "Trusted"
    assert active(store)["signature_info"]["issuer"] == "A customer"


def test_a_certificate_exchanged_on_disk_is_used_from_the_next_output_on(folder: Path) -> None:
    numbers = [active(store_of(signed(), "image/png"))["signature_info"]["cert_serial_number"]]
    (folder / CHAIN).unlink()
    ensure_certificates(folder)
    numbers.append(active(store_of(signed(), "image/png"))["signature_info"]["cert_serial_number"])
    assert numbers[0] != numbers[1]


def test_a_key_that_became_readable_for_others_is_used_no_more(folder: Path) -> None:
    signed()
    (folder / KEY).chmod(0o644)
    found = refusal()
    assert (found.code, found.permanent) == ("c2pa.key_unusable", True)
    assert "permissions 0644" in found.message


def test_refuses_to_sign_with_an_expired_certificate(settings: Settings, tmp_path: Path) -> None:
    ca_key, key = p256(), p256()
    expired = certificate(key, ca_key, days=(-30, -1))
    settings.C2PA_CERTIFICATE, settings.C2PA_KEY = write_pair(tmp_path, key, expired, authority(ca_key))
    found = refusal()
    assert (found.code, found.permanent) == ("c2pa.certificate_expired", True)


def test_without_a_certificate_there_is_no_output(folder: Path) -> None:
    (folder / CHAIN).unlink()
    found = refusal()
    assert (found.code, found.permanent) == ("c2pa.certificate_missing", True)
    assert "manage.py setup" in found.how_to_fix


def test_refuses_an_output_that_is_signed_already() -> None:
    found = refusal(data=signed())
    assert (found.code, found.permanent) == ("c2pa.already_signed", True)
    assert "before any were written" in found.message


@pytest.mark.parametrize("media_type", ["image/bmp", "image/vnd.adobe.photoshop"])
def test_refuses_types_that_are_not_signed(media_type: str) -> None:
    found = refusal(media_type=media_type)
    assert (found.code, found.permanent) == ("c2pa.unsupported_type", True)
    assert f"Got {media_type}" in found.message


@pytest.mark.parametrize("kind", TYPES)
def test_refuses_an_output_that_is_not_what_it_is_said_to_be(kind: str) -> None:
    assert refusal(kind, data=b"no picture at all").code == "xmp.unwritable"


def test_what_the_library_refuses_is_an_error_and_never_an_unsigned_file() -> None:
    found = refusal("JPEG", data=b"\xff\xd8\xff\xda")
    assert found.code == "c2pa.signing_failed"
    assert "could not be signed" in found.message


def test_nobody_is_asked_whether_the_certificate_was_revoked(settings: Settings, tmp_path: Path) -> None:
    ca_key, key = p256(), p256()
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"http://127.0.0.1:{server.getsockname()[1]}/ocsp"
        leaf = certificate(key, ca_key, ocsp=address)
        settings.C2PA_CERTIFICATE, settings.C2PA_KEY = write_pair(tmp_path, key, leaf, authority(ca_key))
        data = signed(parent=signed())
        server.setblocking(False)
        with pytest.raises(BlockingIOError):
            server.accept()
    assert address.encode() in data


def test_several_threads_sign_at_once() -> None:
    with ThreadPoolExecutor(4) as pool:
        states = pool.map(lambda kind: store_of(signed(kind), TYPES[kind])["validation_state"], [*TYPES] * 4)
        assert set(states) == {"Valid"}


def test_every_type_an_output_can_have_is_tested_here() -> None:
    assert set(MEDIA_TYPES) == set(TYPES.values())
