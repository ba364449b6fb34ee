"""C2PA and CAWG: what a signed file says about being put through a model, and what happens when it does not hold."""

from __future__ import annotations

import json
import socket

import pytest

from governance.adapters.rights_signals import Signal, read_signals
from tests.adapters.rights_files import (
    CAPTURE,
    MEDIA_TYPES,
    PLUS,
    jpeg_beginning_with,
    packet,
    picture,
    signed,
    training_mining,
)

NOT_ALLOWED = training_mining({"cawg.ai_inference": {"use": "notAllowed"}})
UNREADABLE = Signal("c2pa", "unreadable", "unreadable")
MADE_HOW = Signal("c2pa", "c2pa.digitalSourceType", CAPTURE)


def said(kind: str, data: bytes) -> list[Signal]:
    """All signals but the kind of source, which every signed file here carries."""
    return [found for found in read_signals(data, MEDIA_TYPES[kind]).signals if found != MADE_HOW]


@pytest.mark.parametrize("kind", MEDIA_TYPES)
def test_it_reads_a_prohibition_of_inference_in_every_type_that_carries_c2pa(kind: str) -> None:
    assert said(kind, signed(kind, NOT_ALLOWED)) == [Signal("cawg", "cawg.ai_inference", "notAllowed")]


def test_a_manifest_by_an_unknown_signer_is_no_problem() -> None:
    assert read_signals(signed("JPEG", NOT_ALLOWED), "image/jpeg").problems == ()


@pytest.mark.parametrize("key", ["constraint_info", "constraints_info"])
def test_it_keeps_what_constrains_in_either_spelling(key: str) -> None:
    entry = {"use": "constrained", key: "https://example.com/terms"}
    found = said("PNG", signed("PNG", training_mining({"cawg.ai_inference": entry})))
    assert found == [Signal("cawg", "cawg.ai_inference", "constrained", "https://example.com/terms")]


def test_constrained_without_information_keeps_none() -> None:
    found = said("JPEG", signed("JPEG", training_mining({"cawg.ai_inference": {"use": "constrained"}})))
    assert found == [Signal("cawg", "cawg.ai_inference", "constrained", "")]


def test_it_reads_every_entry_known_or_not() -> None:
    entries = {"cawg.ai_inference": {"use": "allowed"}, "com.example.resale": {"use": "notAllowed"}}
    assert said("JPEG", signed("JPEG", training_mining(entries))) == [
        Signal("cawg", "cawg.ai_inference", "allowed"),
        Signal("cawg", "com.example.resale", "notAllowed"),
    ]


def test_it_reads_the_assertion_of_c2pa_that_came_before() -> None:
    older = training_mining({"c2pa.ai_inference": {"use": "notAllowed"}}, label="c2pa.training-mining")
    assert said("JPEG", signed("JPEG", older)) == [Signal("c2pa", "c2pa.ai_inference", "notAllowed")]


def test_it_reads_entries_that_lie_in_the_assertion_itself() -> None:
    flat = {"label": "cawg.training-mining", "data": {"cawg.ai_inference": {"use": "notAllowed"}}}
    assert said("JPEG", signed("JPEG", flat)) == [Signal("cawg", "cawg.ai_inference", "notAllowed")]


def test_an_entry_of_another_shape_is_kept_raw() -> None:
    found = said("JPEG", signed("JPEG", training_mining({"cawg.ai_inference": {"mode": "ask"}})))
    assert [(one.property, json.loads(one.value)) for one in found] == [("cawg.ai_inference", {"mode": "ask"})]


def test_an_assertion_without_entries_is_kept_raw_and_counts_as_unreadable() -> None:
    reading = read_signals(signed("JPEG", training_mining([])), "image/jpeg")
    assert Signal("cawg", "cawg.training-mining", '{"entries": []}') in reading.signals
    assert Signal("cawg", "unreadable", "unreadable") in reading.signals
    assert "cawg.training-mining holds no entries" in " ".join(reading.problems)


def test_two_assertions_that_disagree_are_both_kept() -> None:
    both = signed("JPEG", training_mining({"cawg.ai_inference": {"use": "allowed"}}), NOT_ALLOWED)
    assert [found.value for found in said("JPEG", both)] == ["allowed", "notAllowed"]


@pytest.mark.parametrize("relationship", ["parentOf", "componentOf"])
def test_the_wishes_for_a_picture_this_one_was_made_from_still_count(relationship: str) -> None:
    made = signed("PNG", made_from=((relationship, signed("JPEG", NOT_ALLOWED)),))
    assert said("PNG", made) == [Signal("cawg", "cawg.ai_inference", "notAllowed")]


def test_the_wishes_for_what_was_only_used_in_making_do_not_count() -> None:
    assert said("PNG", signed("PNG", made_from=(("inputTo", signed("JPEG", NOT_ALLOWED)),))) == []


def test_it_reads_plus_in_a_metadata_assertion_by_its_namespace() -> None:
    data = {"@context": {"p": PLUS}, "p:ImageAlterationConstraints": ["AL-RET", "AL-MRG"], "p:Other": {"@value": "x"}}
    assert set(said("JPEG", signed("JPEG", {"label": "cawg.metadata", "data": data}))) == {
        Signal("cawg", "plus:ImageAlterationConstraints", "AL-RET"),
        Signal("cawg", "plus:ImageAlterationConstraints", "AL-MRG"),
        Signal("cawg", "plus:Other", "x"),
    }


def test_it_reads_how_the_picture_came_about() -> None:
    assert read_signals(signed("JPEG"), "image/jpeg").signals == (MADE_HOW,)


def test_a_picture_changed_after_signing_is_reported_invalid_and_read_all_the_same() -> None:
    data = bytearray(signed("PNG", NOT_ALLOWED))
    data[data.index(b"IDAT") + 12] ^= 1
    reading = read_signals(bytes(data), "image/png")
    (state,) = [found for found in reading.signals if found.property == "c2pa.validation_state"]
    assert (state.source, state.value) == ("c2pa", "Invalid")
    assert "assertion.dataHash.mismatch" in state.constraint_info
    assert Signal("cawg", "cawg.ai_inference", "notAllowed") in reading.signals
    assert "The C2PA manifest is Invalid: assertion.dataHash.mismatch" in reading.problems[0]


def test_a_prohibition_edited_into_a_permission_is_reported_invalid() -> None:
    data = signed("JPEG", training_mining({"cawg.ai_inference": {"use": "not_allow"}}))
    reading = read_signals(data.replace(b"not_allow", b"allowed  "), "image/jpeg")
    assert ("c2pa.validation_state", "Invalid") in [(found.property, found.value) for found in reading.signals]


def test_a_manifest_that_cannot_be_parsed_is_unreadable() -> None:
    data = bytearray(signed("PNG", NOT_ALLOWED))
    start = data.index(b"caBX") + 4
    data[start : start + 400] = b"\0" * 400
    reading = read_signals(bytes(data), "image/png")
    assert reading.signals == (UNREADABLE,)
    assert reading.problems[0].startswith("The C2PA manifest cannot be read: ")


def test_a_manifest_whose_place_was_renamed_is_not_taken_for_silence() -> None:
    reading = read_signals(signed("PNG", NOT_ALLOWED).replace(b"caBX", b"caBy"), "image/png")
    assert reading.signals == (UNREADABLE,)
    assert "cannot be found in their place" in reading.problems[0]


def test_it_never_fetches_a_manifest_that_lies_elsewhere() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"http://127.0.0.1:{server.getsockname()[1]}/manifest.c2pa"
        away = packet(attributes=f'dcterms:provenance="{address}"')
        reading = read_signals(picture("JPEG", away), "image/jpeg")
        server.setblocking(False)
        with pytest.raises(BlockingIOError):
            server.accept()
    assert reading.signals == (Signal("c2pa", "c2pa.remote_manifest", address),)
    assert reading.problems == ()


def test_bytes_that_look_like_a_mark_of_c2pa_by_chance_are_no_problem() -> None:
    reading = read_signals(jpeg_beginning_with((0xFE, b"a comment on jumb and c2pa")), "image/jpeg")
    assert (reading.signals, reading.problems) == ((), ())
