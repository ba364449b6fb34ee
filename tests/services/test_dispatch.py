"""The gate before a run: what the run uses up is taken with it, and what changed since is said."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from django.utils import timezone

from governance.licensing.catalogue_words import EvidenceLevel
from governance.models import (
    Cutout,
    Decision,
    DeploymentTarget,
    Hold,
    HoldLift,
    ReviewCase,
    Waiver,
    WaiverUse,
    WeightsAcquisition,
    WeightsArtifact,
)
from governance.policy.facts import LineageDemand, OrganisationPolicy
from governance.policy.words import TargetKind
from governance.rights.facts import decided_facts, made_under_verdict
from governance.services import cutouts, jobs
from governance.services.entitlements import end_entitlement
from governance.services.facts import restate_target
from governance.services.policies import PolicyDraft, approve_policy, draft_policy
from governance.services.waivers import revoke_waiver
from tests.conftest import Cast
from tests.factories import acquire_weights, make_entitlement, make_job, make_target
from tests.factories_relief import make_hold, make_waiver

pytestmark = pytest.mark.django_db

DEMAND = LineageDemand(TargetKind.PAID_ADS, EvidenceLevel.PUBLIC_DOCUMENTATION)


def demand_lineage(cast: Cast) -> None:
    policy = OrganisationPolicy(1, lineage_demands=(DEMAND,))
    draft = PolicyDraft(timezone.now() - timedelta(minutes=1), "Documented data in advertising.", policy)
    approve_policy(cast.second_legal, draft_policy(cast.legal, draft))


def waived(cast: Cast, *, max_uses: int | None = None) -> tuple[DeploymentTarget, Waiver]:
    """A target for which our own policy asks for more than U²-Netp has, and the waiver of that."""
    demand_lineage(cast)
    target = make_target(cast, kind="paid_ads")
    return target, make_waiver(cast, place=target, rule_code="LIN-001", max_uses=max_uses)


def test_a_run_under_a_waiver_counts_as_a_use_of_it(cast: Cast) -> None:
    target, waiver = waived(cast)
    cutout = make_job(cast, target=target).cutouts.get()
    assert cutouts.claim(cutout.pk) is not None
    assert [(use.waiver, use.cutout) for use in WaiverUse.objects.all()] == [(waiver, cutout)]


def test_the_last_use_lets_one_picture_run_and_holds_the_next(cast: Cast) -> None:
    target, waiver = waived(cast, max_uses=1)
    first, second = make_job(cast, target=target, pictures=2).cutouts.order_by("pk")
    assert cutouts.claim(first.pk) is not None
    assert cutouts.claim(second.pk) is None
    second.refresh_from_db()
    assert (second.status, WaiverUse.objects.count()) == ("held", 1)
    assert f"{waiver.ref} is used up" in str(second.decision.body)  # type: ignore[union-attr]


def test_a_picture_tried_again_is_not_stopped_by_its_own_use(cast: Cast) -> None:
    target, _ = waived(cast, max_uses=1)
    cutout = make_job(cast, target=target).cutouts.get()
    taken = cutouts.claim(cutout.pk)
    assert taken is not None
    cutouts.fail(taken, code="worker.error", message="Passing trouble.", permanent=False)
    assert cutouts.claim(cutout.pk) is not None
    assert WaiverUse.objects.count() == 1


def test_work_that_needs_review_by_now_opens_a_case(cast: Cast) -> None:
    cutout = make_job(cast, target=make_target(cast, kind="paid_ads")).cutouts.get()
    demand_lineage(cast)
    assert cutouts.claim(cutout.pk) is None
    cutout.refresh_from_db()
    assert (cutout.status, ReviewCase.objects.get().decision) == ("held", cutout.decision)


def test_a_decision_that_says_the_same_is_not_stored_twice(cast: Cast) -> None:
    cutout = make_job(cast).cutouts.get()
    assert cutouts.claim(cutout.pk) is not None
    assert Decision.objects.count() == 1


def held_grant(cast: Cast) -> tuple[Cutout, Hold]:
    """Work queued under an entitlement that was put on hold meanwhile."""
    entitlement = make_entitlement(cast)
    acquire_weights("rmbg-2.0")
    cutout = make_job(cast, slug="rmbg-2.0").cutouts.get()
    hold = Hold.objects.create(
        ref="HLD-0001", scope="grant", scope_ref=entitlement.ref, reason="Disputed invoice", placed_by=cast.admin
    )
    return cutout, hold


def test_work_under_a_held_entitlement_waits(cast: Cast) -> None:
    cutout, _ = held_grant(cast)
    assert cutouts.claim(cutout.pk) is None
    cutout.refresh_from_db()
    assert (cutout.status, cutout.decision.outcome) == ("held", "deny")  # type: ignore[union-attr]


def test_work_under_a_held_entitlement_goes_on_when_two_people_lifted_it(cast: Cast) -> None:
    cutout, hold = held_grant(cast)
    cutouts.claim(cutout.pk)
    for person in (cast.admin, cast.legal):
        HoldLift.objects.create(hold=hold, reason="Paid", lifted_by=person)
    assert jobs.reconsider(cutout.job) == 1
    assert cutouts.claim(cutout.pk) is not None


def test_other_weights_by_now_are_decided_on_and_run_instead(cast: Cast) -> None:
    cutout = make_job(cast).cutouts.get()
    first = WeightsArtifact.objects.get(sha256=cutout.job.weights_sha256)
    other = WeightsArtifact.objects.create(
        sha256="0" * 64, model=first.model, file_name="again.safetensors", format="safetensors", size=first.size
    )
    WeightsAcquisition.objects.create(artifact=other, method="test", source="tests", source_sha256=other.sha256)
    make_hold(cast, "weights", first.sha256)
    taken = cutouts.claim(cutout.pk)
    assert taken is not None
    assert taken.decision is not None
    assert decided_facts(taken.decision).route.weights_sha256 == other.sha256


def test_a_fact_that_changed_without_changing_the_verdict_is_decided_on_anew(cast: Cast) -> None:
    target = make_target(cast)
    cutout = make_job(cast, target=target).cutouts.get()
    restate_target(cast.owner, target, {"territories": ("DE", "AT")}, "The shop opens in Austria.")
    taken = cutouts.claim(cutout.pk)
    assert taken is not None
    assert taken.decision is not None
    assert decided_facts(taken.decision).target.territories == ("AT", "DE")


def test_a_run_under_another_waiver_than_before_says_so(cast: Cast) -> None:
    target, first = waived(cast)
    cutout = make_job(cast, target=target).cutouts.get()
    second = make_waiver(cast, place=target, rule_code="LIN-001")
    revoke_waiver(cast.legal, first, "Asked for anew.")
    taken = cutouts.claim(cutout.pk)
    assert taken is not None
    assert taken.decision is not None
    assert [use.ref for use in made_under_verdict(taken.decision).waivers if use.applied] == [second.ref]


def test_a_run_under_the_next_version_of_a_right_says_so(cast: Cast) -> None:
    first = make_entitlement(cast)
    acquire_weights("rmbg-2.0")
    cutout = make_job(cast, slug="rmbg-2.0").cutouts.get()
    now = timezone.now()
    end_entitlement(cast.admin, first.ref, now, "Amended.", version=1)
    make_entitlement(cast, ref=first.ref, valid_from=now, valid_until=now + timedelta(days=300))
    taken = cutouts.claim(cutout.pk)
    assert taken is not None
    assert taken.decision is not None
    assert {grant["ref"]: grant["version"] for grant in json.loads(taken.decision.grants_text)}[first.ref] == 2
