"""The fence, tried as the application's own role: rows that come in the wrong order, and rows dated back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.apps import apps
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from governance.models import (
    DeploymentTarget,
    EncodingApproval,
    EntitlementVerification,
    FactChange,
    Hold,
    LicenseEncoding,
    PolicySetApproval,
    Quota,
    QuotaEntry,
    Waiver,
    WaiverAnswer,
    WaiverUse,
)
from governance.models.fields import ClockTimestamp
from governance.services.policies import PolicyDraft, draft_policy
from tests.conftest import Cast
from tests.factories import make_entitlement, make_job, make_target
from tests.factories_relief import make_waiver

pytestmark = pytest.mark.django_db

NOT_YET = 900_000
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
LEDGER = {"governance_sequencedentry", "governance_treestate", "governance_checkpoint"}
DATED = sorted(
    (model._meta.db_table, field.column)
    for model in apps.get_app_config("governance").get_models()
    for field in model._meta.local_fields
    if field.has_db_default() and isinstance(field.db_default, ClockTimestamp)  # type: ignore[attr-defined]
    if model._meta.db_table not in LEDGER
)


def refusal(row: Any) -> str:
    """Insert the row; the SQLSTATE it was refused with at once, before the keys are checked at COMMIT."""
    with pytest.raises(DatabaseError) as caught, transaction.atomic():
        row.save(force_insert=True)
    return str(caught.value.__cause__.sqlstate)  # type: ignore[union-attr]


def make_quota(cast: Cast, limit: int = 2) -> Quota:
    return Quota.objects.create(entitlement=make_entitlement(cast), unit="output", period="term", limit=limit)


def test_nothing_is_verified_before_it_was_entered(cast: Cast) -> None:
    assert refusal(EntitlementVerification(entitlement_id=NOT_YET, verified_by=cast.legal)) == "23514"


def test_no_policy_is_approved_before_it_was_drafted(cast: Cast) -> None:
    assert refusal(PolicySetApproval(policy_set_id=NOT_YET, approved_by=cast.legal)) == "23514"


def test_no_waiver_is_answered_before_it_was_asked_for(cast: Cast) -> None:
    assert refusal(WaiverAnswer(waiver_id=NOT_YET, approved=True, answered_by=cast.legal)) == "23514"


def test_what_nobody_drafted_is_not_approved_either(cast: Cast) -> None:
    shipped = LicenseEncoding.objects.filter(drafted_by=None)[0]
    assert refusal(EncodingApproval(encoding=shipped, approved_by=cast.legal)) == "23514"


def test_no_reserve_is_given_back_before_it_was_made(cast: Cast) -> None:
    quota = make_quota(cast)
    void = QuotaEntry(quota=quota, period_key="term", kind="void", amount=-1000, settles_id=NOT_YET)
    assert refusal(void) == "23514"


def test_nothing_is_reserved_of_a_quota_that_is_not_there(cast: Cast) -> None:
    cutout = make_job(cast).cutouts.get()
    reserve = QuotaEntry(quota_id=NOT_YET, period_key="t", kind="reserve", amount=1, cutout=cutout, attempt=1)
    assert refusal(reserve) == "23503"


def test_a_correction_takes_off_no_more_than_is_booked(cast: Cast) -> None:
    quota = make_quota(cast)
    row = QuotaEntry(quota=quota, period_key="term", kind="adjust", amount=-1, note="Room")
    row.entered_by, row.approved_by = cast.admin, cast.second_admin
    assert refusal(row) == "23514"


def test_no_waiver_is_used_before_it_was_asked_for(cast: Cast) -> None:
    assert refusal(WaiverUse(waiver_id=NOT_YET, cutout=make_job(cast).cutouts.get())) == "23503"


def test_an_approval_cannot_be_dated_back(cast: Cast) -> None:
    draft = draft_policy(cast.legal, PolicyDraft(LONG_AGO, "As it always was."))
    approval = PolicySetApproval.objects.create(policy_set=draft, approved_by=cast.second_legal, approved_at=LONG_AGO)
    assert timezone.now() - approval.approved_at < timedelta(minutes=1)


def test_a_waiver_cannot_be_dated_back_by_sql(cast: Cast) -> None:
    waiver = make_waiver(cast, approved=None)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO governance_waiveranswer (waiver_id, approved, note, answered_by_id, answered_at)"
            " VALUES (%s, true, '', %s, '2020-01-01')",
            [waiver.pk, cast.legal.pk],
        )
    assert Waiver.objects.get(pk=waiver.pk).answer.answered_at.year > 2020


def test_a_hold_cannot_be_placed_for_later(cast: Cast) -> None:
    later = timezone.now() + timedelta(days=9)
    row = Hold.objects.create(ref="HLD-9", scope="everything", reason="Stop", placed_by=cast.legal, placed_at=later)
    assert row.placed_at < timezone.now()


@pytest.mark.parametrize(("table", "column"), DATED)
def test_the_database_dates_the_row(table: str, column: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT proname, tgenabled FROM pg_trigger JOIN pg_proc ON pg_proc.oid = tgfoid"
            " WHERE tgrelid = %s::regclass AND tgname = 'clearcut_clock'",
            [table],
        )
        assert cursor.fetchall() == [(f"clearcut_clock_{column}", "A")]


def test_a_corrected_fact_tells_what_it_was(cast: Cast) -> None:
    target = make_target(cast, channel="web")
    FactChange.objects.create(
        target=target, field="channel", before="print", after="app", reason="Moved", changed_by=cast.owner
    )
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    with pytest.raises(DatabaseError, match="without its row"), transaction.atomic():
        DeploymentTarget.objects.filter(pk=target.pk).update(channel="app")
