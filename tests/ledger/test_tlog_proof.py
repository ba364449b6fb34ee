from __future__ import annotations

import base64
from dataclasses import replace

import pytest

from governance.ledger.errors import ProofError
from governance.ledger.tlog_proof import TlogProof
from tests.ledger.factories import make_log, make_receipt

ENTRY = make_log().entry()
PROOF = TlogProof.of(ENTRY)
LINE = base64.b64encode(bytes(32)).decode()


def test_it_has_the_lines_of_the_specification() -> None:
    # https://c2sp.org/tlog-proof
    head, _, note = PROOF.to_text().partition("\n\n")
    lines = head.split("\n")
    assert lines[:2] == ["c2sp.org/tlog-proof@v1", "index 5"]
    assert [base64.b64decode(line) for line in lines[2:]] == list(ENTRY.path)
    assert note == ENTRY.checkpoint_note


@pytest.mark.parametrize("proof", [PROOF, replace(PROOF, extra=b"x"), replace(PROOF, index=0, path=())])
def test_it_reads_back_equal(proof: TlogProof) -> None:
    assert TlogProof.from_text(proof.to_text()) == proof


def test_it_carries_the_same_proof_as_the_receipt() -> None:
    entry = make_receipt().entry
    assert entry is not None
    assert TlogProof.from_text(PROOF.to_text()).path == entry.path


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "expected a proof beginning with"),
        ("c2sp.org/tlog-proof@v2\nindex 0\n\nnote", "expected a proof beginning with"),
        ("c2sp.org/tlog-proof@v1\n\nnote", "expected a proof beginning with"),
        ("c2sp.org/tlog-proof@v1\nindex 01\n\nnote", "without an index line"),
        ("c2sp.org/tlog-proof@v1\nextra e30=\n\nnote", "without an index line"),
        ("c2sp.org/tlog-proof@v1\nextra e30\nindex 0\n\nnote", "In the proof"),
        ("c2sp.org/tlog-proof@v1\nindex 0\nAAAA\n\nnote", "Got 1 proof lines"),
        (f"c2sp.org/tlog-proof@v1\nindex 0\n{(LINE + chr(10)) * 64}\nnote", "Got 64 proof lines"),
        ("x" * 262_145, "Got a proof of 262145 characters"),
    ],
)
def test_refuses_a_malformed_proof(text: str, message: str) -> None:
    with pytest.raises(ProofError, match=message):
        TlogProof.from_text(text)
