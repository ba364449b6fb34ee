"""Pages of policy revisions, what-if and sweeps: who may see them, what they ask, what they say of bad input."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client as Browser
from django.utils import timezone

from governance.models import PolicySet, PolicySetApproval
from governance.policy.facts import OrganisationPolicy
from governance.policy.words import ResearchDataPolicy
from governance.services.entitlements import end_entitlement
from governance.services.policies import PolicyDraft, approve_policy, draft_policy
from governance.services.releases import release_output
from governance.services.sweeps import sweep
from tests.conftest import Cast
from tests.factories import acquire_weights, make_entitlement, make_job, make_output, make_target

pytestmark = pytest.mark.django_db
Sign = Callable[[User], Browser]

DRAFT: dict[str, Any] = {
    "mode": "enforce",
    "effective_from": "2026-01-01T00:00",
    "note": "Block research-only data.",
    "research_only_data": "block",
    "warn_days_before_end": "45",
    "agent_silent_days": "7",
    "decision_max_age_days": "",
    "demand_paid_ads": "public_documentation",
    "rule_INP-002": "block",
}


def revision(cast: Cast, mode: str = "enforce", approved: bool = True) -> PolicySet:
    policy = OrganisationPolicy(1, research_only_data=ResearchDataPolicy.BLOCK)
    row = draft_policy(cast.legal, PolicyDraft(timezone.now() - timedelta(minutes=1), "Block.", policy, mode))
    if approved:
        approve_policy(cast.second_legal, row)
    return row


def test_the_list_shows_the_shipped_policy_in_force(cast: Cast, browser_as: Sign) -> None:
    answer = browser_as(cast.auditor).get("/policies/")
    assert b"As shipped with the program." in answer.content
    assert b"In force" in answer.content


@pytest.mark.parametrize("path", ["/policies/", "/what-if/", "/sweeps/"])
def test_a_requester_sees_none_of_it(cast: Cast, browser_as: Sign, path: str) -> None:
    assert browser_as(cast.owner).get(path).status_code == 403


def test_legal_drafts_a_revision(cast: Cast, browser_as: Sign) -> None:
    answer = browser_as(cast.legal).post("/policies/new/", DRAFT)
    row = PolicySet.objects.get()
    assert (answer.status_code, answer["Location"], row.drafted_by) == (302, "/policies/2/", cast.legal)
    assert '"minimum":"public_documentation","target_kind":"paid_ads"' in row.body


def test_a_draft_without_a_note_is_refused_at_its_field(cast: Cast, browser_as: Sign) -> None:
    answer = browser_as(cast.legal).post("/policies/new/", DRAFT | {"note": ""})
    assert answer.status_code == 400
    assert b"This field is required." in answer.content
    assert not PolicySet.objects.exists()


def test_a_setting_that_is_too_mild_is_refused_in_words(cast: Cast, browser_as: Sign) -> None:
    answer = browser_as(cast.legal).post("/policies/new/", DRAFT | {"rule_HOLD-001": "warn"})
    assert answer.status_code == 400
    assert b"HOLD-001" in answer.content
    assert not PolicySet.objects.exists()


def test_another_person_approves_on_the_page(cast: Cast, browser_as: Sign) -> None:
    row = revision(cast, approved=False)
    assert b"Approve this revision" in browser_as(cast.second_legal).get("/policies/2/").content
    browser_as(cast.second_legal).post("/policies/2/approve/")
    assert PolicySetApproval.objects.get().policy_set == row


def test_the_drafter_is_offered_no_approval(cast: Cast, browser_as: Sign) -> None:
    revision(cast, approved=False)
    assert b"Approve this revision" not in browser_as(cast.legal).get("/policies/2/").content


def test_a_withdrawal_without_a_reason_is_refused(cast: Cast, browser_as: Sign) -> None:
    revision(cast)
    assert browser_as(cast.legal).post("/policies/2/withdraw/", {"reason": ""}).status_code == 400


def test_a_trial_shows_where_it_differs(cast: Cast, browser_as: Sign) -> None:
    revision(cast, mode="log_only")
    acquire_weights("birefnet-general")
    job = make_job(cast, slug="birefnet-general")
    page = browser_as(cast.legal).get("/policies/2/").content.decode()
    assert "Of 1 decision since it is tried, it would have made 1 otherwise." in page
    assert f'href="/decisions/{job.decisions.get().pk}/"' in page


def test_a_trial_without_decisions_says_so(cast: Cast, browser_as: Sign) -> None:
    revision(cast, mode="log_only")
    page = browser_as(cast.legal).get("/policies/2/").content.decode()
    assert "No decision has been made since it is tried." in page


def test_a_revision_never_counts_from_before_its_approval(cast: Cast, browser_as: Sign) -> None:
    browser_as(cast.legal).post("/policies/new/", DRAFT)
    browser = browser_as(cast.second_legal)
    assert "as soon as it is approved" in browser.get("/policies/2/").content.decode()
    approval = approve_policy(cast.second_legal, PolicySet.objects.get())
    page = browser.get("/policies/2/").content.decode()
    assert f"{approval.approved_at:%b %Y %H:%M} UTC" in page
    assert "1 Jan 2026" not in page


def test_settings_stand_in_the_words_of_the_verdicts(cast: Cast, browser_as: Sign) -> None:
    page = browser_as(cast.legal).get("/policies/new/").content.decode()
    assert "As the rule says: needs review" in page
    assert "As the rule says (review)" not in page
    revision(cast)
    assert "not allowed" in browser_as(cast.legal).get("/policies/2/").content.decode()


def test_an_unknown_revision_is_not_found(cast: Cast, browser_as: Sign) -> None:
    assert browser_as(cast.legal).get("/policies/77/").status_code == 404


def test_what_if_an_entitlement_ended(cast: Cast, browser_as: Sign) -> None:
    make_entitlement(cast)
    acquire_weights("rmbg-2.0")
    make_job(cast, slug="rmbg-2.0")
    page = browser_as(cast.legal).get("/what-if/?suppose=entitlement&entitlement=ENT-0001").content.decode()
    assert "1 of 1 decision would change" in page
    assert "ENT-0001 is not in force." in page


def test_what_if_asks_for_what_is_missing(cast: Cast, browser_as: Sign) -> None:
    answer = browser_as(cast.legal).get("/what-if/?suppose=hold&hold_scope=client")
    assert answer.status_code == 400
    assert b"Name what is held." in answer.content


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ("hold_scope=client&hold_ref=CLI-999", "There is no client &#x27;CLI-999&#x27;"),
        ("hold_ref=CLI-1", "Choose one."),
        ("hold_scope=model&hold_ref=rmbg-9", "There is no model &#x27;rmbg-9&#x27;"),
    ],
)
def test_what_if_refuses_a_hold_on_nothing_beside_the_field(
    cast: Cast, browser_as: Sign, asked: str, message: str
) -> None:
    answer = browser_as(cast.legal).get(f"/what-if/?suppose=hold&{asked}")
    assert answer.status_code == 400
    assert message in answer.content.decode()
    assert {"hold_ref", "hold_scope"} & set(answer.context["form"].errors)


def test_what_if_groups_its_fields_by_what_is_supposed(cast: Cast, browser_as: Sign) -> None:
    page = browser_as(cast.legal).get("/what-if/").content.decode()
    for supposition in ("entitlement", "policy", "claim", "hold"):
        assert f'data-when="{supposition}"' in page
    assert "/js/what-if." in page


def test_what_if_names_a_hold_on_everything_once(cast: Cast, browser_as: Sign) -> None:
    acquire_weights()
    make_job(cast)
    page = browser_as(cast.legal).get("/what-if/?suppose=hold&hold_scope=everything").content.decode()
    assert "Work with everything is stopped by hold" in page


def test_a_sweep_page_lists_what_changed(cast: Cast, browser_as: Sign) -> None:
    make_entitlement(cast, output_survival="until_end")
    acquire_weights("rmbg-2.0")
    soon = make_target(cast, valid_until=(timezone.now() + timedelta(days=90)).date())
    output = make_output(cast, job=make_job(cast, slug="rmbg-2.0", target=soon))
    release_output(cast.owner, output, output.cutout.job.target)
    end_entitlement(cast.admin, "ENT-0001", timezone.now(), "Not renewed")
    done = sweep(timezone.now())
    assert f'href="/sweeps/{done.pk}/"' in browser_as(cast.auditor).get("/sweeps/").content.decode()
    page = browser_as(cast.auditor).get(f"/sweeps/{done.pk}/").content.decode()
    assert cast.client.name in page
    assert "ENT-0001" in page
