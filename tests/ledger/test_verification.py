from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from governance.ledger import merkle
from governance.ledger.bundle import LogEntry, Receipt
from governance.ledger.note import sign_note
from governance.ledger.trust import TrustedLogKey, TrustedRecordKey
from governance.ledger.verification import STEPS, Report, verify_receipt
from governance.provenance.envelope import sign
from governance.provenance.references import CheckpointRef
from governance.provenance.statement import PAYLOAD_TYPE, Statement
from tests.ledger.factories import (
    INDEX,
    SIZE,
    make_envelope,
    make_log,
    make_log_key,
    make_trust,
    make_verifier_key,
)
from tests.provenance.factories import (
    EMPTY_ROOT,
    ORIGIN,
    OUTPUT,
    digest,
    make_event,
    make_record_key,
    make_statement,
    make_subject,
)

LOG = make_log()
RECEIPT = LOG.receipt()
DIGEST = hashlib.sha256(OUTPUT).hexdigest()
DATA = RECEIPT.to_bytes()


def entry() -> LogEntry:
    assert RECEIPT.entry is not None
    return RECEIPT.entry


def with_entry(**changes: object) -> Receipt:
    return replace(RECEIPT, entry=replace(entry(), **changes))  # type: ignore[arg-type]


def flipped(data: bytes, position: int, mask: int = 1) -> bytes:
    changed = bytearray(data)
    changed[position % len(data)] ^= mask
    return bytes(changed)


def assert_stops(report: Report, step: str, message: str) -> None:
    stop = report.stopped_at
    assert stop is not None
    assert (report.verdict, report.exit_code, stop.name) == ("tampered", 1, step)
    assert message in stop.detail
    assert report.summary == ()


def verify(receipt: Receipt, **trust: object) -> Report:
    return verify_receipt(receipt.to_bytes(), DIGEST, make_trust(**trust))


def test_a_sound_receipt_passes_every_step() -> None:
    report = verify(RECEIPT)
    assert (report.verdict, report.exit_code, report.stopped_at) == ("sound", 0, None)
    assert [(step.number, step.name, step.status) for step in report.steps] == [
        (number, name, "ok") for number, name in enumerate(STEPS, start=1)
    ]


def test_a_sound_receipt_says_what_was_made_by_which_right() -> None:
    summary = dict(verify(RECEIPT).summary)
    assert summary["model"] == "birefnet-general 1.0"
    assert summary["weights"] == f"SHA-256 {digest('weights')}"
    assert summary["licence"] == f"MIT (text SHA-256 {digest('licence text')})"
    assert summary["relied on"] == "licence MIT"
    assert summary["decision"].startswith("permit at dispatch, 2026-03-01T09:00:00.250000Z")
    assert summary["log"] == "ledger.example.com/prov-1, entry 5 of 11"


def test_the_receipt_of_an_event_is_verified_alike() -> None:
    statement = Statement(make_subject(media_type="application/pdf"), make_event())
    report = verify(make_log(make_envelope(statement)).receipt())
    assert report.verdict == "sound"
    assert dict(report.summary)["template"] == "audit/v1"
    assert dict(report.summary)["supersedes"] == "not given"


@pytest.mark.parametrize(("index", "size"), [(0, 1), (0, 2), (1, 2), (6, 7), (254, 255), (255, 256), (256, 257)])
def test_entries_at_the_edges_of_the_tree_are_sound(index: int, size: int) -> None:
    assert verify(make_log(index=index, size=size).receipt()).verdict == "sound"


def test_a_pending_receipt_is_signed_but_proves_no_more() -> None:
    report = verify(replace(RECEIPT, entry=None))
    assert (report.verdict, report.exit_code, report.summary) == ("cannot-tell", 2, ())
    assert [step.status for step in report.steps] == ["ok"] * 4 + ["cannot tell"] + ["not reached"] * 3
    assert "signed but pending" in report.steps[4].detail


def test_a_pending_receipt_of_another_file_is_tampered() -> None:
    report = verify_receipt(replace(RECEIPT, entry=None).to_bytes(), digest("other"), make_trust())
    assert_stops(report, "file digest", "the record speaks of")


def test_every_flipped_bit_of_the_file_fails_at_its_digest() -> None:
    for position in range(len(OUTPUT)):
        changed = hashlib.sha256(flipped(OUTPUT, position)).hexdigest()
        assert_stops(verify_receipt(DATA, changed, make_trust()), "file digest", "This is not the recorded file")


def test_every_flipped_byte_of_the_receipt_is_noticed() -> None:
    trust = make_trust()
    for position in range(len(DATA)):
        report = verify_receipt(flipped(DATA, position), DIGEST, trust)
        assert (report.verdict, report.exit_code) == ("tampered", 1), f"byte {position} {DATA[position - 9 :][:20]!r}"


@settings(max_examples=150)
@given(st.integers(0, len(DATA) - 1), st.integers(1, 255))
def test_any_changed_byte_of_the_receipt_is_noticed(position: int, mask: int) -> None:
    assert verify_receipt(flipped(DATA, position, mask), DIGEST, make_trust()).exit_code == 1


@settings(max_examples=150)
@given(st.binary(max_size=300))
def test_noise_is_never_a_receipt_and_never_an_accident(data: bytes) -> None:
    assert_stops(verify_receipt(data, DIGEST, make_trust()), "receipt", "")


@settings(max_examples=100)
@given(st.integers(0, len(RECEIPT.envelope.payload) - 1), st.integers(1, 255))
def test_any_changed_byte_of_the_statement_stops_before_the_log(position: int, mask: int) -> None:
    payload = flipped(RECEIPT.envelope.payload, position, mask)
    stop = verify(replace(RECEIPT, envelope=replace(RECEIPT.envelope, payload=payload))).stopped_at
    assert stop is not None
    assert stop.name in {"statement", "file digest", "record signature"}


@pytest.mark.parametrize("position", range(len(RECEIPT.envelope.signature)))
def test_a_changed_signature_fails_there(position: int) -> None:
    envelope = replace(RECEIPT.envelope, signature=flipped(RECEIPT.envelope.signature, position))
    assert_stops(verify(replace(RECEIPT, envelope=envelope)), "record signature", "was not made over this statement")


def test_every_changed_byte_of_the_log_entry_fails_there() -> None:
    for position in range(len(entry().leaf)):
        assert_stops(verify(with_entry(leaf=flipped(entry().leaf, position))), "log entry", "log entry")


def test_every_changed_character_of_the_checkpoint_fails_there() -> None:
    note = entry().checkpoint_note
    for position, character in enumerate(note):
        changed = note[:position] + chr(ord(character) ^ 1) + note[position + 1 :]
        assert_stops(verify(with_entry(checkpoint_note=changed)), "checkpoint", "")


def test_every_changed_hash_of_the_proof_fails_there() -> None:
    for number, item in enumerate(entry().path):
        path = [*entry().path]
        path[number] = flipped(item, number)
        assert_stops(verify(with_entry(path=tuple(path))), "inclusion", "The inclusion proof leads to root")


@pytest.mark.parametrize("path", [entry().path[:-1], (*entry().path, entry().path[0]), ()])
def test_a_proof_of_another_length_fails_there(path: tuple[bytes, ...]) -> None:
    assert_stops(verify(with_entry(path=path)), "inclusion", "hashes in the inclusion proof")


@pytest.mark.parametrize("index", [0, 4, 6, 10])
def test_a_moved_entry_fails(index: int) -> None:
    assert_stops(verify(with_entry(index=index)), "inclusion", "inclusion proof")


def test_an_index_beyond_the_checkpoint_fails() -> None:
    assert_stops(verify(with_entry(index=SIZE)), "inclusion", "expected an index below the size")


@pytest.mark.parametrize("changes", [{"size": 12}, {"size": 8}, {"root": bytes(32)}])
def test_a_proof_that_claims_another_size_or_root_fails(changes: dict[str, object]) -> None:
    assert_stops(verify(with_entry(**changes)), "checkpoint", "The proof claims size")


def test_a_proof_for_another_size_is_not_saved_by_claiming_it() -> None:
    smaller = make_log(size=SIZE - 1).entry()
    receipt = with_entry(path=smaller.path)
    assert_stops(verify(receipt), "inclusion", "inclusion proof")


def test_an_entry_that_names_another_log_fails() -> None:
    assert_stops(verify(with_entry(log_id=bytes(32))), "checkpoint", "which did not sign its checkpoint")


def test_the_entry_of_another_record_fails() -> None:
    other = make_log(make_envelope(make_statement(nonce=bytes(32)))).entry()
    assert_stops(verify(replace(RECEIPT, entry=other)), "log entry", "The digest in the log entry")


def test_a_receipt_signed_throughout_by_a_stranger_fails() -> None:
    forged = make_log(seed=8).receipt(seed=12)
    assert_stops(verify(forged), "record signature", "not among the 1 record keys of the trust file")


def test_a_checkpoint_signed_by_a_stranger_fails() -> None:
    assert_stops(verify(LOG.receipt(seed=12)), "checkpoint", "expected one by one of")


def test_a_checkpoint_of_another_log_fails() -> None:
    other = "ledger.example.com/staging"
    assert_stops(verify(LOG.receipt(origin=other)), "checkpoint", "Got signatures by")


def test_a_checkpoint_of_another_origin_under_the_trusted_name_fails() -> None:
    text = LOG.note(origin="ledger.example.com/staging").partition("\n\n")[0] + "\n"
    receipt = with_entry(checkpoint_note=sign_note(text, ORIGIN, make_log_key()))
    assert_stops(verify(receipt), "checkpoint", "Got a checkpoint of log 'ledger.example.com/staging'")


def test_a_checkpoint_may_also_be_signed_by_witnesses_unknown_here() -> None:
    note = entry().checkpoint_note
    witness = sign_note(note.partition("\n\n")[0] + "\n", "witness.example.org", make_log_key(33))
    receipt = with_entry(checkpoint_note=note + witness.rpartition("\n\n")[2])
    assert verify(receipt).verdict == "sound"


def test_a_log_key_retired_before_the_checkpoint_fails() -> None:
    report = verify(RECEIPT, log_keys=(TrustedLogKey(make_verifier_key(), SIZE - 1),))
    assert_stops(report, "checkpoint", f"The log key was retired before size {SIZE}")


def test_a_log_key_retired_later_still_counts() -> None:
    keys = (TrustedLogKey(make_verifier_key(), SIZE), TrustedLogKey(make_verifier_key(10)))
    assert verify(RECEIPT, log_keys=keys).verdict == "sound"


def test_a_record_key_retired_before_the_entry_fails() -> None:
    key = TrustedRecordKey(make_record_key().public_key(), INDEX)
    assert_stops(verify(RECEIPT, record_keys=(key,)), "order", f"was retired at size {INDEX}")


def test_a_record_key_retired_after_the_entry_still_counts() -> None:
    key = TrustedRecordKey(make_record_key().public_key(), INDEX + 1)
    assert verify(RECEIPT, record_keys=(key,)).verdict == "sound"


@pytest.mark.parametrize(
    ("quoted", "message"),
    [
        (CheckpointRef(ORIGIN, INDEX + 1, digest("root")), "expected it to come after what it quotes"),
        (CheckpointRef("other.example.com/log", 2, digest("root")), "The record quotes log 'other"),
        (CheckpointRef(ORIGIN, 0, digest("root")), "for an empty log"),
    ],
)
def test_a_record_that_quotes_what_it_cannot_know_fails(quoted: CheckpointRef, message: str) -> None:
    receipt = make_log(make_envelope(make_statement(prev_checkpoint=quoted))).receipt()
    assert_stops(verify(receipt), "order", message)


def test_a_record_may_quote_the_checkpoint_just_before_it() -> None:
    quoted = CheckpointRef(ORIGIN, INDEX, digest("root"))
    assert verify(make_log(make_envelope(make_statement(prev_checkpoint=quoted))).receipt()).verdict == "sound"


def test_a_document_of_another_type_fails_even_when_signed() -> None:
    envelope = sign(make_statement().to_bytes(), "application/json", make_record_key())
    assert_stops(verify(make_log(envelope).receipt()), "statement", "Got payload type 'application/json'")


def test_a_statement_of_another_kind_fails_even_when_signed() -> None:
    envelope = sign(b'{"_type":"https://in-toto.io/Statement/v1"}', PAYLOAD_TYPE, make_record_key())
    assert_stops(verify(make_log(envelope).receipt()), "statement", "Got no $.subject")


def test_a_digest_in_upper_case_is_no_digest() -> None:
    report = verify_receipt(DATA, DIGEST.upper(), make_trust())
    assert (report.verdict, report.stopped_at) == ("cannot-tell", report.steps[2])


def test_an_interior_node_is_no_entry() -> None:
    leaves = [merkle.leaf_hash(b"a"), merkle.leaf_hash(b"b")]
    assert_stops(verify(with_entry(leaf=b"".join(leaves), index=0)), "log entry", "not canonical JSON")


def test_the_report_can_be_written_as_json() -> None:
    value = json.loads(json.dumps(verify(RECEIPT).as_json()))
    assert value["verdict"] == "sound"
    assert value["steps"][0] == {
        "number": 1,
        "name": "receipt",
        "status": "ok",
        "detail": "in the log at index 5",
    }
    assert value["summary"]["model"] == "birefnet-general 1.0"


def test_a_failed_report_shows_nothing_of_the_statement() -> None:
    report = verify(with_entry(index=0))
    assert report.as_json()["summary"] is None


def test_the_time_claimed_is_marked_as_a_claim() -> None:
    receipt = make_log(make_envelope(make_statement(issued_at=datetime(2030, 1, 1, tzinfo=UTC)))).receipt()
    assert dict(verify(receipt).summary)["issued at"] == "2030-01-01T00:00:00.000000Z (claimed: the issuer's word)"


def test_a_receipt_tells_what_bounds_its_age() -> None:
    said = "than the checkpoint of size 3 it quotes; whether the log signed that, its audit tells"
    quoted = make_log(make_envelope(make_statement(prev_checkpoint=CheckpointRef(ORIGIN, 3, digest("root")))))
    assert dict(verify(quoted.receipt()).summary)["not older"] == said
    assert dict(verify(RECEIPT).summary)["not older"] == "it quotes the empty log, which proves nothing about its age"


def test_the_first_record_quotes_the_empty_log() -> None:
    assert make_statement().predicate.prev_checkpoint == CheckpointRef(ORIGIN, 0, EMPTY_ROOT)
    assert verify(make_log(index=0, size=1).receipt()).verdict == "sound"
