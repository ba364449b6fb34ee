from __future__ import annotations

import base64
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from governance.ledger.errors import CannotTell, KeyFileError
from governance.ledger.trust import Trust, TrustedLogKey, TrustedRecordKey, dump_trust, load_trust
from governance.provenance.envelope import key_id, spki
from tests.ledger.factories import make_trust, make_verifier_key
from tests.provenance.factories import make_record_key

# The same key with its point compressed: a second spelling, and so a second key id, for one key.
COMPRESSED = bytes.fromhex(
    "3039301306072a8648ce3d020106082a8648ce3d030107032200"
) + make_record_key().public_key().public_bytes(Encoding.X962, PublicFormat.CompressedPoint)
P384 = ec.derive_private_key(5, ec.SECP384R1()).public_key()


def test_it_reads_back_equal() -> None:
    trust = make_trust(
        log_keys=(TrustedLogKey(make_verifier_key(), 100), TrustedLogKey(make_verifier_key(10))),
        record_keys=(TrustedRecordKey(make_record_key().public_key(), 7),),
    )
    assert Trust.from_bytes(trust.to_bytes()) == trust


def test_it_is_written_whole_and_loads_again(tmp_path: Path) -> None:
    path = tmp_path / "trust.json"
    path.write_text("older")
    dump_trust(make_trust(), path)
    assert load_trust(path) == make_trust()
    assert [item.name for item in tmp_path.iterdir()] == ["trust.json"]


def test_it_finds_a_record_key_by_id() -> None:
    key = make_record_key().public_key()
    assert make_trust().record_key(key_id(key)) == TrustedRecordKey(key)
    assert make_trust().record_key("0" * 64) is None


def test_a_retired_log_key_counts_up_to_its_size() -> None:
    key = TrustedLogKey(make_verifier_key(), 10)
    assert [key.valid_for(size) for size in (9, 10, 11)] == [True, True, False]


def test_a_retired_record_key_counts_below_its_index() -> None:
    key = TrustedRecordKey(make_record_key().public_key(), 10)
    assert [key.valid_for(index) for index in (9, 10, 11)] == [True, False, False]


def changed(change: Callable[[dict[str, Any]], None]) -> bytes:
    value = json.loads(make_trust().to_bytes())
    change(value)
    return json.dumps(value).encode()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda v: v.update(version=2), "Got 2 at the trust file.version, expected 1"),
        (lambda v: v.update(version=True), "Got True at the trust file.version"),
        (lambda v: v.update(comment="hi"), "at the trust file, expected the fields"),
        (
            lambda v: v.update(origin="other.example.com/log"),
            "Got a log key named 'ledger.example.com/prov-1'",
        ),
        (lambda v: v.update(origin=""), "Got origin ''"),
        (lambda v: v.update(log_vkeys=[]), "expected at least one of each"),
        (lambda v: v.update(record_keys=[]), "expected at least one of each"),
        (lambda v: v["log_vkeys"].append(v["log_vkeys"][0]), "Got a log key listed twice"),
        (lambda v: v["record_keys"].append(v["record_keys"][0]), "Got a record key listed twice"),
        (lambda v: v["log_vkeys"][0].update(vkey="x+1+AA"), "At verifier key 'x'"),
        (lambda v: v["log_vkeys"][0].update(retired_at_size=-1), "Got retired_at_size -1"),
        (lambda v: v["log_vkeys"][0].update(retired_at_size="9"), "Got retired_at_size '9'"),
        (lambda v: v["record_keys"][0].update(key_id="0" * 64), "Got key_id '0000"),
        (lambda v: v["record_keys"][0].update(spki_b64="AAAA"), "Got no usable key"),
        (lambda v: v["record_keys"][0].update(spki_b64="AAA"), "not base64"),
        (lambda v: v["record_keys"][0].update(spki_b64=base64.b64encode(COMPRESSED).decode()), "for this key"),
        (
            lambda v: v["record_keys"][0].update(spki_b64=base64.b64encode(spki(P384)).decode()),
            "Got another kind of key",
        ),
        (lambda v: v.update(log_vkeys=v["log_vkeys"] * 101), "Got 101 items"),
    ],
)
def test_refuses_a_trust_file_that_does_not_agree_with_itself(
    change: Callable[[dict[str, Any]], None], message: str
) -> None:
    with pytest.raises(KeyFileError, match=message):
        Trust.from_bytes(changed(change))


def test_cannot_tell_without_a_trust_file(tmp_path: Path) -> None:
    with pytest.raises(CannotTell, match=r"Cannot read the trust file .*: No such file"):
        load_trust(tmp_path / "trust.json")


def test_cannot_tell_with_a_malformed_trust_file(tmp_path: Path) -> None:
    path = tmp_path / "trust.json"
    path.write_text('{"version":1,"version":1}')
    with pytest.raises(CannotTell, match="Got key 'version' twice"):
        load_trust(path)
