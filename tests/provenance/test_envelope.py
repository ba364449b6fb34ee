from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import replace
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from hypothesis import given
from hypothesis import strategies as st

from governance.provenance import envelope as dsse
from governance.provenance.envelope import Envelope, HeldKey, pae, sign, verify
from governance.provenance.errors import BadSignature, MalformedEnvelope
from tests.provenance.factories import make_record_key, make_statement

KEY = make_record_key()
PAYLOAD = make_statement().to_bytes()
TYPE = "application/vnd.in-toto+json"
ENVELOPE = sign(PAYLOAD, TYPE, KEY)

# https://github.com/secure-systems-lab/dsse/blob/master/protocol.md "Test Vectors"
DSSE_KEY = 97358161215184420915383655311931858321456579547487070936769975997791359926199
DSSE_TYPE = "http://example.com/HelloWorld"
DSSE_SIGNATURE = "A3JqsQGtVsJ2O2xqrI5IcnXip5GToJ3F+FnZ+O88SjtR6rDAajabZKciJTfUiHqJPcIAriEGAHTVeCUjW2JIZA=="


def test_it_encodes_the_published_example() -> None:
    assert pae(DSSE_TYPE, b"hello world") == b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"


def test_lengths_count_bytes_not_characters() -> None:
    assert pae("é", "ü".encode()) == "DSSEv1 2 é 2 ü".encode()


def test_it_makes_the_published_signature() -> None:
    key = ec.derive_private_key(DSSE_KEY, ec.SECP256R1())
    signed = sign(b"hello world", DSSE_TYPE, key)
    r, s = decode_dss_signature(signed.signature)
    assert base64.b64encode(r.to_bytes(32, "big") + s.to_bytes(32, "big")).decode() == DSSE_SIGNATURE


@given(st.text(max_size=20), st.binary(max_size=40), st.text(max_size=20), st.binary(max_size=40))
def test_no_two_documents_share_one_encoding(type1: str, body1: bytes, type2: str, body2: bytes) -> None:
    same = (type1, body1) == (type2, body2)
    assert (pae(type1, body1) == pae(type2, body2)) == same


def test_signing_twice_gives_the_same_envelope() -> None:
    assert sign(PAYLOAD, TYPE, KEY) == ENVELOPE


def test_whoever_holds_the_key_signs_the_same() -> None:
    assert sign(PAYLOAD, TYPE, HeldKey(KEY)) == ENVELOPE


def test_a_holder_shows_its_key_id_only() -> None:
    held = HeldKey(KEY)
    assert repr(held) == f"<HeldKey {ENVELOPE.key_id}>"
    assert not hasattr(held, "__dict__")


class Token:
    """A key held elsewhere, whose answers are not ours to choose."""

    def __init__(self, signing: ec.EllipticCurvePrivateKey, *, digest: hashes.HashAlgorithm) -> None:
        self.key_id = dsse.key_id(KEY.public_key())
        self.public_key = KEY.public_key()
        self._signing, self._digest = signing, digest

    def sign(self, data: bytes) -> bytes:
        return self._signing.sign(data, ec.ECDSA(self._digest))


def test_a_token_that_draws_its_own_nonce_may_sign() -> None:
    verify(sign(PAYLOAD, TYPE, Token(KEY, digest=hashes.SHA256())), KEY.public_key())


@pytest.mark.parametrize(
    "token", [Token(make_record_key(8), digest=hashes.SHA256()), Token(KEY, digest=hashes.SHA384())]
)
def test_refuses_what_a_token_signed_with_another_key_or_digest(token: Token) -> None:
    with pytest.raises(BadSignature, match="was not made over this statement"):
        sign(PAYLOAD, TYPE, token)


def test_it_verifies_what_it_signed() -> None:
    verify(ENVELOPE, KEY.public_key())


def test_the_key_id_is_the_digest_of_the_public_key() -> None:
    der = dsse.spki(KEY.public_key())
    assert ENVELOPE.key_id == hashlib.sha256(der).hexdigest()


@pytest.mark.parametrize(
    "changed",
    [
        replace(ENVELOPE, payload=PAYLOAD + b" "),
        replace(ENVELOPE, payload_type="application/json"),
        replace(ENVELOPE, signature=ENVELOPE.signature[:-1] + bytes([ENVELOPE.signature[-1] ^ 1])),
        replace(ENVELOPE, signature=b"not DER"),
    ],
)
def test_refuses_a_changed_payload_type_or_signature(changed: Envelope) -> None:
    with pytest.raises(BadSignature, match="was not made over this statement"):
        verify(changed, KEY.public_key())


def test_refuses_another_key() -> None:
    with pytest.raises(BadSignature, match="Got an envelope naming key"):
        verify(ENVELOPE, make_record_key(8).public_key())


def test_refuses_another_key_that_claims_the_same_id() -> None:
    other = make_record_key(8)
    forged = replace(sign(PAYLOAD, TYPE, other), key_id=ENVELOPE.key_id)
    with pytest.raises(BadSignature, match="was not made over this statement"):
        verify(forged, KEY.public_key())


def test_refuses_to_sign_with_another_curve() -> None:
    with pytest.raises(BadSignature, match="Got a key on secp384r1, expected P-256"):
        sign(PAYLOAD, TYPE, ec.generate_private_key(ec.SECP384R1()))


def test_refuses_to_sign_a_payload_that_is_too_long() -> None:
    with pytest.raises(MalformedEnvelope, match="Got a payload of 65537 bytes"):
        sign(b"x" * 65_537, TYPE, KEY)


def test_it_reads_back_equal() -> None:
    assert Envelope.from_bytes(ENVELOPE.to_bytes()) == ENVELOPE


def test_it_has_the_json_shape_of_dsse() -> None:
    value = json.loads(ENVELOPE.to_bytes())
    assert set(value) == {"payload", "payloadType", "signatures"}
    assert base64.b64decode(value["payload"]) == PAYLOAD
    assert [set(item) for item in value["signatures"]] == [{"keyid", "sig"}]


def edited(**changes: Any) -> bytes:
    return json.dumps({**ENVELOPE.as_json(), **changes}).encode()


SIGNATURE = {"keyid": ENVELOPE.key_id, "sig": base64.b64encode(ENVELOPE.signature).decode()}


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (edited(signatures=[]), "Got 0 signatures, expected exactly one"),
        (edited(signatures=[SIGNATURE, SIGNATURE]), "Got 2 signatures, expected exactly one"),
        (edited(signatures=SIGNATURE), "Got no list of signatures"),
        (edited(signatures=[{"sig": "AAAA"}]), "as the signature, expected the fields"),
        (edited(signatures=[{**SIGNATURE, "keyid": "abc"}]), "Got keyid 'abc'"),
        (edited(signatures=[{**SIGNATURE, "sig": ""}]), "Got 0 bytes as sig"),
        (edited(signatures=[{**SIGNATURE, "sig": "A" * 400}]), "Got 300 bytes as sig, expected 1 to 128"),
        (edited(payload="e30"), "At payload: Got text that is not base64"),
        (edited(payload="e31="), "At payload: Got base64 that is not in its canonical spelling"),
        (edited(payload="e3 0="), "At payload: Got text that is not base64"),
        (edited(payload="_-8="), "At payload: Got text that is not base64"),
        (edited(payload=7), "Got int as payload, expected text"),
        (edited(comment="hi"), "as the envelope, expected the fields"),
        (b"[]", "Got list as the envelope"),
        (b'{"payload":"","payload":""}', "not strict JSON"),
    ],
)
def test_refuses_an_envelope_of_another_shape(data: bytes, message: str) -> None:
    with pytest.raises(MalformedEnvelope, match=message):
        Envelope.from_bytes(data)
