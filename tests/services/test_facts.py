"""Restated facts: the change with its row or not at all, and determinations that lapse by it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from governance.errors import NotAllowed, RequestError
from governance.models import DeploymentTarget, FactChange, Project
from governance.policy.use import assess_use
from governance.rights.facts import target_facts
from governance.services.facts import restate_project, restate_target
from governance.services.work import determine_use
from tests.conftest import Cast
from tests.factories import make_project, make_target

pytestmark = pytest.mark.django_db


def check_now() -> None:
    """What the database checks at COMMIT, now."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def test_it_corrects_a_project_and_says_what_it_was(cast: Cast) -> None:
    project = make_project(cast, billable="unknown")
    (change,) = restate_project(cast.owner, project, billable="no", reason="The order says pro bono.")
    check_now()
    assert Project.objects.get(pk=project.pk).billable == project.billable == "no"
    assert (change.field, change.before, change.after) == ("billable", "unknown", "no")
    assert (change.project, change.target, change.changed_by) == (project, None, cast.owner)


@pytest.mark.parametrize(
    ("field", "given", "stored", "row"),
    [
        ("channel", " web ", "web", "web"),
        ("monetised", "unknown", "unknown", "unknown"),
        ("territories", ("ch", "DE"), ["CH", "DE"], ["CH", "DE"]),
        ("hosting_mode", "vendor_api", "vendor_api", "vendor_api"),
        ("output_distribution", "client", "client", "client"),
        ("weights_distribution", "to_client", "to_client", "to_client"),
        ("valid_until", date(2027, 3, 31), date(2027, 3, 31), "2027-03-31"),
    ],
)
def test_it_corrects_every_fact_of_a_target(cast: Cast, field: str, given: Any, stored: Any, row: Any) -> None:
    target = make_target(cast)
    (change,) = restate_target(cast.owner, target, {field: given}, "Read again.")
    check_now()
    target.refresh_from_db()
    assert getattr(target, field) == stored
    assert change.after == row


def test_an_end_that_was_taken_back_is_none(cast: Cast) -> None:
    target = make_target(cast, valid_until=date(2027, 1, 1))
    restate_target(cast.legal, target, {"valid_until": None}, "It runs on.")
    check_now()
    target.refresh_from_db()
    assert target.valid_until is None


def test_several_facts_are_several_rows(cast: Cast) -> None:
    target = make_target(cast)
    changes = restate_target(
        cast.owner, target, {"monetised": "no", "territories": ("DE",), "channel": "app"}, "Moved."
    )
    check_now()
    assert [change.field for change in changes] == ["monetised", "channel"]


def test_a_determination_lapses_with_the_facts_it_rests_on(cast: Cast) -> None:
    target = make_target(cast, monetised="no", project=make_project(cast, billable="no", for_profit="no"))
    determine_use(cast.legal, target, "non_commercial", "Unpaid.")
    assert assess_use(target_facts(target)).determined is not None
    restate_project(cast.owner, target.project, billable="yes", reason="It was invoiced after all.")
    assert "facts that have changed" in assess_use(target_facts(target)).void


def test_the_database_refuses_a_change_without_its_row(cast: Cast) -> None:
    target = make_target(cast)
    DeploymentTarget.objects.filter(pk=target.pk).update(monetised="no")
    with pytest.raises(IntegrityError, match="monetised of governance_deploymenttarget changed without its row"):
        check_now()


def test_the_database_refuses_a_row_that_says_something_else(cast: Cast) -> None:
    project = make_project(cast)
    FactChange.objects.create(project=project, field="billable", before="yes", after="unknown", reason="R",
                              changed_by=cast.owner)  # fmt: skip
    Project.objects.filter(pk=project.pk).update(billable="no")
    with pytest.raises(IntegrityError, match="billable of governance_project changed without its row"):
        check_now()


@pytest.mark.parametrize("column", ["name", "kind"])
def test_the_database_lets_no_other_fact_change(cast: Cast, column: str) -> None:
    target = make_target(cast)
    with pytest.raises(Exception, match="permission denied"), transaction.atomic():
        DeploymentTarget.objects.filter(pk=target.pk).update(**{column: "print"})


Act = Callable[[Cast], object]


@pytest.mark.parametrize(
    ("act", "code"),
    [
        (lambda cast: restate_target(cast.owner, make_target(cast), {"kind": "print"}, "R"), "fact.fixed"),
        (lambda cast: restate_target(cast.owner, make_target(cast), {"monetised": "rarely"}, "R"), "monetised.unknown"),
        (lambda cast: restate_target(cast.owner, make_target(cast), {"territories": ()}, "R"), "territory.none"),
        (lambda cast: restate_target(cast.owner, make_target(cast), {"channel": "c" * 61}, "R"), "channel.long"),
        (lambda cast: restate_target(cast.owner, make_target(cast), {"valid_until": "?"}, "R"), "valid_until.unusable"),
        (lambda cast: restate_target(cast.owner, make_target(cast), {"monetised": "no"}, " "), "fact.reason"),
        (lambda cast: restate_target(cast.owner, make_target(cast), {"monetised": "yes"}, "R"), "fact.unchanged"),
        (lambda cast: restate_project(cast.owner, make_project(cast), billable="so", reason="R"), "billable.unknown"),
        (lambda cast: restate_project(cast.owner, make_project(cast), reason="R"), "fact.unchanged"),
    ],
)  # fmt: skip
def test_refuses_a_correction_it_cannot_use(cast: Cast, act: Act, code: str) -> None:
    with pytest.raises(RequestError) as caught:
        act(cast)
    assert caught.value.code == code
    assert not FactChange.objects.exists()


def test_nobody_restates_facts_of_another_client(cast: Cast) -> None:
    with pytest.raises(NotAllowed):
        restate_project(cast.outsider, make_project(cast), billable="no", reason="R")
