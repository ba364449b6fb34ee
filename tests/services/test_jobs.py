"""Jobs: what a submission becomes, and what moves a held one on."""

from __future__ import annotations

import uuid

import pytest

from governance.errors import NotAllowed, RequestError
from governance.models import Decision, Job, ModelVersion, Status
from governance.services import jobs
from governance.services.entitlements import verify_entitlement
from governance.services.work import determine_use
from tests.conftest import Cast
from tests.factories import (
    acquire_weights,
    make_asset,
    make_entitlement,
    make_job,
    make_project,
    make_target,
    model,
    png,
)

pytestmark = pytest.mark.django_db


def test_it_queues_an_allowed_job_with_its_decision(cast: Cast) -> None:
    job = make_job(cast, pictures=2)
    decision = Decision.objects.get(job=job)
    assert decision.stage == "submit"
    assert decision.outcome == "duties"
    assert {cutout.status for cutout in job.cutouts.all()} == {Status.QUEUED}
    assert {cutout.decision for cutout in job.cutouts.all()} == {decision}


def test_it_refuses_a_non_commercial_licence_for_a_web_shop_and_says_why(cast: Cast) -> None:
    job = make_job(cast, slug="rmbg-2.0")
    decision = Decision.objects.get(job=job)
    assert decision.outcome == "deny"
    assert '"LIC-011"' in decision.body
    assert job.cutouts.get().status == Status.REFUSED


def test_it_holds_a_job_whose_use_is_not_known(cast: Cast) -> None:
    job = make_job(cast, target=make_target(cast, monetised="unknown"))
    assert Decision.objects.get(job=job).outcome == "review"
    assert job.cutouts.get().status == Status.HELD


def test_an_entitlement_unblocks_commercial_work(cast: Cast) -> None:
    acquire_weights("rmbg-2.0")
    make_entitlement(cast)
    decision = Decision.objects.get(job=make_job(cast, slug="rmbg-2.0"))
    assert (decision.outcome, decision.relied_upon) == ("duties", "ENT-0001")


def test_allowed_work_without_an_engine_is_turned_away(cast: Cast) -> None:
    acquire_weights("rmbg-2.0")
    ModelVersion.objects.filter(slug="rmbg-2.0").update(runnable_here=False)
    make_entitlement(cast)
    with pytest.raises(RequestError, match="has no engine for it"):
        make_job(cast, slug="rmbg-2.0")


def test_an_unverified_entitlement_only_holds_the_job(cast: Cast) -> None:
    acquire_weights("rmbg-2.0")
    make_entitlement(cast, verified=False)
    job = make_job(cast, slug="rmbg-2.0")
    assert Decision.objects.get(job=job).outcome == "review"
    assert job.cutouts.get().status == Status.HELD


def test_a_held_job_runs_by_itself_once_the_entitlement_is_verified(cast: Cast) -> None:
    acquire_weights("rmbg-2.0")
    entitlement = make_entitlement(cast, verified=False)
    job = make_job(cast, slug="rmbg-2.0")
    assert jobs.reconsider_held() == 0
    verify_entitlement(cast.second_admin, entitlement)
    assert jobs.reconsider_held() == 1
    cutout = job.cutouts.get()
    assert (cutout.status, cutout.decision.outcome) == (Status.QUEUED, "duties")  # type: ignore[union-attr]
    assert Decision.objects.filter(job=job).count() == 2


def test_a_held_job_waits_for_its_weights_once_it_is_allowed(cast: Cast) -> None:
    entitlement = make_entitlement(cast, verified=False)
    job = make_job(cast, slug="rmbg-2.0")
    verify_entitlement(cast.second_admin, entitlement)
    assert jobs.reconsider_held() == 0
    acquire_weights("rmbg-2.0")
    assert jobs.reconsider_held() == 1
    assert job.cutouts.get().status == Status.QUEUED


def test_a_held_job_is_refused_once_legal_calls_the_use_commercial(cast: Cast) -> None:
    target = make_target(cast, project=make_project(cast, billable="no", for_profit="no"), monetised="unknown")
    job = make_job(cast, slug="rmbg-2.0", target=target)
    held = job.cutouts.get().status
    determine_use(cast.legal, target, "commercial", "The page carries advertising.")
    jobs.reconsider_held()
    assert (held, job.cutouts.get().status) == (Status.HELD, Status.REFUSED)


def test_an_outsider_cannot_submit_for_another_client(cast: Cast) -> None:
    target = make_target(cast)
    with pytest.raises(NotAllowed, match=r"job\.request"):
        jobs.request_job(cast.outsider, target, model(), [make_asset(cast)], uuid.uuid4())
    assert not Job.objects.exists()


def test_a_job_without_pictures_is_refused_with_advice(cast: Cast) -> None:
    with pytest.raises(RequestError, match="at least one") as caught:
        jobs.request_job(cast.owner, make_target(cast), model(), [], uuid.uuid4())
    assert caught.value.code == "job.no_pictures"


def test_submitting_the_same_form_twice_makes_one_job(cast: Cast) -> None:
    acquire_weights()
    target, asset, key = make_target(cast), make_asset(cast), uuid.uuid4()
    first = jobs.request_job(cast.owner, target, model(), [asset], key)
    assert jobs.request_job(cast.owner, target, model(), [asset], key) == first
    assert Job.objects.count() == 1


def test_attack_38_a_submission_key_cannot_be_used_for_another_picture(cast: Cast) -> None:
    acquire_weights()
    target, key = make_target(cast), uuid.uuid4()
    jobs.request_job(cast.owner, target, model(), [make_asset(cast)], key)
    with pytest.raises(RequestError, match="another job"):
        jobs.request_job(cast.owner, target, model(), [make_asset(cast, data=png(colour=(1, 1, 1)))], key)


def test_attack_38_a_submission_key_of_somebody_else_says_nothing_about_it(cast: Cast) -> None:
    acquire_weights()
    key = uuid.uuid4()
    first = jobs.request_job(cast.owner, make_target(cast), model(), [make_asset(cast)], key)
    second = jobs.request_job(cast.colleague, make_target(cast), model(), [make_asset(cast, data=png())], key)
    assert first != second
    assert set(Job.objects.values_list("requested_by_id", flat=True)) == {cast.owner.pk, cast.colleague.pk}


def test_allowed_work_whose_weights_are_not_here_is_turned_away_with_the_way_to_get_them(cast: Cast) -> None:
    with pytest.raises(RequestError, match="is allowed for this target, but its weights are not present") as caught:
        jobs.request_job(cast.owner, make_target(cast), model(), [make_asset(cast)], uuid.uuid4())
    assert caught.value.code == "route.not_here"
    assert "python manage.py weights pull u2netp" in caught.value.how_to_fix
    assert not Job.objects.exists()
