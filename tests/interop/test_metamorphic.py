"""metamorphic-log, a client in Rust, must accept checkpoints and proofs, and reject every copy with one bit wrong."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import metamorphic_log
import pytest

from tests.interop.evidence import damaged, flip, flip_note_signature, flip_root, grown, read_receipt
from tests.interop.service_log import ServiceLog, size_of

Rejected = metamorphic_log.VerifyError.Verification


def check_inclusion(log: ServiceLog, receipt: bytes) -> None:
    found = read_receipt(receipt)
    metamorphic_log.checkpoint_verify_inclusion(
        found.note, [log.keys.vkey], found.index, found.leaf_hash, list(found.path)
    )


def check_consistency(log: ServiceLog, old: str, new: str, path: tuple[bytes, ...]) -> None:
    metamorphic_log.checkpoint_verify_consistency(old, new, [log.keys.vkey], list(path))


def test_metamorphic_reads_what_each_checkpoint_says(service_log: ServiceLog) -> None:
    heads = [metamorphic_log.checkpoint_verify(note, [service_log.keys.vkey]) for note in service_log.notes]
    assert [(head.origin, head.size) for head in heads] == [
        (service_log.keys.origin, size_of(note)) for note in service_log.notes
    ]


@pytest.mark.parametrize("damage", [flip_root, flip_note_signature, grown])
def test_metamorphic_rejects_a_checkpoint_with_one_bit_wrong(
    damage: Callable[[str], str], service_log: ServiceLog
) -> None:
    with pytest.raises(Rejected, match="signature"):
        metamorphic_log.checkpoint_verify(damage(service_log.notes[-1]), [service_log.keys.vkey])


@pytest.mark.parametrize("which", [0, 1, 10, -1])
def test_metamorphic_finds_the_entry_of_an_output_in_the_log(which: int, service_log: ServiceLog) -> None:
    check_inclusion(service_log, service_log.receipt(which))


@pytest.mark.parametrize("part", ["leaf", "proof hash", "index", "root", "size", "checkpoint signature"])
def test_metamorphic_rejects_a_proof_with_one_bit_wrong(part: str, service_log: ServiceLog) -> None:
    with pytest.raises(Rejected):
        check_inclusion(service_log, damaged(service_log.receipt(1), part))


def test_metamorphic_sees_each_checkpoint_continue_the_one_before(service_log: ServiceLog) -> None:
    for old, new in pairwise(service_log.notes):
        check_consistency(service_log, old, new, service_log.consistency(size_of(old), size_of(new)))


def test_metamorphic_rejects_a_consistency_proof_with_one_bit_wrong(service_log: ServiceLog) -> None:
    old, new = service_log.notes[1], service_log.notes[-1]
    path = service_log.consistency(size_of(old), size_of(new))
    with pytest.raises(Rejected):
        check_consistency(service_log, old, new, (*path[:-1], flip(path[-1])))


def test_metamorphic_refuses_a_log_that_went_back(service_log: ServiceLog) -> None:
    old, new = service_log.notes[1], service_log.notes[-1]
    path = service_log.consistency(size_of(old), size_of(new))
    with pytest.raises(Rejected, match="regression"):
        check_consistency(service_log, new, old, path)
