"""OpenBSD's signify must accept the signature of a checkpoint, and reject every copy with one bit wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.interop.evidence import Note, damaged, encode, read_receipt
from tests.interop.service_log import ServiceLog
from tests.interop.tools import run

# A key's number only says which key signed: any will do that stands in both files (signify(1)).
NUMBER = b"clearcut"


def check(folder: Path, log: ServiceLog, note: str) -> tuple[int, str]:
    read = Note.read(note)
    (folder / "text").write_bytes(read.text)
    (folder / "text.sig").write_text(signify_file(read.signature))
    (folder / "log.pub").write_text(signify_file(log.keys.log_key))
    return run(
        "signify-openbsd", "-V", "-p", folder / "log.pub", "-m", folder / "text", "-x", folder / "text.sig"
    )  # fmt: skip


def signify_file(data: bytes) -> str:
    """signify's form of a key or signature: a comment, then algorithm, number and the bytes themselves."""
    return f"untrusted comment: verify with log.pub\n{encode(b'Ed' + NUMBER + data)}\n"


def test_signify_accepts_the_signature_of_every_checkpoint(service_log: ServiceLog, tmp_path: Path) -> None:
    said = [check(tmp_path, service_log, note) for note in service_log.notes]
    assert said == [(0, "Signature Verified")] * len(service_log.notes)


@pytest.mark.parametrize("part", ["root", "size", "checkpoint signature"])
def test_signify_rejects_a_checkpoint_with_one_bit_wrong(part: str, service_log: ServiceLog, tmp_path: Path) -> None:
    note = read_receipt(damaged(service_log.receipt(), part)).note
    code, said = check(tmp_path, service_log, note)
    assert code == 1
    assert "signature verification failed" in said
