"""Several ledger processes, late commits, a signer that is away or refuses: the log goes on or waits, never forks."""

from __future__ import annotations

import json
import logging
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connections, transaction
from hypothesis import HealthCheck, given
from hypothesis import settings as tried
from hypothesis import strategies as st

from governance.adapters.signer import RemoteSigner
from governance.errors import PlatformError
from governance.management.commands.ledger import keep
from governance.models import Alarm, Checkpoint, Output, PendingEntry, ProvenanceRecord, TreeState
from governance.services.entries import record_event
from governance.services.ledger import integrate_pending, publish_checkpoint
from governance.services.ledger_keeper import Keeper
from tests.factories import make_job, make_output
from tests.services.ledger_rig import Backup, Log, at_once


def test_attack_32_two_integrators_at_once_take_every_entry_in_once(log: Log) -> None:
    start, records = log.size, set(log.add(6))

    def drain() -> int:
        taken = 0
        while batch := integrate_pending(1):
            taken += batch
        return taken

    assert sum(at_once(drain, drain)) == 6
    assert [seq for seq, _ in log.sequence(start)] == list(range(start, start + 6))
    assert {record for _, record in log.sequence(start)} == records


def test_attack_32_two_ledger_processes_publish_without_getting_in_each_others_way(log: Log) -> None:
    """Without the leader's lock, too: one loses each race, and no size has two roots."""
    start = log.size
    log.add(12)

    def work() -> None:
        signer, files = log.signer, log.files
        while integrate_pending(1):
            publish_checkpoint(signer, files)
        publish_checkpoint(signer, files)

    at_once(work, work)
    assert log.size == start + 12
    log.check()


def test_attack_32_the_second_process_stands_by_until_the_first_ones_session_ends(log: Log) -> None:
    first, second = log.keeper(), log.keeper()
    may_end, led = threading.Event(), threading.Event()

    def lead() -> bool:
        try:
            leading = first.leads()
            led.set()
            assert may_end.wait(30)
            return leading and first.leads()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as pool:
        leader = pool.submit(lead)
        assert led.wait(30)
        stood_by = [second.leads() for _ in range(3)]
        may_end.set()
        assert leader.result(30)
    assert stood_by == [False] * 3
    assert any(second.leads() for _ in range(20_000))
    second.disconnected()


def test_attacks_32_34_a_process_whose_session_was_ended_leads_and_opens_the_log_anew(log: Log, backup: Backup) -> None:
    """As after a failover: what answers now may be another database, without the last commits."""
    backup.take()
    keeper = log.keeper()
    assert keeper.leads()
    log.add(2)
    assert keeper.step() == 2
    backup.restore()
    stop = threading.Event()
    size = log.signed_size

    def watch() -> None:
        try:
            while TreeState.objects.order_by("-size").values_list("size", flat=True)[0] < size + 1:
                stop.wait(0.05)
        finally:
            stop.set()
            connections.close_all()

    with ThreadPoolExecutor(1) as pool:
        watching = pool.submit(watch)
        keeper.disconnected()
        keep(keeper, stop)
        watching.result(30)
    keeper.step()
    assert ProvenanceRecord.objects.filter(kind="restore").count() == 1
    log.check()


def test_attack_31_a_database_restored_under_a_running_process_is_noticed_and_made_good(
    log: Log, backup: Backup
) -> None:
    backup.take()
    keeper = log.keeper()
    log.add(2)
    assert keeper.step() == 2
    backup.restore()
    log.keeper().step()
    assert log.size == log.signed_size
    assert ProvenanceRecord.objects.filter(kind="restore").count() == 1


def test_attack_35_a_record_that_commits_late_is_not_passed_over(log: Log) -> None:
    """Its row is older than the other's, but it becomes visible after the other was taken in."""
    late, early = make_job(log.cast), make_job(log.cast)
    log.grow(0)
    start = log.size
    written, may_commit = threading.Event(), threading.Event()

    def record_slowly() -> None:
        try:
            with transaction.atomic():
                make_output(log.cast, job=late)
                written.set()
                assert may_commit.wait(timeout=30)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as pool:
        slow = pool.submit(record_slowly)
        assert written.wait(timeout=30)
        first = make_output(log.cast, job=early)
        integrate_pending()
        may_commit.set()
        slow.result(timeout=30)
    integrate_pending()
    second = Output.objects.get(cutout__job=late)
    places = {record: seq for seq, record in log.sequence(start)}
    assert places[first.record_id] < places[second.record_id]
    assert second.provenance.created_at < first.provenance.created_at
    assert not PendingEntry.objects.exists()


@tried(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    acts=st.lists(st.sampled_from(["begin", "commit", "roll back", "take in", "take in one", "publish"]), max_size=20)
)
def test_attack_35_whatever_the_order_of_commits_each_entry_has_one_place_and_the_log_agrees(
    log: Log, acts: list[str]
) -> None:
    """Up to three transactions are open at once, and end in another order than they began in."""
    committed: set[object] = set()
    with ThreadPoolExecutor(1) as one, ThreadPoolExecutor(1) as two, ThreadPoolExecutor(1) as three:
        pools = [one, two, three]
        waiting: list[tuple[ThreadPoolExecutor, object]] = []
        for act in acts:
            if act == "begin" and pools:
                pool = pools.pop()
                waiting.append((pool, pool.submit(_begin, log).result(30)))
            elif act in ("commit", "roll back") and waiting:
                pool, record = waiting.pop(len(waiting) // 2)
                pool.submit(_end, act).result(30)
                pools.append(pool)
                committed |= {record} if act == "commit" else set()
            elif act.startswith("take in"):
                integrate_pending(1 if act.endswith("one") else 100)
            elif act == "publish":
                publish_checkpoint(log.signer, log.files)
        for pool, _ in waiting:
            pool.submit(_end, "roll back").result(30)
    log.grow(1)
    log.check()
    assert committed <= {record for _, record in log.sequence()}


def _begin(log: Log) -> object:
    connections["default"].set_autocommit(False)
    return record_event("claim", "tried", log.cast.client).pk


def _end(act: str) -> None:
    if act == "commit":
        connections["default"].commit()
    else:
        connections["default"].rollback()
    connections.close_all()


def test_without_its_signer_the_log_goes_on_and_publishes_nothing(
    log: Log, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    keeper = log.keeper()
    keeper.step()
    signed = log.signed_size
    monkeypatch.setattr(keeper, "_signer", RemoteSigner(log.folder / "nobody.sock"))
    with caplog.at_level(logging.WARNING, "governance.services.ledger_keeper"):
        for _ in range(3):
            log.add(1)
            assert keeper.step() == 1
    assert (log.size, Checkpoint.objects.latest().size) == (signed + 3, signed)
    assert len([line for line in caplog.messages if "entries wait" in line]) == 1
    assert not Alarm.objects.exists()
    log.keeper().step()
    log.check()


def test_before_its_signer_was_asked_once_nothing_is_taken_in(log: Log) -> None:
    """What was signed might be missing from this database: its places must not be given to others."""
    before = log.size
    log.add(1)
    keeper = Keeper(RemoteSigner(log.folder / "nobody.sock"), log.files)
    assert keeper.step() == 0
    assert (log.size, PendingEntry.objects.count()) == (before, 1)


def test_a_clock_that_went_back_is_an_alarm_and_an_entry_once_and_the_log_goes_on(log: Log) -> None:
    state = log.folder / "signer" / "last-signed.json"
    memory = json.loads(state.read_text())
    ahead = (datetime.now(UTC) + timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    state.write_text(json.dumps({**memory, "signed_at": ahead}))
    signed, keeper = log.signed_size, log.keeper()
    for _ in range(3):
        log.add(1)
        keeper.step()
    assert Alarm.objects.get().kind == "clock"
    assert ProvenanceRecord.objects.filter(kind="clock-alarm").count() == 1
    assert Checkpoint.objects.latest().size == signed
    state.write_text(json.dumps(memory))
    keeper.step()
    log.keeper().step()
    log.check()
    assert log.size == signed + 5  # three of these, the alarm and what it tells of


def test_a_refusal_that_nothing_repairs_ends_the_process_with_an_alarm(log: Log, backup: Backup) -> None:
    backup.take()
    keeper = log.keeper()
    keeper.step()
    log.grow(1)
    backup.restore()
    log.add(2)
    with pytest.raises(PlatformError, match="another history than the one that was signed") as caught:
        keep(keeper, threading.Event(), stopped_seconds=0)
    assert caught.value.code == "ledger.fork"
    assert Alarm.objects.get().subject == "log:ledger.fork"
