"""Sigstore's own verifier in JavaScript must accept a whole receipt, and reject every copy with one bit wrong."""

from __future__ import annotations

import json

import pytest

from tests.interop.evidence import damaged
from tests.interop.service_log import ServiceLog
from tests.interop.tools import Answer, Node


def ask(node: Node, log: ServiceLog, receipt: bytes, *, keys: dict[str, str] | None = None) -> Answer:
    root, known = log.keys.sigstore_root(), log.keys.record_keys if keys is None else keys
    return node.ask("receipt", receipt=json.loads(receipt), root=root, keys=known)


@pytest.mark.parametrize("which", [0, 1, 10, -1])
def test_sigstore_accepts_a_receipt(which: int, service_log: ServiceLog, node: Node) -> None:
    answer = ask(node, service_log, service_log.receipt(which))
    assert answer.ok, answer


@pytest.mark.parametrize(
    ("part", "code", "said"),
    [
        ("leaf", "TLOG_INCLUSION_PROOF_ERROR", "calculated root hash does not match"),
        ("proof hash", "TLOG_INCLUSION_PROOF_ERROR", "calculated root hash does not match"),
        ("index", "TLOG_INCLUSION_PROOF_ERROR", "calculated root hash does not match"),
        ("root", "TLOG_INCLUSION_PROOF_ERROR", "invalid checkpoint signature"),
        ("size", "TLOG_INCLUSION_PROOF_ERROR", "invalid checkpoint signature"),
        ("checkpoint signature", "TLOG_INCLUSION_PROOF_ERROR", "invalid checkpoint signature"),
        ("payload", "TLOG_BODY_ERROR", "digest mismatch"),
        ("record signature", "TLOG_BODY_ERROR", "signature mismatch"),
    ],
)
def test_sigstore_rejects_a_receipt_with_one_bit_wrong(
    part: str, code: str, said: str, service_log: ServiceLog, node: Node
) -> None:
    answer = ask(node, service_log, damaged(service_log.receipt(1), part))
    assert (answer.ok, answer.code) == (False, code), answer
    assert said in answer.said


def test_sigstore_rejects_a_receipt_whose_key_is_not_trusted(service_log: ServiceLog, node: Node) -> None:
    answer = ask(node, service_log, service_log.receipt(), keys={})
    assert (answer.ok, answer.code) == (False, "PUBLIC_KEY_ERROR")


def test_sigstore_rejects_a_receipt_of_a_log_that_is_not_trusted(service_log: ServiceLog, node: Node) -> None:
    root = service_log.keys.sigstore_root() | {"tlogs": []}
    answer = node.ask(
        "receipt", receipt=json.loads(service_log.receipt()), root=root, keys=service_log.keys.record_keys
    )
    assert (answer.ok, answer.said) == (False, "invalid checkpoint signature")
