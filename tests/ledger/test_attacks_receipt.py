"""Attacks on one receipt, by their numbers in the threat list, against both forms it is issued in."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import replace

import pytest

from governance.ledger import merkle
from governance.ledger.bundle import LogEntry, Receipt
from governance.ledger.note import sign_note
from governance.ledger.tlog_proof import TlogProof, proof_receipt
from governance.ledger.trust import TrustedLogKey, TrustedRecordKey
from governance.ledger.verification import Report, verify_receipt
from governance.provenance import base64_strict
from tests.ledger.factories import (
    INDEX,
    SIZE,
    Log,
    make_envelope,
    make_log,
    make_log_key,
    make_trust,
    make_verifier_key,
)
from tests.provenance.factories import ORIGIN, OUTPUT, digest, make_record_key, make_statement

LOG = make_log()
DIGEST = hashlib.sha256(OUTPUT).hexdigest()


def as_bundle(receipt: Receipt) -> bytes:
    return receipt.to_bytes()


def as_proof(receipt: Receipt) -> bytes:
    assert receipt.entry is not None
    return proof_receipt(receipt.envelope, receipt.entry).encode()


both = pytest.mark.parametrize("form", [as_bundle, as_proof])
Form = Callable[[Receipt], bytes]


def entry(log: Log = LOG) -> LogEntry:
    return log.entry()


def with_entry(**changes: object) -> Receipt:
    return replace(LOG.receipt(), entry=replace(entry(), **changes))  # type: ignore[arg-type]


def verify(data: bytes, **trust: object) -> Report:
    return verify_receipt(data, DIGEST, make_trust(**trust))


def assert_stops(report: Report, step: str, message: str = "") -> None:
    stop = report.stopped_at
    assert stop is not None
    assert (report.verdict, report.exit_code, stop.name, report.summary) == ("tampered", 1, step, ())
    assert message in stop.detail


@both
def test_both_forms_are_sound_and_say_the_same(form: Form) -> None:
    assert verify(form(LOG.receipt())) == verify(as_bundle(LOG.receipt()))
    assert verify(form(LOG.receipt())).verdict == "sound"


def test_every_flipped_byte_of_a_proof_is_noticed() -> None:
    data, trust = as_proof(LOG.receipt()), make_trust()
    for position in range(len(data)):
        changed = bytearray(data)
        changed[position] ^= 1
        report = verify_receipt(bytes(changed), DIGEST, trust)
        assert (report.verdict, report.exit_code) == ("tampered", 1), f"byte {position} {data[position - 9 :][:20]!r}"


@both
@pytest.mark.parametrize("field", ["size", "root", "origin"])
def test_attack_18_an_edited_note_does_not_verify(form: Form, field: str) -> None:
    lines = LOG.note().split("\n")
    where, value = {"origin": (0, "example.com/other"), "size": (1, "12"), "root": (2, "A" * 43 + "=")}[field]
    lines[where] = value
    assert_stops(verify(form(with_entry(checkpoint_note="\n".join(lines)))), "checkpoint", "does not fit the text")


@both
def test_attack_18_an_extension_line_does_not_verify(form: Form) -> None:
    text = LOG.note().partition("\n\n")[0] + "\nextension\n"
    note = sign_note(text, ORIGIN, make_log_key())
    assert_stops(verify(form(with_entry(checkpoint_note=note))), "checkpoint", "expected origin, size and root only")


@both
@pytest.mark.parametrize("index", [0, INDEX - 1, INDEX + 1, SIZE - 1, SIZE, 2**63 - 1])
def test_attack_19_an_index_edited_in_the_proof_alone_fails(form: Form, index: int) -> None:
    assert_stops(verify(form(with_entry(index=index))), "inclusion")


@pytest.mark.parametrize("size", [SIZE - 1, SIZE + 1, 16])
def test_attack_19_a_size_edited_in_the_proof_alone_fails(size: int) -> None:
    assert_stops(verify(as_bundle(with_entry(size=size))), "checkpoint", "The proof claims size")


@both
@pytest.mark.parametrize("size", [SIZE + 1, 16, 1000])
def test_attack_19_the_path_of_another_size_fails(form: Form, size: int) -> None:
    other = make_log(size=size).entry().path
    assert_stops(verify(form(with_entry(path=other))), "inclusion")


@both
@pytest.mark.parametrize("path", [entry().path[:-1], (*entry().path, bytes(32)), ()])
def test_attack_19_a_longer_or_shorter_proof_fails(form: Form, path: tuple[bytes, ...]) -> None:
    assert_stops(verify(form(with_entry(path=path))), "inclusion", "hashes in the inclusion proof")


def test_attack_20_an_interior_node_is_never_a_leaf() -> None:
    children = [merkle.leaf_hash(b"left"), merkle.leaf_hash(b"right")]
    as_leaf = b"".join(children)
    assert merkle.leaf_hash(as_leaf) != merkle.node_hash(*children)
    assert_stops(verify(as_bundle(with_entry(leaf=as_leaf))), "log entry")


def test_attack_20_nor_does_its_hash_verify_as_one() -> None:
    children = [merkle.leaf_hash(LOG.leaf), merkle.leaf_hash(b"right")]
    root = merkle.root([*children, merkle.leaf_hash(b"c"), merkle.leaf_hash(b"d")])
    assert merkle.node_hash(merkle.leaf_hash(b"".join(children)), merkle.node_hash(*children)) != root


@both
def test_attack_21_a_receipt_signed_throughout_by_another_key_fails(form: Form) -> None:
    forged = make_log(seed=8).receipt(seed=12)
    assert_stops(verify(form(forged)), "record signature", "not among the 1 record keys")


@both
def test_attack_21_a_checkpoint_by_another_key_under_our_name_fails(form: Form) -> None:
    assert_stops(verify(form(LOG.receipt(seed=12))), "checkpoint", "expected one by one of")


@both
def test_attack_21_a_forged_signature_under_our_key_id_fails(form: Form) -> None:
    ours, theirs = make_verifier_key(), make_log_key(12)
    text = LOG.note().partition("\n\n")[0] + "\n"
    signature = base64_strict.encode(ours.key_id + theirs.sign(text.encode()))
    forged = with_entry(checkpoint_note=f"{text}\n\u2014 {ORIGIN} {signature}\n")
    assert_stops(verify(form(forged)), "checkpoint", "does not fit the text")


@both
def test_attack_22_a_retired_log_key_does_not_count_for_a_larger_log(form: Form) -> None:
    keys = (TrustedLogKey(make_verifier_key(), SIZE - 1),)
    assert_stops(verify(form(LOG.receipt()), log_keys=keys), "checkpoint", f"was retired before size {SIZE}")


@both
def test_attack_22_a_retired_record_key_does_not_count_for_a_later_entry(form: Form) -> None:
    keys = (TrustedRecordKey(make_record_key().public_key(), INDEX),)
    assert_stops(verify(form(LOG.receipt()), record_keys=keys), "order", f"was retired at size {INDEX}")


@both
@pytest.mark.parametrize("line", ["\u2014 witness.example.org AAAAAAAAAAA=", f"\u2014 {ORIGIN} AAAAAGZvcmVpZ24="])
def test_attack_24_an_unknown_signature_line_is_ignored(form: Form, line: str) -> None:
    assert verify(form(with_entry(checkpoint_note=LOG.note() + line + "\n"))).verdict == "sound"


@both
def test_attack_42_the_receipt_of_another_output_fails(form: Form) -> None:
    report = verify_receipt(form(LOG.receipt()), digest("another output"), make_trust())
    assert_stops(report, "file digest", "This is not the recorded file")


def test_attack_42_the_statement_of_another_record_beside_our_proof_fails() -> None:
    other = make_envelope(make_statement(nonce=bytes(32)))
    assert_stops(verify(proof_receipt(other, entry()).encode()), "inclusion", "The inclusion proof leads to root")


def in_extra(text: str) -> bytes:
    return TlogProof(INDEX, entry().path, LOG.note(), text.encode("utf-8", "surrogatepass")).to_text().encode()


ENVELOPE = LOG.envelope.to_bytes().decode()
TRICKS = {
    "a duplicate key": (ENVELOPE.replace("{", '{"payload":"",', 1), "twice in one object"),
    "an unsafe integer": (ENVELOPE.replace("{", '{"extra":9007199254740993,', 1), "expected less than 2^53"),
    "not a number": (ENVELOPE.replace("{", '{"extra":NaN,', 1), "Got number NaN"),
    "a float": (ENVELOPE.replace("{", '{"extra":1.0,', 1), "Got number 1.0"),
    "a lone surrogate": (ENVELOPE.replace("{", '{"\\ud800":1,', 1), "U+D800"),
    "a surrogate in UTF-8": (ENVELOPE.replace("{", '{"\ud800":1,', 1), "not UTF-8"),
    "a NUL": (ENVELOPE.replace("{", '{"\\u0000":1,', 1), "U+0000"),
    "a bidirectional control": (ENVELOPE.replace("{", '{"\u202e":1,', 1), "U+202E"),
    "one field more": (ENVELOPE.replace("{", '{"extra":1,', 1), "expected the fields"),
    "deep nesting": (ENVELOPE.replace("{", '{"extra":' + "[" * 99 + "]" * 99 + ",", 1), "levels of nesting"),
}


@pytest.mark.parametrize("trick", TRICKS)
def test_attack_52_json_with_two_meanings_is_no_envelope(trick: str) -> None:
    text, message = TRICKS[trick]
    assert_stops(verify(in_extra(text)), "receipt", message)


@pytest.mark.parametrize("trick", TRICKS)
def test_attack_52_json_with_two_meanings_is_no_bundle(trick: str) -> None:
    text, message = TRICKS[trick]
    bundle = as_bundle(LOG.receipt()).decode().replace(ENVELOPE, text)
    assert_stops(verify(bundle.encode("utf-8", "surrogatepass")), "receipt", message)


@pytest.mark.parametrize("text", ["e\u0301", "\u00e9"])
def test_attack_52_text_is_signed_as_typed_and_not_normalised(text: str) -> None:
    log = make_log()
    statement = make_statement().to_bytes().replace(b'"MIT"', json.dumps(text, ensure_ascii=False).encode())
    changed = replace(log.receipt(), envelope=replace(log.envelope, payload=statement))
    assert verify(as_bundle(changed)).verdict == "tampered"


def test_attack_53_a_leaf_of_65_536_bytes_is_refused() -> None:
    assert_stops(verify(as_bundle(with_entry(leaf=b"x" * 65_536))), "receipt", "expected at most 65535")


@both
def test_attack_53_sixty_four_hashes_are_refused(form: Form) -> None:
    assert_stops(verify(form(with_entry(path=(bytes(32),) * 64))), "receipt", "at most 63")


@both
@pytest.mark.parametrize(("lines", "step"), [(101, "checkpoint"), (1_000_000, "receipt")])
def test_attack_53_endless_signatures_are_refused(form: Form, lines: int, step: str) -> None:
    note = LOG.note() + "\u2014 a A=\n" * lines
    report = verify(form(with_entry(checkpoint_note=note)))
    assert_stops(report, step, "at most")


def test_attack_53_an_endless_receipt_is_refused() -> None:
    assert_stops(verify(b"c2sp.org/tlog-proof@v1\n" + b"A" * 2_000_000), "receipt", "expected at most 1048576")


@pytest.mark.parametrize("data", [b"c2sp.org/tlog-proof@v1\nindex 0\n\n\xff", b"\xff"])
def test_attack_53_bytes_that_are_no_text_are_refused(data: bytes) -> None:
    assert_stops(verify(data), "receipt", "not UTF-8")


def test_a_proof_without_a_statement_proves_nothing_about_a_file() -> None:
    assert_stops(verify(TlogProof.of(entry()).to_text().encode()), "receipt", "without an extra line")


def test_attack_54_a_digest_in_upper_case_is_no_digest() -> None:
    report = verify_receipt(as_proof(LOG.receipt()), DIGEST.upper(), make_trust())
    assert (report.verdict, report.exit_code) == ("cannot-tell", 2)
