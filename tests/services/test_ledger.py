"""The log with real commits: order, gaps, checkpoints, receipts, and what the database must not be able to change."""

from __future__ import annotations

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import settings

from governance.adapters import keys
from governance.adapters.log_files import LogFiles
from governance.adapters.signer import Signer, SignerRefused
from governance.errors import PlatformError
from governance.ledger.checkpoint import open_checkpoint
from governance.ledger.merkle import EMPTY_ROOT
from governance.ledger.verification import CANNOT_TELL, SOUND, TAMPERED, verify_receipt
from governance.models import Checkpoint, Output, PendingEntry, TreeState
from governance.reports.evidence import receipt_bytes
from governance.services.ledger import integrate_pending, publish_checkpoint
from tests.factories import make_output
from tests.services.ledger_rig import Backup, Log, unfenced


def test_entries_get_their_places_in_the_order_they_were_made(log: Log) -> None:
    start = log.size
    records = log.add(3)
    assert integrate_pending() == 3
    assert log.sequence(start) == list(enumerate(records, start))
    assert not PendingEntry.objects.exists()


def test_batches_follow_each_other_without_a_gap(log: Log) -> None:
    start = log.size
    records = log.add(5)
    assert [integrate_pending(2) for _ in range(4)] == [2, 2, 1, 0]
    assert log.sequence(start) == list(enumerate(records, start))
    sizes = TreeState.objects.filter(size__gt=start).order_by("size").values_list("size", flat=True)
    assert list(sizes) == [start + 2, start + 4, start + 5]


def test_the_whole_log_agrees_with_itself_after_batches_of_many_sizes(log: Log) -> None:
    for count in (1, 0, 7, 300):
        log.grow(count)
    log.check()


def test_nothing_waiting_changes_nothing(log: Log) -> None:
    before = list(TreeState.objects.values_list("size", flat=True))
    assert integrate_pending() == 0
    assert list(TreeState.objects.values_list("size", flat=True)) == before


def test_the_time_of_a_batch_is_never_before_that_of_the_batch_before(log: Log) -> None:
    with unfenced("treestate") as execute:
        execute("UPDATE governance_treestate SET integrated_at = '2999-01-01Z' WHERE size = %s", [log.size])
    ahead = TreeState.objects.latest().integrated_at
    log.take_in(1)
    newest = TreeState.objects.latest()
    assert (newest.size, newest.integrated_at) == (log.size, ahead)


def test_a_checkpoint_is_published_once(log: Log) -> None:
    log.take_in(2)
    checkpoint = publish_checkpoint(log.signer, log.files)
    assert checkpoint is not None
    assert publish_checkpoint(log.signer, log.files) is None
    assert Checkpoint.objects.latest() == checkpoint
    assert (checkpoint.size, checkpoint.root) == (log.size, TreeState.objects.latest().root)


def test_the_note_of_a_checkpoint_is_signed_by_the_trusted_log_key(log: Log) -> None:
    log.grow(1)
    checkpoint, trust = Checkpoint.objects.latest(), keys.trust()
    opened = open_checkpoint(checkpoint.note, [item.key for item in trust.log_keys], trust.origin).checkpoint
    assert (opened.size, opened.root.hex()) == (log.size, checkpoint.root)


def test_a_note_by_a_key_that_nobody_trusts_is_not_published(log: Log) -> None:
    stranger = Ed25519PrivateKey.generate()
    log.take_in(1)
    other = Signer(log.folder / "other", settings.LOG_ORIGIN, stranger)
    other.sign(log.signed_size, bytes.fromhex(Checkpoint.objects.latest().root), ())
    with pytest.raises(PlatformError, match="signed by no key that the trust file lists") as caught:
        publish_checkpoint(other, log.files)
    assert caught.value.code == "signer.not_trusted"
    assert Checkpoint.objects.latest().size == log.signed_size


def test_the_checkpoint_is_in_the_files_and_the_leaves_are_there_first(log: Log) -> None:
    size = log.grow(3)
    published = log.files.published()
    assert published is not None
    assert (published.size, log.files.size()) == (size, size)
    log.check()


def test_an_empty_log_has_the_empty_root(committed: dict[str, str], tmp_path: Path) -> None:
    checkpoint = publish_checkpoint(Signer(tmp_path / "signer", settings.LOG_ORIGIN, keys.log_key()))
    assert checkpoint is not None
    assert (checkpoint.size, checkpoint.root) == (0, EMPTY_ROOT.hex())


def test_a_record_quotes_the_newest_checkpoint(log: Log) -> None:
    log.grow(2)
    payload = bytes(make_output(log.cast).provenance.payload).decode()
    assert Checkpoint.objects.latest().root in payload


def test_the_receipt_of_every_output_is_sound(log: Log) -> None:
    for _ in range(3):
        make_output(log.cast)
        log.grow(1)
    trust = keys.trust()
    outputs = list(Output.objects.order_by("pk"))
    reports = [verify_receipt(receipt_bytes(output), output.sha256, trust) for output in outputs]
    assert [report.verdict for report in reports] == [SOUND] * 3, [report.stopped_at for report in reports]


def test_the_receipt_of_one_output_says_nothing_for_another_file(log: Log) -> None:
    output = make_output(log.cast)
    log.grow(0)
    report = verify_receipt(receipt_bytes(output), "0" * 64, keys.trust())
    assert report.verdict == TAMPERED
    assert report.stopped_at is not None
    assert report.stopped_at.name == "file digest"


def test_a_receipt_before_the_checkpoint_is_pending(log: Log) -> None:
    output = make_output(log.cast)
    log.take_in(0)
    assert verify_receipt(receipt_bytes(output), output.sha256, keys.trust()).verdict == CANNOT_TELL


def test_attack_31_a_database_that_was_rolled_back_gets_no_signature(log: Log, backup: Backup) -> None:
    size = log.size
    backup.take()
    log.grow(1)
    backup.restore()
    with pytest.raises(PlatformError, match=f"holds {size} entries; a checkpoint for {size + 1} was signed") as caught:
        publish_checkpoint(log.signer, log.files)
    assert (caught.value.code, caught.value.permanent) == ("ledger.behind", True)
    assert "Start the ledger process again" in caught.value.how_to_fix
    assert Checkpoint.objects.latest().size == size


@pytest.mark.parametrize("new_records", [1, 2])
def test_attacks_02_31_a_second_history_gets_no_signature(log: Log, backup: Backup, new_records: int) -> None:
    """From the backup on, other records are made: as many as were signed, or more."""
    backup.take()
    log.grow(1)
    backup.restore()
    log.take_in(new_records)
    with pytest.raises(SignerRefused, match="signed before") as caught:
        publish_checkpoint(log.signer, LogFiles(log.folder / "elsewhere"))
    assert caught.value.code == "signer.fork"
    assert Checkpoint.objects.latest().size == log.size - new_records


def test_a_signer_that_lost_its_memory_signs_nothing_more(log: Log, tmp_path: Path) -> None:
    count = Checkpoint.objects.count()
    log.take_in(1)
    with pytest.raises(PlatformError, match="remembers nothing") as caught:
        publish_checkpoint(Signer(tmp_path / "empty", settings.LOG_ORIGIN, keys.log_key()), log.files)
    assert caught.value.code == "signer.memory_lost"
    assert Checkpoint.objects.count() == count


def test_a_signer_with_an_old_memory_signs_nothing_more(log: Log, tmp_path: Path) -> None:
    """Its folder was restored, too: it would not notice what came in between."""
    old = Signer(tmp_path / "old", settings.LOG_ORIGIN, keys.log_key())
    old.sign(log.size, bytes.fromhex(TreeState.objects.latest().root), ())
    size = log.grow(1)
    with pytest.raises(PlatformError, match=f"for {size - 1} entries, but a checkpoint for {size} entries") as caught:
        publish_checkpoint(old, log.files)
    assert caught.value.code == "signer.memory_lost"
