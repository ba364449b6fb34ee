"""Attribution agents: heard of by hand or by their machine, silent when nobody hears of them."""

from __future__ import annotations

import io
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from governance.errors import NotAllowed, RequestError
from governance.models import AgentAcknowledgement
from governance.reports.agents import agent_of
from governance.rights.duties import agents
from governance.services.agents import Sign, record_acknowledgement, take_acknowledgement
from tests.conftest import Cast
from tests.factories import make_entitlement

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)


def test_a_licence_admin_records_what_the_licensor_acknowledged(cast: Cast) -> None:
    right, at = make_entitlement(cast, agent_required=True), timezone.now() - DAY
    kept = record_acknowledgement(cast.admin, Sign(right.ref, at, " batch 12 ", "bria-agent 1.4"))
    assert (kept.agent, kept.acknowledged_at, kept.detail, kept.recorded_by) == (
        "bria-agent 1.4", at, "batch 12", cast.admin
    )  # fmt: skip
    assert agents([right.ref, "ENT-0099"], timezone.now()) == {right.ref: at, "ENT-0099": None}


@pytest.mark.parametrize("person", ["owner", "legal", "auditor"])
def test_nobody_else_records_one(cast: Cast, person: str) -> None:
    right = make_entitlement(cast, agent_required=True)
    with pytest.raises(NotAllowed, match=r"agent\.acknowledge"):
        record_acknowledgement(getattr(cast, person), Sign(right.ref, timezone.now()))


def test_the_newest_acknowledgement_counts_whenever_it_was_recorded(cast: Cast) -> None:
    right, now = make_entitlement(cast, agent_required=True), timezone.now()
    for days in (1, 5, 3):
        take_acknowledgement(Sign(right.ref, now - days * DAY))
    assert agents([right.ref], now) == {right.ref: now - DAY}
    assert agents([right.ref], now - 2 * DAY) == {right.ref: now - 3 * DAY}


def test_one_that_fits_no_entitlement_is_refused(cast: Cast) -> None:
    plain, now = make_entitlement(cast), timezone.now()
    demanded = make_entitlement(cast, agent_required=True)
    cases = (
        (Sign("ENT-0099", now), "entitlement.unknown"),
        (Sign(plain.ref, now), "agent.not_required"),
        (Sign(demanded.ref, now + DAY), "agent.at"),
        (Sign(demanded.ref, now.replace(tzinfo=None)), "agent.at"),
        (Sign(demanded.ref, now, agent=" "), "agent.agent"),
    )
    for sign, code in cases:
        with pytest.raises(RequestError) as caught:
            take_acknowledgement(sign)
        assert caught.value.code == code
    assert not AgentAcknowledgement.objects.exists()


def test_an_agent_is_silent_after_a_week_without_an_answer(cast: Cast) -> None:
    now = timezone.now()
    right = make_entitlement(cast, agent_required=True, valid_from=now - 8 * DAY)
    before = agent_of(right.ref, now)
    assert before is not None
    assert (before.silent, before.silent_days, before.heard) == (True, 7, None)
    take_acknowledgement(Sign(right.ref, now - DAY))
    after = agent_of(right.ref, now)
    assert after is not None
    assert (after.silent, after.heard) == (False, now - DAY)
    assert agent_of(right.ref, now + 7 * DAY).silent  # type: ignore[union-attr]


def test_a_right_without_an_agent_has_none(cast: Cast) -> None:
    assert agent_of(make_entitlement(cast).ref, timezone.now()) is None


def test_the_agents_machine_says_so_itself(cast: Cast) -> None:
    right, out = make_entitlement(cast, agent_required=True, valid_from=timezone.now() - 30 * DAY), io.StringIO()
    at = (timezone.now() - DAY).replace(microsecond=0)
    call_command("agent_acknowledged", right.ref, "--at", at.isoformat(), "--detail", "batch 12", stdout=out)
    row = AgentAcknowledgement.objects.get()
    assert (row.acknowledged_at, row.detail, row.recorded_by) == (at, "batch 12", None)
    assert out.getvalue() == f"{right.ref}: attribution agent acknowledged at {at:%Y-%m-%dT%H:%M:%SZ}\n"


def test_the_command_refuses_as_the_page_does(cast: Cast) -> None:
    right = make_entitlement(cast, agent_required=True)
    with pytest.raises(CommandError, match=r"\[agent\.at\] Found a time without a zone"):
        call_command("agent_acknowledged", right.ref, "--at", "2026-11-01T10:00:00")
