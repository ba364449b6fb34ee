"""What an administrator of the database, or a rotten disk, can do to the log: it is noticed, and never signed."""

from __future__ import annotations

import shutil

import pytest

from governance.adapters import keys
from governance.adapters.signer import SignerRefused
from governance.errors import GovernanceError, PlatformError
from governance.ledger.edge import Edge
from governance.ledger.merkle import leaf_hash
from governance.ledger.verification import SOUND, TAMPERED, verify_receipt
from governance.models import Alarm, Checkpoint, Output, PendingEntry, SequencedEntry
from governance.reports.evidence import receipt_bytes
from governance.services.ledger import publish_checkpoint
from tests.factories import make_output
from tests.services.ledger_rig import Log, unfenced

OF_THE_LOG = ("sequencedentry", "treenode", "treestate", "checkpoint", "provenancerecord")


def rewrite(log: Log, leaves: list[bytes]) -> None:
    """Make nodes, roots and leaf hashes those of these leaves, as somebody would who knows the tables."""
    edge, nodes = Edge.empty().extend(map(leaf_hash, leaves))
    with unfenced(*OF_THE_LOG) as execute:
        execute("DELETE FROM governance_treenode")
        execute("DELETE FROM governance_treestate WHERE size >= %s", [len(leaves)])
        for node in nodes:
            if node.level == 0:
                hashed = [node.hash, node.index]
                execute("UPDATE governance_sequencedentry SET leaf_hash = %s WHERE seq = %s", hashed)
            else:
                values = [node.level, node.index, node.hash]
                execute('INSERT INTO governance_treenode (level, "index", hash) VALUES (%s, %s, %s)', values)
        state = [edge.size, edge.root().hex(), edge.to_bytes()]
        execute("INSERT INTO governance_treestate (size, root, edge) VALUES (%s, %s, %s)", state)


def leaves_of(log: Log) -> list[bytes]:
    entries = SequencedEntry.objects.order_by("seq").select_related("record")
    return [bytes(entry.record.leaf) for entry in entries if entry.record]


def refused_by_signer(log: Log) -> str:
    """The code it refuses with when it is asked directly, past the opening and the files."""
    shutil.rmtree(log.files_folder)
    with pytest.raises(SignerRefused) as caught:
        publish_checkpoint(log.signer, log.files)
    return caught.value.code


def stopped(log: Log) -> str:
    """The code the log does not open with; there is an alarm of it."""
    with pytest.raises(GovernanceError) as caught:
        log.open()
    assert Alarm.objects.filter(subject=f"log:{caught.value.code}").exists()
    return caught.value.code


def test_attack_02_a_leaf_rewritten_with_all_hashes_above_it_gets_no_signature(log: Log) -> None:
    leaves = leaves_of(log)
    leaves[3] = leaves[3].replace(b"SHA2_256", b"SHA2_512")
    with unfenced("provenancerecord") as execute:
        record = dict(log.sequence())[3]
        execute("UPDATE governance_provenancerecord SET leaf = %s WHERE id = %s", [leaves[3], record])
    rewrite(log, leaves)
    assert stopped(log) == "ledger.fork"
    assert refused_by_signer(log) == "signer.fork"


def test_attack_02_a_leaf_rewritten_and_gone_on_from_gets_no_signature(log: Log) -> None:
    leaves = leaves_of(log)
    leaves[0] = leaves[0].replace(b"SHA2_256", b"SHA2_512")
    with unfenced("provenancerecord") as execute:
        execute("UPDATE governance_provenancerecord SET leaf = %s WHERE id = %s", [leaves[0], dict(log.sequence())[0]])
    rewrite(log, leaves)
    log.take_in(2)
    assert stopped(log) == "ledger.fork"
    assert refused_by_signer(log) == "signer.fork"


def test_attack_06_entries_cut_off_the_end_are_brought_back_or_the_log_stops(log: Log) -> None:
    size, note = log.grow(3), Checkpoint.objects.latest().note
    with unfenced(*OF_THE_LOG) as execute:
        for table, column in (("checkpoint", "size"), ("treestate", "size"), ("sequencedentry", "seq")):
            execute(f"DELETE FROM governance_{table} WHERE {column} >= %s", [size - (2 if column == "size" else 3)])
        execute('DELETE FROM governance_treenode WHERE ("index" + 1) << level > %s', [size - 3])
    shutil.copytree(log.files_folder, log.folder / "kept")
    shutil.rmtree(log.files_folder)
    assert stopped(log) == "log.short"
    shutil.move(log.folder / "kept", log.files_folder)
    with unfenced("provenancerecord", "pendingentry") as execute:
        execute(
            "DELETE FROM governance_provenancerecord WHERE NOT EXISTS"
            " (SELECT 1 FROM governance_sequencedentry s WHERE s.record_id = governance_provenancerecord.id)"
            " AND kind <> 'restore'"
        )
    opening = log.open()
    assert opening.replayed is not None
    assert (opening.size, opening.replayed.lost) == (size, 3)
    assert Checkpoint.objects.latest().note == note
    log.grow(0)
    log.check()


def test_attack_08_an_entry_slipped_in_between_two_gets_no_signature(log: Log) -> None:
    log.take_in(1)
    leaves, records = leaves_of(log), [record for _, record in log.sequence()]
    with unfenced("sequencedentry") as execute:
        execute("DELETE FROM governance_sequencedentry")
        for seq, record in enumerate([*records[:2], records[-1], *records[2:-1]]):
            execute(
                "INSERT INTO governance_sequencedentry (seq, record_id, leaf_hash) VALUES (%s, %s, '')", [seq, record]
            )
    rewrite(log, [*leaves[:2], leaves[-1], *leaves[2:-1]])
    assert stopped(log) == "ledger.fork"
    assert refused_by_signer(log) == "signer.fork"


def test_attack_09_two_entries_that_changed_places_have_no_sound_receipt_any_more(log: Log) -> None:
    outputs = [make_output(log.cast) for _ in range(2)]
    log.grow(5)
    trust = keys.trust()
    assert [verify_receipt(receipt_bytes(each), each.sha256, trust).verdict for each in outputs] == [SOUND, SOUND]
    (first, one), (second, two) = [
        (entry.seq, entry.record_id) for entry in SequencedEntry.objects.filter(record__kind="cutout").order_by("seq")
    ]
    with unfenced("sequencedentry") as execute:
        execute("DELETE FROM governance_sequencedentry WHERE seq IN (%s, %s)", [first, second])
        for seq, record in ((first, two), (second, one)):
            execute(
                "INSERT INTO governance_sequencedentry (seq, record_id, leaf_hash)"
                " SELECT %s, id, sha256('\\x00'::bytea || leaf) FROM governance_provenancerecord WHERE id = %s",
                [seq, record],
            )
    fresh = Output.objects.filter(pk__in=[each.pk for each in outputs])
    assert {verify_receipt(receipt_bytes(each), each.sha256, trust).verdict for each in fresh} == {TAMPERED}


@pytest.mark.parametrize("column", ["leaf", "payload", "signature"])
def test_attack_14_an_entry_damaged_while_it_waited_gets_no_place_and_an_alarm(log: Log, column: str) -> None:
    start = log.size
    sound, damaged, other = log.add(3)
    with unfenced("provenancerecord") as execute:
        execute(
            f"UPDATE governance_provenancerecord SET {column} = set_byte({column}, 50, get_byte({column}, 50) # 1)"
            " WHERE id = %s",
            [damaged],
        )
    keeper = log.keeper()
    assert [keeper.step() for _ in range(3)] == [2, 1, 0]  # the alarm is an entry, too
    assert log.sequence(start)[:2] == [(start, sound), (start + 1, other)]
    assert PendingEntry.objects.get().record_id == damaged
    alarm = Alarm.objects.get()
    assert (alarm.kind, alarm.subject) == ("record", f"provenancerecord:{damaged}")
    log.check()


def test_attack_14_a_leaf_damaged_after_it_got_its_place_is_never_signed(log: Log) -> None:
    signed = log.signed_size
    log.take_in(2)
    with unfenced("provenancerecord") as execute:
        execute(
            "UPDATE governance_provenancerecord SET leaf = set_byte(leaf, 50, get_byte(leaf, 50) # 1) WHERE id = %s",
            [dict(log.sequence())[signed]],
        )
    with pytest.raises(PlatformError, match=f"The leaf of entry {signed} is gone or is not the one") as caught:
        publish_checkpoint(log.signer, log.files)
    assert caught.value.code == "ledger.leaf_damaged"
    assert log.signed_size == signed
    assert stopped(log) == "ledger.leaf_damaged"
