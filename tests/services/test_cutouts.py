"""Cutouts: who may take one, and what happens to it when things go wrong."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from governance.adapters import liveness
from governance.celery import CPU, GPU, QUEUES
from governance.models import Cutout, Decision, Job, Output, Status
from governance.models.jobs import TRANSITIONS
from governance.services import cutouts, jobs
from governance.services.entitlements import end_entitlement
from governance.services.outputs import record_output
from tests.conftest import Cast
from tests.factories import (
    acquire_weights,
    made,
    make_entitlement,
    make_job,
)

pytestmark = pytest.mark.django_db


def take(job: Job) -> Cutout:
    cutout = cutouts.claim(job.cutouts.get().pk)
    assert cutout is not None
    return cutout


def test_nobody_can_take_a_refused_cutout(cast: Cast) -> None:
    cutout = make_job(cast, slug="rmbg-2.0").cutouts.get()
    assert cutouts.claim(cutout.pk) is None
    assert not Output.objects.exists()


def test_only_one_of_two_workers_gets_a_cutout(cast: Cast) -> None:
    cutout = make_job(cast).cutouts.get()
    assert cutouts.claim(cutout.pk) is not None
    assert cutouts.claim(cutout.pk) is None


def test_a_claim_changes_nothing_in_the_decision_while_the_facts_stand(cast: Cast) -> None:
    cutout = take(make_job(cast))
    assert Decision.objects.count() == 1
    assert cutout.decision is not None
    assert cutout.decision.stage == "submit"


def test_a_job_whose_licence_was_withdrawn_is_refused_when_a_worker_takes_it(cast: Cast) -> None:
    acquire_weights("rmbg-2.0")
    make_entitlement(cast)
    job = make_job(cast, slug="rmbg-2.0")
    end_entitlement(cast.admin, "ENT-0001", timezone.now() - timedelta(seconds=1), "Contract terminated")
    assert cutouts.claim(job.cutouts.get().pk) is None
    cutout = job.cutouts.get()
    decision = Decision.objects.get(stage="dispatch")
    assert (cutout.status, cutout.decision) == (Status.REFUSED, decision)
    assert decision.outcome == "deny"
    assert decision.previous is not None
    assert "ENT-0001" in decision.changes


def test_passing_trouble_is_tried_again_and_then_given_up(cast: Cast) -> None:
    job = make_job(cast)
    statuses = [cutouts.fail(take(job), code="x", message="no luck", permanent=False) for _ in range(3)]
    assert statuses == [Status.QUEUED, Status.QUEUED, Status.FAILED]
    assert job.cutouts.get().error_message == "no luck"


def test_permanent_trouble_fails_at_once(cast: Cast) -> None:
    job = make_job(cast)
    cutouts.fail(take(job), code="picture.truncated", message="The file ends early.", permanent=True)
    assert job.cutouts.get().status == Status.FAILED


def test_a_failed_cutout_can_be_queued_again(cast: Cast) -> None:
    job = make_job(cast)
    cutouts.fail(take(job), code="x", message="no", permanent=True)
    cutouts.retry(cast.owner, job.cutouts.get())
    cutout = job.cutouts.get()
    assert (cutout.status, cutout.error_message) == (Status.QUEUED, "")


def test_cancelling_leaves_what_runs_alone(cast: Cast) -> None:
    job = make_job(cast, pictures=2)
    running, _ = job.cutouts.order_by("pk")
    cutouts.claim(running.pk)
    assert jobs.cancel(cast.colleague, job) == 1
    assert sorted(cutout.status for cutout in job.cutouts.all()) == [Status.CANCELLED, Status.RUNNING]


def test_a_running_cutout_whose_worker_is_gone_is_queued_again(cast: Cast) -> None:
    cutout = take(make_job(cast))
    Cutout.objects.filter(pk=cutout.pk).update(started_at=timezone.now() - timedelta(minutes=1))
    assert cutouts.requeue_lost(silent=QUEUES) == 1
    assert Cutout.objects.get(pk=cutout.pk).status == Status.QUEUED


def test_a_running_cutout_whose_worker_lives_is_left_alone(cast: Cast) -> None:
    cutout = take(make_job(cast))
    Cutout.objects.filter(pk=cutout.pk).update(started_at=timezone.now() - timedelta(minutes=1))
    liveness.hold(cutout.pk)
    assert cutouts.requeue_lost(silent=QUEUES) == 0
    liveness.let_go()
    assert Cutout.objects.get(pk=cutout.pk).status == Status.RUNNING


def test_a_picture_that_takes_its_worker_down_every_time_is_given_up(cast: Cast) -> None:
    cutout = take(make_job(cast))
    Cutout.objects.filter(pk=cutout.pk).update(attempt=3, started_at=timezone.now() - timedelta(minutes=1))
    cutouts.requeue_lost(silent=QUEUES)
    cutout.refresh_from_db()
    assert (cutout.status, cutout.error_code) == (Status.FAILED, "worker.died")


def test_queued_cutouts_are_called_for_again_when_the_queue_was_emptied(cast: Cast) -> None:
    job = make_job(cast)
    job.cutouts.update(enqueued_at=timezone.now() - timedelta(seconds=30))
    assert cutouts.requeue_lost(silent=()) == 0
    assert cutouts.requeue_lost(silent=[GPU]) == 0
    assert cutouts.requeue_lost(silent=[CPU]) == 1


def test_attack_37_a_late_worker_cannot_record_over_the_one_that_took_over(cast: Cast) -> None:
    late = take(make_job(cast))
    Cutout.objects.filter(pk=late.pk).update(status=Status.QUEUED)
    current = cutouts.claim(late.pk)
    assert current is not None
    assert record_output(late, made(late)) is None
    assert record_output(current, made(current)) is not None
    assert Output.objects.count() == 1


def test_attack_45_other_weights_than_decided_are_refused_on_record(cast: Cast) -> None:
    cutout = take(make_job(cast))
    cutouts.refuse_loaded(cutout, "f" * 64, "The weights file has other bytes.")
    decision = Decision.objects.get(stage="dispatch")
    cutout.refresh_from_db()
    assert decision.outcome == "deny"
    assert '"ART-002"' in decision.body
    assert (cutout.status, cutout.decision_id) == (Status.REFUSED, decision.pk)


def test_every_move_the_table_names_ends_in_a_status_it_knows() -> None:
    assert {state for moves in TRANSITIONS.values() for state in moves} <= set(Status.values)
    assert set(TRANSITIONS) == set(Status.values)


def test_an_unknown_move_is_a_bug_not_a_race(cast: Cast) -> None:
    with pytest.raises(ValueError, match="No move from refused to running"):
        Cutout.objects.move(Status.REFUSED, Status.RUNNING)
