"""A C2PA reader in TypeScript must find our content credentials valid, and invalid in every copy with one bit wrong.

It does not check whose the certificates are: openssl does, with those that the reader found in the file.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from pytest_django import Settings

from governance.adapters.certificates import CA, ensure_certificates
from governance.adapters.content_credentials import embed
from tests.adapters.credential_files import TYPES, credentials, cutout, own_certificates, photo
from tests.interop.evidence import flip
from tests.interop.service_log import ServiceLog
from tests.interop.tools import Answer, Node, run

# What the reader says of a file in which nothing is wrong, whatever it looked at.
VALID = {
    "signingCredential.trusted",
    "claimSignature.validated",
    "assertion.hashedURI.match",
    "assertion.dataHash.match",
}
KINDS = ("PNG", "JPEG")  # the reader knows no TIFF and no WebP


@pytest.fixture
def authority(tmp_path: Path, settings: Settings) -> Path:
    """The certificate that verifiers are handed, of an authority made for the test."""
    return own_certificates(settings, tmp_path / "keys") / CA


def signed(kind: str) -> bytes:
    return embed(cutout(kind), TYPES[kind], photo(), "image/png", credentials())


def ask(node: Node, folder: Path, data: bytes) -> Answer:
    file = folder / "picture"
    file.write_bytes(data)
    return node.ask("picture", file=str(file))


def in_the_pixels(kind: str, data: bytes) -> int:
    """A place in the compressed pixels: in the first IDAT of a PNG, in the scan at the end of a JPEG."""
    return data.index(b"IDAT") + 64 if kind == "PNG" else len(data) - 64


def in_the_manifest(data: bytes, box: str, text: bytes) -> int:
    """The place of ``text`` in one box of the manifest store."""
    return data.index(text, data.index(box.encode(), data.index(b"jumb")))


def issued_by(folder: Path, authority: Path, answer: Answer) -> tuple[int, str]:
    """Whether openssl finds the signer's certificate issued by the authority."""
    (folder / "signer.pem").write_text(answer.certificates[0])
    (folder / "chain.pem").write_text("".join(f"{one}\n" for one in answer.certificates))
    return run(
        "openssl", "verify", "-x509_strict", "-CAfile", authority,
        "-untrusted", folder / "chain.pem", folder / "signer.pem",
    )  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_the_reader_finds_our_credentials_valid(kind: str, authority: Path, node: Node, tmp_path: Path) -> None:
    answer = ask(node, tmp_path, signed(kind))
    assert answer.ok, answer
    assert set(answer.codes) == VALID


@pytest.mark.parametrize("kind", KINDS)
def test_openssl_finds_the_signer_certified(kind: str, authority: Path, node: Node, tmp_path: Path) -> None:
    code, said = issued_by(tmp_path, authority, ask(node, tmp_path, signed(kind)))
    assert (code, said) == (0, f"{tmp_path / 'signer.pem'}: OK")


def test_openssl_rejects_a_signer_of_another_authority(authority: Path, node: Node, tmp_path: Path) -> None:
    ensure_certificates(tmp_path / "others")
    code, said = issued_by(tmp_path, tmp_path / "others" / CA, ask(node, tmp_path, signed("PNG")))
    assert code != 0
    assert "verification failed" in said


@pytest.mark.parametrize("kind", KINDS)
def test_the_reader_rejects_one_wrong_bit_in_the_pixels(kind: str, authority: Path, node: Node, tmp_path: Path) -> None:
    data = signed(kind)
    answer = ask(node, tmp_path, flip(data, in_the_pixels(kind, data)))
    assert (answer.ok, answer.code) == (False, "assertion.dataHash.mismatch")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("box", "text", "code"),
    [
        ("c2pa.actions.v2", b"algorithmicallyEnhanced", "assertion.hashedURI.mismatch"),
        ("c2pa.claim.v2", b"Clearcut", "claimSignature.mismatch"),
    ],
)
def test_the_reader_rejects_one_wrong_bit_in_what_is_stated(
    box: str, text: bytes, code: str, kind: str, authority: Path, node: Node, tmp_path: Path
) -> None:
    data = signed(kind)
    answer = ask(node, tmp_path, flip(data, in_the_manifest(data, box, text)))
    assert not answer.ok
    assert code in answer.code.split()


@pytest.mark.parametrize("which", [0, 10, -1])
def test_the_reader_finds_what_was_delivered_valid(
    which: int, service_log: ServiceLog, node: Node, tmp_path: Path
) -> None:
    answer = ask(node, tmp_path, service_log.file(which))
    assert answer.ok, answer
    assert set(answer.codes) == VALID


def test_openssl_finds_what_was_delivered_certified(service_log: ServiceLog, node: Node, tmp_path: Path) -> None:
    authority = tmp_path / "authority.pem"
    authority.write_bytes(service_log.authority)
    code, said = issued_by(tmp_path, authority, ask(node, tmp_path, service_log.file()))
    assert code == 0, said


def test_the_reader_rejects_one_wrong_bit_in_what_was_delivered(
    service_log: ServiceLog, node: Node, tmp_path: Path
) -> None:
    data = service_log.file()
    answer = ask(node, tmp_path, flip(data, data.index(b"IDAT") + 10))
    assert (answer.ok, answer.code) == (False, "assertion.dataHash.mismatch")


def test_the_reader_finds_nothing_where_nothing_was_written(node: Node, tmp_path: Path) -> None:
    answer = ask(node, tmp_path, cutout("PNG"))
    assert (answer.ok, answer.code) == (False, "no manifest")
