"""Corrections: another entry that points at the one it corrects, which stays as it was signed."""

from __future__ import annotations

import uuid

import pytest
from django.core.management import CommandError, call_command

from governance.errors import NotAllowed, RequestError
from governance.models import ProvenanceRecord, RecordCorrection, Role
from governance.provenance.event import LedgerEvent
from governance.provenance.statement import Statement
from governance.services.accounts import add_user, grant_role
from governance.services.corrections import correct
from tests.conftest import Cast
from tests.factories import make_contract, make_output

pytestmark = pytest.mark.django_db

WHY = "The wrong licence text was named: it is version 2."


def wrong_record(cast: Cast) -> ProvenanceRecord:
    return ProvenanceRecord.objects.of_outputs().get(output=make_output(cast))


def test_it_points_at_the_record_it_corrects_and_keeps_the_reason_here(cast: Cast) -> None:
    wrong = wrong_record(cast)
    correction = correct(cast.legal, wrong, f" {WHY} ")
    row = RecordCorrection.objects.get()
    assert (correction.kind, correction.corrects, correction.about) == (
        "correction",
        wrong,
        f"recordcorrection:{row.pk}",
    )
    assert (row.record, row.reason, row.corrected_by) == (wrong, WHY, cast.legal)
    event = Statement.from_bytes(bytes(correction.payload)).predicate
    assert isinstance(event, LedgerEvent)
    assert event.details == {"act": "corrected", "corrects": str(wrong.pk)}


def test_it_belongs_to_the_client_of_what_it_corrects(cast: Cast) -> None:
    assert correct(cast.legal, wrong_record(cast), WHY).client == cast.client


def test_what_is_corrected_stays_as_it_was(cast: Cast) -> None:
    wrong = wrong_record(cast)
    before = (bytes(wrong.payload), bytes(wrong.signature), bytes(wrong.leaf))
    correct(cast.legal, wrong, WHY)
    now = ProvenanceRecord.objects.get(pk=wrong.pk)
    assert (bytes(now.payload), bytes(now.signature), bytes(now.leaf)) == before


def test_a_record_may_be_corrected_more_than_once_and_a_correction_too(cast: Cast) -> None:
    wrong = wrong_record(cast)
    first, second = correct(cast.legal, wrong, WHY), correct(cast.legal, wrong, "And the day.")
    third = correct(cast.second_legal, first, "It was version 3 after all.")
    assert set(wrong.corrections.all()) == {first, second}
    assert list(first.corrections.all()) == [third]


def test_refuses_a_correction_without_a_reason(cast: Cast) -> None:
    with pytest.raises(RequestError, match="A correction needs its reasons") as caught:
        correct(cast.legal, wrong_record(cast), "  ")
    assert caught.value.code == "correction.reason"


@pytest.mark.parametrize("person", ["owner", "admin", "auditor"])
def test_it_is_for_legal(cast: Cast, person: str) -> None:
    with pytest.raises(NotAllowed, match=r"\(record\.correct\); it needs legal"):
        correct(getattr(cast, person), wrong_record(cast), WHY)


def test_what_concerns_every_client_is_not_for_the_legal_of_one(cast: Cast) -> None:
    visitor = add_user("visitor", None)
    grant_role(visitor, Role.LEGAL, cast.client)
    (contract,) = ProvenanceRecord.objects.about(f"contract:{make_contract(cast).pk}")
    with pytest.raises(NotAllowed, match=r"\(record\.correct\)"):
        correct(visitor, contract, WHY)
    assert correct(visitor, wrong_record(cast), WHY).kind == "correction"


def test_the_command_corrects_a_record(cast: Cast, capsys: pytest.CaptureFixture[str]) -> None:
    wrong = wrong_record(cast)
    call_command("correct", str(wrong.pk), reason=WHY, username="legal")
    assert capsys.readouterr().out == f"Record {wrong.pk} is corrected by {wrong.corrections.get().pk}\n"


def test_the_command_says_which_record_or_account_there_is_not(cast: Cast) -> None:
    nowhere = uuid.uuid4()
    with pytest.raises(CommandError, match=f"There is no record {nowhere}"):
        call_command("correct", str(nowhere), reason=WHY, username="legal")
    with pytest.raises(CommandError, match="There is no account 'nobody'"):
        call_command("correct", str(wrong_record(cast).pk), reason=WHY, username="nobody")


def test_the_command_says_who_may_not(cast: Cast) -> None:
    with pytest.raises(CommandError, match="it needs legal"):
        call_command("correct", str(wrong_record(cast).pk), reason=WHY, username="auditor")
