"""What is owed for a purchased right weighs in its verdicts: overdue duties and silent agents hold new work."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta

import pytest
from django.utils import timezone

from governance.models import Duty, Entitlement
from governance.policy.decision import Outcome, Tri
from governance.policy.words import Stage
from governance.rights.duties import agents, overdue_duties
from governance.rights.verdicts import Question, judge
from governance.services.agents import Sign, take_acknowledgement
from governance.services.duties import act
from tests.conftest import Cast
from tests.factories import make_entitlement, make_target, model

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)


def late_report(right: Entitlement, key: str = "2026-10") -> Duty:
    return Duty.objects.create(
        kind="report_usage",
        text=f"Report {key}.",
        source=right.ref,
        subject=right.ref,
        period_key=key,
        entitlement=right,
        due_at=timezone.now() - DAY,
    )


def found(cast: Cast, code: str) -> tuple[Outcome, Tri, str]:
    """The verdict on new work for a shop, and what one rule says."""
    question = Question(Stage.SUBMIT, make_target(cast), model("rmbg-2.0"))
    decision = judge(question, timezone.now()).decision
    (finding,) = [each for each in decision.findings if each.code == code]
    return decision.outcome, finding.raw, finding.got


def test_a_duty_that_nobody_met_in_time_holds_new_work(cast: Cast) -> None:
    right = make_entitlement(cast)
    assert found(cast, "DUT-001")[1] is Tri.SATISFIED
    duty = late_report(right)
    assert found(cast, "DUT-001") == (Outcome.REVIEW, Tri.UNSATISFIED, "Overdue: Report 2026-10..")
    act(cast.admin, duty, "fulfilled", "Sent.", (b"report",))
    assert found(cast, "DUT-001")[:2] == (Outcome.DUTIES, Tri.SATISFIED)


def test_an_agent_that_was_never_heard_of_holds_new_work(cast: Cast) -> None:
    right = make_entitlement(cast, agent_required=True, valid_from=timezone.now() - 8 * DAY)
    assert found(cast, "DUT-002") == (
        Outcome.REVIEW,
        Tri.UNSATISFIED,
        "Attribution agent: nothing acknowledged yet.",
    )
    take_acknowledgement(Sign(right.ref, timezone.now()))
    assert found(cast, "DUT-002")[:2] == (Outcome.DUTIES, Tri.SATISFIED)


def test_many_rights_are_asked_about_at_once(
    cast: Cast, django_assert_num_queries: Callable[[int], AbstractContextManager[object]]
) -> None:
    rights = [make_entitlement(cast) for _ in range(3)]
    for right in rights:
        late_report(right, "2026-09"), late_report(right, "2026-10")
    refs, now = [right.ref for right in rights], timezone.now()
    with django_assert_num_queries(1):
        assert overdue_duties(refs, now) == dict.fromkeys(refs, ("Report 2026-09.", "Report 2026-10."))
    with django_assert_num_queries(1):
        assert agents(refs, now) == dict.fromkeys(refs)
