"""openssl must accept our two kinds of signature, and reject every copy of what they cover with one bit wrong."""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path

import pytest

from tests.interop.evidence import ED25519_SPKI, Envelope, Note, damaged, flip, pem, read_receipt
from tests.interop.service_log import ServiceLog, size_of
from tests.interop.tools import run


def check_checkpoint(folder: Path, log: ServiceLog, note: str) -> tuple[int, str]:
    """Ed25519 over the text of the checkpoint."""
    read = Note.read(note)
    (folder / "text").write_bytes(read.text)
    (folder / "signature").write_bytes(read.signature)
    (folder / "log.pem").write_text(pem(ED25519_SPKI + log.keys.log_key))
    return run(
        "openssl", "pkeyutl", "-verify", "-pubin", "-inkey", folder / "log.pem", "-rawin",
        "-in", folder / "text", "-sigfile", folder / "signature",
    )  # fmt: skip


def check_record(folder: Path, log: ServiceLog, found: Envelope, signed: bytes | None = None) -> tuple[int, str]:
    """ECDSA P-256 over the DSSE pre-authentication encoding."""
    (folder / "signed").write_bytes(found.signed if signed is None else signed)
    (folder / "signature").write_bytes(found.signature)
    (folder / "record.pem").write_text(pem(base64.b64decode(log.keys.record_keys[found.key_id])))
    return run(
        "openssl", "dgst", "-sha256", "-verify", folder / "record.pem",
        "-signature", folder / "signature", folder / "signed",
    )  # fmt: skip


def test_openssl_accepts_the_signature_of_every_checkpoint(service_log: ServiceLog, tmp_path: Path) -> None:
    said = [check_checkpoint(tmp_path, service_log, note) for note in service_log.notes]
    assert said == [(0, "Signature Verified Successfully")] * len(service_log.notes)


@pytest.mark.parametrize("part", ["root", "size", "checkpoint signature"])
def test_openssl_rejects_a_checkpoint_with_one_bit_wrong(part: str, service_log: ServiceLog, tmp_path: Path) -> None:
    note = read_receipt(damaged(service_log.receipt(), part)).note
    code, said = check_checkpoint(tmp_path, service_log, note)
    assert (code, said.splitlines()[0]) == (1, "Signature Verification Failure")


@pytest.mark.parametrize("which", [0, 1, 10, -1])
def test_openssl_accepts_the_signature_of_a_record(which: int, service_log: ServiceLog, tmp_path: Path) -> None:
    assert check_record(tmp_path, service_log, read_receipt(service_log.receipt(which)).envelope) == (0, "Verified OK")


def test_openssl_accepts_the_signature_of_every_exported_statement(service_log: ServiceLog, tmp_path: Path) -> None:
    envelopes = service_log.envelopes
    said = [check_record(tmp_path, service_log, envelope) for envelope in envelopes]
    assert said == [(0, "Verified OK")] * size_of(service_log.notes[-1])


@pytest.mark.parametrize("part", ["payload", "record signature"])
def test_openssl_rejects_a_record_with_one_bit_wrong(part: str, service_log: ServiceLog, tmp_path: Path) -> None:
    code, said = check_record(tmp_path, service_log, read_receipt(damaged(service_log.receipt(), part)).envelope)
    assert (code, said.splitlines()[0]) == (1, "Verification failure")


def test_openssl_rejects_the_statement_without_its_type(service_log: ServiceLog, tmp_path: Path) -> None:
    found = read_receipt(service_log.receipt()).envelope
    code, said = check_record(tmp_path, service_log, found, signed=found.payload)
    assert (code, said.splitlines()[0]) == (1, "Verification failure")


def test_openssl_rejects_another_payload_type(service_log: ServiceLog, tmp_path: Path) -> None:
    found = read_receipt(service_log.receipt()).envelope
    code, said = check_record(tmp_path, service_log, found, signed=flip(found.signed, len("DSSEv1 28 a")))
    assert (code, said.splitlines()[0]) == (1, "Verification failure")


def test_the_key_id_of_the_log_can_be_computed_by_hand(service_log: ServiceLog) -> None:
    keys = service_log.keys
    by_hand = hashlib.sha256(keys.origin.encode() + b"\n\x01" + keys.log_key).hexdigest()[:8]
    assert keys.vkey.split("+")[1] == by_hand
    assert Note.read(service_log.notes[-1]).key_hash.hex() == by_hand
