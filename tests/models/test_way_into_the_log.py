"""What the database refuses of the way into the log: nothing recorded can miss it, leave it or come in twice."""

from __future__ import annotations

import hashlib
import uuid

import psycopg
import pytest
from django.db import DatabaseError, IntegrityError, ProgrammingError, connections, transaction

from governance.models import (
    Checkpoint,
    EntitlementVerification,
    PendingEntry,
    ProvenanceRecord,
    SequencedEntry,
    TreeState,
)
from tests.conftest import Cast
from tests.factories import make_output

# The ledger process's own connection; what is refused at once is rolled back with the rest.
in_the_log = pytest.mark.django_db(databases=["default", "ledger"])


def event(**overrides: object) -> ProvenanceRecord:
    described = {"kind": "report", "about": "report:1", "payload": b"x", "signature": b"x", "key_id": "k"}
    return ProvenanceRecord(**described | {"leaf": uuid.uuid4().bytes, "openings": "[]"} | overrides)


def test_attack_10_a_record_written_past_the_services_waits_for_the_log_like_any_other(committed_cast: Cast) -> None:
    record = event()
    record.save(force_insert=True)
    assert PendingEntry.objects.filter(record=record).count() == 1


def test_attack_10_the_application_puts_nothing_into_the_outbox_itself(committed_cast: Cast) -> None:
    record = make_output(committed_cast).provenance
    with pytest.raises(ProgrammingError, match="permission denied for table governance_pendingentry"):
        PendingEntry.objects.create(record=record)


def test_attack_10_an_outbox_of_the_sessions_own_takes_nothing(committed_cast: Cast) -> None:
    with transaction.atomic():
        connections["default"].cursor().execute("CREATE TEMPORARY TABLE governance_pendingentry (record_id uuid)")
        record = event()
        record.save(force_insert=True)
    connections["default"].close()
    assert PendingEntry.objects.filter(record=record).count() == 1


def test_attack_5_an_outbox_row_taken_out_without_its_entry_is_refused(committed_cast: Cast) -> None:
    make_output(committed_cast)
    with pytest.raises(IntegrityError, match="left the outbox") as caught, transaction.atomic(using="ledger"):
        connections["ledger"].cursor().execute("DELETE FROM governance_pendingentry")
    assert constraint(caught.value) == ("23514", "pending_is_taken_in")


def constraint(problem: DatabaseError) -> tuple[str, str]:
    cause = problem.__cause__
    assert isinstance(cause, psycopg.Error)
    return str(cause.sqlstate), str(cause.diag.constraint_name)


def recovered(seq: int, **overrides: bytes) -> SequencedEntry:
    leaf = f"leaf {seq}".encode()
    described = {"leaf_hash": hashlib.sha256(b"\x00" + leaf).digest(), "recovered_leaf": leaf} | overrides
    return SequencedEntry(seq=seq, **described)


GAPS = {
    "8-not-from-0": [1],
    "8-hole": [0, 2],
    "5-hole-in-the-middle": [0, 1, 3, 4],
}


@pytest.mark.parametrize("numbers", GAPS.values(), ids=GAPS)
@in_the_log
def test_attacks_5_8_the_sequence_has_no_gap(numbers: list[int]) -> None:
    with pytest.raises(IntegrityError, match="do not continue the log") as caught:
        SequencedEntry.objects.using("ledger").bulk_create(recovered(seq) for seq in numbers)
    assert constraint(caught.value) == ("23514", "sequence_without_gap")


@in_the_log
def test_attacks_5_8_the_next_batch_begins_where_the_last_one_ended() -> None:
    entries = SequencedEntry.objects.using("ledger")
    entries.bulk_create(recovered(seq) for seq in (2, 0, 1))
    gap = "entries 4 to 4 do not continue the log, whose last is 2"
    with pytest.raises(IntegrityError, match=gap), transaction.atomic(using="ledger"):
        entries.bulk_create([recovered(4)])
    entries.bulk_create([recovered(3)])
    assert entries.count() == 4


@in_the_log
def test_attack_9_an_entry_holds_the_hash_of_its_own_leaf() -> None:
    with pytest.raises(IntegrityError, match="entry 0 does not hold the hash of its leaf") as caught:
        SequencedEntry.objects.using("ledger").bulk_create([recovered(0, recovered_leaf=b"another")])
    assert constraint(caught.value) == ("23514", "sequence_hash_of_leaf")


@in_the_log
def test_attack_6_the_tree_does_not_shrink() -> None:
    states = TreeState.objects.using("ledger")
    states.create(size=7, root="7" * 64, edge=b"")
    with pytest.raises(IntegrityError, match="smaller than one before") as caught:
        states.create(size=6, root="6" * 64, edge=b"")
    assert constraint(caught.value) == ("23514", "tree_grows")


@pytest.mark.parametrize(("size", "root"), [(7, "8" * 64), (6, "7" * 64), (0, "7" * 64)])
@in_the_log
def test_attack_17_a_checkpoint_has_the_root_of_its_tree(size: int, root: str) -> None:
    TreeState.objects.using("ledger").create(size=7, root="7" * 64, edge=b"")
    with pytest.raises(IntegrityError, match="another root than the tree") as caught:
        Checkpoint.objects.using("ledger").create(size=size, root=root, note="")
    assert constraint(caught.value) == ("23514", "checkpoint_of_tree")


@in_the_log
def test_a_checkpoint_of_the_empty_log_is_taken() -> None:
    Checkpoint.objects.using("ledger").create(size=0, root=hashlib.sha256(b"").hexdigest(), note="")


def test_a_temporary_table_does_not_blind_a_check(cast: Cast) -> None:
    """The four-eyes check must not find its entitlement among what the session made up."""
    with connections["default"].cursor() as cursor:
        cursor.execute("CREATE TEMP TABLE governance_entitlement (id bigint, entered_by_id bigint)")
        cursor.execute("INSERT INTO governance_entitlement VALUES (4711, 0)")
    with pytest.raises(IntegrityError, match="another person"), transaction.atomic():
        EntitlementVerification.objects.create(entitlement_id=4711, verified_by=cast.legal)
