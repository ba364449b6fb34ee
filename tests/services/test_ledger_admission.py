"""What gets no place in the log, so that no audit need fault it for ever; the others go on, and a person is told."""

from __future__ import annotations

import shutil
import uuid
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from django.conf import settings as configured
from pytest_django import Settings

from governance.adapters import keys
from governance.ledger.errors import CannotTell
from governance.ledger.leaf import build_leaf
from governance.ledger.merkle import EMPTY_ROOT
from governance.ledger.trust import dump_trust
from governance.models import Alarm, Checkpoint, PendingEntry, ProvenanceRecord, SequencedEntry
from governance.provenance.envelope import HeldKey, StatementSigner, sign
from governance.provenance.event import LedgerEvent
from governance.provenance.references import CheckpointRef
from governance.provenance.statement import PAYLOAD_TYPE, Statement, Subject
from governance.services.entries import MEDIA_TYPE, latest_checkpoint
from governance.services.ledger import take_in
from tests.services.ledger_rig import Log, unfenced

AGO = timedelta(minutes=30)


def wait_with(signer: StatementSigner | None = None, *, kept_as: str = "", **changes: Any) -> uuid.UUID:
    """Put a record of a claim into the outbox, whose statement has these ``changes``; returns its id."""
    signer, record_id = signer or keys.record_signer(), uuid.uuid4()
    honest = LedgerEvent(str(record_id), "claim", datetime.now(UTC), latest_checkpoint(), {"act": "tried"}, bytes(32))
    event = replace(honest, **changes)
    statement = Statement(Subject(f"urn:uuid:{event.record_id}", "0" * 64, MEDIA_TYPE), event)
    envelope = sign(statement.to_bytes(), PAYLOAD_TYPE, signer)
    return store(
        record_id, envelope.payload, envelope.signature, envelope.key_id, build_leaf(envelope, signer.public_key)
    )


def store(record_id: uuid.UUID, payload: bytes, signature: bytes, key_id: str, leaf: bytes) -> uuid.UUID:
    ProvenanceRecord.objects.create(
        id=record_id,
        kind="claim",
        about="tried:1",
        payload=payload,
        signature=signature,
        key_id=key_id,
        leaf=leaf,
        openings="[]",
    )
    return record_id


def why_left_out(log: Log, record_id: uuid.UUID) -> str:
    """It stays in the outbox for what is returned, while the one that waits after it gets its place."""
    start, (sound,) = log.size, log.add()
    batch = take_in()
    assert [left.record_id for left in batch.left_out] == [record_id]
    assert log.sequence(start) == [(start, sound)]
    assert list(PendingEntry.objects.values_list("record_id", flat=True)) == [record_id]
    return batch.left_out[0].why


def published(size: int, when: datetime) -> None:
    with unfenced("checkpoint") as execute:
        execute("UPDATE governance_checkpoint SET published_at = %s WHERE size = %s", [when, size])


def came(record_id: uuid.UUID, when: datetime) -> None:
    with unfenced("provenancerecord") as execute:
        execute("UPDATE governance_provenancerecord SET created_at = %s WHERE id = %s", [when, record_id])


def stranger() -> HeldKey:
    return HeldKey(ec.generate_private_key(ec.SECP256R1()))


def test_a_record_of_ours_gets_its_place(log: Log) -> None:
    record_id = wait_with()
    assert take_in().left_out == ()
    assert SequencedEntry.objects.filter(record=record_id).exists()


def test_attack_21_a_record_that_a_stranger_signed_gets_no_place(log: Log) -> None:
    assert "which is not among the 1 record keys of the trust file" in why_left_out(log, wait_with(stranger()))


def test_attack_22_a_record_signed_after_its_key_was_retired_gets_no_place(
    log: Log, settings: Settings, tmp_path: Path
) -> None:
    """From the retirement size on, and not an entry sooner."""
    shutil.copytree(configured.KEYS_DIR, tmp_path / "keys")
    settings.KEYS_DIR = tmp_path / "keys"
    (listed,) = (trust := keys.trust()).record_keys
    dump_trust(replace(trust, record_keys=(replace(listed, retired_at_size=log.size + 1),)), keys.trust_path())
    (last,), (late,) = log.add(), log.add()
    batch = take_in()
    assert [(left.record_id, "was retired at size" in left.why) for left in batch.left_out] == [(late, True)]
    assert SequencedEntry.objects.latest("seq").record_id == last


def test_attack_51_a_signature_of_another_record_gets_it_no_place(log: Log) -> None:
    (record_id,) = log.add()
    given = ProvenanceRecord.objects.get(pk=record_id)
    take_in()
    fresh = wait_with()
    with unfenced("provenancerecord") as execute:
        execute("UPDATE governance_provenancerecord SET signature = %s WHERE id = %s", [bytes(given.signature), fresh])
    assert "The signature in the log entry is" in why_left_out(log, fresh)


def test_a_statement_that_nobody_signed_gets_no_place(log: Log) -> None:
    """Leaf, digest and signature agree with each other; only the key never made the signature."""
    signer = keys.record_signer()
    envelope = replace(sign(b"{}", PAYLOAD_TYPE, signer), payload=b"{ }")
    record_id = uuid.uuid4()
    leaf = build_leaf(envelope, signer.public_key)
    store(record_id, envelope.payload, envelope.signature, envelope.key_id, leaf)
    assert "The signature was not made over this statement" in why_left_out(log, record_id)


@pytest.mark.parametrize("payload", [b"", b"{}", b"\xff", b"[" * 60_000], ids=["none", "empty", "no text", "deep"])
def test_attack_52_a_signed_payload_that_is_no_statement_gets_no_place(log: Log, payload: bytes) -> None:
    signer, record_id = keys.record_signer(), uuid.uuid4()
    envelope = sign(payload, PAYLOAD_TYPE, signer)
    leaf = build_leaf(envelope, signer.public_key)
    store(record_id, envelope.payload, envelope.signature, envelope.key_id, leaf)
    assert why_left_out(log, record_id)


@pytest.mark.parametrize("changes", [{"record_id": str(uuid.UUID(int=5))}, {"kind": "hold"}], ids=["id", "kind"])
def test_a_statement_of_another_record_or_kind_gets_no_place(log: Log, changes: dict[str, Any]) -> None:
    assert why_left_out(log, wait_with(**changes)).startswith("Kept as record ")


@pytest.mark.parametrize(
    ("quoted", "why"),
    [
        (CheckpointRef("other.example/log", 0, EMPTY_ROOT.hex()), "quotes log 'other.example/log'"),
        (
            CheckpointRef("clearcut.localhost/log-1", 10_000, "1" * 64),
            "quotes a checkpoint of 10000 entries but stands",
        ),
        (CheckpointRef("clearcut.localhost/log-1", 3, "1" * 64), f"{'1' * 64} for 3 entries; published was none"),
        (CheckpointRef("clearcut.localhost/log-1", 0, "1" * 64), "for an empty log"),
    ],
)
def test_attack_25_a_record_that_quotes_what_never_was_gets_no_place(log: Log, quoted: CheckpointRef, why: str) -> None:
    assert why in why_left_out(log, wait_with(prev_checkpoint=quoted))


def test_attack_25_a_record_that_quotes_another_root_gets_no_place(log: Log) -> None:
    why = why_left_out(log, wait_with(prev_checkpoint=replace(latest_checkpoint(), root="1" * 64)))
    assert f"published was {Checkpoint.objects.latest().root}" in why


def test_attack_25_a_record_dated_before_what_it_quotes_gets_no_place(log: Log) -> None:
    assert "before the checkpoint it quotes was published" in why_left_out(
        log, wait_with(issued_at=datetime.now(UTC) - AGO)
    )


def test_attack_25_a_record_that_quotes_an_old_checkpoint_for_a_new_one_gets_no_place(log: Log) -> None:
    old = latest_checkpoint()
    published(log.grow(1), datetime.now(UTC) - timedelta(seconds=5))
    assert "which was superseded at" in why_left_out(log, wait_with(prev_checkpoint=old))


def test_attack_25_a_record_held_back_while_the_log_went_on_gets_no_place(log: Log) -> None:
    old, now = latest_checkpoint(), datetime.now(UTC)
    published(old.size, now - 3 * AGO)
    published(log.grow(1), now - AGO)
    published(log.grow(1), now)
    record_id = wait_with(prev_checkpoint=old, issued_at=now - 2 * AGO)
    came(record_id, now - 2 * AGO)
    assert "it was withheld or back-dated" in why_left_out(log, record_id)


def test_a_record_held_back_by_an_outage_gets_its_place(log: Log) -> None:
    """Nothing was published meanwhile, however long that was."""
    published(log.size, datetime.now(UTC) - 2 * AGO)
    came(wait_with(issued_at=datetime.now(UTC) - AGO), datetime.now(UTC) - AGO)
    assert take_in().left_out == ()


def test_attack_25_a_record_dated_long_before_it_came_gets_no_place(log: Log) -> None:
    published(log.size, datetime.now(UTC) - 2 * AGO)
    assert "; it came at " in why_left_out(log, wait_with(issued_at=datetime.now(UTC) - AGO))


def test_attack_26_a_record_of_a_time_to_come_gets_no_place(log: Log) -> None:
    """Nor later: the log has gone on by then, and what it quotes is no longer the newest."""
    ahead = timedelta(seconds=10)
    why = why_left_out(log, wait_with(issued_at=datetime.now(UTC) + ahead))
    assert "; now it is " in why


def test_attack_26_a_clock_that_is_a_second_ahead_does_no_harm(log: Log) -> None:
    wait_with(issued_at=datetime.now(UTC) + timedelta(seconds=1))
    assert take_in().left_out == ()


def test_each_record_left_out_is_one_alarm_and_the_others_are_not_kept_waiting(log: Log) -> None:
    """More than a batch of them, and the process is started again."""
    bad, start = {wait_with(stranger()) for _ in range(3)}, log.size
    (sound,) = log.add()
    keeper = log.keeper()
    for _ in range(3):
        keeper.step(2)
    log.keeper().step()
    assert log.sequence(start)[0] == (start, sound)
    assert sorted(Alarm.objects.values_list("kind", "subject")) == sorted(
        ("record", f"provenancerecord:{record_id}") for record_id in bad
    )
    assert set(PendingEntry.objects.values_list("record_id", flat=True)) == bad
    log.check()


def test_without_a_trust_file_nothing_is_let_in(log: Log, settings: Settings, tmp_path: Path) -> None:
    log.add()
    settings.KEYS_DIR = tmp_path
    with pytest.raises(CannotTell, match="Cannot read the trust file"):
        take_in()
