"""Revisions of our own policy: two people, a note, and nothing that is not ours to set."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from governance.errors import NotAllowed, RequestError
from governance.models import PolicySet, PolicySetApproval, PolicySetWithdrawal
from governance.policy.facts import OrganisationPolicy, RuleSetting
from governance.policy.words import Severity
from governance.services.policies import PolicyDraft, approve_policy, draft_policy, withdraw_policy
from tests.conftest import Cast

pytestmark = pytest.mark.django_db


def drafted(cast: Cast, policy: OrganisationPolicy | None = None) -> PolicySet:
    return draft_policy(cast.legal, PolicyDraft(timezone.now(), "Warn earlier.", policy or OrganisationPolicy(1)))


def test_the_first_revision_follows_the_shipped_one(cast: Cast) -> None:
    assert [drafted(cast).revision, drafted(cast).revision] == [2, 3]


def test_a_draft_keeps_its_canonical_bytes_and_their_digest(cast: Cast) -> None:
    row = drafted(cast, OrganisationPolicy(1, warn_days_before_end=60))
    assert '"revision":2' in row.body
    assert '"warn_days_before_end":60' in row.body
    assert len(row.digest) == 64


def test_refuses_a_draft_without_a_note(cast: Cast) -> None:
    with pytest.raises(RequestError, match="needs a note") as caught:
        draft_policy(cast.legal, PolicyDraft(timezone.now(), "  "))
    assert caught.value.code == "policy.no_note"


def test_refuses_to_soften_a_third_partys_rule(cast: Cast) -> None:
    with pytest.raises(RequestError, match="one of our own rules") as caught:
        drafted(cast, OrganisationPolicy(1, overrides=(RuleSetting("LIC-010", Severity.WARN),)))
    assert caught.value.code == "policy.setting"
    assert not PolicySet.objects.exists()


def test_refuses_an_unknown_mode(cast: Cast) -> None:
    with pytest.raises(RequestError, match="Unknown policy mode 'maybe'"):
        draft_policy(cast.legal, PolicyDraft(timezone.now(), "Note", mode="maybe"))


def test_refuses_the_drafter_as_approver(cast: Cast) -> None:
    with pytest.raises(RequestError, match="drafted by you") as caught:
        approve_policy(cast.legal, drafted(cast))
    assert caught.value.code == "policy.same_person"


def test_the_database_refuses_the_drafter_too(cast: Cast) -> None:
    row = drafted(cast)
    with pytest.raises(IntegrityError, match="another person"), transaction.atomic():
        PolicySetApproval.objects.create(policy_set=row, approved_by=cast.legal)


def test_another_person_approves(cast: Cast) -> None:
    approval = approve_policy(cast.second_legal, drafted(cast))
    assert approval.approved_by == cast.second_legal


def test_refuses_a_second_approval(cast: Cast) -> None:
    row = drafted(cast)
    approve_policy(cast.second_legal, row)
    with pytest.raises(RequestError, match="approved already"):
        approve_policy(cast.second_legal, row)


def test_refuses_to_approve_what_was_withdrawn(cast: Cast) -> None:
    row = drafted(cast)
    withdraw_policy(cast.legal, row, "A mistake.")
    with pytest.raises(RequestError, match="was withdrawn"):
        approve_policy(cast.second_legal, row)


def test_a_withdrawal_needs_its_reason(cast: Cast) -> None:
    with pytest.raises(RequestError, match="needs its reason"):
        withdraw_policy(cast.legal, drafted(cast), " ")
    assert not PolicySetWithdrawal.objects.exists()


def test_a_requester_drafts_nothing(cast: Cast) -> None:
    with pytest.raises(NotAllowed, match="needs legal or licence admin"):
        draft_policy(cast.owner, PolicyDraft(timezone.now(), "Let everything pass."))
