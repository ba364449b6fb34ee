"""Contracts: what may be entered, and how amendments follow one another."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from governance.adapters import blobs
from governance.errors import NotAllowed, RequestError
from governance.models import Contract
from governance.services.contracts import ContractTerms, enter_contract
from tests.conftest import Cast

pytestmark = pytest.mark.django_db

PAPER = b"%PDF-1.7 frame agreement"


def terms(**said: Any) -> ContractTerms:
    described: dict[str, Any] = {
        "title": "Frame agreement",
        "licensor": "Bria",
        "licensee": "Clearcut Agency",
        "reference": "BR-2026-17",
        "signed_on": date(2026, 1, 15),
    }
    return ContractTerms(**(described | said))


def refusal(cast: Cast, evidence: tuple[bytes, ...] = (PAPER,), ref: str = "", **said: Any) -> RequestError:
    """Enter what does not fit; nothing may be kept."""
    before = Contract.objects.count()
    with pytest.raises(RequestError) as caught:
        enter_contract(cast.admin, terms(**said), evidence, ref)
    assert Contract.objects.count() == before
    return caught.value


def test_it_keeps_what_the_paper_says_and_the_paper(cast: Cast) -> None:
    said = {"affiliates": ("Harbour, Inc.", "Harbour, Inc."), "governing_law": "Germany", "notice_days": 90}
    made = enter_contract(cast.admin, terms(**said, auto_renews=True), (PAPER,))
    made.refresh_from_db()
    assert (made.ref, made.version, made.entered_by) == ("CTR-0001", 1, cast.admin)
    assert (made.affiliates, made.notice_days, made.auto_renews) == (["Harbour, Inc."], 90, True)
    assert blobs.get(made.evidence_sha256s[0]) == PAPER


def test_what_the_paper_does_not_say_is_not_made_up(cast: Cast) -> None:
    made = enter_contract(cast.admin, terms(), (PAPER,))
    assert (made.notice_days, made.auto_renews, made.governing_law) == (None, None, "")


def test_an_amendment_is_the_next_version_with_its_own_papers(cast: Cast) -> None:
    enter_contract(cast.admin, terms(), (PAPER,))
    second = enter_contract(cast.admin, terms(signed_on=date(2026, 6, 1)), (b"amendment 1",), "CTR-0001")
    assert (second.ref, second.version) == ("CTR-0001", 2)
    assert enter_contract(cast.admin, terms(), (PAPER,)).ref == "CTR-0002"


def test_an_amendment_of_something_unknown_is_refused(cast: Cast) -> None:
    problem = refusal(cast, ref="CTR-0007")
    assert (problem.code, problem.message) == ("contract.unknown", "There is no contract CTR-0007.")


def test_an_amendment_signed_before_what_it_amends_is_refused(cast: Cast) -> None:
    enter_contract(cast.admin, terms(), (PAPER,))
    problem = refusal(cast, ref="CTR-0001", signed_on=date(2025, 12, 31))
    assert problem.code == "contract.signed_on"
    assert "before version 1 of CTR-0001 (2026-01-15)" in problem.message


@pytest.mark.parametrize(
    ("said", "code", "words"),
    [
        ({"title": " "}, "contract.title", "Title: got none; expected 1 to 160 characters."),
        ({"licensor": "x" * 121}, "contract.licensor", "Licensor: got 121 characters"),
        ({"licensee": ""}, "contract.licensee", "Licensee: got none"),
        ({"reference": ""}, "contract.reference", "Reference: got none"),
        ({"affiliates": ("x" * 121,)}, "contract.affiliates", "Affiliates: got 121 characters"),
        ({"governing_law": "x" * 81}, "contract.governing_law", "Governing law: got 81 characters"),
        ({"notice_days": -1}, "contract.notice_days", "Notice of -1 days"),
    ],
)
def test_what_does_not_fit_is_refused_by_its_field(cast: Cast, said: dict[str, Any], code: str, words: str) -> None:
    problem = refusal(cast, **said)
    assert problem.code == code
    assert words in problem.message
    assert problem.how_to_fix


def test_one_that_is_not_signed_yet_is_refused(cast: Cast) -> None:
    tomorrow = timezone.now().date() + timedelta(days=1)
    assert refusal(cast, signed_on=tomorrow).code == "contract.signed_on"


@pytest.mark.parametrize("evidence", [(), (b"",)])
def test_one_without_a_paper_is_refused(cast: Cast, evidence: tuple[bytes, ...]) -> None:
    problem = refusal(cast, evidence)
    assert (problem.code, problem.message) == (
        "contract.no_evidence",
        "No evidence file given; a contract rests on a paper.",
    )


@pytest.mark.parametrize("actor", ["owner", "legal", "auditor"])
def test_only_a_licence_admin_enters_one(cast: Cast, actor: str) -> None:
    with pytest.raises(NotAllowed, match=r"contract\.enter"):
        enter_contract(getattr(cast, actor), terms(), (PAPER,))
    assert not Contract.objects.exists()


def test_the_database_keeps_no_contract_without_a_paper(cast: Cast) -> None:
    made = enter_contract(cast.admin, terms(), (PAPER,))
    made.pk, made.version, made.evidence_sha256s = None, 2, []
    with pytest.raises(IntegrityError, match="contract_has_evidence"), transaction.atomic():
        made.save(force_insert=True)
