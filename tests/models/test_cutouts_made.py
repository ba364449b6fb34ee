"""A cutout that was made stays as it was made: nothing follows it, and its decision is the one it was made by."""

from __future__ import annotations

import pytest
from django.db import DatabaseError, connections, transaction

from governance.models import Cutout, Status
from governance.models.jobs import TRANSITIONS
from tests.conftest import Cast
from tests.factories import make_job, make_output

CHANGES = {
    "decision": "decision_id = (SELECT max(id) FROM governance_decision)",
    "status": "status = 'queued'",
    "attempt": "attempt = attempt + 1",
    "times": "finished_at = '2020-01-01'",
    "nothing": "status = status",
}


def refused(sql: str, alias: str = "default") -> tuple[str, str]:
    with (
        pytest.raises(DatabaseError) as caught,
        transaction.atomic(using=alias),
        connections[alias].cursor() as cursor,
    ):
        cursor.execute(sql)
    return str(caught.value.__cause__.sqlstate), str(caught.value)  # type: ignore[union-attr]


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
@pytest.mark.django_db
def test_attack_43_a_cutout_that_was_made_is_not_changed(cast: Cast, change: str) -> None:
    cutout = make_output(cast).cutout
    make_job(cast)  # with a decision of its own
    code, message = refused(f"UPDATE governance_cutout SET {change} WHERE id = {cutout.pk}")
    assert (code, "a cutout that was made is not changed" in message) == ("42501", True)


def test_attack_43_not_even_by_the_owner_of_the_table(committed_cast: Cast) -> None:
    make_output(committed_cast)
    code, message = refused("UPDATE governance_cutout SET decision_id = NULL", "owner")
    assert (code, "a cutout that was made is not changed" in message) == ("42501", True)


def test_attack_43_nor_in_replica_mode(committed_cast: Cast) -> None:
    make_output(committed_cast)
    with connections["owner"].cursor() as cursor:
        cursor.execute("SET ROLE NONE")
        cursor.execute("SET session_replication_role = replica")
        with pytest.raises(DatabaseError, match="a cutout that was made is not changed"):
            cursor.execute("UPDATE governance_cutout SET decision_id = NULL")


@pytest.mark.django_db
def test_one_that_failed_may_be_tried_again(cast: Cast) -> None:
    cutout = make_job(cast).cutouts.get()
    for status in (Status.RUNNING, Status.FAILED, Status.QUEUED):
        Cutout.objects.filter(pk=cutout.pk).update(status=status)
    assert Cutout.objects.get(pk=cutout.pk).status == Status.QUEUED


def test_the_table_of_moves_knows_none_after_it() -> None:
    assert TRANSITIONS[Status.SUCCEEDED] == frozenset()
