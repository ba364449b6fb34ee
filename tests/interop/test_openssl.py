"""openssl must accept our two kinds of signature, and reject them over anything else."""

from __future__ import annotations

import hashlib
import subprocess
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from governance.ledger.note import VerifierKey
from governance.provenance import base64_strict
from tests.ledger.factories import make_log, make_log_key
from tests.provenance.factories import make_record_key

LOG = make_log()
ENVELOPE = LOG.envelope


def openssl(*arguments: str | Path) -> tuple[int, str]:
    found = subprocess.run(["openssl", *arguments], capture_output=True, text=True, timeout=60, check=False)
    return found.returncode, found.stdout.strip()


def verify_checkpoint(folder: Path, text: str) -> tuple[int, str]:
    """Check the log's signature line with openssl alone: no code of ours reads the note."""
    body, _, signatures = LOG.note().partition("\n\n")
    encoded = signatures.strip().split(" ")[2]
    (folder / "signature").write_bytes(base64_strict.decode(encoded)[4:])
    (folder / "text").write_text(text or body + "\n", encoding="utf-8")
    (folder / "log.pem").write_bytes(
        make_log_key().public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    )
    return openssl(
        "pkeyutl", "-verify", "-pubin", "-inkey", folder / "log.pem", "-rawin",
        "-in", folder / "text", "-sigfile", folder / "signature",
    )  # fmt: skip


def verify_statement(folder: Path, signed: bytes) -> tuple[int, str]:
    (folder / "signature").write_bytes(ENVELOPE.signature)
    (folder / "signed").write_bytes(signed)
    (folder / "record.pem").write_bytes(
        make_record_key().public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    )
    return openssl(
        "dgst", "-sha256", "-verify", folder / "record.pem", "-signature", folder / "signature", folder / "signed"
    )


def test_openssl_accepts_the_checkpoint_signature(tmp_path: Path) -> None:
    assert verify_checkpoint(tmp_path, "") == (0, "Signature Verified Successfully")


def test_openssl_rejects_an_edited_checkpoint(tmp_path: Path) -> None:
    edited = LOG.note().partition("\n\n")[0].replace("\n11\n", "\n12\n") + "\n"
    code, said = verify_checkpoint(tmp_path, edited)
    assert (code, said) == (1, "Signature Verification Failure")


def test_openssl_accepts_the_statement_signature(tmp_path: Path) -> None:
    kind, payload = ENVELOPE.payload_type, ENVELOPE.payload
    signed = f"DSSEv1 {len(kind)} {kind} {len(payload)} ".encode() + payload
    assert verify_statement(tmp_path, signed) == (0, "Verified OK")


@pytest.mark.parametrize("signed", [ENVELOPE.payload, ENVELOPE.pae() + b" ", ENVELOPE.pae().replace(b"MIT", b"BSD")])
def test_openssl_rejects_another_statement(signed: bytes, tmp_path: Path) -> None:
    code, said = verify_statement(tmp_path, signed)
    assert (code, said) == (1, "Verification failure")


def test_the_key_id_of_the_log_can_be_computed_by_hand() -> None:
    public_key = make_log_key().public_key().public_bytes_raw()
    name = "ledger.example.com/prov-1"
    by_hand = hashlib.sha256(name.encode() + b"\n\x01" + public_key).hexdigest()[:8]
    assert VerifierKey(name, public_key).text.split("+")[1] == by_hand
