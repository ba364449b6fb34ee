"""The pages of duties: who sees which, what is said of them, and the notices that meet some."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.template.loader import render_to_string
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from governance.models import AgentAcknowledgement, Duty, DutyAct
from governance.reports.duties import DutyFilter, duties_of_entitlement, duty_list
from governance.services.duties import act
from tests.conftest import Cast
from tests.factories import make_entitlement
from tests.factories_duties import bought_release, make_duty, make_release

pytestmark = pytest.mark.django_db

BrowserAs = Callable[[User], Browser]


def lines(browser: Browser, **asked: str) -> list[int]:
    return [line.pk for line in browser.get(reverse("duty-list"), asked).context["found"].lines]


def proof(data: bytes = b"screenshot") -> SimpleUploadedFile:
    return SimpleUploadedFile("proof.png", data)


def test_a_requester_sees_the_duties_of_their_clients_only(cast: Cast, browser_as: BrowserAs) -> None:
    report = make_duty(cast)
    kept = Duty.objects.get(release=make_release(cast))
    owner, outsider = browser_as(cast.owner), browser_as(cast.outsider)
    assert kept.pk in lines(owner, show="open")
    assert report.pk not in lines(owner, show="open")
    assert lines(outsider, show="open") == []
    assert outsider.get(reverse("duty", args=[kept.pk])).status_code == 404
    assert owner.get(reverse("duty", args=[report.pk])).status_code == 404


def test_a_licence_admin_has_what_a_right_demands(cast: Cast, browser_as: BrowserAs) -> None:
    duty = make_duty(cast)
    admin = browser_as(cast.admin)
    assert lines(admin) == [duty.pk]
    assert lines(admin, show="open", entitlement=duty.source) == [duty.pk]
    assert lines(admin, show="open", entitlement="ENT-0099") == []
    assert lines(admin, show="overdue") == []
    html = admin.get(reverse("duty-list")).content.decode()
    assert "Usage report" in html
    assert f"{duty.source} v1" in html


def test_the_lists_follow_the_clock(cast: Cast) -> None:
    duty = make_duty(cast)

    def listed(which: str, days: int) -> list[int]:
        at = duty.due_at + timedelta(days=days)
        return [line.pk for line in duty_list(cast.admin, at, DutyFilter(which)).lines]

    assert listed("soon", -31) == []
    assert listed("soon", -29) == [duty.pk]
    assert listed("overdue", -1) == []
    assert listed("overdue", 1) == [duty.pk]
    act(cast.admin, duty, "fulfilled", "Sent.", (b"report",))
    assert listed("overdue", 1) == []
    assert listed("done", 1) == [duty.pk]


def test_listing_more_takes_no_more_queries(cast: Cast) -> None:
    make_duty(cast)
    with CaptureQueriesContext(connection) as few:
        first = duty_list(cast.admin, timezone.now(), DutyFilter("open"))
    make_release(cast)
    with CaptureQueriesContext(connection) as more:
        assert duty_list(cast.admin, timezone.now(), DutyFilter("open")).total > first.total
    assert len(more) == len(few)


def test_a_duty_is_met_with_its_proof(cast: Cast, browser_as: BrowserAs) -> None:
    duty = make_duty(cast)
    admin = browser_as(cast.admin)
    given = {"state": "fulfilled", "note": "Sent to Bria.", "evidence": proof()}
    assert admin.post(reverse("duty-act", args=[duty.pk]), given).status_code == 302
    row = DutyAct.objects.get()
    assert (row.state, row.note, row.acted_by) == ("fulfilled", "Sent to Bria.", cast.admin)
    html = admin.get(reverse("duty", args=[duty.pk])).content.decode()
    assert "Sent to Bria." in html
    url = reverse("duty-evidence", args=[duty.pk, row.evidence_sha256s[0]])
    assert url in html
    assert b"".join(admin.get(url).streaming_content) == b"screenshot"  # type: ignore[attr-defined]
    assert browser_as(cast.outsider).get(url).status_code == 404
    assert admin.get(reverse("duty-evidence", args=[duty.pk, "0" * 64])).status_code == 404


def test_a_fulfilment_without_proof_is_told_beside_the_field(cast: Cast, browser_as: BrowserAs) -> None:
    duty = make_duty(cast)
    answer = browser_as(cast.admin).post(reverse("duty-act", args=[duty.pk]), {"state": "fulfilled", "note": "Sent."})
    assert answer.status_code == 400
    assert "No proof given" in answer.context["form"].errors["evidence"][0]
    assert not DutyAct.objects.exists()


def test_who_may_not_act_gets_no_form(cast: Cast, browser_as: BrowserAs) -> None:
    duty = make_duty(cast)
    auditor = browser_as(cast.auditor)
    assert auditor.get(reverse("duty", args=[duty.pk])).context["form"] is None
    given = {"state": "escalated", "note": "Look."}
    assert auditor.post(reverse("duty-act", args=[duty.pk]), given).status_code == 403
    assert auditor.get(reverse("duty-act", args=[duty.pk])).status_code == 405


def test_a_requester_is_not_offered_to_dismiss(cast: Cast, browser_as: BrowserAs) -> None:
    make_release(cast)
    page = browser_as(cast.owner).get(reverse("duty", args=[Duty.objects.get().pk]))
    assert [state for state, _ in page.context["form"].fields["state"].choices] == ["fulfilled", "escalated"]


def test_a_requester_is_not_offered_to_dismiss_after_a_mistake_either(cast: Cast, browser_as: BrowserAs) -> None:
    make_release(cast)
    page = browser_as(cast.owner).post(reverse("duty-act", args=[Duty.objects.get().pk]), {"state": "fulfilled"})
    assert page.status_code == 400
    assert [state for state, _ in page.context["form"].fields["state"].choices] == ["fulfilled", "escalated"]


def test_an_unknown_choice_is_said(cast: Cast, browser_as: BrowserAs) -> None:
    answer = browser_as(cast.admin).get(reverse("duty-list"), {"show": "everything"})
    assert answer.status_code == 400
    assert "Select a valid choice" in answer.content.decode()


def test_the_agent_of_a_right_is_heard_of_through_its_form(cast: Cast, browser_as: BrowserAs) -> None:
    right = make_entitlement(cast, agent_required=True, valid_from=timezone.now() - timedelta(days=40))
    admin, url = browser_as(cast.admin), reverse("agent-acknowledge", args=[right.ref])
    assert "Silent" in admin.get(url).content.decode()
    given = {"agent": "bria-agent", "on": "2026-11-20", "at": "10:30", "zone": "Europe/Berlin", "detail": "batch 3"}
    assert admin.post(url, given | {"on": "2999-01-01"}).context["form"].errors["on"]
    assert admin.post(url, given).status_code == 302
    row = AgentAcknowledgement.objects.get()
    assert (row.acknowledged_at.isoformat(), row.detail) == ("2026-11-20T09:30:00+00:00", "batch 3")
    assert browser_as(cast.legal).get(url).status_code == 403
    assert browser_as(cast.outsider).get(reverse("agent-acknowledge", args=["ENT-0099"])).status_code == 404


def test_the_duties_of_a_right_are_told_with_its_agent(cast: Cast) -> None:
    right, _ = bought_release(cast, weights_survival="delete", agent_required=True)
    told = duties_of_entitlement(cast.admin, right.ref, timezone.now())
    assert [line.kind_words for line in told.lines] == ["Weights at the end"]
    assert told.open == 1
    assert told.agent is not None


def test_the_part_for_the_page_of_a_right_names_both(cast: Cast) -> None:
    right, _ = bought_release(cast, weights_survival="delete", agent_required=True)
    told = duties_of_entitlement(cast.admin, right.ref, timezone.now())
    html = render_to_string("duties/_of_entitlement.html", {"duties": told, "may_acknowledge": True})
    assert "nothing was ever acknowledged" in html
    assert reverse("agent-acknowledge", args=[right.ref]) in html
    assert f"when {right.ref} ends for good" in html
    without = render_to_string("duties/_of_entitlement.html", {"duties": told})
    assert reverse("agent-acknowledge", args=[right.ref]) not in without
