"""The nightly pass: it finds what changed, writes it down once, and says so in a digest."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from django.utils import timezone

from governance.models import Decision, Hold, Release, Sweep, SweepChange
from governance.services.entitlements import end_entitlement
from governance.services.holds import lift_hold
from governance.services.releases import release_output
from governance.services.sweeps import sweep, sweep_if_due
from tests.conftest import Cast
from tests.factories import acquire_weights, make_entitlement, make_job, make_output, make_target
from tests.factories_relief import make_hold

pytestmark = pytest.mark.django_db


def bought_release(cast: Cast) -> Release:
    """An RMBG-2.0 output released under an entitlement whose outputs do not outlive it."""
    make_entitlement(cast, output_survival="until_end")
    acquire_weights("rmbg-2.0")
    soon = (timezone.now() + timedelta(days=90)).date()
    job = make_job(cast, slug="rmbg-2.0", target=make_target(cast, valid_until=soon))
    output = make_output(cast, job=job)
    _, release = release_output(cast.owner, output, job.target)
    assert release is not None
    return release


def test_nothing_changed_is_a_sweep_too(cast: Cast) -> None:
    bought_release(cast)
    done = sweep(timezone.now())
    assert (done.examined, done.changed) == (1, 0)
    assert not Decision.objects.filter(stage="sweep").exists()


def test_a_release_whose_right_ended_is_found(cast: Cast) -> None:
    release = bought_release(cast)
    end_entitlement(cast.admin, "ENT-0001", timezone.now(), "Not renewed")
    done = sweep(timezone.now())
    change = SweepChange.objects.get(sweep=done)
    assert (change.before, change.after, change.decision.stage) == (release.decision.outcome, "deny", "sweep")
    assert change.decision.previous == release.decision
    assert "ENT-0001" in change.decision.changes


def test_what_was_found_once_is_not_found_again(cast: Cast) -> None:
    bought_release(cast)
    end_entitlement(cast.admin, "ENT-0001", timezone.now(), "Not renewed")
    assert [sweep(timezone.now()).changed, sweep(timezone.now()).changed] == [1, 0]


def test_waiting_work_is_judged_again(cast: Cast) -> None:
    make_job(cast)
    Hold.objects.create(ref="HLD-0001", scope="everything", reason="Incident", placed_by=cast.legal)
    sweep(timezone.now())
    change = SweepChange.objects.get()
    assert (change.before, change.after) == ("duties", "deny")


def test_what_was_found_of_waiting_work_is_not_found_again(cast: Cast) -> None:
    make_job(cast)
    hold = make_hold(cast)
    found = [sweep(timezone.now()).changed, sweep(timezone.now()).changed]
    for person in (cast.legal, cast.admin):
        lift_hold(person, hold, "Dealt with.")
    found += [sweep(timezone.now()).changed, sweep(timezone.now()).changed]
    assert found == [1, 0, 1, 0]


def test_a_release_for_a_target_that_has_ended_is_left_alone(cast: Cast) -> None:
    output = make_output(cast, job=make_job(cast, target=make_target(cast, valid_until=date(2020, 1, 1))))
    release_output(cast.owner, output, output.cutout.job.target)
    assert (Release.objects.count(), sweep(timezone.now()).examined) == (1, 0)


def test_the_digest_covers_the_changes(cast: Cast) -> None:
    bought_release(cast)
    before = sweep(timezone.now()).digest
    end_entitlement(cast.admin, "ENT-0001", timezone.now(), "Not renewed")
    assert sweep(timezone.now()).digest != before


def test_it_is_due_once_a_night(cast: Cast) -> None:
    night = datetime(2026, 11, 23, 2, 30, tzinfo=UTC)
    assert sweep_if_due(night) is not None
    assert sweep_if_due(night + timedelta(hours=5)) is None
    assert sweep_if_due(night + timedelta(days=1)) is not None
    assert Sweep.objects.count() == 2
