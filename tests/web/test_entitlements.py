"""Purchased rights: entered by one, verified by another, ended by a dated act; papers for few."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from governance.models import Entitlement, EntitlementEnd, EntitlementVerification, WeightsArtifact
from governance.services.entitlement_terms import QuotaTerms
from governance.services.entitlements import end_entitlement
from governance.services.holds import place_hold
from governance.web.forms import evidence as forms
from tests.conftest import Cast
from tests.factories import make_contract, make_entitlement, make_project

BrowserAs = Callable[[User], Browser]
NOW = timezone.now
QUOTA = QuotaTerms("output", "calendar_month", 100)


def filled(**changes: Any) -> dict[str, Any]:
    form: dict[str, Any] = {
        "title": "Bria self-host licence",
        "licensor": "Bria",
        "contract_reference": "C-17",
        "grant_kind": "self_host",
        "template": "LicenseRef-bria-selfhost",
        "model": "rmbg-2.0",
        "valid_from": "2026-01-01",
        "valid_until": "2026-12-31",
        "zone": "Europe/Berlin",
        "territories": "de, AT; CH",
        "hosting_modes": ["we_self_host"],
        "output_survival": "perpetual",
        "weights_survival": "delete",
        "weights_distribution": "none",
        "evidence": SimpleUploadedFile("order.pdf", b"%PDF-1.7 order"),
    }
    return form | changes


def enter(browser: Browser, **changes: Any):  # type: ignore[no-untyped-def]
    return browser.post(reverse("entitlement-new"), filled(**changes))


def error_of(answer: Any, field: str) -> str:
    return " ".join(answer.context["form"].errors.get(field, []))


def test_a_licence_admin_enters_what_the_paper_says(cast: Cast, browser_as: BrowserAs) -> None:
    answer = enter(browser_as(cast.admin))
    entered = Entitlement.objects.get()
    assert answer["Location"] == reverse("entitlement", args=[entered.ref])
    assert (entered.territories, entered.hosting_modes) == (["AT", "CH", "DE"], ["we_self_host"])


def test_the_last_day_counts_to_its_end_in_the_zone_given(cast: Cast, browser_as: BrowserAs) -> None:
    enter(browser_as(cast.admin))
    entered = Entitlement.objects.get()
    assert entered.valid_from == datetime(2025, 12, 31, 23, tzinfo=UTC)
    assert entered.valid_until == datetime(2026, 12, 31, 23, tzinfo=UTC)


@pytest.mark.parametrize(
    ("changes", "field", "message"),
    [
        ({"evidence": ""}, "evidence", "This field is required."),
        ({"territories": "DE, XX"}, "territories", "Unknown territory: XX"),
        ({"territories": " , "}, "territories", "No territory given"),
        ({"valid_until": "2025-06-01"}, "valid_until", "is not after the start"),
        ({"hosting_modes": []}, "hosting_modes", "This field is required."),
        ({"model": "no-such-model"}, "model", "not one of the available choices"),
        ({"template": "MIT"}, "template", "Unknown template 'MIT'; expected one of"),
        ({"zone": "Mars/Olympus"}, "zone", "not one of the available choices"),
        ({"valid_from": "yesterday"}, "valid_from", "Enter a valid date."),
        ({"evidence": SimpleUploadedFile("empty.pdf", b"")}, "evidence", "The submitted file is empty."),
    ],
)
def test_it_says_beside_the_field_what_does_not_fit(
    cast: Cast, browser_as: BrowserAs, changes: dict[str, Any], field: str, message: str
) -> None:
    answer = enter(browser_as(cast.admin), **changes)
    assert answer.status_code == 400
    assert message in error_of(answer, field)
    assert not Entitlement.objects.exists()


def test_a_paper_may_be_too_large(cast: Cast, browser_as: BrowserAs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forms, "MAX_EVIDENCE_BYTES", 5)
    answer = enter(browser_as(cast.admin))
    assert "expected at most 10 MB" in error_of(answer, "evidence")


def test_several_papers_are_kept(cast: Cast, browser_as: BrowserAs) -> None:
    papers = [SimpleUploadedFile(f"{number}.pdf", b"%PDF-" + bytes([number])) for number in (65, 66)]
    enter(browser_as(cast.admin), evidence=papers)
    assert len(Entitlement.objects.get().evidence_sha256s) == 2


def test_only_a_licence_admin_may_enter(cast: Cast, browser_as: BrowserAs) -> None:
    for person in (cast.owner, cast.legal, cast.auditor):
        assert enter(browser_as(person)).status_code == 403
    assert not Entitlement.objects.exists()


def test_it_keeps_everything_the_form_asks_for(cast: Cast, browser_as: BrowserAs) -> None:
    project, contract = make_project(cast), make_contract(cast)
    sha256 = WeightsArtifact.objects.filter(model="rmbg-2.0").values_list("sha256", flat=True)[0]
    enter(
        browser_as(cast.admin),
        contract=contract.pk,
        licensor="",
        contract_reference="",
        weights_sha256s=[sha256],
        providers="fal, bria",
        channels="web; social",
        clients=[cast.client.pk],
        affiliates_included="on",
        projects=[project.pk],
        output_survival="wind_down",
        wind_down_days="30",
        weights_distribution="to_client",
        agent_required="on",
        quota_1_unit="output",
        quota_1_period="calendar_month",
        quota_1_limit="100",
        quota_1_overage="ask",
    )
    row = Entitlement.objects.get()
    assert (row.contract, row.licensor, row.contract_reference) == (contract, "Bria", "BR-17")
    assert (row.weights_sha256s, row.providers, row.channels) == ([sha256], ["fal", "bria"], ["web", "social"])
    assert (row.clients, row.projects, row.affiliates_included) == ([cast.client.pk], [project.pk], True)
    assert (row.output_survival, row.wind_down_days, row.weights_survival) == ("wind_down", 30, "delete")
    assert (row.weights_distribution, row.agent_required, row.time_zone) == ("to_client", True, "Europe/Berlin")
    quota = row.quotas.get()
    assert (quota.unit, quota.period, quota.limit, quota.overage) == ("output", "calendar_month", 100, "ask")


@pytest.mark.parametrize(
    ("changes", "field", "message"),
    [
        ({"licensor": ""}, "licensor", "choose the contract that says it"),
        ({"output_survival": "wind_down"}, "wind_down_days", "expected 1 to 3650"),
        ({"wind_down_days": "5"}, "wind_down_days", "outputs do not wind down"),
        ({"quota_2_limit": "0"}, "quota_2_limit", "A quota of 0; expected 1 to"),
        ({"quota_1_limit": "-5"}, "quota_1_limit", "A quota of -5"),
        ({"quota_1_limit": "5", "quota_3_limit": "6"}, "quota_3_limit", "is given 2 times"),
        ({"channels": "x" * 61}, "channels", "expected 1 to 60 characters"),
        ({"weights_sha256s": ["0" * 64]}, "weights_sha256s", "not one of the available choices"),
    ],
)
def test_what_the_paper_cannot_mean_is_refused_beside_its_field(
    cast: Cast, browser_as: BrowserAs, changes: dict[str, Any], field: str, message: str
) -> None:
    answer = enter(browser_as(cast.admin), **changes)
    assert answer.status_code == 400
    assert message in error_of(answer, field)
    assert not Entitlement.objects.exists()


def test_files_of_another_model_are_refused_beside_the_field(cast: Cast, browser_as: BrowserAs) -> None:
    other = WeightsArtifact.objects.filter(model="u2netp").values_list("sha256", flat=True)[0]
    assert "is no weights file of rmbg-2.0" in error_of(
        enter(browser_as(cast.admin), weights_sha256s=[other]), "weights_sha256s"
    )


def test_a_project_of_a_client_that_is_not_named_is_refused(cast: Cast, browser_as: BrowserAs) -> None:
    project = make_project(cast)
    answer = enter(browser_as(cast.admin), clients=[cast.other_client.pk], projects=[project.pk])
    assert "belongs to a client that is not named" in error_of(answer, "projects")


def test_the_next_version_starts_from_the_one_before_and_after_its_end(cast: Cast, browser_as: BrowserAs) -> None:
    first = make_entitlement(cast, time_zone="Europe/Berlin", channels=("web",), quotas=(QUOTA,))
    url = f"{reverse('entitlement-new')}?ref={first.ref}"
    form = browser_as(cast.admin).get(url).context["form"]
    begins = first.valid_until.astimezone(ZoneInfo("Europe/Berlin")).date() + timedelta(days=1)
    assert (form["valid_from"].value(), form["zone"].value()) == (begins, "Europe/Berlin")
    assert (form["channels"].value(), form["quota_1_limit"].value()) == ("web", 100)
    dates = {"valid_from": str(begins), "valid_until": str(begins + timedelta(days=364))}
    browser_as(cast.admin).post(url, filled(territories="WORLD", **dates))
    history = browser_as(cast.admin).get(reverse("entitlement", args=[first.ref])).context["history"]
    assert [(line.version, line.status, line.counts) for line in history.versions] == [
        (2, "pending_verification", False),
        (1, "active", True),
    ]


def test_an_overlapping_version_is_refused_beside_its_first_day(cast: Cast, browser_as: BrowserAs) -> None:
    first = make_entitlement(cast)
    today = NOW().date()
    url = f"{reverse('entitlement-new')}?ref={first.ref}"
    answer = browser_as(cast.admin).post(url, filled(valid_from=str(today), valid_until=str(today + timedelta(days=9))))
    assert answer.status_code == 400
    assert "overlaps that of version 1" in error_of(answer, "valid_from")
    assert "or end version 1 when the new one starts" in error_of(answer, "valid_from")


def test_one_version_is_ended_so_that_another_may_take_over(cast: Cast, browser_as: BrowserAs) -> None:
    first = make_entitlement(cast)
    browser = browser_as(cast.admin)
    end = {"version": "1", "on": str(NOW().date()), "at": "00:00", "zone": "UTC", "reason": "Amended"}
    browser.post(reverse("entitlement-end", args=[first.ref]), end)
    assert EntitlementEnd.objects.get().version == 1
    history = browser.get(reverse("entitlement", args=[first.ref])).context["history"]
    assert (history.end, history.current.status, history.current.end.reason) == (None, "terminated", "Amended")


def test_a_version_that_has_ended_is_not_offered_again(cast: Cast, browser_as: BrowserAs) -> None:
    first = make_entitlement(cast)
    end_entitlement(cast.admin, first.ref, NOW(), "Amended", version=1)
    again = {"version": "1", "on": "2026-11-01", "at": "00:00", "zone": "UTC", "reason": "again"}
    answer = browser_as(cast.admin).post(reverse("entitlement-end", args=[first.ref]), again)
    assert "not one of the available choices" in " ".join(answer.context["end_form"].errors["version"])


def test_a_right_that_ends_soon_says_so(cast: Cast, browser_as: BrowserAs) -> None:
    soon = make_entitlement(cast, valid_until=NOW() + timedelta(days=10, hours=1))
    html = browser_as(cast.legal).get(reverse("entitlement", args=[soon.ref])).content.decode()
    assert "Ends in 10 days" in html
    assert "ends in 10 days" in browser_as(cast.legal).get(reverse("entitlement-list")).content.decode()


def test_an_unverified_version_is_not_said_to_count(cast: Cast, browser_as: BrowserAs) -> None:
    waiting = make_entitlement(cast, verified=False)
    html = browser_as(cast.legal).get(reverse("entitlement", args=[waiting.ref])).content.decode()
    assert "No version gives a right now." in html
    assert "counts now" not in html


def test_a_right_on_hold_says_so(cast: Cast, browser_as: BrowserAs) -> None:
    entered = make_entitlement(cast)
    place_hold(cast.legal, "grant", entered.ref, "The licensor disputes the invoice")
    html = browser_as(cast.legal).get(reverse("entitlement", args=[entered.ref])).content.decode()
    assert "On hold" in html


def test_a_new_version_needs_an_entitlement_that_exists(cast: Cast, browser_as: BrowserAs) -> None:
    answer = browser_as(cast.admin).post(f"{reverse('entitlement-new')}?ref=ENT-9999", filled())
    assert answer.status_code == 404


def test_another_person_verifies(cast: Cast, browser_as: BrowserAs) -> None:
    entered = make_entitlement(cast, verified=False)
    browser = browser_as(cast.legal)
    browser.post(reverse("entitlement-verify", args=[entered.ref, entered.version]))
    assert EntitlementVerification.objects.get().verified_by == cast.legal
    assert "Active" in browser.get(reverse("entitlement", args=[entered.ref])).content.decode()


def test_whoever_entered_it_is_told_that_another_person_has_to_verify(cast: Cast, browser_as: BrowserAs) -> None:
    entered = make_entitlement(cast, verified=False)
    browser = browser_as(cast.admin)
    answer = browser.post(reverse("entitlement-verify", args=[entered.ref, entered.version]), follow=True)
    assert "another person has to verify it" in answer.content.decode()
    assert not EntitlementVerification.objects.exists()


def test_a_requester_cannot_verify(cast: Cast, browser_as: BrowserAs) -> None:
    entered = make_entitlement(cast, verified=False)
    url = reverse("entitlement-verify", args=[entered.ref, entered.version])
    assert browser_as(cast.owner).post(url).status_code == 403
    assert browser_as(cast.legal).get(url).status_code == 405


def test_it_is_ended_with_a_time_and_a_reason(cast: Cast, browser_as: BrowserAs) -> None:
    entered = make_entitlement(cast, valid_from=datetime(2026, 10, 1, tzinfo=UTC))
    browser = browser_as(cast.admin)
    end = {"on": "2026-11-01", "at": "12:30", "zone": "Europe/Berlin", "reason": "Terminated by Bria"}
    browser.post(reverse("entitlement-end", args=[entered.ref]), end)
    assert EntitlementEnd.objects.get().ended_at == datetime(2026, 11, 1, 11, 30, tzinfo=UTC)
    html = browser.get(reverse("entitlement", args=[entered.ref])).content.decode()
    assert "Terminated by Bria" in html


def test_an_end_before_the_beginning_is_refused_beside_its_day(cast: Cast, browser_as: BrowserAs) -> None:
    entered = make_entitlement(cast)
    form = {"on": "1066-10-14", "at": "00:00", "zone": "UTC", "reason": "A slip of the hand"}
    answer = browser_as(cast.admin).post(reverse("entitlement-end", args=[entered.ref]), form)
    assert answer.status_code == 400
    assert "it cannot end before that" in " ".join(answer.context["end_form"].errors["on"])
    assert not EntitlementEnd.objects.exists()


def test_an_end_without_reason_is_shown_beside_the_field(cast: Cast, browser_as: BrowserAs) -> None:
    entered = make_entitlement(cast)
    answer = browser_as(cast.admin).post(reverse("entitlement-end", args=[entered.ref]), {"on": "2026-11-01"})
    assert answer.status_code == 400
    assert answer.context["end_form"].errors["reason"] == ["This field is required."]
    assert not EntitlementEnd.objects.exists()


def test_it_is_ended_once(cast: Cast, browser_as: BrowserAs) -> None:
    entered = make_entitlement(cast)
    end_entitlement(cast.admin, entered.ref, NOW(), "over")
    again = {"on": "2026-11-01", "at": "00:00", "zone": "UTC", "reason": "again"}
    answer = browser_as(cast.admin).post(reverse("entitlement-end", args=[entered.ref]), again)
    assert answer.status_code == 400
    assert EntitlementEnd.objects.get().reason == "over"


def test_only_a_licence_admin_may_end(cast: Cast, browser_as: BrowserAs) -> None:
    entered = make_entitlement(cast)
    assert browser_as(cast.legal).post(reverse("entitlement-end", args=[entered.ref])).status_code == 403
    assert browser_as(cast.admin).get(reverse("entitlement-end", args=[entered.ref])).status_code == 405


def test_the_list_derives_each_status_now(cast: Cast, browser_as: BrowserAs) -> None:
    day = timedelta(days=1)
    make_entitlement(cast, title="running")
    make_entitlement(cast, title="waiting", verified=False)
    make_entitlement(cast, title="over", valid_from=NOW() - 9 * day, valid_until=NOW() - day)
    make_entitlement(cast, title="to come", valid_from=NOW() + day, valid_until=NOW() + 9 * day)
    ended = make_entitlement(cast, title="terminated")
    end_entitlement(cast.admin, ended.ref, NOW(), "over")
    listed = browser_as(cast.auditor).get(reverse("entitlement-list")).context["entitlements"]
    assert {line.title: line.status for line in listed} == {
        "running": "active",
        "waiting": "pending_verification",
        "over": "expired",
        "to come": "upcoming",
        "terminated": "terminated",
    }


def test_the_list_asks_no_more_of_the_database_for_more_entitlements(cast: Cast, browser_as: BrowserAs) -> None:
    browser, url = browser_as(cast.admin), reverse("entitlement-list")
    make_entitlement(cast)
    with CaptureQueriesContext(connection) as few:
        browser.get(url)
    for _ in range(3):
        make_entitlement(cast, clients=(cast.client.pk,))
    with CaptureQueriesContext(connection) as many:
        browser.get(url)
    assert len(many) == len(few)


def test_a_requester_sees_rights_for_own_clients_without_paper_or_other_names(
    cast: Cast, browser_as: BrowserAs
) -> None:
    both = make_entitlement(cast, clients=(cast.client.pk, cast.other_client.pk), contract_reference="SECRET-9")
    html = browser_as(cast.owner).get(reverse("entitlement", args=[both.ref])).content.decode()
    assert "Harbour Coffee and 1 other client" in html
    assert "Fern" not in html
    assert "SECRET-9" not in html
    assert both.evidence_sha256s[0] not in html


def test_rights_of_other_clients_do_not_exist(cast: Cast, browser_as: BrowserAs) -> None:
    theirs = make_entitlement(cast, clients=(cast.other_client.pk,))
    browser = browser_as(cast.owner)
    assert browser.get(reverse("entitlement", args=[theirs.ref])).status_code == 404
    assert theirs.ref not in browser.get(reverse("entitlement-list")).content.decode()


def test_the_papers_are_for_licence_admins_legal_and_auditors(cast: Cast, browser_as: BrowserAs) -> None:
    entered = make_entitlement(cast)
    url = reverse("entitlement-evidence", args=[entered.evidence_sha256s[0]])
    for person in (cast.admin, cast.legal, cast.auditor):
        answer = browser_as(person).get(url)
        assert answer.content == b"signed order form"
        assert answer["Content-Disposition"].startswith("attachment;")
    assert browser_as(cast.owner).get(url).status_code == 404


@pytest.mark.parametrize("sha256", ["0" * 64, "..", "x"])
def test_only_evidence_can_be_fetched_by_digest(cast: Cast, browser_as: BrowserAs, sha256: str) -> None:
    assert browser_as(cast.admin).get(reverse("entitlement-evidence", args=[sha256])).status_code == 404


def test_a_new_right_is_read_as_self_hosting_unless_said_otherwise(
    cast: Cast, browser_as: Callable[[User], Browser]
) -> None:
    page = browser_as(cast.admin).get("/entitlements/new/").content.decode()
    assert '<option value="LicenseRef-bria-selfhost" selected>' in page
