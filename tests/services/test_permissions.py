"""What a picture's owner allows besides what its file says: with a paper, and by two people."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from governance.errors import NotAllowed, RequestError
from governance.models import Asset, InputPermission, PermissionVerification, RightsReading, RightsSignal
from governance.policy.decision import Outcome
from governance.policy.words import Stage
from governance.rights.verdicts import Question, judge
from governance.services.permissions import Permitted, record_permission, record_term, verify_permission
from tests.conftest import Cast
from tests.factories import acquire_weights, make_asset, make_target, model
from tests.factories_licenses import PAPER, make_permission

pytestmark = pytest.mark.django_db

INFERENCE = "cawg.ai_inference"


def forbidding(cast: Cast) -> Asset:
    """A picture whose file forbids AI inference."""
    asset = make_asset(cast)
    reading = RightsReading.objects.get(asset=asset)
    RightsSignal.objects.create(reading=reading, source="cawg", property=INFERENCE, value="notAllowed")
    return asset


def outcome(cast: Cast, asset: Asset, days: int = 0) -> Outcome:
    acquire_weights()
    at = timezone.now() + timedelta(days=days)
    picture = Asset.objects.get(pk=asset.pk)
    return judge(Question(Stage.SUBMIT, make_target(cast), model(), (picture,)), at).decision.outcome


def today() -> date:
    return timezone.now().date()


def test_a_verified_permission_answers_what_the_file_forbids(cast: Cast) -> None:
    asset = forbidding(cast)
    assert outcome(cast, asset) is Outcome.DENY
    make_permission(cast, asset, property=INFERENCE)
    assert outcome(cast, asset) is Outcome.DUTIES


def test_a_permission_nobody_verified_leaves_the_question_open(cast: Cast) -> None:
    asset = forbidding(cast)
    make_permission(cast, asset, property=INFERENCE, verified=False)
    assert outcome(cast, asset) is Outcome.REVIEW


def test_a_permission_for_another_statement_answers_nothing(cast: Cast) -> None:
    asset = forbidding(cast)
    make_permission(cast, asset, property="plus:ImageAlterationConstraints")
    assert outcome(cast, asset) is Outcome.DENY


def test_a_permission_ends_after_its_last_day(cast: Cast) -> None:
    asset = forbidding(cast)
    make_permission(cast, asset, property=INFERENCE, until=today() + timedelta(days=5))
    assert [outcome(cast, asset, 5), outcome(cast, asset, 6)] == [Outcome.DUTIES, Outcome.DENY]


@pytest.mark.parametrize(
    ("said", "evidence", "code"),
    [
        (Permitted(" ", "Yes."), (PAPER,), "permission.granted_by"),
        (Permitted("Owner", " "), (PAPER,), "permission.statement"),
        (Permitted("Owner", "Yes.", "p" * 121), (PAPER,), "permission.property"),
        (Permitted("Owner", "Yes.", "", date(2020, 1, 1)), (PAPER,), "permission.valid_until"),
        (Permitted("Owner", "Yes."), (), "permission.no_evidence"),
    ],
)
def test_refuses_half_a_permission(cast: Cast, said: Permitted, evidence: tuple[bytes, ...], code: str) -> None:
    with pytest.raises(RequestError) as caught:
        record_permission(cast.owner, make_asset(cast), said, evidence)
    assert caught.value.code == code


def test_the_database_refuses_a_permission_without_a_paper(cast: Cast) -> None:
    asset = make_asset(cast)
    with pytest.raises(IntegrityError, match="permission_has_evidence"), transaction.atomic():
        InputPermission.objects.create(
            asset=asset, property="", granted_by="O", statement="S", evidence_sha256s=[], recorded_by=cast.owner
        )


def test_refuses_the_recorder_as_verifier(cast: Cast) -> None:
    row = record_permission(cast.legal, make_asset(cast), Permitted("Owner", "Yes."), (PAPER,))
    with pytest.raises(RequestError, match="recorded by you") as caught:
        verify_permission(cast.legal, row)
    assert caught.value.code == "permission.same_person"


def test_the_database_refuses_the_recorder_too(cast: Cast) -> None:
    row = make_permission(cast, make_asset(cast), verified=False)
    with pytest.raises(IntegrityError, match="another person"), transaction.atomic():
        PermissionVerification.objects.create(permission=row, verified_by=cast.owner)


def test_refuses_a_second_verification(cast: Cast) -> None:
    row = make_permission(cast, make_asset(cast))
    with pytest.raises(RequestError, match="verified already"):
        verify_permission(cast.admin, row)


def test_nobody_records_for_another_client(cast: Cast) -> None:
    with pytest.raises(NotAllowed):
        record_permission(cast.outsider, make_asset(cast), Permitted("Owner", "Yes."), (PAPER,))


def test_a_picture_whose_licence_ended_is_refused(cast: Cast) -> None:
    asset = make_asset(cast)
    record_term(cast.owner, asset, today() + timedelta(days=3), "Stock invoice 77")
    assert [outcome(cast, asset, 3), outcome(cast, asset, 4)] == [Outcome.DUTIES, Outcome.DENY]


def test_the_newest_term_counts(cast: Cast) -> None:
    asset = make_asset(cast)
    record_term(cast.owner, asset, today() - timedelta(days=3), "Stock invoice 77")
    record_term(cast.legal, asset, None, "Bought outright, invoice 91")
    assert outcome(cast, asset) is Outcome.DUTIES


@pytest.mark.parametrize("later", [None, timedelta(days=1)])
def test_whoever_asks_for_the_work_does_not_lengthen_a_licence(cast: Cast, later: timedelta | None) -> None:
    asset = make_asset(cast)
    record_term(cast.owner, asset, today() - timedelta(days=3), "Stock invoice 77")
    with pytest.raises(NotAllowed, match=r"asset_term\.extend"):
        record_term(cast.owner, asset, today() + later if later else None, "We need it")
    record_term(cast.owner, asset, today() - timedelta(days=5), "It ended earlier")
    assert outcome(cast, asset) is Outcome.DENY


def test_refuses_a_term_without_a_source(cast: Cast) -> None:
    with pytest.raises(RequestError) as caught:
        record_term(cast.owner, make_asset(cast), None, " ")
    assert caught.value.code == "asset_term.source"
