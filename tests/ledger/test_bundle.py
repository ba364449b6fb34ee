from __future__ import annotations

import base64
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from governance.ledger.bundle import MAX_RECEIPT_BYTES, Receipt
from governance.ledger.errors import TamperedError
from tests.ledger.factories import INDEX, SIZE, make_log, make_receipt

RECEIPT = make_receipt()


def test_it_is_a_sigstore_bundle() -> None:
    value = json.loads(RECEIPT.to_bytes())
    assert value["mediaType"] == "application/vnd.dev.sigstore.bundle.v0.3+json"
    assert value["verificationMaterial"]["publicKey"] == {"hint": RECEIPT.envelope.key_id}
    (entry,) = value["verificationMaterial"]["tlogEntries"]
    assert (entry["logIndex"], entry["integratedTime"]) == (str(INDEX), "0")
    assert entry["kindVersion"] == {"kind": "hashedrekord", "version": "0.0.2"}
    assert entry["inclusionProof"]["treeSize"] == str(SIZE)
    assert entry["inclusionProof"]["checkpoint"]["envelope"].startswith("ledger.example.com/prov-1\n11\n")


def test_it_reads_back_equal() -> None:
    assert Receipt.from_bytes(RECEIPT.to_bytes()) == RECEIPT


def test_a_pending_receipt_has_no_log_entry() -> None:
    pending = replace(RECEIPT, entry=None)
    assert json.loads(pending.to_bytes())["verificationMaterial"]["tlogEntries"] == []
    assert Receipt.from_bytes(pending.to_bytes()) == pending


def test_other_spacing_and_key_order_read_the_same() -> None:
    pretty = json.dumps(json.loads(RECEIPT.to_bytes()), indent=2, sort_keys=False).encode()
    assert Receipt.from_bytes(pretty) == RECEIPT


def test_the_first_entry_of_a_log_needs_no_proof_hashes() -> None:
    receipt = make_log(index=0, size=1).receipt()
    assert receipt.entry is not None
    assert receipt.entry.path == ()
    assert Receipt.from_bytes(receipt.to_bytes()) == receipt


def material(value: dict[str, Any]) -> Any:
    return value["verificationMaterial"]


def entry(value: dict[str, Any]) -> Any:
    return material(value)["tlogEntries"][0]


def proof(value: dict[str, Any]) -> Any:
    return entry(value)["inclusionProof"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda v: v.update(mediaType="application/json"), r"at the receipt\.mediaType"),
        (lambda v: v.update(messageSignature={}), "at the receipt, expected the fields"),
        (lambda v: v["dsseEnvelope"].update(signatures=[]), "At dsseEnvelope: Got 0 signatures"),
        (lambda v: material(v).update(certificate={}), "at verificationMaterial, expected the fields"),
        (lambda v: material(v)["publicKey"].update(hint="0" * 64), r"publicKey\.hint, expected"),
        (
            lambda v: material(v)["tlogEntries"].append(entry(v)),
            "Got 2 items at verificationMaterial.tlogEntries",
        ),
        (lambda v: material(v).update(tlogEntries=None), "Got NoneType at verificationMaterial.tlogEntries"),
        (lambda v: entry(v).update(inclusionPromise={}), r"tlogEntries\[0\], expected the fields"),
        (lambda v: entry(v).update(logIndex=5), r"Got 5 at .*\.logIndex, expected a decimal number as text"),
        (lambda v: entry(v).update(logIndex="05"), "expected a decimal number as text"),
        (lambda v: entry(v).update(logIndex="-1"), "expected a decimal number as text"),
        (lambda v: entry(v).update(logIndex="6"), r"inclusionProof\.logIndex, expected '6'"),
        (lambda v: entry(v).update(integratedTime="1700000000"), r"integratedTime, expected '0'"),
        (
            lambda v: entry(v)["kindVersion"].update(version="0.0.1"),
            r"kindVersion\.version, expected '0\.0\.2'",
        ),
        (lambda v: entry(v)["logId"].update(keyId="AAAA"), r"Got 3 bytes at .*\.logId\.keyId, expected 32"),
        (lambda v: entry(v).update(canonicalizedBody=None), "Got NoneType at .*canonicalizedBody"),
        (
            lambda v: entry(v).update(canonicalizedBody=base64.b64encode(bytes(65_536)).decode()),
            "Got a log entry of 65536 bytes",
        ),
        (lambda v: proof(v).update(hashes=[proof(v)["rootHash"]] * 64), "Got 64 items at .*hashes"),
        (lambda v: proof(v).update(hashes=["AAAA"]), r"Got 3 bytes at .*\.hashes"),
        (lambda v: proof(v)["checkpoint"].update(envelope=1), "Got int at .*envelope, expected text"),
        (
            lambda v: proof(v)["checkpoint"].update(envelope="x" * 131_073),
            "Got a checkpoint of 131073 characters",
        ),
    ],
)
def test_refuses_a_receipt_of_another_shape(change: Callable[[dict[str, Any]], None], message: str) -> None:
    value = json.loads(RECEIPT.to_bytes())
    change(value)
    with pytest.raises(TamperedError, match=message):
        Receipt.from_bytes(json.dumps(value).encode())


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "not strict JSON"),
        (b"\x89PNG\r\n", "not strict JSON"),
        (b"[]", "Got 'list' at the receipt"),
        (RECEIPT.to_bytes()[:-1], "not strict JSON"),
        (RECEIPT.to_bytes() + b"{}", "not strict JSON"),
        (b" " * (MAX_RECEIPT_BYTES + 1), "expected at most 1048576"),
    ],
)
def test_refuses_bytes_that_are_no_receipt(data: bytes, message: str) -> None:
    with pytest.raises(TamperedError, match=message):
        Receipt.from_bytes(data)
