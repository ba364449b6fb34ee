"""The log with real commits: order, gaps, races, checkpoints, and a database that was rolled back or rewritten."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

import pytest
from django.conf import settings
from django.db import connections, transaction

from governance.adapters import keys
from governance.adapters.signer import Signer, SignerRefused
from governance.errors import PlatformError
from governance.ledger.checkpoint import open_checkpoint
from governance.ledger.merkle import EMPTY_ROOT, leaf_hash, root
from governance.ledger.verification import CANNOT_TELL, SOUND, TAMPERED, verify_receipt
from governance.models import Checkpoint, Output, PendingEntry, SequencedEntry, TreeState
from governance.reports.evidence import receipt_bytes
from governance.services.ledger import integrate_pending, publish_checkpoint
from tests import servers
from tests.conftest import Cast
from tests.factories import make_job, make_output

Result = TypeVar("Result")
ALIASES = ("default", "owner", "ledger")


@pytest.fixture
def signer(tmp_path: Path) -> Signer:
    return Signer(tmp_path / "signer", settings.LOG_ORIGIN, keys.log_key())


def make_outputs(cast: Cast, count: int) -> list[Output]:
    return [make_output(cast) for _ in range(count)]


def at_once(*acts: Callable[[], Result]) -> list[Result]:
    """Run the acts in threads of their own, each with its own connections; returns what they returned."""
    ready = threading.Barrier(len(acts))

    def run(act: Callable[[], Result]) -> Result:
        try:
            ready.wait(timeout=30)
            return act()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(acts)) as pool:
        return [future.result(timeout=60) for future in [pool.submit(run, act) for act in acts]]


def sequence() -> list[tuple[int, object]]:
    return list(SequencedEntry.objects.order_by("seq").values_list("seq", "record_id"))


def use_database(name: str) -> None:
    connections.close_all()
    for alias in ALIASES:
        connections[alias].settings_dict["NAME"] = name


@pytest.fixture
def backup(committed: dict[str, str]) -> Iterator[tuple[Callable[[], None], Callable[[], None]]]:
    """Two acts: take a backup of the database as it is, and go on with that backup."""
    name = str(connections["default"].settings_dict["NAME"])

    def take() -> None:
        connections.close_all()
        servers.create_database(f"{name}_backup", template=name)

    yield take, lambda: use_database(f"{name}_backup")
    use_database(name)
    servers.drop_database(f"{name}_backup")


def test_records_enter_the_log_in_the_order_they_were_made(committed_cast: Cast) -> None:
    records = [output.record_id for output in make_outputs(committed_cast, 3)]
    assert integrate_pending() == 3
    assert sequence() == list(enumerate(records))
    assert not PendingEntry.objects.exists()


def test_batches_follow_each_other_without_a_gap(committed_cast: Cast) -> None:
    records = [output.record_id for output in make_outputs(committed_cast, 5)]
    assert [integrate_pending(2) for _ in range(4)] == [2, 2, 1, 0]
    assert sequence() == list(enumerate(records))
    assert list(TreeState.objects.order_by("size").values_list("size", flat=True)) == [2, 4, 5]


def test_the_root_is_that_of_the_leaves_as_they_are_stored(committed_cast: Cast) -> None:
    make_outputs(committed_cast, 5)
    while integrate_pending(2):
        pass
    leaves = [bytes(entry.record.leaf) for entry in SequencedEntry.objects.order_by("seq").select_related("record")]
    assert TreeState.objects.latest().root == root([leaf_hash(leaf) for leaf in leaves]).hex()


def test_nothing_waiting_changes_nothing(committed_cast: Cast) -> None:
    assert integrate_pending() == 0
    assert not TreeState.objects.exists()


def test_two_integrators_at_once_take_every_record_in_once(committed_cast: Cast) -> None:
    records = {output.record_id for output in make_outputs(committed_cast, 6)}

    def drain() -> int:
        taken = 0
        while batch := integrate_pending(1):
            taken += batch
        return taken

    taken = at_once(drain, drain)
    assert sum(taken) == 6
    assert [seq for seq, _ in sequence()] == list(range(6))
    assert {record for _, record in sequence()} == records


def test_a_record_that_commits_late_is_not_passed_over(committed_cast: Cast) -> None:
    """Its row is older than the other's, but it becomes visible after the other was taken in."""
    late, early = make_job(committed_cast), make_job(committed_cast)
    written, may_commit = threading.Event(), threading.Event()

    def record_slowly() -> None:
        try:
            with transaction.atomic():
                make_output(committed_cast, job=late)
                written.set()
                assert may_commit.wait(timeout=30)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as pool:
        slow = pool.submit(record_slowly)
        assert written.wait(timeout=30)
        first = make_output(committed_cast, job=early)
        before = integrate_pending()
        may_commit.set()
        slow.result(timeout=30)
    assert (before, integrate_pending()) == (1, 1)
    second = Output.objects.get(cutout__job=late)
    assert sequence() == [(0, first.record_id), (1, second.record_id)]
    assert second.provenance.created_at < first.provenance.created_at


def test_a_checkpoint_is_published_once(committed_cast: Cast, signer: Signer) -> None:
    make_outputs(committed_cast, 2)
    integrate_pending()
    checkpoint = publish_checkpoint(signer)
    assert checkpoint is not None
    assert publish_checkpoint(signer) is None
    assert Checkpoint.objects.get() == checkpoint
    assert (checkpoint.size, checkpoint.root) == (2, TreeState.objects.latest().root)


def test_the_note_of_a_checkpoint_is_signed_by_the_trusted_log_key(committed_cast: Cast, signer: Signer) -> None:
    make_outputs(committed_cast, 1)
    integrate_pending()
    checkpoint = publish_checkpoint(signer)
    assert checkpoint is not None
    trust = keys.trust()
    opened = open_checkpoint(checkpoint.note, [item.key for item in trust.log_keys], trust.origin).checkpoint
    assert (opened.size, opened.root.hex()) == (1, checkpoint.root)


def test_an_empty_log_has_the_empty_root(committed_cast: Cast, signer: Signer) -> None:
    checkpoint = publish_checkpoint(signer)
    assert checkpoint is not None
    assert (checkpoint.size, checkpoint.root) == (0, EMPTY_ROOT.hex())


def test_two_ledger_processes_publish_without_getting_in_each_others_way(
    committed_cast: Cast, signer: Signer, tmp_path: Path
) -> None:
    make_outputs(committed_cast, 6)
    twin = Signer(tmp_path / "signer", settings.LOG_ORIGIN, keys.log_key())

    def work(own: Signer) -> None:
        while integrate_pending(1):
            publish_checkpoint(own)
        publish_checkpoint(own)

    at_once(lambda: work(signer), lambda: work(twin))
    sizes = list(Checkpoint.objects.order_by("size").values_list("size", flat=True))
    assert sizes[-1] == 6
    assert len(sizes) == len(set(sizes))
    last = signer.last()
    assert last is not None
    assert (last.size, last.root.hex()) == (6, TreeState.objects.latest().root)


def test_a_note_that_was_signed_but_not_stored_is_published_next_time(committed_cast: Cast, signer: Signer) -> None:
    make_outputs(committed_cast, 1)
    integrate_pending()
    note = signer.sign(1, bytes.fromhex(TreeState.objects.latest().root), ())
    checkpoint = publish_checkpoint(signer)
    assert checkpoint is not None
    assert checkpoint.note == note


def test_a_record_quotes_the_newest_checkpoint(committed_cast: Cast, signer: Signer) -> None:
    make_outputs(committed_cast, 2)
    integrate_pending()
    checkpoint = publish_checkpoint(signer)
    assert checkpoint is not None
    payload = bytes(make_output(committed_cast).provenance.payload).decode()
    assert checkpoint.root in payload


def test_the_receipt_of_every_output_is_sound(committed_cast: Cast, signer: Signer) -> None:
    for count in (1, 3, 2):
        make_outputs(committed_cast, count)
        integrate_pending()
        publish_checkpoint(signer)
    trust = keys.trust()
    outputs = list(Output.objects.order_by("pk"))
    reports = [verify_receipt(receipt_bytes(output), output.sha256, trust) for output in outputs]
    assert [report.verdict for report in reports] == [SOUND] * 6, [report.stopped_at for report in reports]


def test_the_receipt_of_one_output_says_nothing_for_another_file(committed_cast: Cast, signer: Signer) -> None:
    output = make_output(committed_cast)
    integrate_pending()
    publish_checkpoint(signer)
    report = verify_receipt(receipt_bytes(output), "0" * 64, keys.trust())
    assert report.verdict == TAMPERED
    assert report.stopped_at is not None
    assert report.stopped_at.name == "file digest"


def test_a_receipt_before_the_checkpoint_is_pending(committed_cast: Cast) -> None:
    output = make_output(committed_cast)
    integrate_pending()
    assert verify_receipt(receipt_bytes(output), output.sha256, keys.trust()).verdict == CANNOT_TELL


def test_a_database_that_was_rolled_back_gets_no_signature(
    committed_cast: Cast, signer: Signer, backup: tuple[Callable[[], None], Callable[[], None]]
) -> None:
    take_backup, restore_backup = backup
    make_outputs(committed_cast, 1)
    integrate_pending()
    publish_checkpoint(signer)
    take_backup()
    make_outputs(committed_cast, 1)
    integrate_pending()
    publish_checkpoint(signer)
    restore_backup()
    with pytest.raises(PlatformError, match="holds 1 entries; a checkpoint for 2 was signed") as caught:
        publish_checkpoint(signer)
    assert (caught.value.code, caught.value.permanent) == ("ledger.behind", True)
    assert "Restore a later backup" in caught.value.how_to_fix
    assert Checkpoint.objects.count() == 1


@pytest.mark.parametrize("new_records", [1, 2])
def test_a_second_history_gets_no_signature(
    committed_cast: Cast,
    signer: Signer,
    backup: tuple[Callable[[], None], Callable[[], None]],
    new_records: int,
) -> None:
    """From the backup on, other records are made: as many as were signed, or more."""
    take_backup, restore_backup = backup
    make_outputs(committed_cast, 1)
    integrate_pending()
    publish_checkpoint(signer)
    take_backup()
    make_outputs(committed_cast, 1)
    integrate_pending()
    publish_checkpoint(signer)
    restore_backup()
    make_outputs(committed_cast, new_records)
    integrate_pending()
    with pytest.raises(SignerRefused, match="signed before") as caught:
        publish_checkpoint(signer)
    assert caught.value.code == "signer.fork"
    assert list(Checkpoint.objects.values_list("size", flat=True)) == [1]


def test_a_tree_rewritten_under_its_published_checkpoint_is_noticed(committed_cast: Cast, signer: Signer) -> None:
    make_outputs(committed_cast, 2)
    integrate_pending()
    publish_checkpoint(signer)
    with connections["owner"].cursor() as cursor:
        cursor.execute("ALTER TABLE governance_treestate DISABLE TRIGGER USER")
        cursor.execute("UPDATE governance_treestate SET edge = %s", [leaf_hash(b"forged")])
    with pytest.raises(SignerRefused, match="another root for the same size") as caught:
        publish_checkpoint(signer)
    assert caught.value.code == "signer.fork"
    assert Checkpoint.objects.count() == 1


def test_a_signer_that_lost_its_memory_signs_nothing_more(committed_cast: Cast, tmp_path: Path) -> None:
    make_output(committed_cast)
    integrate_pending()
    publish_checkpoint(Signer(tmp_path / "signer", settings.LOG_ORIGIN, keys.log_key()))
    with pytest.raises(PlatformError, match="remembers nothing") as caught:
        publish_checkpoint(Signer(tmp_path / "empty", settings.LOG_ORIGIN, keys.log_key()))
    assert caught.value.code == "signer.memory_lost"
    assert Checkpoint.objects.count() == 1
