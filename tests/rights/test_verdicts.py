"""What reaches the evaluator: policy revisions, waivers, holds, and what pictures say of themselves."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from governance.licensing.catalogue_words import EvidenceLevel
from governance.models import (
    Asset,
    Decision,
    DeploymentTarget,
    Hold,
    HoldLift,
    InputPermission,
    LineageClaim,
    PermissionVerification,
    RightsReading,
    RightsSignal,
    TrialVerdict,
    Waiver,
    WaiverAnswer,
)
from governance.policy.decision import Outcome
from governance.policy.facts import LineageDemand, OrganisationPolicy
from governance.policy.ruleset import STANDARD
from governance.policy.words import Stage, TargetKind
from governance.rights.facts import made_under_verdict
from governance.rights.history import Archive
from governance.rights.lineage import contradictions_of
from governance.rights.readings import encoding
from governance.rights.verdicts import Question, Verdict, judge, judge_pictures
from governance.services.claims import contradict, review_claim
from governance.services.policies import PolicyDraft, approve_policy, draft_policy, withdraw_policy
from tests.conftest import Cast
from tests.factories import acquire_weights, make_asset, make_job, make_target, model, png

pytestmark = pytest.mark.django_db

DEMANDING = OrganisationPolicy(
    1, lineage_demands=(LineageDemand(TargetKind.PAID_ADS, EvidenceLevel.PUBLIC_DOCUMENTATION),)
)


def asked(target: DeploymentTarget, slug: str = "u2netp", *assets: Asset) -> Verdict:
    acquire_weights(slug)
    return judge(Question(Stage.SUBMIT, target, model(slug), assets), timezone.now())


def in_force(cast: Cast, policy: OrganisationPolicy = DEMANDING, mode: str = "enforce") -> None:
    draft = PolicyDraft(timezone.now() - timedelta(minutes=1), "Ask for documented data in advertising.", policy, mode)
    approve_policy(cast.second_legal, draft_policy(cast.legal, draft))


def signalled(cast: Cast, property_name: str, value: str) -> Asset:
    """A picture whose file carries one rights statement."""
    asset = make_asset(cast, data=png(colour=(1, 2, 3)), file_name="marked.png")
    RightsSignal.objects.create(
        reading=RightsReading.objects.get(asset=asset), source="cawg", property=property_name, value=value
    )
    return asset


def held_client(cast: Cast) -> Hold:
    return Hold.objects.create(
        ref="HLD-0001", scope="client", scope_ref=f"CLI-{cast.client.pk}", reason="Dispute", placed_by=cast.legal
    )


def test_the_shipped_policy_decides_until_a_revision_is_approved(cast: Cast) -> None:
    draft_policy(cast.legal, PolicyDraft(timezone.now(), "Stricter.", DEMANDING))
    verdict = asked(make_target(cast, kind="paid_ads"))
    assert (verdict.policy.policy.revision, verdict.decision.outcome) == (1, Outcome.DUTIES)


def test_an_approved_revision_decides(cast: Cast) -> None:
    in_force(cast)
    verdict = asked(make_target(cast, kind="paid_ads"))
    assert (verdict.policy.policy.revision, verdict.decision.outcome) == (2, Outcome.REVIEW)


def test_a_revision_decides_from_its_effective_date_on(cast: Cast) -> None:
    draft = PolicyDraft(timezone.now() + timedelta(days=1), "From tomorrow.", DEMANDING)
    approve_policy(cast.second_legal, draft_policy(cast.legal, draft))
    assert asked(make_target(cast, kind="paid_ads")).decision.outcome is Outcome.DUTIES


def test_a_withdrawn_revision_gives_way_to_the_one_before(cast: Cast) -> None:
    draft = PolicyDraft(timezone.now() - timedelta(minutes=1), "Stricter.", DEMANDING)
    revision = draft_policy(cast.legal, draft)
    approve_policy(cast.second_legal, revision)
    withdraw_policy(cast.legal, revision, "Too strict.")
    assert asked(make_target(cast, kind="paid_ads")).policy.policy.revision == 1


def test_a_tried_revision_is_kept_beside_the_decision_and_changes_nothing(cast: Cast) -> None:
    in_force(cast, mode="log_only")
    job = make_job(cast, target=make_target(cast, kind="paid_ads"))
    trial = TrialVerdict.objects.get()
    assert (trial.decision, trial.policy_set.revision, trial.outcome) == (job.decisions.get(), 2, "review")
    assert job.cutouts.get().status == "queued"


def test_an_approved_waiver_relieves_our_own_rule(cast: Cast) -> None:
    in_force(cast)
    target = make_target(cast, kind="paid_ads")
    now = timezone.now()
    waiver = Waiver.objects.create(
        ref="WVR-0001",
        rule_code="LIN-001",
        reason="One campaign, data documented by autumn.",
        target=target,
        starts_at=now - timedelta(hours=1),
        ends_at=now + timedelta(days=30),
        requested_by=cast.owner,
    )
    assert asked(target).decision.outcome is Outcome.REVIEW
    WaiverAnswer.objects.create(waiver=waiver, approved=True, answered_by=cast.legal)
    verdict = asked(target)
    assert verdict.decision.outcome is Outcome.DUTIES
    assert [(use.ref, use.applied) for use in verdict.decision.waivers] == [("WVR-0001", True)]


def test_a_waiver_of_another_client_is_not_gathered(cast: Cast) -> None:
    now = timezone.now()
    Waiver.objects.create(
        ref="WVR-0001",
        rule_code="LIN-001",
        reason="Elsewhere.",
        client=cast.other_client,
        starts_at=now,
        ends_at=now + timedelta(days=30),
        requested_by=cast.outsider,
    )
    assert asked(make_target(cast)).waivers == ()


def test_a_hold_keeps_submitted_work_waiting_instead_of_refusing_it(cast: Cast) -> None:
    held_client(cast)
    cutout = make_job(cast).cutouts.get()
    assert (cutout.status, cutout.decision.outcome) == ("held", "deny")  # type: ignore[union-attr]


def test_a_hold_lifted_by_one_person_stops_as_before(cast: Cast) -> None:
    HoldLift.objects.create(hold=held_client(cast), reason="Settled", lifted_by=cast.legal)
    assert asked(make_target(cast)).decision.outcome is Outcome.DENY


def test_a_hold_lifted_by_two_people_stops_nothing(cast: Cast) -> None:
    hold = held_client(cast)
    for person in (cast.legal, cast.admin):
        HoldLift.objects.create(hold=hold, reason="Settled", lifted_by=person)
    assert asked(make_target(cast)).decision.outcome is Outcome.DUTIES


def test_a_picture_that_forbids_inference_does_not_stop_the_others(cast: Cast) -> None:
    silent = [make_asset(cast, data=png(colour=(index, 0, 0))) for index in range(2)]
    forbidding = signalled(cast, "cawg.ai_inference", "notAllowed")
    acquire_weights()
    judged = judge_pictures(make_target(cast), model(), [*silent, forbidding], timezone.now())
    assert [(each.assets, each.verdict.decision.outcome) for each in judged] == [
        (tuple(silent), Outcome.DUTIES),
        ((forbidding,), Outcome.DENY),
    ]


def test_every_group_of_a_submission_is_asked_for_all_its_pictures(cast: Cast) -> None:
    pictures = [make_asset(cast), signalled(cast, "cawg.ai_inference", "allowed")]
    acquire_weights()
    judged = judge_pictures(make_target(cast), model(), pictures, timezone.now())
    assert [each.verdict.facts.requested_outputs for each in judged] == [2, 2]


def test_a_verified_permission_of_the_owner_lets_the_picture_go(cast: Cast) -> None:
    asset = signalled(cast, "cawg.ai_inference", "notAllowed")
    permission = InputPermission.objects.create(
        asset=asset,
        property="cawg.ai_inference",
        granted_by="The photographer",
        statement="Cutting out is fine.",
        evidence_sha256s=["a" * 64],
        recorded_by=cast.owner,
    )
    assert asked(make_target(cast), "u2netp", asset).decision.outcome is Outcome.REVIEW
    PermissionVerification.objects.create(permission=permission, verified_by=cast.legal)
    again = Asset.objects.get(pk=asset.pk)
    assert asked(make_target(cast), "u2netp", again).decision.outcome is Outcome.DUTIES


def test_a_picture_nobody_has_read_is_not_taken_for_a_silent_one(cast: Cast) -> None:
    unread = Asset.objects.create(
        client=cast.client, sha256="b" * 64, file_name="old.png", media_type="image/png", size=1, width=1, height=1,
        mode="RGB", bits=8, orientation=1, uploaded_by=cast.owner,
    )  # fmt: skip
    assert asked(make_target(cast), "u2netp", unread).decision.outcome is Outcome.REVIEW


def test_a_stored_decision_replays_to_what_it_said(cast: Cast) -> None:
    in_force(cast)
    held_client(cast)
    row = Decision.objects.get(pk=make_job(cast, target=make_target(cast, kind="paid_ads")).decisions.get().pk)
    again = Archive().given(row).judged(STANDARD)
    assert again == made_under_verdict(row)


def test_a_decision_names_the_policy_and_the_readings_it_was_made_under(cast: Cast) -> None:
    in_force(cast)
    row = make_job(cast).decisions.get()
    assert (row.policy_revision, len(row.policy_digest)) == (2, 64)
    assert row.encodings == f"Apache-2.0 revision {encoding('Apache-2.0').revision}"


@pytest.mark.parametrize(
    ("conclusion", "reviewed"), [("accepted", True), ("contradicted", False), ("withdrawn", False)]
)
def test_only_a_review_that_accepts_the_risk_settles_a_contradiction(
    cast: Cast, conclusion: str, reviewed: bool
) -> None:
    claim = LineageClaim.objects.filter(model="u2netp").first() or LineageClaim.objects.all()[0]
    contradict(cast.legal, claim, "The pictures came from the open web.", "A thread of 2025")
    review_claim(cast.legal, claim, conclusion, "Read both.")
    found = list(contradictions_of(LineageClaim.objects.get(pk=claim.pk), timezone.now()))
    assert found[-1].reviewed is reviewed


def test_a_later_review_that_finds_against_the_claim_takes_the_acceptance_back(cast: Cast) -> None:
    claim = LineageClaim.objects.all()[0]
    contradict(cast.legal, claim, "The pictures came from the open web.", "A thread of 2025")
    for conclusion in ("accepted", "contradicted"):
        review_claim(cast.legal, claim, conclusion, "Read both.")
    assert not list(contradictions_of(LineageClaim.objects.get(pk=claim.pk), timezone.now()))[-1].reviewed
