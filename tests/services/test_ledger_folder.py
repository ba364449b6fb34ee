"""Others may be able to write to the log's folder: they add nothing to the log, and they do not stop it."""

from __future__ import annotations

import shutil

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import settings

from governance.adapters import keys
from governance.adapters.log_aside import ASIDE
from governance.errors import PlatformError
from governance.ledger.checkpoint import Checkpoint as SignedCheckpoint
from governance.ledger.checkpoint import sign_checkpoint
from governance.ledger.leaf import build_leaf
from governance.ledger.merkle import EMPTY_ROOT
from governance.ledger.tile import entries_path, entry_bundle, tile_path
from governance.models import Alarm, PendingEntry, ProvenanceRecord, SequencedEntry
from governance.provenance.envelope import sign
from governance.provenance.statement import PAYLOAD_TYPE
from tests.provenance.factories import make_statement
from tests.services.ledger_rig import Backup, Log
from tests.services.test_ledger_admission import stranger, wait_with


def leaves_in(log: Log) -> list[bytes]:
    return [leaf for bundle in log.files.leaves(0, log.files.size()) for leaf in bundle]


def plant(log: Log, *leaves: bytes) -> str:
    """Add leaves to the folder behind what is there; returns the name of the bundle."""
    held = [*leaves_in(log), *leaves]
    return put(log, entries_path(0, len(held)), entry_bundle(held))


def put(log: Log, name: str, data: bytes) -> str:
    path = log.files_folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return name


def leaf_of_ours() -> bytes:
    """What a web process could make: signed with our record key, and of no record there ever was."""
    signer = keys.record_signer()
    return build_leaf(sign(make_statement().to_bytes(), PAYLOAD_TYPE, signer), signer.public_key)


def leaf_of(record_id: object) -> bytes:
    return bytes(ProvenanceRecord.objects.get(pk=record_id).leaf)


def kept(log: Log) -> list[str]:
    """The files moved aside, by the names they had."""
    aside = log.files_folder / ASIDE
    return sorted(
        str(path.relative_to(aside / path.relative_to(aside).parts[0])) for path in aside.rglob("*") if path.is_file()
    )


def goes_on(log: Log, subject: str) -> None:
    """One alarm, no loss claimed, and the log takes in what comes, after this and another start."""
    assert Alarm.objects.get().subject == subject
    assert not ProvenanceRecord.objects.filter(kind="restore").exists()
    log.open()
    log.add()
    log.keeper().step()
    log.keeper().step()
    assert not PendingEntry.objects.exists()
    assert not SequencedEntry.objects.filter(record=None).exists()
    assert Alarm.objects.count() == 1
    log.check()


@pytest.mark.parametrize("whose", ["ours", "a stranger's", "one that has a place"])
def test_a_leaf_whose_record_does_not_wait_is_moved_aside_and_no_loss_is_claimed(log: Log, whose: str) -> None:
    size, held = log.size, leaves_in(log)
    forged = {"ours": leaf_of_ours(), "a stranger's": held[0].replace(b"SHA2_256", b"SHA2_257")}
    name = plant(log, forged.get(whose, held[0]))
    opening = log.open()
    assert (opening.size, opening.replayed) == (size, None)
    assert kept(log) == [name]
    goes_on(log, "log:not-ours")


def test_a_waiting_record_of_a_stranger_gets_no_place_by_way_of_the_folder(log: Log) -> None:
    record_id, size = wait_with(stranger()), log.size
    plant(log, leaf_of(record_id))
    assert log.open().size == size
    assert PendingEntry.objects.filter(record=record_id).exists()


def test_a_record_is_brought_back_once_however_often_the_folder_holds_it(log: Log) -> None:
    (record_id,), size = log.add(), log.size
    plant(log, leaf_of(record_id), leaf_of(record_id))
    assert log.open().size == size + 1
    assert log.sequence(size) == [(size, record_id)]
    goes_on(log, "log:not-ours")


@pytest.mark.parametrize(
    "name", [entries_path(0), entries_path(7), tile_path(0, 4), tile_path(1, 0, 200), "tile/entries/x000/001"]
)
def test_a_file_planted_for_later_is_moved_aside_before_it_is_due(log: Log, name: str) -> None:
    """Left there, the log would stop the day it came to it."""
    put(log, name, entry_bundle([b"something else"] * 256))
    log.open()
    assert kept(log) == [name]
    goes_on(log, "log:not-ours")


def test_a_file_planted_under_a_running_process_does_not_stop_it(log: Log) -> None:
    keeper = log.keeper()
    keeper.step()
    log.add()
    put(log, tile_path(0, 0, log.size + 1), b"something else")
    keeper.step()
    goes_on(log, "log:not-ours")


def test_signed_entries_are_written_anew_where_only_what_was_planted_held_them(log: Log) -> None:
    """The bundle that was signed for is deleted, a wider one put in its place."""
    size, held = log.size, leaves_in(log)
    put(log, entries_path(0), entry_bundle([*held, *[leaf_of_ours()] * (256 - size)]))
    (log.files_folder / entries_path(0, size)).unlink()
    log.open()
    assert leaves_in(log) == held
    goes_on(log, "log:not-ours")


def test_a_damaged_bundle_beyond_what_was_signed_does_not_stop_the_log(log: Log) -> None:
    put(log, entries_path(0, log.size + 1), b"\xff\xff\x00")
    log.open()
    goes_on(log, "log:not-ours")


FORGED = [
    f"{settings.LOG_ORIGIN}\n99999\n{'A' * 43}=\n\n— x AAAAAAAA\n".encode(),
    sign_checkpoint(SignedCheckpoint(settings.LOG_ORIGIN, 0, EMPTY_ROOT), Ed25519PrivateKey.generate()).encode(),
    sign_checkpoint(SignedCheckpoint("other.example/log", 9, b"1" * 32), Ed25519PrivateKey.generate()).encode(),
    b"\xff\xfe\x00",
    b"",
]


@pytest.mark.parametrize("forged", FORGED, ids=["larger", "empty log", "other origin", "no text", "nothing"])
@pytest.mark.parametrize("running", [False, True], ids=["at start", "running"])
def test_attack_18_a_forged_checkpoint_file_is_an_alarm_and_stops_nothing(
    log: Log, forged: bytes, running: bool
) -> None:
    keeper = log.keeper()
    if running:
        keeper.step()
    put(log, "checkpoint", forged)
    log.add()
    keeper.step()
    assert kept(log) == ["checkpoint"]
    goes_on(log, "log:checkpoint-forged")


def test_attacks_18_31_a_forged_checkpoint_file_does_not_hide_what_a_restored_database_lost(
    log: Log, backup: Backup
) -> None:
    backup.take()
    size = log.grow(3)
    backup.restore()
    put(log, "checkpoint", FORGED[0])
    plant(log, leaf_of_ours())
    opening = log.open()
    assert opening.replayed is not None
    assert (opening.size, opening.replayed.lost) == (size, 3)
    assert SequencedEntry.objects.filter(record=None).count() == 3
    assert set(Alarm.objects.values_list("subject", flat=True)) == {
        "log:checkpoint-forged", "log:not-ours", f"log:{size - 3}-{size - 1}",
    }  # fmt: skip
    log.grow(1)
    log.check()


def test_attack_17_a_checkpoint_of_another_history_under_the_log_key_stops_the_log(log: Log) -> None:
    forked = sign_checkpoint(SignedCheckpoint(settings.LOG_ORIGIN, log.size, b"1" * 32), keys.log_key())
    put(log, "checkpoint", forked.encode())
    with pytest.raises(PlatformError, match="the log key is in other hands") as caught:
        log.open()
    assert caught.value.code == "ledger.fork"
    assert log.files.note() == forked


def test_a_folder_of_another_log_is_not_written_to(log: Log) -> None:
    shutil.rmtree(log.files_folder)
    other = sign_checkpoint(SignedCheckpoint("other.example/log", 1, b"1" * 32), Ed25519PrivateKey.generate())
    put(log, entries_path(0, 1), entry_bundle([b"another leaf"]))
    put(log, "checkpoint", other.encode())
    with pytest.raises(PlatformError, match="CLEARCUT_LOG_DIR holds the log 'other.example/log'") as caught:
        log.open()
    assert caught.value.code == "log.other_origin"
    assert log.files.note() == other
    assert not (log.files_folder / ASIDE).exists()
