"""Attacks on the kept log, by their numbers in the threat list: each must be found, and named for what it is."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256

from governance.ledger.audit_shapes import AuditedEntry, AuditReport
from governance.ledger.checkpoint import Checkpoint, sign_checkpoint
from governance.ledger.leaf import build_leaf
from governance.ledger.trust import TrustedLogKey, TrustedRecordKey
from governance.provenance.references import CheckpointRef
from tests.ledger.factories import make_log_key, make_trust, make_verifier_key
from tests.ledger.log_factories import (
    EVERY,
    SIZE,
    START,
    WholeLog,
    entry_of,
    make_entry,
    make_whole_log,
    publish,
    record_id,
)
from tests.provenance.factories import ORIGIN, digest, make_record_key, make_statement

LOG = make_whole_log()
TREE_GIVES = "The entries give root"


def assert_finds(report: AuditReport, step: str, message: str, index: int | None = None) -> None:
    found = [finding for finding in report.step(step).findings if message in finding.message]
    assert found, report.step(step)
    assert (report.verdict, report.exit_code) == ("tampered", 1)
    assert index is None or index in [finding.index for finding in found]


def renumbered(log: WholeLog, entries: list[AuditedEntry]) -> WholeLog:
    return replace(log, entries=tuple(replace(entry, index=index) for index, entry in enumerate(entries)))


def rewritten(index: int) -> WholeLog:
    """The log as its keeper would rewrite it: another statement at ``index``, every later checkpoint signed anew."""

    def make(at: int, quoted: CheckpointRef) -> AuditedEntry:
        return make_entry(at, quoted, nonce=bytes(32)) if at == index else make_entry(at, quoted)

    return make_whole_log(make=make)


def test_attack_01_a_changed_leaf_gives_another_root() -> None:
    other = make_entry(7, CheckpointRef(ORIGIN, 5, LOG.checkpoints[0].root), nonce=bytes(32))
    report = LOG.with_entry(7, leaf=other.leaf).audit()
    assert_finds(report, "roots", TREE_GIVES, 9)
    assert report.step("roots").total == 3
    assert_finds(report, "statements", "The digest in the log entry", 7)


@pytest.mark.parametrize("old", [5, 10, 15])
def test_attack_02_a_rewritten_and_signed_log_does_not_continue_an_old_checkpoint(old: int) -> None:
    log = rewritten(2)
    assert log.audit().verdict == "sound"
    report = log.audit(old_checkpoint=LOG.checkpoints[old // EVERY - 1].note)
    assert_finds(report, "continuity", "it forked. Keep both signed checkpoints")


def test_attack_03_a_forger_with_the_log_key_still_contradicts_an_old_checkpoint() -> None:
    root = bytes.fromhex(rewritten(2).checkpoints[-1].root)
    forged = sign_checkpoint(Checkpoint(ORIGIN, 20, root), make_log_key())
    assert_finds(rewritten(2).audit(old_checkpoint=LOG.checkpoints[-1].note), "continuity", "it forked")
    assert_finds(LOG.audit(old_checkpoint=forged), "continuity", "it forked")


def test_attack_04_a_changed_statement_no_longer_fits_its_entry() -> None:
    envelope = LOG.envelope(7)
    changed = replace(envelope, payload=envelope.payload.replace(b'"MIT"', b'"0BSD"'))
    report = LOG.with_entry(7, envelope=changed).audit()
    assert_finds(report, "statements", "The digest in the log entry", 7)
    assert_finds(report, "signatures", "was not made over this statement", 7)


def test_attack_04_a_changed_and_signed_statement_no_longer_fits_its_entry() -> None:
    quoted = CheckpointRef(ORIGIN, 5, LOG.checkpoints[0].root)
    other = make_entry(7, quoted, nonce=bytes(32))
    report = LOG.with_entry(7, envelope=other.envelope).audit()
    assert_finds(report, "statements", "The digest in the log entry", 7)
    assert report.step("signatures").status == "ok"


def test_attack_05_a_deleted_record_leaves_a_gap() -> None:
    report = LOG.without(7).audit()
    assert_finds(report, "sequence", "1 entries are missing before entry 8", 8)
    assert_finds(report, "roots", "3 signed roots cannot be recomputed: entry 7 is missing")


def test_attack_05_a_deleted_record_is_found_behind_new_numbers() -> None:
    entries = [entry for entry in LOG.entries if entry.index != 7]
    report = renumbered(LOG, entries).audit()
    assert_finds(report, "roots", TREE_GIVES)
    assert_finds(report, "sequence", "The newest checkpoint signs 20 entries, 19 are here: the log shrank")


def test_attack_06_a_log_cut_short_is_found_by_its_newest_checkpoint() -> None:
    report = replace(LOG, entries=LOG.entries[:-3]).audit()
    assert_finds(report, "sequence", "The newest checkpoint signs 20 entries, 17 are here: the log shrank")


def test_attack_06_a_log_cut_short_with_its_checkpoints_is_found_by_an_old_one() -> None:
    log = WholeLog(LOG.entries[:10], LOG.checkpoints[:2])
    assert log.audit().verdict == "sound"
    report = log.audit(old_checkpoint=LOG.checkpoints[2].note)
    assert_finds(report, "continuity", "The old checkpoint signs 15 entries, the newest one here 10")


def test_attack_08_a_record_slipped_in_changes_every_later_root() -> None:
    extra = make_entry(99, CheckpointRef(ORIGIN, 5, LOG.checkpoints[0].root))
    report = renumbered(LOG, [*LOG.entries[:7], extra, *LOG.entries[7:]]).audit()
    assert_finds(report, "roots", TREE_GIVES)
    assert report.step("roots").total == 3


def test_attack_09_two_swapped_records_change_the_root() -> None:
    entries = list(LOG.entries)
    entries[6], entries[7] = entries[7], entries[6]
    assert_finds(renumbered(LOG, entries).audit(), "roots", TREE_GIVES)


def test_attack_09_entries_out_of_order_are_named() -> None:
    entries = list(LOG.entries)
    entries[6], entries[7] = entries[7], entries[6]
    assert_finds(replace(LOG, entries=tuple(entries)).audit(), "sequence", "Entry 6 comes again or out of order", 6)


def test_attack_16_an_old_checkpoint_published_as_the_newest_is_a_rollback() -> None:
    rolled_back = replace(LOG, checkpoints=LOG.checkpoints[:2])
    report = rolled_back.audit(old_checkpoint=LOG.checkpoints[3].note)
    assert_finds(report, "continuity", "signs 20 entries, the newest one here 10: the log was rolled back")


def test_attack_16_an_old_checkpoint_that_is_continued_is_sound() -> None:
    for checkpoint in LOG.checkpoints:
        assert LOG.audit(old_checkpoint=checkpoint.note).verdict == "sound"


def test_attack_17_two_roots_for_one_size_are_both_named() -> None:
    other = rewritten(2).checkpoints[1]
    checkpoints = (*LOG.checkpoints[:2], other, *LOG.checkpoints[2:])
    report = replace(LOG, checkpoints=checkpoints).audit()
    assert_finds(report, "checkpoints", f"Two signed roots for one size 10: {LOG.checkpoints[1].root} and {other.root}")


def test_attack_17_a_split_view_is_found_by_whoever_holds_the_other_one() -> None:
    assert_finds(LOG.audit(old_checkpoint=rewritten(2).checkpoints[-1].note), "continuity", "it forked")


@pytest.mark.parametrize(
    ("old", "new"), [("\n10\n", "\n11\n"), (ORIGIN + "\n10", "other\n10"), ("\n\n", "\nextension\n\n")]
)
def test_attack_18_an_edited_note_is_no_checkpoint(old: str, new: str) -> None:
    note = LOG.checkpoints[1].note.replace(old, new, 1)
    report = LOG.with_checkpoint(1, note=note).audit()
    assert_finds(report, "checkpoints", "Checkpoint of size 10: ")


def test_attack_18_an_edited_root_is_no_checkpoint() -> None:
    text = LOG.checkpoints[1].note.split("\n")
    text[2] = LOG.checkpoints[0].note.split("\n")[2]
    report = LOG.with_checkpoint(1, note="\n".join(text)).audit()
    assert_finds(report, "checkpoints", "does not fit the text")


@pytest.mark.parametrize(
    "changes", [{"size": 11}, {"root": digest("other")}, {"root": LOG.checkpoints[1].root.upper()}]
)
def test_attack_18_what_is_kept_beside_the_note_must_agree_with_it(changes: dict[str, Any]) -> None:
    assert_finds(LOG.with_checkpoint(1, **changes).audit(), "checkpoints", "signed for 10 and")


def test_attack_18_the_same_key_for_another_origin_is_another_log() -> None:
    staging = publish([entry.leaf for entry in LOG.entries[:10]], origin="ledger.example.com/staging")
    assert_finds(LOG.with_checkpoint(1, note=staging.note).audit(), "checkpoints", "Got signatures by")


def test_attack_21_a_log_signed_throughout_by_another_key_is_not_ours() -> None:
    report = make_whole_log(log_seed=12).audit()
    assert_finds(report, "checkpoints", "Got signatures by")
    assert report.step("checkpoints").total == SIZE // EVERY + 1


def test_attack_21_a_record_signed_by_another_key_is_not_ours() -> None:
    log = make_whole_log(make=lambda index, quoted: make_entry(index, quoted, seed=8 if index == 7 else 7))
    assert_finds(log.audit(), "signatures", "which the trust file does not list", 7)


def test_attack_22_a_log_key_does_not_count_beyond_its_retirement() -> None:
    trust = make_trust(log_keys=(TrustedLogKey(make_verifier_key(), 10), TrustedLogKey(make_verifier_key(10))))
    report = LOG.audit(trust)
    assert_finds(report, "checkpoints", "Checkpoint of size 15: The log key was retired before size 15")
    assert report.step("checkpoints").total == 2


def test_attack_22_a_record_key_does_not_count_beyond_its_retirement() -> None:
    report = LOG.audit(make_trust(record_keys=(TrustedRecordKey(make_record_key().public_key(), 18),)))
    assert_finds(report, "signatures", "was retired at size 18", 18)
    assert report.step("signatures").total == 2


def test_attack_23_a_log_goes_on_under_a_new_key() -> None:
    later = [publish([entry.leaf for entry in LOG.entries[:size]], seed=10) for size in (15, 20)]
    keys = (TrustedLogKey(make_verifier_key(), 10), TrustedLogKey(make_verifier_key(10)))
    log = replace(LOG, checkpoints=(*LOG.checkpoints[:2], *later))
    assert log.audit(make_trust(log_keys=keys)).verdict == "sound"


def test_attack_24_an_unknown_signature_beside_ours_changes_nothing() -> None:
    note = LOG.checkpoints[1].note + "\u2014 witness.example.org AAAAAAAAAAA=\n"
    assert LOG.with_checkpoint(1, note=note).audit().verdict == "sound"


def shifted(index: int, shift: timedelta) -> WholeLog:
    def make(at: int, quoted: CheckpointRef) -> AuditedEntry:
        changes = {"issued_at": START + at * timedelta(minutes=1) + shift} if at == index else {}
        return make_entry(at, quoted, **changes)

    return make_whole_log(make=make)


def test_attack_25_a_back_dated_record_claims_a_time_before_what_it_quotes() -> None:
    report = shifted(17, -timedelta(minutes=4)).audit()
    assert_finds(report, "order", "before the checkpoint it quotes was published: back-dated", 17)
    assert [finding.record_id for finding in report.step("order").findings] == [record_id(17)]


@pytest.mark.parametrize(
    ("quoted", "message"),
    [
        (CheckpointRef(ORIGIN, 10, digest("guess")), "where the log signed"),
        (CheckpointRef(ORIGIN, 9, digest("guess")), "where no checkpoint is known"),
        (CheckpointRef(ORIGIN, 18, digest("guess")), "expected it to come after what it quotes"),
        (CheckpointRef(ORIGIN, 0, digest("guess")), "for an empty log"),
        (CheckpointRef("other", 10, digest("guess")), "The record quotes log 'other'"),
    ],
)
def test_attack_25_a_record_cannot_quote_what_never_was(quoted: CheckpointRef, message: str) -> None:
    log = make_whole_log(make=lambda index, newest: make_entry(index, quoted if index == 17 else newest))
    assert_finds(log.audit(), "order", message, 17)


def test_attack_26_a_post_dated_record_claims_a_time_after_it_was_covered() -> None:
    report = shifted(7, timedelta(days=1)).audit()
    assert_finds(report, "order", "after a checkpoint that covers it was published: post-dated", 7)


def test_attack_33_a_copy_that_went_its_own_way_is_a_fork() -> None:
    copy = make_whole_log(make=lambda index, quoted: make_entry(index, quoted, job=record_id(1000 + max(index, 12))))
    original = make_whole_log(make=lambda index, quoted: make_entry(index, quoted, job=record_id(1012)))
    report = copy.audit(old_checkpoint=original.checkpoints[-1].note)
    assert original.checkpoints[1] == copy.checkpoints[1]
    assert_finds(report, "continuity", "it forked")


def test_attack_49_a_record_taken_out_of_an_export_is_missed() -> None:
    assert_finds(replace(LOG, entries=LOG.entries[:-1]).audit(), "sequence", "the log shrank")


def test_attack_51_the_same_entry_twice_is_a_replay() -> None:
    log = renumbered(LOG, [*LOG.entries, replace(LOG.entries[3], index=SIZE)])
    report = log.audit()
    assert_finds(report, "entries", "The statement of entry 3 was entered again: a replay", SIZE)
    assert_finds(report, "statements", f"Record {record_id(3)} was entered before, at index 3: a replay", SIZE)


def test_attack_51_the_same_statement_signed_again_is_a_replay() -> None:
    key, before = make_record_key(), LOG.envelope(3)
    again = replace(before, signature=key.sign(before.pae(), ec.ECDSA(SHA256())))
    entry = AuditedEntry(SIZE, build_leaf(again, key.public_key()), again)
    assert entry.leaf != LOG.entries[3].leaf
    report = replace(LOG, entries=(*LOG.entries, entry)).audit(structure_only=True)
    assert_finds(report, "entries", "The statement of entry 3 was entered again: a replay", SIZE)


def test_attack_51_one_record_id_for_two_statements_is_found() -> None:
    quoted = CheckpointRef(ORIGIN, 20, LOG.checkpoints[-1].root)
    other = make_statement(record_id=record_id(3), prev_checkpoint=quoted, issued_at=START + timedelta(hours=1))
    report = replace(LOG, entries=(*LOG.entries, entry_of(SIZE, other))).audit()
    assert_finds(report, "statements", f"Record {record_id(3)} was entered before, at index 3", SIZE)
    assert report.step("entries").status == "ok"
