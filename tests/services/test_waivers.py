"""Waivers: what may be asked for, who answers, how they end, and how their uses are counted."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, connections, transaction
from django.utils import timezone

from governance.errors import NotAllowed, RequestError
from governance.models import Cutout, Status, Waiver, WaiverAnswer, WaiverRevocation, WaiverUse
from governance.policy.ruleset import STANDARD
from governance.services import jobs
from governance.services.constraints import broken_constraint
from governance.services.waivers import answer_waiver, count_use, request_waiver, revoke_waiver
from tests.conftest import Cast
from tests.factories import make_job, make_project, make_target, model
from tests.factories_relief import OBSTACLES, held_job, make_waiver, waiver_request

DAY = timedelta(days=1)
WEIGHTS = "566ed80c3d95f87ada6864d4cbe2290a1c5eb1c7bb0b123e984f60f76b02c3a7"


def now() -> datetime:
    return timezone.now()


def refusal(cast: Cast, **changes: Any) -> RequestError:
    """Ask for what does not fit; nothing may be kept."""
    with pytest.raises(RequestError) as caught:
        request_waiver(cast.owner, waiver_request(cast, **changes))
    assert not Waiver.objects.exists()
    return caught.value


def test_it_keeps_what_was_asked_for(cast: Cast) -> None:
    target = make_target(cast)
    made = make_waiver(cast, approved=None, place=target, model=model("rmbg-2.0"), max_uses=3, safeguards="Looked at")
    assert (made.ref, made.rule_code, made.target, made.project, made.client) == (
        "WVR-0001",
        "LIN-004",
        target,
        None,
        None,
    )
    assert (made.model_id, made.max_uses, made.safeguards, made.requested_by) == (
        "rmbg-2.0",
        3,
        "Looked at",
        cast.owner,
    )


def test_it_can_be_about_a_project_or_a_client(cast: Cast) -> None:
    project = make_project(cast)
    assert make_waiver(cast, place=project).project == project
    assert make_waiver(cast, place=cast.client).client == cast.client


@pytest.mark.parametrize("code", sorted(rule.code for rule in STANDARD.rules if rule.waivable))
def test_every_rule_that_is_waivable_can_be_asked_for(cast: Cast, code: str) -> None:
    assert make_waiver(cast, rule_code=code).rule_code == code


@pytest.mark.parametrize("code", sorted(rule.code for rule in STANDARD.rules if not rule.waivable))
def test_no_other_rule_can_be_asked_for(cast: Cast, code: str) -> None:
    assert refusal(cast, rule_code=code).code == "waiver.not_waivable"


def test_it_says_that_a_third_partys_right_is_cured_by_an_entitlement(cast: Cast) -> None:
    problem = refusal(cast, rule_code="LIC-011")
    assert "guards a third party's right, which is not ours to waive" in problem.message
    assert "Record an entitlement" in problem.how_to_fix


def test_it_names_the_waivable_rules_for_one_that_does_not_exist(cast: Cast) -> None:
    problem = refusal(cast, rule_code="LIN-999")
    assert problem.code == "waiver.rule_unknown"
    assert "Unknown rule 'LIN-999'; expected one of LIN-001, " in problem.message


@pytest.mark.parametrize(
    ("changes", "code", "words"),
    [
        ({"reason": "  "}, "waiver.no_reason", "A waiver needs its reason"),
        ({"max_uses": 0}, "waiver.uses", "Got 0 as the most uses; expected 1 to 1,000,000"),
        ({"max_uses": -1}, "waiver.uses", "Got -1"),
        ({"max_uses": 2**40}, "waiver.uses", "expected 1 to"),
        ({"weights_sha256": "0" * 64}, "waiver.weights_unknown", "No weights file with SHA-256 0000"),
    ],
)
def test_what_does_not_fit_is_refused_by_name(cast: Cast, changes: dict[str, Any], code: str, words: str) -> None:
    problem = refusal(cast, **changes)
    assert problem.code == code
    assert words in problem.message


def test_weights_of_another_model_are_refused(cast: Cast) -> None:
    problem = refusal(cast, model=model("u2netp"), weights_sha256=WEIGHTS)
    assert problem.code == "waiver.weights_unknown"
    assert "of U²-Netp" in problem.message


@pytest.mark.parametrize(
    ("start", "end", "code", "words"),
    [
        (0, 0, "waiver.dates", "is not after the start"),
        (2, 1, "waiver.dates", "is not after the start"),
        (-1, -0.5, "waiver.over", "has passed"),
        (-3, 5, "waiver.starts_in_past", "a waiver does not reach back"),
        (0, 180.5, "waiver.too_long", "would last 180 days; expected at most 180"),
        (0, 400, "waiver.too_long", "would last 400 days; expected at most 180"),
    ],
)
def test_a_time_that_does_not_fit_is_refused(cast: Cast, start: float, end: float, code: str, words: str) -> None:
    moment = now()
    problem = refusal(cast, starts_at=moment + start * DAY, ends_at=moment + end * DAY)
    assert problem.code == code
    assert words in problem.message


def test_it_may_last_180_days_and_begin_later(cast: Cast) -> None:
    start = now() + 20 * DAY
    assert make_waiver(cast, starts_at=start, ends_at=start + 180 * DAY).starts_at == start


def test_only_those_who_work_for_the_client_may_ask(cast: Cast) -> None:
    target = make_target(cast)
    for person in (cast.outsider, cast.admin, cast.auditor):
        with pytest.raises(NotAllowed, match=r"\(waiver\.request\)"):
            request_waiver(person, waiver_request(cast, place=target))
    assert make_waiver(cast, place=target, actor=cast.second_legal).requested_by == cast.second_legal


def test_another_person_approves(cast: Cast) -> None:
    waiver = make_waiver(cast, approved=None)
    answer = answer_waiver(cast.legal, waiver, approved=True, note=" Seen. ")
    assert (answer.approved, answer.note, answer.answered_by_id) == (True, "Seen.", cast.legal.pk)


def test_whoever_asked_cannot_answer(cast: Cast) -> None:
    waiver = make_waiver(cast, approved=None, actor=cast.legal)
    with pytest.raises(RequestError, match="another person has to answer it") as caught:
        answer_waiver(cast.legal, waiver, approved=True)
    assert caught.value.code == "waiver.same_person"
    assert not WaiverAnswer.objects.exists()


def test_the_database_refuses_the_person_who_asked(cast: Cast) -> None:
    waiver = make_waiver(cast, approved=None, actor=cast.legal)
    with pytest.raises(IntegrityError) as caught, transaction.atomic():
        WaiverAnswer.objects.create(waiver=waiver, approved=True, answered_by=cast.legal)
    assert broken_constraint(caught.value) == "two_people"
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO governance_waiveranswer (waiver_id, approved, note, answered_by_id) VALUES (%s, true, '', %s)",
            [waiver.pk, cast.legal.pk],
        )


def test_only_legal_answers(cast: Cast) -> None:
    waiver = make_waiver(cast, approved=None)
    for person in (cast.colleague, cast.admin, cast.auditor):
        with pytest.raises(NotAllowed, match=r"\(waiver\.answer\); it needs legal"):
            answer_waiver(person, waiver, approved=True)


def test_declining_needs_a_note(cast: Cast) -> None:
    waiver = make_waiver(cast, approved=None)
    with pytest.raises(RequestError, match="Declining needs its reasons") as caught:
        answer_waiver(cast.legal, waiver, approved=False, note=" ")
    assert caught.value.code == "waiver.no_note"


def test_it_is_answered_once(cast: Cast) -> None:
    waiver = make_waiver(cast, approved=False)
    with pytest.raises(RequestError, match="has been answered already"):
        answer_waiver(cast.second_legal, waiver, approved=True)
    assert not WaiverAnswer.objects.get().approved


def test_one_whose_time_has_passed_can_only_be_declined(cast: Cast) -> None:
    waiver = Waiver.objects.create(
        ref="WVR-0007",
        rule_code="LIN-004",
        reason="late",
        client=cast.client,
        starts_at=now() - 2 * DAY,
        ends_at=now() - DAY,
        requested_by=cast.owner,
    )
    with pytest.raises(RequestError, match="which has passed"):
        answer_waiver(cast.legal, waiver, approved=True)
    assert not answer_waiver(cast.legal, waiver, approved=False, note="Too late").approved


def test_it_is_revoked_with_a_reason_once(cast: Cast) -> None:
    waiver = make_waiver(cast)
    with pytest.raises(RequestError, match="A revocation needs its reason"):
        revoke_waiver(cast.legal, waiver, "")
    assert revoke_waiver(cast.legal, waiver, "The terms changed.").reason == "The terms changed."
    with pytest.raises(RequestError, match="was revoked already"):
        revoke_waiver(cast.second_legal, waiver, "again")
    assert WaiverRevocation.objects.count() == 1


@pytest.mark.parametrize("approved", [None, False])
def test_only_an_approved_waiver_is_revoked(cast: Cast, approved: bool | None) -> None:
    with pytest.raises(RequestError, match="only an approved waiver can be revoked"):
        revoke_waiver(cast.legal, make_waiver(cast, approved=approved), "no")


def test_only_legal_revokes(cast: Cast) -> None:
    with pytest.raises(NotAllowed, match=r"\(waiver\.revoke\)"):
        revoke_waiver(cast.owner, make_waiver(cast), "no")


def test_a_renewal_is_a_new_waiver_that_names_the_former(cast: Cast) -> None:
    former = make_waiver(cast)
    renewal = make_waiver(cast, approved=None, place=former.target, renews=former)
    assert (renewal.ref, renewal.renews) == ("WVR-0002", former)


def test_a_renewal_keeps_rule_and_scope(cast: Cast) -> None:
    former = make_waiver(cast)
    for changes in ({"place": make_target(cast)}, {"place": former.target, "rule_code": "LIN-001"}):
        with pytest.raises(RequestError, match="a renewal keeps both") as caught:
            make_waiver(cast, renews=former, **changes)
        assert caught.value.code == "waiver.renews_other"


def test_it_is_renewed_once_unless_that_was_declined(cast: Cast) -> None:
    former = make_waiver(cast)
    make_waiver(cast, place=former.target, renews=former, approved=False)
    make_waiver(cast, place=former.target, renews=former)
    with pytest.raises(RequestError, match="WVR-0001 is renewed by WVR-0003 already"):
        make_waiver(cast, place=former.target, renews=former)


@pytest.mark.parametrize("approved", [None, False])
def test_what_was_never_approved_is_not_renewed(cast: Cast, approved: bool | None) -> None:
    former = make_waiver(cast, approved=approved)
    with pytest.raises(RequestError, match="not an approved waiver that could be renewed"):
        make_waiver(cast, place=former.target, renews=former)


def test_a_use_is_counted_once_for_each_picture(cast: Cast) -> None:
    waiver = make_waiver(cast, max_uses=1)
    cutout = make_job(cast).cutouts.get()
    assert count_use([waiver.ref], cutout)
    assert count_use([waiver.ref], cutout)
    assert WaiverUse.objects.filter(waiver=waiver).count() == 1


def test_it_says_when_a_waiver_is_used_up_and_counts_nothing_then(cast: Cast) -> None:
    limited, free = make_waiver(cast, max_uses=1), make_waiver(cast)
    first, second = make_job(cast, pictures=2).cutouts.order_by("pk")
    assert count_use([limited.ref], first)
    assert not count_use([free.ref, limited.ref], second)
    assert not WaiverUse.objects.filter(cutout=second).exists()
    assert count_use([free.ref], second)


def test_nothing_is_counted_for_no_waiver(cast: Cast) -> None:
    assert count_use([], make_job(cast).cutouts.get())
    assert not WaiverUse.objects.exists()


def test_the_database_counts_the_uses_too(cast: Cast) -> None:
    waiver = make_waiver(cast, max_uses=1)
    first, second = make_job(cast, pictures=2).cutouts.order_by("pk")
    WaiverUse.objects.create(waiver=waiver, cutout=first)
    with pytest.raises(IntegrityError) as caught, transaction.atomic():
        WaiverUse.objects.create(waiver=waiver, cutout=second)
    assert broken_constraint(caught.value) == "waiver_not_used_up"


def test_no_race_gets_past_the_most_uses(committed_cast: Cast) -> None:
    waiver = make_waiver(committed_cast, max_uses=2)
    pictures = list(make_job(committed_cast, pictures=5).cutouts.values_list("pk", flat=True))

    def elsewhere(pk: int) -> bool:
        try:
            return count_use([waiver.ref], Cutout.objects.get(pk=pk))
        finally:
            connections.close_all()

    with ThreadPoolExecutor(5) as pool:
        counted = sorted(pool.map(elsewhere, pictures))
    assert (counted, waiver.uses.count()) == ([False, False, False, True, True], 2)


def test_held_work_goes_on_once_every_rule_in_its_way_is_waived(cast: Cast) -> None:
    target = make_target(cast)
    job = held_job(cast, target=target)
    make_waiver(cast, place=target, rule_code=OBSTACLES[0])
    jobs.reconsider(job)
    assert job.cutouts.get().status == Status.HELD
    make_waiver(cast, place=target, rule_code=OBSTACLES[1])
    jobs.reconsider(job)
    assert job.cutouts.get().status == Status.QUEUED
