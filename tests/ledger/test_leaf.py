from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from governance.ledger.errors import LeafError
from governance.ledger.leaf import Leaf, build_leaf, check_leaf, parse_leaf
from governance.provenance.canonical import canonical
from governance.provenance.envelope import spki
from tests.ledger.factories import make_envelope
from tests.provenance.factories import make_record_key, make_statement

KEY = make_record_key().public_key()
ENVELOPE = make_envelope()
LEAF = build_leaf(ENVELOPE, KEY)


def test_it_is_a_hashedrekord_over_the_signed_bytes() -> None:
    spec = json.loads(LEAF)["spec"]["hashedRekordV002"]
    assert json.loads(LEAF)["kind"] == "hashedrekord"
    assert base64.b64decode(spec["data"]["digest"]) == hashlib.sha256(ENVELOPE.pae()).digest()
    assert base64.b64decode(spec["signature"]["content"]) == ENVELOPE.signature
    assert base64.b64decode(spec["signature"]["verifier"]["publicKey"]["rawBytes"]) == spki(KEY)


def test_it_holds_nothing_of_the_statement() -> None:
    predicate = make_statement().predicate
    assert predicate.record_id.encode() not in LEAF
    assert len(LEAF) < 520


BINARY = st.binary(max_size=60)


@settings(deadline=None)
@given(st.binary(min_size=32, max_size=32), BINARY, BINARY)
def test_its_bytes_are_the_canonical_form_of_its_fields(digest: bytes, signature: bytes, public_key: bytes) -> None:
    leaf = Leaf(digest, signature, public_key)
    assert leaf.to_bytes() == canonical(json.loads(leaf.to_bytes()))
    assert parse_leaf(leaf.to_bytes()) == leaf


@settings(deadline=None)
@given(st.integers(0, len(LEAF) - 1), st.binary(max_size=3))
def test_whatever_it_reads_it_would_write_alike(position: int, put: bytes) -> None:
    # Read at once or in detail, an entry has one spelling.
    changed = LEAF[:position] + put + LEAF[position + 1 :]
    try:
        leaf = parse_leaf(changed)
    except LeafError:
        return
    assert leaf.to_bytes() == changed
    assert canonical(json.loads(changed)) == changed


def test_refuses_a_digest_of_another_length() -> None:
    with pytest.raises(LeafError, match="Got a digest of 31 bytes in a log entry, expected 32"):
        parse_leaf(Leaf(bytes(31), b"s", b"k").to_bytes())


def test_it_reads_back_to_the_same_bytes() -> None:
    assert parse_leaf(LEAF).to_bytes() == LEAF


def test_it_belongs_to_its_envelope() -> None:
    check_leaf(LEAF, ENVELOPE, KEY)


@pytest.mark.parametrize(
    ("leaf", "message"),
    [
        (build_leaf(replace(ENVELOPE, payload=b"{}"), KEY), "The digest in the log entry"),
        (build_leaf(replace(ENVELOPE, signature=b"other"), KEY), "The signature in the log entry"),
        (build_leaf(ENVELOPE, make_record_key(8).public_key()), "The public key in the log entry"),
    ],
)
def test_refuses_the_entry_of_another_envelope_signature_or_key(leaf: bytes, message: str) -> None:
    with pytest.raises(LeafError, match=message):
        check_leaf(leaf, ENVELOPE, KEY)


def changed(change: Callable[[dict[str, Any]], None]) -> bytes:
    value = json.loads(LEAF)
    change(value)
    return canonical(value)


@pytest.mark.parametrize(
    ("leaf", "message"),
    [
        (changed(lambda v: v.update(kind="dsse")), "with other fields"),
        (changed(lambda v: v.update(apiVersion="0.0.1")), "with other fields"),
        (changed(lambda v: v.update(more=1)), "with other fields"),
        (changed(lambda v: v.pop("kind")), "with other fields"),
        (
            changed(lambda v: v["spec"]["hashedRekordV002"]["data"].update(algorithm="SHA2_512")),
            "other fields",
        ),
        (changed(lambda v: v["spec"]["hashedRekordV002"]["data"].update(digest=1)), "Got int in a log entry"),
        (
            changed(lambda v: v["spec"]["hashedRekordV002"]["data"].update(digest="e31=")),
            "In the log entry: Got base64",
        ),
        (changed(lambda v: v["spec"]["hashedRekordV002"].pop("signature")), "without signature.content"),
        (changed(lambda v: v.update(spec=[])), "without spec.hashedRekordV002"),
        (json.dumps(json.loads(LEAF), indent=1).encode(), "not canonical JSON"),
        (b"[]", "without spec"),
        (b"", "not canonical JSON"),
        (b'"' + b"x" * 65_536 + b'"', "expected at most 65535"),
    ],
)
def test_refuses_an_entry_of_another_shape(leaf: bytes, message: str) -> None:
    with pytest.raises(LeafError, match=message):
        parse_leaf(leaf)
