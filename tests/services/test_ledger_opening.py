"""Starting the log: restored, copied, failed-over and half-lost databases, signers and folders."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from pytest_django import Settings

from governance.adapters.signer import SignerRefused
from governance.adapters.tree import node_reader
from governance.errors import GovernanceError
from governance.ledger.merkle import consistency_path
from governance.models import Alarm, Checkpoint, PendingEntry, ProvenanceRecord, SequencedEntry, TreeState
from governance.services.ledger import publish_checkpoint
from tests.conftest import make_cast
from tests.services.ledger_rig import Backup, Log, unfenced


def refused(log: Log, code: str) -> GovernanceError:
    """The log does not open, says why under ``code`` and leaves an alarm; no checkpoint is added."""
    before = list(Checkpoint.objects.order_by("size").values_list("size", flat=True))
    with pytest.raises(GovernanceError) as caught:
        log.open()
    assert caught.value.code == code
    assert Alarm.objects.filter(kind="log", subject=f"log:{code}", message=caught.value.message).exists()
    assert list(Checkpoint.objects.order_by("size").values_list("size", flat=True)) == before
    return caught.value


def restore_event() -> dict[str, object]:
    record = ProvenanceRecord.objects.get(kind="restore")
    details = dict(json.loads(bytes(record.payload))["predicate"]["details"])
    alarm = Alarm.objects.get(subject=f"log:{details['first']}-{details['last']}")
    assert record.about == f"alarm:{alarm.pk}"
    return details


def test_a_log_that_agrees_is_opened_as_it_is(log: Log) -> None:
    opening = log.open()
    assert (opening.size, opening.root, opening.replayed) == (log.size, TreeState.objects.latest().root, None)
    assert not Alarm.objects.exists()


def test_a_new_installation_opens_its_empty_log(committed: dict[str, str], tmp_path: Path) -> None:
    log = Log(make_cast(), tmp_path)
    assert log.open().size == 0
    assert log.files.note() is None


def test_attack_39_an_interrupted_batch_is_gone_on_with(log: Log) -> None:
    """The database is ahead of signer and files: what was signed is its beginning."""
    log.take_in(3)
    assert log.open().size == log.size == log.files.size() == log.signed_size + 3
    log.grow(1)
    log.check()


def test_an_installation_from_before_there_were_files_gets_them(log: Log) -> None:
    sizes = [log.grow(count) for count in (3, 250, 20)]
    shutil.rmtree(log.folder / "log")
    log.open()
    log.check()
    written = {path.name for path in (log.folder / "log" / "tile" / "entries" / "001.p").iterdir()}
    assert written == {str(sizes[1] - 256), str(sizes[2] - 256)}
    assert not (log.folder / "log" / "tile" / "entries" / "000.p").exists()


def test_attack_31_a_restored_database_gets_back_what_it_lost_and_goes_on(log: Log, backup: Backup) -> None:
    """One root for any size, before and after; the loss is an entry of the log and an alarm."""
    backup.take()
    before = {log.grow(2): Checkpoint.objects.latest().root}
    start, end = log.size - 2, log.grow(300)
    before[end] = Checkpoint.objects.latest().root
    backup.restore()
    opening = log.open()
    assert (opening.size, opening.root) == (end, before[end])
    assert opening.replayed is not None
    assert (opening.replayed.first, opening.replayed.end, opening.replayed.lost) == (start, end, 302)
    assert Checkpoint.objects.latest().size == end
    assert restore_event() == {
        "act": "replayed", "first": start, "last": end - 1, "statements_lost": 302, "signed_size": end,
    }  # fmt: skip
    assert not SequencedEntry.objects.filter(seq__gte=start, record__isnull=False).exists()
    log.grow(5)
    assert log.size == end + 7  # the restore, its alarm and these five
    log.check()


def test_attack_31_a_record_that_still_waits_takes_its_own_place(log: Log, backup: Backup) -> None:
    """The backup was taken after the record was made and before the log took it in."""
    (waiting,) = log.add()
    backup.take()
    start, end = log.size, log.grow(1)
    backup.restore()
    opening = log.open()
    assert opening.replayed is not None
    assert opening.replayed.lost == 1
    assert log.sequence(start) == [(start, waiting), (start + 1, None)]
    assert not PendingEntry.objects.filter(record=waiting).exists()
    assert end == start + 2
    log.grow(0)
    log.check()


def test_attack_31_a_database_that_lost_everything_gets_the_leaves_back(log: Log) -> None:
    size = log.grow(1)
    with unfenced("sequencedentry", "treenode", "treestate", "checkpoint", "provenancerecord", "pendingentry") as run:
        for table in ("checkpoint", "treestate", "treenode", "sequencedentry", "provenancerecord"):
            run(f"DELETE FROM governance_{table}")
    opening = log.open()
    assert opening.replayed is not None
    assert (opening.size, opening.replayed.lost) == (size, size)
    log.grow(0)
    log.check()


def test_attacks_31_39_it_is_told_once_when_the_bringing_back_is_interrupted(log: Log, backup: Backup) -> None:
    backup.take()
    log.grow(2)
    backup.restore()
    with unfenced("treestate") as execute:
        execute("REVOKE INSERT ON governance_treestate FROM clearcut_ledger")
    with pytest.raises(Exception, match="permission denied"):
        log.open()
    assert log.size == log.signed_size - 2
    with unfenced("treestate") as execute:
        execute("GRANT INSERT ON governance_treestate TO clearcut_ledger")
    log.open()
    assert restore_event()["statements_lost"] == 2
    log.grow(0)
    log.check()


def test_attack_34_a_promoted_replica_gets_back_what_was_signed(log: Log, backup: Backup) -> None:
    """Its last commits had not arrived. What of them was in files, but not signed, is kept aside."""
    log.grow(1)
    backup.take()
    signed, start = log.grow(2), log.size - 2
    log.take_in(2)
    log.open()
    backup.restore()
    opening = log.open()
    assert opening.replayed is not None
    assert (opening.replayed.first, opening.replayed.end) == (start, signed)
    assert restore_event()["statements_lost"] == SequencedEntry.objects.filter(record=None).count() == 2
    assert Alarm.objects.filter(subject="log:not-ours").count() == 1
    log.grow(1)
    log.check()


def test_attack_34_entries_whose_records_wait_again_take_their_own_places(log: Log, backup: Backup) -> None:
    """The records had arrived, the commit that took them in had not. Nothing is lost, and no loss is claimed."""
    log.add(2)
    backup.take()
    log.take_in(0)
    log.open()
    places = log.sequence(log.signed_size)
    backup.restore()
    opening = log.open()
    assert opening.replayed is not None
    assert (opening.replayed.first, opening.replayed.end, opening.replayed.lost) == (
        log.signed_size, log.signed_size + 2, 0,
    )  # fmt: skip
    assert log.sequence(log.signed_size) == places
    assert not Alarm.objects.exists()
    assert not ProvenanceRecord.objects.filter(kind="restore").exists()
    log.grow(1)
    log.check()


@pytest.mark.parametrize("left", ["nothing", "the beginning"])
def test_attack_31_a_restored_database_without_the_files_stays_stopped(log: Log, backup: Backup, left: str) -> None:
    backup.take()
    size = log.size
    shutil.copytree(log.folder / "log", log.folder / "old")
    log.grow(2)
    shutil.rmtree(log.folder / "log")
    if left == "the beginning":
        shutil.move(log.folder / "old", log.folder / "log")
    backup.restore()
    problem = refused(log, "log.short")
    assert "CLEARCUT_LOG_DIR" in problem.how_to_fix
    assert (log.size, log.signed_size) == (size, size + 2)


def test_files_of_another_history_are_not_brought_back(log: Log, backup: Backup) -> None:
    """What they lead to is not what was signed."""
    backup.take()
    backup.take()
    log.grow(1)
    backup.restore(0)
    other = Log(log.cast, log.folder, "other")
    other.take_in(1)
    other.write_files()
    backup.restore(1)
    problem = refused(other, "ledger.fork")
    assert "With the log's files the tree of" in problem.message


def test_attack_31_a_restored_database_that_was_gone_on_with_stays_stopped(log: Log, backup: Backup) -> None:
    """Same size, other root: both are kept."""
    backup.take()
    last = (log.grow(1), log.signer.last())
    backup.restore()
    log.take_in(1)
    problem = refused(log, "ledger.fork")
    assert "another history than the one that was signed" in problem.how_to_fix
    assert (log.size, log.signer.last()) == last


def test_attack_33_a_copy_under_another_name_does_not_continue_the_log(log: Log, settings: Settings) -> None:
    name = settings.LOG_ORIGIN
    settings.LOG_ORIGIN = "staging.example/log-1"
    problem = refused(Log(log.cast, log.folder / "staging"), "ledger.other_origin")
    assert problem.message == (
        f"This database holds the log {name!r}; this installation's log is 'staging.example/log-1'."
    )


def test_attacks_32_33_of_a_copy_and_the_original_with_one_signer_one_is_refused(log: Log, backup: Backup) -> None:
    """A staging copy under the production's name, with the production's signer and a folder of its own."""
    backup.take()
    production = log.grow(1)
    backup.restore()
    staging = Log(log.cast, log.folder, "staging")
    staging.take_in(1)
    with pytest.raises(SignerRefused) as caught:
        publish_checkpoint(staging.signer, staging.files)
    assert caught.value.code == "signer.fork"
    refused(staging, "ledger.fork")
    backup.leave()
    assert log.open().size == production
    log.grow(1)
    log.check()


def test_a_signer_without_memory_stops_the_log(log: Log) -> None:
    shutil.rmtree(log.folder / "signer")
    refused(log, "signer.memory_lost")


def test_attack_31_a_signer_whose_memory_is_older_than_the_files_stops_the_log(log: Log, backup: Backup) -> None:
    """Signer and database were restored from one backup; the folder remembers."""
    backup.take()
    shutil.copytree(log.folder / "signer", log.folder / "old")
    size = log.grow(1)
    shutil.rmtree(log.folder / "signer")
    shutil.move(log.folder / "old", log.folder / "signer")
    backup.restore()
    problem = refused(log, "signer.memory_lost")
    assert f"a checkpoint for {size} entries was published" in problem.message


def test_attack_39_a_checkpoint_that_was_signed_but_not_stored_is_stored(log: Log) -> None:
    log.take_in(1)
    log.open()
    root = bytes.fromhex(TreeState.objects.latest().root)
    last = log.signer.last()
    assert last is not None
    note = log.signer.sign(log.size, root, consistency_path(last.size, log.size, node_reader("ledger")))
    log.open()
    assert Checkpoint.objects.latest().note == note
    log.check()
