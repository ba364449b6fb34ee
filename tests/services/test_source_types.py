"""What the files we make say they are: shipped, then as legal decides, each decision on record."""

from __future__ import annotations

import pytest

from governance.errors import NotAllowed, RequestError
from governance.models import ProvenanceRecord
from governance.provenance.event import LedgerEvent
from governance.provenance.statement import Statement
from governance.rights.source_types import digital_source_type_for
from governance.services.source_types import set_source_type
from tests.conftest import Cast

pytestmark = pytest.mark.django_db


def test_a_cutout_ships_as_enhanced_by_an_algorithm() -> None:
    assert digital_source_type_for("cutout") == "algorithmicallyEnhanced"


def test_the_newest_word_of_legal_holds(cast: Cast) -> None:
    set_source_type(cast.legal, "cutout", "composite", "The pictures go into layouts.")
    set_source_type(cast.second_legal, "cutout", "humanEdits", "Every mask is finished by hand.")
    assert digital_source_type_for("cutout") == "humanEdits"


def test_it_enters_the_log_without_the_reason(cast: Cast) -> None:
    row = set_source_type(cast.legal, "cutout", "composite", "The pictures go into layouts.")
    (record,) = ProvenanceRecord.objects.about(f"sourcetypesetting:{row.pk}")
    event = Statement.from_bytes(bytes(record.payload)).predicate
    assert isinstance(event, LedgerEvent)
    assert (event.kind, event.details) == (
        "source-type",
        {"act": "set", "of": "cutout", "digital_source_type": "composite"},
    )


@pytest.mark.parametrize(
    ("act", "value", "reason", "code"),
    [
        ("painting", "composite", "So.", "source_type_act.unknown"),
        ("cutout", "trainedAlgorithmicMedia", "So.", "source_type.unknown"),
        ("cutout", "composite", " ", "source_type.reason"),
    ],
)
def test_refuses_what_cannot_be_true_or_says_nothing(cast: Cast, act: str, value: str, reason: str, code: str) -> None:
    with pytest.raises(RequestError) as caught:
        set_source_type(cast.legal, act, value, reason)
    assert caught.value.code == code


@pytest.mark.parametrize("person", ["owner", "admin", "auditor"])
def test_it_is_for_legal(cast: Cast, person: str) -> None:
    with pytest.raises(NotAllowed, match=r"\(source_type\.set\); it needs legal"):
        set_source_type(getattr(cast, person), "cutout", "composite", "So.")


def test_an_act_that_makes_nothing_has_no_type() -> None:
    with pytest.raises(ValueError, match="painting"):
        digital_source_type_for("painting")
