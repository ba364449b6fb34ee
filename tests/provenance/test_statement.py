from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import FrozenInstanceError, replace
from datetime import UTC, datetime
from typing import Any

import pytest

from governance.provenance.canonical import canonical
from governance.provenance.errors import MalformedStatement, NotCanonical
from governance.provenance.references import GrantRef, ModelRef, WeightsLicense
from governance.provenance.statement import Statement
from tests.provenance.factories import (
    digest,
    make_decision,
    make_event,
    make_predicate,
    make_run,
    make_statement,
    make_subject,
)


def changed(change: Callable[[dict[str, Any]], None]) -> bytes:
    """The bytes of a valid statement after ``change`` to its JSON."""
    value = json.loads(make_statement().to_bytes())
    change(value)
    return canonical(value)


def test_it_is_an_in_toto_statement_v1() -> None:
    value = json.loads(make_statement().to_bytes())
    assert value["_type"] == "https://in-toto.io/Statement/v1"
    assert value["predicateType"] == "urn:clearcut:predicate:cutout-provenance:v1"
    assert value["subject"] == [
        {
            "name": "urn:uuid:0199a000-0000-7000-8000-0000000000c1",
            "digest": {"sha256": make_subject().sha256},
            "mediaType": "image/png",
        }
    ]


def test_the_bytes_of_a_statement_are_fixed() -> None:
    # Changing the form of a statement needs a new predicate version: records signed before must still read.
    assert digest(make_statement().to_bytes().decode()) == (
        "69b620550b2f128c29441454ab54b8be829b0cd36382c42888d6d951171fce64"
    )


def test_a_cutout_statement_reads_back_equal() -> None:
    statement = make_statement()
    assert Statement.from_bytes(statement.to_bytes()) == statement


def test_an_event_statement_reads_back_equal() -> None:
    statement = Statement(make_subject(media_type="application/pdf"), make_event())
    assert Statement.from_bytes(statement.to_bytes()) == statement
    assert statement.predicate_type == "urn:clearcut:predicate:ledger-event:v1"


def test_absent_values_are_null_and_read_back() -> None:
    statement = make_statement(
        weights_license=WeightsLicense(("LicenseRef-Bria-RMBG-2.0",), None),
        run=make_run(torch_version=None, threads=None),
    )
    assert Statement.from_bytes(statement.to_bytes()) == statement


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda s: s.update(_type="https://in-toto.io/Statement/v0.1"), r"at \$\._type, expected 'https"),
        (
            lambda s: s.update(predicateType="https://slsa.dev/provenance/v1"),
            "Got predicateType 'https://slsa",
        ),
        (lambda s: s.update(extra=1), r"Got unknown field \$\.extra"),
        (lambda s: s.pop("subject"), r"Got no \$\.subject"),
        (lambda s: s.update(subject=[]), "Got 0 subjects, expected exactly one"),
        (lambda s: s["subject"].append(s["subject"][0]), "Got 2 subjects, expected exactly one"),
        (
            lambda s: s["subject"][0]["digest"].update(sha512="0"),
            r"unknown field \$\.subject\[0\]\.digest\.sha512",
        ),
        (lambda s: s["subject"][0]["digest"].update(sha256="A" * 64), "expected 64 lower-case hex digits"),
        (lambda s: s["subject"][0].update(mediaType="PNG"), r"at subject\.mediaType"),
        (lambda s: s["predicate"].update(kind="erasure"), r"at \$\.predicate\.kind, expected 'cutout'"),
        (lambda s: s["predicate"].update(client="Acme"), r"Got unknown field \$\.predicate\.client"),
        (lambda s: s["predicate"].update(tenant="Acme Ltd"), "at tenant, expected a lower-case UUID"),
        (lambda s: s["predicate"].update(issued_at="2026-03-01T09:00:04Z"), r"At \$\.predicate\.issued_at"),
        (lambda s: s["predicate"].update(nonce="AAAA"), "Got a nonce of 3 bytes, expected 32"),
        (lambda s: s["predicate"].update(nonce="!"), r"At \$\.predicate\.nonce: Got text that is not base64"),
        (lambda s: s["predicate"].update(inputs={}), r"at \$\.predicate\.inputs, expected a list"),
        (
            lambda s: s["predicate"]["inputs"][0].update(field="sketch"),
            "expected a commitment to the 'picture'",
        ),
        (lambda s: s["predicate"]["model"].update(weights_sha256=None), r"weights_sha256, expected text"),
        (lambda s: s["predicate"]["run"].update(threads=True), r"run\.threads, expected an integer"),
        (
            lambda s: s["predicate"]["run"].update(coverage_permille=1001),
            "expected an integer from 0 to 1000",
        ),
        (lambda s: s["predicate"]["lineage"].update(entries="5"), r"lineage\.entries, expected an integer"),
        (lambda s: s["predicate"]["weights_license"].update(spdx_ids=[1]), r"spdx_ids\[0\], expected text"),
        (lambda s: s.update(predicate=[]), r"at \$\.predicate, expected an object"),
    ],
)
def test_refuses_to_read_a_statement_that_breaks_a_rule(change: Callable[[dict[str, Any]], None], message: str) -> None:
    with pytest.raises(MalformedStatement, match=message):
        Statement.from_bytes(changed(change))


def test_refuses_a_statement_that_was_reformatted() -> None:
    pretty = json.dumps(json.loads(make_statement().to_bytes()), indent=2).encode()
    with pytest.raises(MalformedStatement, match="not canonical JSON"):
        Statement.from_bytes(pretty)


@pytest.mark.parametrize("data", [b"", b"[]", b'"text"', b"null", b"{}", b"x" * 70_000])
def test_refuses_bytes_that_are_no_statement(data: bytes) -> None:
    with pytest.raises(MalformedStatement, match=r"Got|not canonical"):
        Statement.from_bytes(data)


@pytest.mark.parametrize("outcome", ["deny", "review", "allow", ""])
def test_refuses_a_record_of_a_run_that_no_decision_allowed(outcome: str) -> None:
    with pytest.raises(MalformedStatement, match=r"at decision\.outcome, expected one of duties, permit"):
        make_decision(outcome=outcome)


def test_refuses_a_record_that_rests_on_a_preview() -> None:
    with pytest.raises(MalformedStatement, match=r"at decision\.stage, expected one of dispatch, release, submit"):
        make_decision(stage="preview")


def test_refuses_a_decision_without_a_grant() -> None:
    with pytest.raises(MalformedStatement, match="expected the right the run relied on"):
        make_decision(grants=())


def test_refuses_a_contract_number_in_the_clear() -> None:
    with pytest.raises(MalformedStatement, match=r"'CONTRACT-2026-17' at decision\.grants\.ref"):
        GrantRef("entitlement", "CONTRACT-2026-17")


@pytest.mark.parametrize("ref", [digest("salted"), "0199a000-0000-7000-8000-0000000000e1"])
def test_an_entitlement_is_named_by_commitment_or_uuid(ref: str) -> None:
    assert GrantRef("entitlement", ref).as_json() == {"kind": "entitlement", "ref": ref}


def test_refuses_a_decision_made_after_the_record() -> None:
    late = make_decision(decided_at=datetime(2026, 3, 1, 9, 0, 5, tzinfo=UTC))
    with pytest.raises(MalformedStatement, match="expected the decision first"):
        make_predicate(decision=late)


def test_refuses_two_commitments_for_one_field() -> None:
    picture = make_predicate().inputs[0]
    with pytest.raises(MalformedStatement, match="expected each field once"):
        make_predicate(inputs=(picture, picture))


def test_refuses_a_time_without_zone_when_built() -> None:
    with pytest.raises(MalformedStatement, match="without a time zone at issued_at"):
        make_predicate(issued_at=datetime(2026, 3, 1))  # noqa: DTZ001


def test_refuses_text_that_is_no_plain_token() -> None:
    with pytest.raises(MalformedStatement, match=r"at model\.name"):
        ModelRef("u2net\u202e", "1", digest("w"))


def test_an_event_cannot_be_changed_through_the_dict_it_was_made_from() -> None:
    details: dict[str, str | int | None] = {"pages": 12}
    event = make_event(details=details)
    details["pages"] = 1
    assert event.details["pages"] == 12


@pytest.mark.parametrize(
    ("details", "message"),
    [
        ({"nested": {"a": 1}}, "Got dict at details.nested"),
        ({"flag": True}, "Got bool at details.flag"),
        ({"ratio": 0.5}, "Got float at details.ratio"),
        ({"Client Name": "x"}, "at details, expected a field name"),
        ({"text": "x" * 513}, "Got 513 characters at details.text"),
        ({f"d{n}": n for n in range(65)}, "Got 65 details, expected at most 64"),
    ],
)
def test_refuses_event_details_that_are_not_flat_and_short(details: dict[str, Any], message: str) -> None:
    with pytest.raises(MalformedStatement, match=message):
        make_event(details=details)


def test_refuses_an_unknown_kind_of_event() -> None:
    with pytest.raises(MalformedStatement, match="at kind, expected one of acquisition"):
        make_event(kind="cutout")


def test_refuses_to_write_an_event_with_text_that_hides_its_meaning() -> None:
    event = make_event(details={"title": "a\u202eb"})
    with pytest.raises(NotCanonical, match=r"\$\.predicate\.details\.title"):
        Statement(make_subject(), event).to_bytes()


def test_a_statement_cannot_be_edited() -> None:
    statement = make_statement()
    with pytest.raises(FrozenInstanceError):
        statement.subject = replace(statement.subject, sha256=digest("other"))  # type: ignore[misc]
