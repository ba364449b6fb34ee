"""Quotas on their pages: what is used of them, the account for the licensor, corrections by two people."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from typing import Any

from django.contrib.auth.models import User
from django.test import Client as Browser
from django.urls import reverse
from django.utils import timezone

from governance.models import Entitlement, Quota, QuotaEntry
from governance.services.entitlement_terms import QuotaTerms
from governance.services.quotas import adjust
from tests.conftest import Cast
from tests.factories import make_entitlement

BrowserAs = Callable[[User], Browser]


def right(cast: Cast, limit: int = 10, **facts: Any) -> Entitlement:
    return make_entitlement(cast, quotas=(QuotaTerms("output", "calendar_month", limit),), **facts)


def book(cast: Cast, amount: int) -> None:
    adjust(cast.admin, cast.second_admin, Quota.objects.get(), timezone.now(), amount, "Statement")


def propose(browser: Browser, **changes: Any) -> Any:
    said = {"day": str(timezone.now().date()), "amount": "4", "note": "Statement of the licensor"} | changes
    return browser.post(reverse("quota-correct", args=[Quota.objects.get().pk]), said)


def test_the_page_shows_what_is_used_of_a_quota(cast: Cast, browser_as: BrowserAs) -> None:
    entitlement = right(cast)
    book(cast, 9)
    html = browser_as(cast.owner).get(reverse("entitlement", args=[entitlement.ref])).content.decode()
    assert "9 of 10" in html
    assert "1 left" in html
    assert 'class="use duties" value="90"' in html


def test_a_quota_that_is_used_up_is_the_status(cast: Cast, browser_as: BrowserAs) -> None:
    entitlement = right(cast)
    book(cast, 10)
    html = browser_as(cast.legal).get(reverse("entitlement", args=[entitlement.ref])).content.decode()
    assert "Quota used up" in html


def test_the_account_is_a_table_of_figures_only(cast: Cast, browser_as: BrowserAs) -> None:
    entitlement = right(cast, clients=(cast.client.pk,))
    book(cast, 3)
    answer = browser_as(cast.auditor).get(reverse("quota-statement", args=[entitlement.ref, 1]))
    head, line = csv.reader(io.StringIO(answer.content.decode()))
    said = dict(zip(head, line, strict=True))
    assert (said["quota"], said["corrected"], said["total"]) == ("Outputs per calendar month", "3", "3")
    assert "Harbour" not in answer.content.decode()


def test_the_account_of_a_right_of_others_does_not_exist(cast: Cast, browser_as: BrowserAs) -> None:
    entitlement = right(cast, clients=(cast.other_client.pk,))
    assert browser_as(cast.owner).get(reverse("quota-statement", args=[entitlement.ref, 1])).status_code == 404


def test_a_correction_is_booked_when_a_colleague_approves_it(cast: Cast, browser_as: BrowserAs) -> None:
    entitlement = right(cast)
    answer = propose(browser_as(cast.admin))
    assert not QuotaEntry.objects.exists()
    html = browser_as(cast.admin).get(answer["Location"]).content.decode()
    assert "Hand this to a colleague" in html
    assert "Approve and book" not in html
    second = browser_as(cast.second_admin)
    assert "Approve and book" in second.get(answer["Location"]).content.decode()
    said = answer["Location"].partition("said=")[2]
    booked = second.post(reverse("quota-proposal") + f"?said={said}", {"said": said.replace("%3A", ":")})
    assert booked["Location"] == reverse("entitlement", args=[entitlement.ref])
    entry = QuotaEntry.objects.get()
    assert (entry.amount, entry.entered_by, entry.approved_by) == (4, cast.admin, cast.second_admin)


def test_whoever_proposed_it_is_told_that_a_colleague_has_to_approve(cast: Cast, browser_as: BrowserAs) -> None:
    right(cast)
    browser = browser_as(cast.admin)
    said = propose(browser)["Location"].partition("said=")[2].replace("%3A", ":")
    answer = browser.post(reverse("quota-proposal"), {"said": said}, follow=True)
    assert "A correction needs two people" in answer.content.decode()
    assert not QuotaEntry.objects.exists()


def test_it_says_beside_the_field_what_does_not_fit(cast: Cast, browser_as: BrowserAs) -> None:
    right(cast)
    answer = propose(browser_as(cast.admin), amount="0")
    assert answer.status_code == 400
    assert "other than 0" in " ".join(answer.context["form"].errors["amount"])


def test_a_proposal_that_is_not_ours_is_refused(cast: Cast, browser_as: BrowserAs) -> None:
    answer = browser_as(cast.second_admin).get(reverse("quota-proposal") + "?said=nonsense")
    assert answer.status_code == 400
    assert "This proposal is not valid" in answer.content.decode()


def test_only_a_licence_admin_proposes_and_approves(cast: Cast, browser_as: BrowserAs) -> None:
    right(cast)
    for person in (cast.owner, cast.legal, cast.auditor):
        assert propose(browser_as(person)).status_code == 403
        assert browser_as(person).get(reverse("quota-proposal")).status_code == 403
