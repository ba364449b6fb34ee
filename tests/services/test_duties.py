"""Duties: opened with what relies on a right, due by the clock and the right's end, settled by acts with proof."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from governance.errors import NotAllowed, RequestError
from governance.licensing.terms import DutyKind
from governance.models import Duty, DutyAct, Entitlement
from governance.policy.decision import Duty as Owed
from governance.rights.duties import DutyState, duties_at, overdue_duties
from governance.rights.facts import made_under_verdict
from governance.services.constraints import broken_constraint
from governance.services.duties import TIME_TO_PROVE, act, open_duties, open_release_duties
from governance.services.entitlement_terms import QuotaTerms
from governance.services.entitlements import end_entitlement, verify_entitlement
from tests.conftest import Cast
from tests.factories import acquire_weights, make_entitlement, make_job, make_output
from tests.factories_duties import bought_release, make_duty, make_release

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)
FROM, UNTIL = datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 7, 1, tzinfo=UTC)
TERM = {"valid_from": FROM, "valid_until": UNTIL}


def stands(duty: Duty, at: datetime | None = None) -> str:
    return str(duties_at(Duty.objects.filter(pk=duty.pk), at or timezone.now()).get().stands)  # type: ignore[attr-defined]


def ending(kind: str) -> Duty:
    return Duty.objects.get(kind=kind)


def test_work_without_a_purchased_right_owes_only_what_its_rules_ask(cast: Cast) -> None:
    release = make_release(cast)
    (duty,) = Duty.objects.all()
    assert (duty.kind, duty.subject, duty.period_key) == (
        "keep_records", f"OUT-{release.output_id}", f"TGT-{release.target_id}"
    )  # fmt: skip
    assert (duty.client, duty.release, duty.entitlement, duty.due_at) == (cast.client, release, None, None)


def test_a_usage_report_is_due_after_the_month_in_which_the_file_was_made(cast: Cast) -> None:
    right, release = bought_release(cast, **TERM)
    duty = ending("report_usage")
    made = release.output.created_at
    after = (made.replace(day=28) + 4 * DAY).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    assert (duty.entitlement, duty.subject, duty.source) == (right, right.ref, right.ref)
    assert (duty.period_key, duty.due_at) == (f"{made:%Y-%m}", after + TIME_TO_PROVE)


def test_the_shortest_period_of_its_quotas_counts(cast: Cast) -> None:
    quotas = (QuotaTerms("output", "term", 1000), QuotaTerms("output", "contract_year", 100))
    bought_release(cast, quotas=quotas, **TERM)
    assert ending("report_usage").period_key == "from 2026-01-01"


def test_a_period_that_the_end_cuts_short_is_reported_after_the_end(cast: Cast) -> None:
    until = timezone.now() + timedelta(minutes=5)
    make_duty(cast, valid_from=FROM, valid_until=until)
    assert ending("report_usage").due_at == until + TIME_TO_PROVE


def test_making_a_file_opens_what_its_right_demands_before_anything_is_released(cast: Cast) -> None:
    right = make_entitlement(cast, weights_survival="delete")
    acquire_weights("rmbg-2.0")
    make_output(cast, job=make_job(cast, slug="rmbg-2.0"))
    assert {(duty.kind, duty.subject) for duty in Duty.objects.all()} == {
        ("report_usage", right.ref),
        ("delete_weights_on_expiry", right.ref),
    }


def test_nobody_reports_by_hand_where_the_licensors_agent_does(cast: Cast) -> None:
    bought_release(cast, agent_required=True)
    assert not Duty.objects.filter(kind="report_usage").exists()


def test_opening_again_changes_nothing(cast: Cast) -> None:
    _, release = bought_release(cast, weights_survival="delete")
    before = set(Duty.objects.values_list("pk", flat=True))
    open_release_duties(made_under_verdict(release.decision), release)
    assert set(Duty.objects.values_list("pk", flat=True)) == before
    assert len(before) >= 2


def test_a_refused_decision_owes_nothing(cast: Cast) -> None:
    release = make_release(cast)
    count = Duty.objects.count()
    made = made_under_verdict(release.decision)
    open_duties(type(made).from_json(made.as_json() | {"outcome": "review", "relied_upon": ["ENT-0001"]}))
    assert Duty.objects.count() == count


def test_clauses_of_one_kind_are_one_duty(cast: Cast) -> None:
    release = make_release(cast)
    made = made_under_verdict(release.decision)
    owed = tuple(Owed(DutyKind.INCLUDE_NOTICE, text, "public/x", clause) for text, clause in (("A", "1"), ("B", "2")))
    plain = made.as_json() | {"duties": [*({"kind": d.kind.value, "text": d.text, "source": d.source,
                                            "clause": d.clause} for d in owed)]}  # fmt: skip
    open_duties(type(made).from_json(plain), release)
    duty = ending("include_notice")
    assert (duty.text, duty.clause, duty.due_at) == ("A\nB", "1\n2", release.released_at + TIME_TO_PROVE)


def test_weights_are_deleted_when_the_right_ends(cast: Cast) -> None:
    right, _ = bought_release(cast, weights_survival="delete", **TERM)
    duty = ending("delete_weights_on_expiry")
    assert (duty.text, duty.due_at) == (f"Delete every copy of the weights when {right.ref} ends.", UNTIL)
    assert stands(duty, UNTIL - DAY) == DutyState.OPEN
    assert stands(duty, UNTIL) == DutyState.OVERDUE


def test_outputs_have_the_days_to_wind_down(cast: Cast) -> None:
    right, _ = bought_release(cast, used_until=UNTIL.date(), output_survival="wind_down", wind_down_days=30, **TERM)
    duty = ending("delete_outputs_on_expiry")
    assert duty.due_at == UNTIL + 30 * DAY
    now = timezone.now()
    end_entitlement(cast.admin, right.ref, now, "Terminated.")
    assert stands(duty, now + 29 * DAY) == DutyState.OPEN
    assert stands(duty, now + 30 * DAY) == DutyState.OVERDUE


def test_an_early_end_makes_what_is_due_at_the_end_due(cast: Cast) -> None:
    right, _ = bought_release(cast, weights_survival="return", **TERM)
    duty, now = ending("delete_weights_on_expiry"), timezone.now()
    assert stands(duty, now) == DutyState.OPEN
    end_entitlement(cast.admin, right.ref, now, "Terminated.")
    assert stands(duty, now) == DutyState.OVERDUE
    assert overdue_duties([right.ref], now)[right.ref] == (duty.text,)


def test_nothing_is_deleted_while_a_verified_version_carries_the_right_on(cast: Cast) -> None:
    right, release = bought_release(cast, weights_survival="delete", **TERM)
    duty, later = ending("delete_weights_on_expiry"), UNTIL + DAY
    again = {"weights_survival": "delete", "valid_from": UNTIL, "valid_until": UNTIL + 365 * DAY}
    make_entitlement(cast, ref=right.ref, verified=False, **again)
    assert stands(duty, later) == DutyState.OVERDUE
    verify_entitlement(cast.second_admin, Entitlement.objects.get(ref=right.ref, version=2))
    assert stands(duty, later) == DutyState.OPEN
    assert stands(duty, UNTIL + 365 * DAY) == DutyState.OVERDUE
    open_duties(made_under_verdict(release.decision), release, at=later)
    assert ending("delete_weights_on_expiry") == duty


def test_a_report_that_nobody_sent_is_overdue_and_told_of_its_right(cast: Cast) -> None:
    duty = make_duty(cast)
    due = duty.due_at
    assert overdue_duties([duty.source], due - DAY) == {}
    assert overdue_duties([duty.source], due)[duty.source] == (duty.text,)
    assert overdue_duties([], due) == {}


def test_a_duty_that_was_met_is_not_overdue(cast: Cast) -> None:
    duty = make_duty(cast)
    act(cast.admin, duty, "fulfilled", "Sent.", (b"report",))
    assert stands(duty, duty.due_at + DAY) == DutyState.FULFILLED
    assert overdue_duties([duty.source], duty.due_at + DAY) == {}


def test_an_escalated_duty_stays_overdue_for_its_right(cast: Cast) -> None:
    duty = make_duty(cast)
    act(cast.legal, duty, "escalated", "The licensor does not answer.")
    assert stands(duty, duty.due_at + DAY) == DutyState.ESCALATED
    assert duty.source in overdue_duties([duty.source], duty.due_at + DAY)


def test_what_was_said_later_does_not_change_what_was_true_before(cast: Cast) -> None:
    duty, before = make_duty(cast), timezone.now()
    act(cast.admin, duty, "fulfilled", "Sent.", (b"report",))
    assert stands(duty, before) == DutyState.OPEN


def test_an_overdue_duty_stops_new_work_for_review(cast: Cast) -> None:
    right, _ = bought_release(cast)
    duty = ending("report_usage")
    Duty.objects.create(
        kind="report_usage", text="Report October.", source=right.ref, subject=right.ref, period_key="2026-10",
        entitlement=right, due_at=timezone.now() - DAY,
    )  # fmt: skip
    assert duty.text not in overdue_duties([right.ref], timezone.now())[right.ref]
    assert overdue_duties([right.ref], timezone.now()) == {right.ref: ("Report October.",)}


@pytest.mark.parametrize(
    ("state", "note", "papers", "code"),
    [
        ("fulfilled", "Sent.", (), "duty.no_evidence"),
        ("fulfilled", "Sent.", (b"",), "duty.no_evidence"),
        ("fulfilled", " ", (b"report",), "duty.note"),
        ("escalated", "x" * 4001, (), "duty.note"),
        ("reopened", "Why not.", (), "duty.state"),
        ("done", "Sent.", (b"report",), "duty_state.unknown"),
    ],
)
def test_an_act_that_does_not_fit_is_refused(
    cast: Cast, state: str, note: str, papers: tuple[bytes], code: str
) -> None:
    duty = make_duty(cast)
    with pytest.raises(RequestError) as caught:
        act(cast.admin, duty, state, note, papers)
    assert caught.value.code == code
    assert caught.value.how_to_fix
    assert not DutyAct.objects.exists()


def test_a_settled_duty_is_opened_again_before_anything_else(cast: Cast) -> None:
    duty = make_duty(cast)
    act(cast.admin, duty, "not_applicable", "Covered by the master report.")
    with pytest.raises(RequestError, match="expected open again") as caught:
        act(cast.admin, duty, "fulfilled", "Sent.", (b"report",))
    assert caught.value.code == "duty.state"
    act(cast.legal, duty, "reopened", "The master report left it out.")
    assert stands(duty) == DutyState.OPEN
    act(cast.admin, duty, "fulfilled", "Sent.", (b"report",))
    assert stands(duty) == DutyState.FULFILLED


def test_the_people_of_a_client_act_on_what_concerns_it(cast: Cast) -> None:
    make_release(cast)
    duty = Duty.objects.get()
    assert act(cast.colleague, duty, "fulfilled", "Kept.", (b"screenshot",)).acted_by == cast.colleague
    for person in (cast.outsider, cast.auditor):
        with pytest.raises(NotAllowed):
            act(person, duty, "reopened", "No.")


def test_only_legal_and_licence_admins_dismiss_one(cast: Cast) -> None:
    make_release(cast)
    duty = Duty.objects.get()
    with pytest.raises(NotAllowed, match=r"duty\.oversee"):
        act(cast.owner, duty, "not_applicable", "I think not.")
    assert act(cast.legal, duty, "not_applicable", "The picture was never used.").state == "not_applicable"


def test_what_a_right_demands_is_not_for_requesters(cast: Cast) -> None:
    duty = make_duty(cast)
    with pytest.raises(NotAllowed, match=r"duty\.oversee"):
        act(cast.owner, duty, "fulfilled", "Sent.", (b"report",))


def test_the_database_takes_no_fulfilment_without_proof(cast: Cast) -> None:
    duty = make_duty(cast)
    with pytest.raises(IntegrityError) as caught, transaction.atomic():
        DutyAct.objects.create(duty=duty, state="fulfilled", note="Sent.", acted_by=cast.admin)
    assert broken_constraint(caught.value) == "fulfilled_duty_has_evidence"
