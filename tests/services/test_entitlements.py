"""Purchased rights: what may be entered, who verifies, how versions count, how they end."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from governance.adapters import blobs
from governance.errors import NotAllowed, RequestError
from governance.models import Entitlement, EntitlementEnd, EntitlementVerification
from governance.services.entitlement_terms import QuotaTerms
from governance.services.entitlements import Grant, end_entitlement, enter_entitlement, verify_entitlement
from tests.conftest import Cast
from tests.factories import make_contract, make_entitlement, make_project

pytestmark = pytest.mark.django_db

PAPER = b"signed order form"
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def grant(**terms: Any) -> Grant:
    described: dict[str, Any] = {
        "title": "Self-host licence",
        "licensor": "Bria",
        "contract_reference": "C-1",
        "model": "rmbg-2.0",
        "valid_from": NOON,
        "valid_until": NOON + timedelta(days=365),
        "territories": ("DE",),
        "hosting_modes": ("we_self_host",),
    }
    return Grant(**(described | terms))


def refusal(cast: Cast, evidence: tuple[bytes, ...] = (PAPER,), ref: str = "", **terms: Any) -> RequestError:
    """Enter what does not fit; nothing may be kept."""
    before = Entitlement.objects.count()
    with pytest.raises(RequestError) as caught:
        enter_entitlement(cast.admin, grant(**terms), evidence, ref)
    assert Entitlement.objects.count() == before
    return caught.value


def test_it_keeps_what_the_paper_says_and_the_paper(cast: Cast) -> None:
    made = enter_entitlement(
        cast.admin,
        grant(territories=("at", "DE"), target_kinds=("print",), clients=(cast.client.pk,)),
        (PAPER, b"annex"),
    )
    made.refresh_from_db()
    assert (made.ref, made.version, made.entered_by) == ("ENT-0001", 1, cast.admin)
    assert (made.territories, made.target_kinds, made.clients) == (["AT", "DE"], ["print"], [cast.client.pk])
    assert made.evidence_sha256s == [hashlib.sha256(paper).hexdigest() for paper in (PAPER, b"annex")]
    assert blobs.get(made.evidence_sha256s[0]) == PAPER


@pytest.mark.parametrize("actor", ["owner", "legal", "auditor"])
def test_only_a_licence_admin_enters_one(cast: Cast, actor: str) -> None:
    with pytest.raises(NotAllowed, match=r"\(entitlement\.enter\); it needs licence admin"):
        enter_entitlement(getattr(cast, actor), grant(), (PAPER,))
    assert not Entitlement.objects.exists()


@pytest.mark.parametrize("length", [timedelta(0), timedelta(days=-1)])
def test_an_end_that_is_not_after_the_start_is_refused(cast: Cast, length: timedelta) -> None:
    problem = refusal(cast, valid_until=NOON + length)
    assert problem.code == "entitlement.dates"
    assert "is not after the start (2026-03-01)" in problem.message


@pytest.mark.parametrize("evidence", [(), (b"",), (PAPER, b"")])
def test_one_without_evidence_is_refused(cast: Cast, evidence: tuple[bytes, ...]) -> None:
    problem = refusal(cast, evidence)
    assert (problem.code, problem.how_to_fix) == (
        "entitlement.no_evidence",
        "Attach the contract or the order confirmation.",
    )


@pytest.mark.parametrize(
    ("terms", "code", "words"),
    [
        ({"territories": ("DE", "XX")}, "territory.unknown", "Unknown territory: XX"),
        ({"territories": ()}, "territory.none", "No territory given"),
        ({"model": "rmbg-9"}, "model.unknown", "Unknown model 'rmbg-9'"),
        ({"template": "MIT"}, "template.unknown", "Unknown template 'MIT'; expected one of LicenseRef-bria-selfhost"),
        ({"template": "LicenseRef-napkin"}, "template.unknown", "'LicenseRef-napkin'; expected one of"),
        ({"hosting_modes": ()}, "entitlement.no_hosting_mode", "No hosting mode given"),
        ({"hosting_modes": ("we_self_host", "mars")}, "hosting_mode.unknown", "Unknown hosting mode 'mars'"),
        ({"target_kinds": ("skywriting",)}, "target_kind.unknown", "Unknown target kind 'skywriting'"),
        ({"grant_kind": "gift"}, "grant_kind.unknown", "Unknown grant kind 'gift'"),
        ({"grant_kind": "public_license"}, "grant_kind.unknown", "Unknown grant kind 'public_license'"),
        ({"output_survival": "maybe"}, "output_survival.unknown", "Unknown output survival 'maybe'"),
        ({"clients": (4711,)}, "client.unknown", "There is no client 4711."),
        ({"projects": (4711,)}, "project.unknown", "There is no project 4711."),
        ({"contract": "CTR-0007"}, "contract.unknown", "There is no contract CTR-0007."),
        ({"time_zone": "Mars/Olympus"}, "time_zone.unknown", "Unknown time zone: 'Mars/Olympus'"),
        ({"weights_sha256s": ("0" * 64,)}, "weights.unknown", f"{'0' * 64} is no weights file of rmbg-2.0."),
        ({"weights_survival": "maybe"}, "weights_survival.unknown", "Unknown weights survival 'maybe'"),
        ({"weights_distribution": "moon"}, "weights_distribution.unknown", "Unknown weights distribution 'moon'"),
        ({"output_survival": "wind_down"}, "entitlement.wind_down_days", "wind down in 0 days; expected 1 to 3650"),
        ({"wind_down_days": 5}, "entitlement.wind_down_days", "5 days to wind down were given"),
        ({"title": " "}, "entitlement.title", "Title: got none"),
        ({"channels": ("x" * 61,)}, "entitlement.channels", "Channels: got 61 characters"),
        ({"valid_until": datetime(2027, 1, 1)}, "entitlement.dates", "without a zone"),  # noqa: DTZ001
        ({"valid_until": datetime(9999, 12, 31, tzinfo=UTC)}, "date.range", "the year 9999"),
        ({"quotas": (QuotaTerms("output", "term", 0),)}, "quota.limit", "A quota of 0; expected 1 to"),
        ({"quotas": (QuotaTerms("output", "term", -1),)}, "quota.limit", "A quota of -1"),
        ({"quotas": (QuotaTerms("output", "term", 2**31),)}, "quota.limit", "A quota of 2147483648"),
        ({"quotas": (QuotaTerms("seat", "term", 1),)}, "quota_unit.unknown", "Unknown quota unit 'seat'"),
        ({"quotas": (QuotaTerms("job", "week", 1),)}, "quota_period.unknown", "Unknown quota period 'week'"),
        ({"quotas": (QuotaTerms("job", "term", 1, "beg"),)}, "quota_overage.unknown", "Unknown quota overage 'beg'"),
        (
            {"quotas": (QuotaTerms("job", "term", 1), QuotaTerms("job", "term", 2))},
            "quota.twice",
            "The quota of jobs for the whole term is given 2 times.",
        ),
    ],
)
def test_terms_that_nobody_knows_are_refused_by_name(cast: Cast, terms: dict[str, Any], code: str, words: str) -> None:
    problem = refusal(cast, **terms)
    assert problem.code == code
    assert words in problem.message


def test_a_project_of_a_client_that_is_not_named_is_refused(cast: Cast) -> None:
    project = make_project(cast)
    problem = refusal(cast, clients=(cast.other_client.pk,), projects=(project.pk,))
    assert problem.code == "project.other_client"
    assert problem.how_to_fix == "Name its client too, or leave the project out."


def test_it_is_linked_to_the_contract_as_amended(cast: Cast) -> None:
    make_contract(cast)
    amended = make_contract(cast, "CTR-0001")
    assert enter_entitlement(cast.admin, grant(contract="CTR-0001"), (PAPER,)).contract == amended


def test_its_quotas_are_kept_with_it(cast: Cast) -> None:
    made = enter_entitlement(cast.admin, grant(quotas=(QuotaTerms("output", "term", 9, "ask"),)), (PAPER,))
    (quota,) = made.quotas.all()
    assert (quota.unit, quota.period, quota.limit, quota.overage) == ("output", "term", 9, "ask")


def test_references_are_numbered_in_order(cast: Cast) -> None:
    assert [make_entitlement(cast, verified=False).ref for _ in range(3)] == ["ENT-0001", "ENT-0002", "ENT-0003"]


def test_the_next_version_keeps_the_reference_and_uses_up_no_number(cast: Cast) -> None:
    make_entitlement(cast)
    second = make_entitlement(cast, ref="ENT-0001", verified=False)
    assert (second.ref, second.version) == ("ENT-0001", 2)
    assert make_entitlement(cast).ref == "ENT-0002"


def test_a_version_of_something_unknown_is_refused(cast: Cast) -> None:
    problem = refusal(cast, ref="ENT-0007")
    assert (problem.code, problem.message) == ("entitlement.unknown", "There is no entitlement ENT-0007.")


def test_a_second_person_verifies(cast: Cast) -> None:
    entitlement = make_entitlement(cast, verified=False)
    verification = verify_entitlement(cast.legal, entitlement)
    assert (verification.entitlement, verification.verified_by) == (entitlement, cast.legal)


def test_the_one_who_entered_it_cannot_verify_it(cast: Cast) -> None:
    entitlement = make_entitlement(cast, verified=False)
    with pytest.raises(RequestError, match="ENT-0001 v1 was entered by you") as caught:
        verify_entitlement(cast.admin, entitlement)
    assert caught.value.code == "entitlement.same_person"
    assert "colleague" in caught.value.how_to_fix
    assert not EntitlementVerification.objects.exists()


@pytest.mark.parametrize("actor", ["owner", "outsider", "auditor"])
def test_who_has_no_such_role_cannot_verify_it(cast: Cast, actor: str) -> None:
    entitlement = make_entitlement(cast, verified=False)
    with pytest.raises(NotAllowed, match=r"entitlement\.verify"):
        verify_entitlement(getattr(cast, actor), entitlement)
    assert not EntitlementVerification.objects.exists()


def test_verifying_twice_is_refused_and_the_first_stands(cast: Cast) -> None:
    entitlement = make_entitlement(cast)
    with pytest.raises(RequestError, match="ENT-0001 v1 is verified already") as caught:
        verify_entitlement(cast.legal, entitlement)
    assert caught.value.code == "entitlement.verified"
    assert EntitlementVerification.objects.get().verified_by == cast.second_admin


def test_an_end_is_a_dated_act_with_its_reason(cast: Cast) -> None:
    make_entitlement(cast)
    end = end_entitlement(cast.second_admin, "ENT-0001", NOON, "  Terminated by letter. ")
    end.refresh_from_db()
    assert (end.ref, end.ended_at, end.reason) == ("ENT-0001", NOON, "Terminated by letter.")
    assert end.ended_by == cast.second_admin


def test_ending_twice_is_refused_and_the_first_end_stands(cast: Cast) -> None:
    make_entitlement(cast)
    end_entitlement(cast.admin, "ENT-0001", NOON, "Terminated")
    with pytest.raises(RequestError, match="ENT-0001 has ended already") as caught:
        end_entitlement(cast.admin, "ENT-0001", timezone.now(), "Once more")
    assert caught.value.code == "entitlement.ended"
    assert EntitlementEnd.objects.get().reason == "Terminated"


def test_ending_something_unknown_is_refused(cast: Cast) -> None:
    with pytest.raises(RequestError, match="There is no entitlement ENT-0007") as caught:
        end_entitlement(cast.admin, "ENT-0007", NOON, "Terminated")
    assert caught.value.code == "entitlement.unknown"
    assert not EntitlementEnd.objects.exists()


def test_an_end_without_a_reason_is_refused(cast: Cast) -> None:
    make_entitlement(cast)
    with pytest.raises(RequestError, match="needs its reason") as caught:
        end_entitlement(cast.admin, "ENT-0001", NOON, " ")
    assert caught.value.code == "entitlement.no_reason"
    assert not EntitlementEnd.objects.exists()


@pytest.mark.parametrize("actor", ["owner", "legal", "auditor"])
def test_only_a_licence_admin_ends_one(cast: Cast, actor: str) -> None:
    make_entitlement(cast)
    with pytest.raises(NotAllowed, match=r"entitlement\.end"):
        end_entitlement(getattr(cast, actor), "ENT-0001", NOON, "Terminated")
    assert not EntitlementEnd.objects.exists()
